//! Results as files: JSONL with every answer, which a run can go on from, and Markdown to read.

use super::advice::Advice;
use super::answer::Label;
use super::dialogue::Outcome;
use super::family::Family;
use super::plan::Plan;
use super::read;
use super::score::{About, Report, Scored, Tally};
use crate::base::Problem;
use crate::base::text::clean;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    about: About,
    plan: Plan,
}

/// A result as JSONL: a line on what was measured and how, then one outcome a line.
pub fn to_jsonl<'a>(about: &About, plan: &Plan, outcomes: impl IntoIterator<Item = &'a Outcome>) -> String {
    let head = Head { about: about.clone(), plan: plan.clone() };
    let mut text = serde_json::to_string(&head).unwrap_or_default() + "\n";
    for outcome in outcomes {
        text.push_str(&serde_json::to_string(outcome).unwrap_or_default());
        text.push('\n');
    }
    text
}

/// Reads a result back. A last line that broke off while it was written is left out.
///
/// # Errors
/// When the first line is no head, or another one no outcome; every bad line is told.
pub fn from_jsonl(text: &str, file: &str) -> Result<(About, Plan, Vec<Outcome>), Problem> {
    let whole = if text.ends_with('\n') { text } else { text.rfind('\n').map_or(text, |end| &text[..=end]) };
    let mut lines = read::lines(whole);
    let head = lines.next().map(|(_, line)| serde_json::from_str::<Head>(line).map_err(|error| error.to_string()));
    let head = head.unwrap_or(Err("the file is empty".to_owned()));
    let mut faults: Vec<String> = head.as_ref().err().map(|why| format!("line 1: {why}")).into_iter().collect();
    let mut outcomes = Vec::new();
    for (number, line) in lines {
        match serde_json::from_str(line) {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => faults.push(format!("line {number}: {error}")),
        }
    }
    read::refuse(file, faults)?;
    head.map(|head| (head.about, head.plan, outcomes))
        .map_err(|why| Problem::usage(format!("{file} is not used"), why, ""))
}

/// A report as Markdown, with the advice and its evidence.
pub fn markdown(report: &Report, plan: &Plan, advice: &[Advice]) -> String {
    let about = &report.about;
    let mut out = String::new();
    let title = [&about.model, &about.variant].map(|part| cell(part)).join(" ");
    let _ = writeln!(out, "# {}: {}\n", cell(&about.suite), title.trim());
    let _ = writeln!(out, "Engine: {}. Begun: {}.\n", cell(&about.engine), cell(&about.started));
    let _ = writeln!(out, "**{}**\n", cell(&Advice::line(advice)));
    for one in advice {
        let _ = writeln!(out, "- {}: {}", cell(&one.text), cell(&one.evidence));
    }
    if !advice.is_empty() {
        out.push('\n');
    }
    report.settings.iter().for_each(|scored| table(&mut out, scored));
    let _ = writeln!(out, "Asked with {}.\n", plan.words());
    out.push_str("pass@1 with its Wilson interval at 95 %; n counts cases, however often each was asked.\n");
    out
}

fn table(out: &mut String, scored: &Scored) {
    let headline = scored.headline.map_or("not measured".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let _ = writeln!(out, "## {}: {headline}\n", cell(&scored.setting.key()));
    let k = scored.all.k;
    let own = match scored.family {
        Family::Tools => "schema valid | hallucinated | trigger F1 | parser loss | first call",
        Family::Structured => {
            "valid | right value of valid | order differs | cut off | refused | not offered | first token"
        }
    };
    let _ = writeln!(out, "| category | pass@1 | pass^{k} | {own} | tokens | failed |");
    let _ = writeln!(out, "{}", "|---".repeat(own.matches('|').count() + 6) + "|");
    let rows = scored.categories.iter().map(|(name, tally)| (name.as_str(), tally));
    for (name, tally) in rows.chain([("all", &scored.all)]) {
        let own = match scored.family {
            Family::Tools => called(tally),
            Family::Structured => formed(tally),
        };
        let tokens = number(tally.completion_tokens, 0, "");
        let (name, pass, all) = (cell(name), tally.pass, tally.pass_all);
        let _ = writeln!(out, "| {name} | {pass} | {all} | {own} | {tokens} | {} |", tally.failed);
    }
    out.push('\n');
}

fn number(value: Option<f64>, digits: usize, unit: &str) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.digits$}{unit}"))
}

/// The cells about tool calls.
fn called(tally: &Tally) -> String {
    let [valid, invented, lost] = [tally.valid, tally.hallucinated, tally.lost];
    let (f1, first) = (number(tally.trigger_f1, 2, ""), number(tally.first_call_seconds, 2, " s"));
    format!("{valid} | {invented} | {f1} | {lost} | {first}")
}

/// The cells about answers under a constraint.
fn formed(tally: &Tally) -> String {
    let of = |label| tally.labels.get(&label).copied().unwrap_or(0);
    let (cut, refused, first) = (of(Label::Truncated), of(Label::Refused), number(tally.first_token_seconds, 2, " s"));
    let (valid, right, differs, absent) = (tally.valid, tally.known_right, tally.order_differs, tally.not_offered);
    format!("{valid} | {right} | {differs} | {cut} | {refused} | {absent} | {first}")
}

/// Text that neither breaks a table nor reaches the terminal as a command.
fn cell(text: &str) -> String {
    clean(text).replace('\n', " ").replace('|', "\\|")
}
