//! An answer as text for a person, 80 columns wide.

use super::Answer;
use crate::base::{Bytes, text, units};
use crate::models::fit::{Engine, Fit, Part, PartKind, Verdict};
use std::fmt::Write;

/// Columns of a terminal that all text keeps to.
const COLUMNS: usize = 80;
/// Where the formula of a line begins.
const INDENT: usize = 4;

/// The whole answer, ending with a newline.
pub(super) fn answer(answer: &Answer) -> String {
    let fit = &answer.fit;
    let mut out = String::new();
    let assumed = if fit.free_assumed { " (assumed)" } else { "" };
    let card = format!("{} card, {} free{assumed}", Bytes(fit.total), Bytes(fit.free));
    let name = text::clean_line(&answer.model);
    let room = COLUMNS.saturating_sub(text::width(&card) + fit.engine.name().len() + 8);
    let _ = writeln!(out, "{} on {} · {card}\n", text::fit(&name, room), fit.engine.name());
    verdict(&mut out, fit);
    out.push('\n');
    match fit.engine {
        Engine::Vllm => budget(&mut out, fit),
        Engine::LlamaCpp | Engine::Ollama => together(&mut out, fit),
    }
    out.push('\n');
    context(&mut out, fit);
    speed(&mut out, answer);
    for doubt in &answer.doubts {
        paragraph(&mut out, "  unsure: ", &text::clean_line(doubt));
    }
    out
}

fn verdict(out: &mut String, fit: &Fit) {
    let word = match fit.verdict {
        Verdict::Fits => "✓ fits",
        Verdict::Tight => "~ tight",
        Verdict::Unknown => "? not known",
        Verdict::DoesNotFit => "✗ does not fit",
        Verdict::RefusedAtStart => "✗ refused at start",
    };
    let _ = writeln!(out, "  {word}");
    paragraph(out, &" ".repeat(INDENT), &text::clean_line(&fit.why));
}

/// vLLM: a budget, what is taken off it, what is left for the cache.
fn budget(out: &mut String, fit: &Fit) {
    let share = fit.budget as f64 / fit.total.max(1) as f64 * 100.0;
    amount(out, " ", "budget", &signed(fit.budget), "", "");
    paragraph(out, &" ".repeat(INDENT), &format!("{share:.1} % of the card's total"));
    let inside: u64 =
        fit.parts.iter().filter(|part| deducted(part)).fold(0, |sum, part| sum.saturating_add(part.bytes));
    let graphs = fit.bytes(PartKind::Graphs);
    let left = i64::try_from(fit.budget).unwrap_or(i64::MAX).saturating_sub(i64::try_from(inside).unwrap_or(i64::MAX));
    // Graphs are among the parts, but only some releases take them off the budget.
    let on_top = graphs > 0 && left != fit.kv_available;
    for part in fit.parts.iter().filter(|part| deducted(part)) {
        let sign = if part.kind == PartKind::Graphs && on_top { "+" } else { "−" };
        line(out, sign, part);
    }
    let margin = format!("± {}", Bytes(fit.margin));
    amount(out, "=", "left for the cache", &bytes_below(fit.kv_available), &margin, "");
    for part in fit.parts.iter().filter(|part| part.kind == PartKind::Kv) {
        line(out, " ", part);
    }
}

fn deducted(part: &Part) -> bool {
    !matches!(part.kind, PartKind::Kv | PartKind::Outside)
}

/// llama.cpp: parts that have to find room together.
fn together(out: &mut String, fit: &Fit) {
    for part in &fit.parts {
        line(out, "+", part);
    }
    let sum = fit.parts.iter().fold(0u64, |sum, part| sum.saturating_add(part.bytes));
    amount(out, "=", "together", &signed(sum), &format!("± {}", Bytes(fit.margin)), "");
    if let Some((on_card, all)) = fit.offload {
        let _ = writeln!(out, "  {:<25}{on_card} of {all}", "layers on the card");
    }
}

fn signed(bytes: u64) -> String {
    Bytes(bytes).to_string()
}

fn bytes_below(bytes: i64) -> String {
    let sign = if bytes < 0 { "−" } else { "" };
    format!("{sign}{}", Bytes(bytes.unsigned_abs()))
}

fn name(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Weights => "weights",
        PartKind::Activation => "peak of a pass",
        PartKind::Graphs => "CUDA graphs",
        PartKind::NonTorch => "libraries",
        PartKind::Outside => "context and others",
        PartKind::Kv => "cache of a request",
        PartKind::State => "recurrent state",
        PartKind::Compute => "compute buffer",
    }
}

fn line(out: &mut String, sign: &str, part: &Part) {
    let margin = if part.margin == 0 { "exact".to_owned() } else { format!("± {}", Bytes(part.margin)) };
    amount(out, sign, name(part.kind), &signed(part.bytes), &margin, part.basis.name());
    paragraph(out, &" ".repeat(INDENT), &text::clean_line(&part.why));
}

fn amount(out: &mut String, sign: &str, name: &str, bytes: &str, margin: &str, basis: &str) {
    let line = format!("{sign:>2} {name:<20}{bytes:>14}  {margin:<16}{basis}");
    let _ = writeln!(out, "{}", text::fit(line.trim_end(), COLUMNS));
}

fn context(out: &mut String, fit: &Fit) {
    let longest = match fit.largest_max_model_len {
        0 => "none".to_owned(),
        tokens => format!("{} tokens", units::count(tokens)),
    };
    let _ = writeln!(out, "  {:<25}{longest}", "longest context");
    if fit.verdict.starts() && fit.kv_needed > 0 {
        let length = units::count(fit.max_model_len);
        let _ = writeln!(out, "  {:<25}{:.1} requests of {length} tokens", "at the same time", fit.max_concurrency);
    }
}

/// Tokens per second of one stream; nothing for a model that does not start.
fn speed(out: &mut String, answer: &Answer) {
    let words = match &answer.rate {
        Ok(rate) => format!("{:.0} tok/s, likely between {:.0} and {:.0}", rate.likely, rate.low, rate.high),
        Err(_) if !answer.fit.verdict.starts() => return,
        Err(why) => format!("unknown: {why}"),
    };
    paragraph(out, &format!("  {:<25}", "one answer"), &text::clean_line(&words));
}

/// Words wrapped to the width, the first line led by `lead`, the others by blanks.
fn paragraph(out: &mut String, lead: &str, words: &str) {
    let mut line = lead.to_owned();
    let mut fresh = true;
    for word in words.split(' ') {
        let gap = usize::from(!fresh);
        if !fresh && text::width(&line) + gap + text::width(word) > COLUMNS {
            let _ = writeln!(out, "{line}");
            line = " ".repeat(text::width(lead));
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(&text::fit(word, COLUMNS - text::width(lead)));
        fresh = false;
    }
    let _ = writeln!(out, "{line}");
}
