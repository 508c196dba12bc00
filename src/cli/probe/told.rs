//! A card as a table for people or a document, and how far it is.

use crate::base::Problem;
use crate::base::text::{clean_line, fit};
use crate::base::units::utc;
use crate::cli::output;
use crate::lab::probes::{CAPABILITIES, Card, Entry, Group};
use crate::runtime::probes::Told;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Columns of the line that is rewritten.
const WIDE: usize = 78;

/// The capabilities there are.
pub(super) fn list(json: bool) -> Result<(), Problem> {
    if json {
        let all = CAPABILITIES.iter().map(|one| {
            json!({"name": one.name, "group": one.group.name(), "means": one.means, "quick": one.quick, "statistical": one.statistical})
        });
        return output::json(&json!({"capabilities": all.collect::<Vec<_>>()}));
    }
    let mut text = String::new();
    for group in Group::ALL {
        text.push_str(&format!("{}\n", group.name()));
        for one in CAPABILITIES.iter().filter(|one| one.group == group) {
            let quick = if one.quick { "quick" } else { "" };
            text.push_str(&format!("  {:<26} {quick:<6} {}\n", one.name, one.means));
        }
    }
    output::raw(&text)
}

/// A card.
pub(super) fn card(card: &Card, json: bool) -> Result<(), Problem> {
    if json { output::json(&document(card)) } else { output::raw(&text(card)) }
}

fn document(card: &Card) -> Value {
    json!({
        "model": card.subject.model,
        "engine": card.subject.engine,
        "version": Some(&card.subject.version).filter(|version| !version.is_empty()),
        "url": card.subject.url,
        "at": card.at,
        "false_alarm_rate": card.false_alarm_rate(),
        "samples": card.samples(),
        "requests": card.requests,
        "tokens": card.tokens,
        "seconds": card.seconds,
        "gist": card.gist(),
        "capabilities": card.capabilities,
    })
}

fn text(card: &Card) -> String {
    let subject = &card.subject;
    let engine = format!("{} {}", subject.engine, subject.version);
    let when = utc(Duration::try_from_secs_f64(card.at).unwrap_or_default());
    let head = [subject.model.as_str(), engine.trim(), &subject.url, &when].map(clean_line);
    let mut text = format!("{}\n", head.join(" · "));
    for (group, entries) in card.groups() {
        text.push_str(&format!("\n{}\n", group.name()));
        entries.iter().for_each(|entry| text.push_str(&row(entry)));
    }
    let rate = card.false_alarm_rate() * 100.0;
    let Card { requests, tokens, seconds, .. } = card;
    text.push_str(&format!("\n{}\n", card.gist()));
    text.push_str(&format!(
        "chance of any wrong verdict: at most {rate:.2} % ({} samples; {requests} requests, {tokens} tokens, {seconds:.0} s)\n",
        card.samples()
    ));
    text
}

fn row(entry: &Entry) -> String {
    let words = entry.finding.verdict.words();
    format!("  {:<26} {words:<16}  {}\n", clean_line(&entry.name), clean_line(&entry.finding.why))
}

/// Tells how far it is, on stderr: one line that is rewritten on a terminal, else nothing but what is not kept.
pub(super) struct Teller {
    terminal: bool,
}

impl Teller {
    /// With JSON on a pipe nothing but problems is told.
    pub(super) fn new(json: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        if !json && !terminal {
            output::aside("probing; a table follows");
        }
        Self { terminal }
    }

    pub(super) fn step(&self, step: &Told<'_>) {
        let line = match step {
            Told::Unsaved(problem) => return output::aside(&format!("note: {}: {}", problem.what, problem.why)),
            Told::Asks { capability, progress: (done, total), requests } => {
                format!("{done} of {total} · {requests} requests · {}", capability.name)
            }
            Told::Found { entry, progress: (done, total) } => {
                format!("{done} of {total} · {}: {}", entry.name, entry.finding.verdict.words())
            }
        };
        if self.terminal {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\u{1b}[K{}", fit(&clean_line(&line), WIDE)).and_then(|()| err.flush());
        }
    }

    /// Leaves the line that was rewritten.
    pub(super) fn over(&self) {
        if self.terminal {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\u{1b}[K").and_then(|()| err.flush());
        }
    }
}
