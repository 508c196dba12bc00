//! An answer as text for a person, as wide as the terminal.

mod more;

use super::Answer;
use super::alone::Alone;
use crate::base::{Bytes, text, units};
use crate::cli::wrap::paragraph;
use crate::models::fit::{Engine, Fit, Part, PartKind, Verdict};
use std::fmt::Write;

/// Where the formula of a line begins.
const INDENT: usize = 4;

/// Text under way.
struct Page {
    out: String,
    columns: usize,
}

impl Page {
    fn words(&mut self, lead: &str, words: &str) {
        paragraph(&mut self.out, lead, &text::clean_line(words), self.columns);
    }

    fn why(&mut self, words: &str) {
        self.words(&" ".repeat(INDENT), words);
    }

    fn fact(&mut self, name: &str, words: &str) {
        self.words(&format!("  {name:<25}"), words);
    }

    fn gap(&mut self) {
        self.out.push('\n');
    }
}

/// The whole answer, ending with a newline.
pub(super) fn answer(answer: &Answer, columns: usize) -> String {
    let fit = &answer.fit;
    let mut page = Page { out: String::new(), columns };
    page.words("", &format!("{} on {}", answer.model, fit.engine.name()));
    page.words("", &card(answer));
    page.gap();
    let _ = writeln!(page.out, "  {}", word(fit.verdict));
    page.why(&fit.why);
    page.gap();
    match fit.engine {
        Engine::Vllm => budget(&mut page, fit),
        Engine::LlamaCpp | Engine::Ollama => together(&mut page, fit),
    }
    page.gap();
    context(&mut page, fit);
    learned(&mut page, fit);
    speed(&mut page, answer);
    remarks(&mut page, &answer.doubts, &answer.ignored, fit.engine);
    more::add(&mut page, answer);
    page.out
}

/// The card that is needed where none was judged.
pub(super) fn alone(answer: &Alone, columns: usize) -> String {
    let mut page = Page { out: String::new(), columns };
    page.words("", &format!("{} on {}", answer.model, answer.engine.name()));
    page.words("", &answer.why);
    remarks(&mut page, &answer.doubts, &answer.ignored, answer.engine);
    more::needed(&mut page, &answer.needed);
    page.out
}

/// What starts on this machine taught.
fn learned(page: &mut Page, fit: &Fit) {
    if let Some(words) = fit.learned.words() {
        let sign = if fit.learned.shift < 0 { "−" } else { "+" };
        let shift = Bytes(fit.learned.shift.unsigned_abs());
        let before = Bytes(fit.learned.margin_before);
        page.fact(
            "learned",
            &format!("{words} on this machine: {sign}{shift} beside the cache; the margin was {before}"),
        );
    }
}

/// What is not sure, and options that the engine has not.
fn remarks(page: &mut Page, doubts: &[String], ignored: &[String], engine: Engine) {
    for doubt in doubts {
        page.words("  unsure: ", doubt);
    }
    if !ignored.is_empty() {
        let options: Vec<String> = ignored.iter().map(|key| format!("--{}", key.replace('_', "-"))).collect();
        page.words("  passed over: ", &format!("{}, which {} has not", options.join(", "), engine.name()));
    }
}

/// The card and what its free memory rests on.
fn card(answer: &Answer) -> String {
    let (fit, card) = (&answer.fit, &answer.card);
    let basis = match card.basis {
        "driver" => "the driver says so",
        "simulated" => "SIMULATED card",
        "stated" => "stated",
        _ => "assumed: no desktop, no other program",
    };
    format!("{}, {}, {} free ({basis})", card.spec.name, Bytes(fit.total), Bytes(fit.free))
}

/// A verdict as a person reads it.
pub(in crate::cli) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fits => "✓ fits",
        Verdict::Tight => "~ tight",
        Verdict::Unknown => "? not known",
        Verdict::DoesNotFit => "✗ does not fit",
        Verdict::RefusedAtStart => "✗ refused at start",
    }
}

/// vLLM: a budget, what is taken off it, what is left for the cache.
fn budget(page: &mut Page, fit: &Fit) {
    let share = fit.budget as f64 / fit.total.max(1) as f64 * 100.0;
    amount(page, " ", "budget", &signed(fit.budget), "", "");
    page.why(&format!("{share:.1} % of the card's total"));
    let inside: u64 =
        fit.parts.iter().filter(|part| deducted(part)).fold(0, |sum, part| sum.saturating_add(part.bytes));
    let graphs = fit.bytes(PartKind::Graphs);
    let left = i64::try_from(fit.budget).unwrap_or(i64::MAX).saturating_sub(i64::try_from(inside).unwrap_or(i64::MAX));
    // Graphs are among the parts, but only some releases take them off the budget.
    let on_top = graphs > 0 && left != fit.kv_available;
    for part in fit.parts.iter().filter(|part| deducted(part)) {
        let sign = if part.kind == PartKind::Graphs && on_top { "+" } else { "−" };
        line(page, sign, part);
    }
    let margin = format!("± {}", Bytes(fit.margin));
    amount(page, "=", "left for the cache", &bytes_below(fit.kv_available), &margin, "");
    for part in fit.parts.iter().filter(|part| part.kind == PartKind::Kv) {
        line(page, " ", part);
    }
}

fn deducted(part: &Part) -> bool {
    !matches!(part.kind, PartKind::Kv | PartKind::Outside)
}

/// llama.cpp: parts that have to find room together.
fn together(page: &mut Page, fit: &Fit) {
    for part in &fit.parts {
        line(page, "+", part);
    }
    let sum = fit.parts.iter().fold(0u64, |sum, part| sum.saturating_add(part.bytes));
    amount(page, "=", "together", &signed(sum), &format!("± {}", Bytes(fit.margin)), "");
    if let Some((on_card, all)) = fit.offload {
        page.fact("layers on the card", &format!("{on_card} of {all}"));
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

fn line(page: &mut Page, sign: &str, part: &Part) {
    let margin = if part.margin == 0 { "exact".to_owned() } else { format!("± {}", Bytes(part.margin)) };
    amount(page, sign, name(part.kind), &signed(part.bytes), &margin, part.basis.words());
    page.why(&part.why);
}

fn amount(page: &mut Page, sign: &str, name: &str, bytes: &str, margin: &str, basis: &str) {
    let line = format!("{sign:>2} {name:<20}{bytes:>14}  {margin:<16}{basis}");
    let line = text::fit(line.trim_end(), page.columns).into_owned();
    let _ = writeln!(page.out, "{line}");
}

fn context(page: &mut Page, fit: &Fit) {
    let longest = match fit.largest_max_model_len {
        0 => "none".to_owned(),
        tokens => format!("{} tokens", units::count(tokens)),
    };
    page.fact("longest context", &longest);
    if fit.verdict.starts() && fit.kv_needed > 0 {
        let length = units::count(fit.max_model_len);
        page.fact("at the same time", &format!("{:.1} requests of {length} tokens", fit.max_concurrency));
    }
}

/// Tokens per second of one stream; nothing for a model that does not start.
fn speed(page: &mut Page, answer: &Answer) {
    let words = match &answer.rate {
        Ok(rate) => format!("{:.0} tok/s, likely between {:.0} and {:.0}", rate.likely, rate.low, rate.high),
        Err(_) if !answer.fit.verdict.starts() => return,
        Err(why) => format!("unknown: {why}"),
    };
    page.fact("one answer", &words);
}
