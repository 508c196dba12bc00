//! The answer as a table for a person, as wide as the terminal.

use super::Answer;
use super::here;
use super::json::from_memory;
use crate::base::text::{clean, clean_line, fit};
use crate::base::{Bytes, units};
use crate::cli::wrap::paragraph;
use crate::models::fit::Verdict;
use crate::models::rank::{Choice, Row};
use std::fmt::Write;

/// Reasons are told below the rows when no more rows than this are shown.
const TELL: usize = 12;

/// When all rows are filtered away.
const NOTHING: &str = "No model passes these filters: leave out --search, --task, --fits, --engine or --local.";

/// Columns beside those of a model's name.
const OTHERS: usize = 53;

/// The whole answer as wide as the terminal, ending with a newline.
pub(super) fn answer(answer: &Answer<'_>, columns: usize) -> String {
    let mut out = String::new();
    let name = columns.saturating_sub(OTHERS).clamp(20, 48);
    head(&mut out, answer, columns);
    let rows: Vec<&Row> = answer.shown.iter().filter_map(|at| answer.rows.get(*at)).collect();
    let starts = rows.iter().filter(|row| row.verdict().starts()).count();
    let told = format!("{starts} of {} shown start, {} known", rows.len(), answer.rows.len());
    paragraph(&mut out, "", &told, columns);
    if rows.is_empty() {
        let none = if answer.here && answer.local.is_empty() { here::NONE } else { NOTHING };
        paragraph(&mut out, "", none, columns);
        return out;
    }
    out.push('\n');
    let titles = format!(
        "       {:<name$} {:<10} {:<9} {:>5} {:>5} {:>4} {:>5}",
        "model", "variant", "engine", "GiB", "ctx", "8k×", "tok/s"
    );
    let _ = writeln!(out, "{titles}");
    let mut marked = false;
    for row in &rows {
        let entry = row.entry.and_then(|at| answer.catalogue.entries.get(at));
        let memory = from_memory(entry);
        marked |= memory;
        line(&mut out, row, memory, name);
        if let (Some(best), true) = (row.best(), rows.len() <= TELL) {
            paragraph(&mut out, "       ", &clean_line(&answer.prepared.reason(best, answer.card.room)), columns);
        }
    }
    out.push('\n');
    let legend = [
        "GiB: weights on the card · ctx: longest context, tokens · 8k×: agents of 8,192 tokens at once · ?: not known",
        "tight: starts by the sum, but within its error · no: does not fit, shown with the form that lacks least · never: \
         the engine refuses",
    ];
    legend.iter().for_each(|words| paragraph(&mut out, "", words, columns));
    let memory = if marked { " · ~ dimensions from memory only, not read in the model's files" } else { "" };
    paragraph(&mut out, "", &format!("* lies on this machine{memory}"), columns);
    if answer.here {
        here::add(&mut out, answer.local, columns);
    }
    out
}

fn head(out: &mut String, answer: &Answer<'_>, columns: usize) {
    let card = &answer.card;
    let free = card.room.free.map_or_else(
        || "free memory assumed: no desktop, no other program".to_owned(),
        |free| format!("{} free ({})", Bytes(free), basis(card.basis)),
    );
    let intent = answer.prepared.intent().name();
    let words = format!("{}, {}; {free}; for {intent}", clean_line(&card.spec.name), Bytes(card.spec.total));
    paragraph(out, "", &words, columns);
}

fn basis(word: &str) -> &str {
    match word {
        "driver" => "the driver says so",
        "simulated" => "SIMULATED card",
        other => other,
    }
}

fn line(out: &mut String, row: &Row, memory: bool, columns: usize) {
    let local = row.choices.iter().any(|one| one.local.is_some());
    let marks = format!("{}{}", if memory { '~' } else { ' ' }, if local { '*' } else { ' ' });
    let name = clean(&row.name);
    let word = match row.verdict() {
        Verdict::Fits => "fits",
        Verdict::Tight => "tight",
        Verdict::Unknown => "?",
        Verdict::DoesNotFit => "no",
        Verdict::RefusedAtStart => "never",
    };
    let best = row.best();
    let label = best.map_or_else(|| "-".to_owned(), |one| clean(&one.label).into_owned());
    let engine = best.map_or("-", |one| one.engine.name());
    let weights = best.map(|one| one.sum.weights).filter(|bytes| *bytes > 0);
    let weights = weights.map_or_else(|| "?".to_owned(), |bytes| format!("{:.1}", Bytes(bytes).gib()));
    let (context, agents) = best.map_or_else(|| ("-".to_owned(), "-".to_owned()), lengths);
    let rate = best.and_then(|one| one.rate.as_ref().ok());
    let rate = rate.map_or_else(|| "?".to_owned(), |rate| format!("{:.0}", rate.likely));
    let _ = writeln!(
        out,
        "{word:<5}{marks}{} {} {engine:<9} {weights:>5} {context:>5} {agents:>4} {rate:>5}",
        padded(&name, columns),
        padded(&label, 10)
    );
}

/// Longest context in thousands of tokens, and agents; a dash where it does not start.
fn lengths(choice: &Choice) -> (String, String) {
    if !choice.sum.verdict.starts() {
        return ("-".to_owned(), "-".to_owned());
    }
    let context = match choice.sum.largest_max_model_len {
        0 => "?".to_owned(),
        n if n < 10_000 => units::count(n),
        n => format!("{}k", n / 1000),
    };
    (context, choice.agents.1.min(9999).to_string())
}

fn padded(text: &str, width: usize) -> String {
    let short = fit(text, width);
    let missing = width.saturating_sub(unicode_width::UnicodeWidthStr::width(short.as_ref()));
    format!("{short}{}", " ".repeat(missing))
}
