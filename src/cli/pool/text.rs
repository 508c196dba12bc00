//! An answer as tables and bars.

use crate::base::text::{clean_line, fit, width};
use crate::base::units::{count, duration};
use crate::cli::chat::target::Found;
use crate::cli::wrap;
use crate::lab::pooling::{Given, Labelled, Ranked, Similarity, Tokens, Told};
use std::fmt::Write;
use std::time::Duration;

/// Columns of a bar.
const BAR: usize = 20;
/// Labels that are told of one text.
const LABELS: usize = 10;

/// The whole answer.
pub(super) fn table(found: &Found, told: &Told) -> String {
    let mut out = head(found, told);
    match &told.given {
        Given::Similar(all) => similar(&mut out, all, told),
        Given::Ranked(ranked) => self::ranked(&mut out, ranked, told),
        Given::Labels(all) => all.iter().enumerate().for_each(|(at, one)| labels(&mut out, at, one, told)),
        Given::Tokens(all) => all.iter().enumerate().for_each(|(at, one)| tokens(&mut out, at, one, told)),
    }
    out
}

fn head(found: &Found, told: &Told) -> String {
    let texts = told.ask.texts.len();
    let tokens = match &told.tokens {
        Ok(tokens) => format!("{} tokens", count(*tokens)),
        Err(unknown) => format!("tokens unknown: {unknown}"),
    };
    let took = duration(Duration::try_from_secs_f64(told.seconds).unwrap_or_default());
    let place = &found.endpoint.base_url;
    let plural = if texts == 1 { "" } else { "s" };
    format!("{} at {place}: {texts} text{plural}, {tokens}, {took}\n", clean_line(&found.endpoint.model))
}

fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{}", fit(text, wrap::columns()).trim_end());
}

fn text_of(told: &Told, at: usize) -> String {
    clean_line(told.ask.texts.get(at).map_or("", String::as_str))
}

fn similar(out: &mut String, all: &Similarity, told: &Told) {
    let _ = writeln!(out, "{} dimensions", count(all.dimensions as u64));
    for (at, norm) in all.norms.iter().enumerate() {
        line(out, &format!("{:>4}  norm {norm:<9.4} {}", at + 1, text_of(told, at)));
    }
    if all.compared() < 2 {
        return;
    }
    let _ = writeln!(out, "\ncosine (1 the same direction, 0 none in common, -1 opposite)");
    let columns = all.compared().min(wrap::columns().saturating_sub(6) / 7);
    let numbers: String = (1..=columns).map(|column| format!("{column:>7}")).collect();
    line(out, &format!("      {numbers}"));
    for row in 0..all.compared() {
        let cell =
            |column: usize| all.cosine(row, column).map_or("      –".to_owned(), |cosine| format!("{cosine:>7.3}"));
        line(out, &format!("{:>4}  {}", row + 1, (0..columns).map(cell).collect::<String>()));
    }
    if columns < all.norms.len() {
        let _ = writeln!(out, "{columns} of {} columns are shown; --json has all vectors", all.norms.len());
    }
    if let Some((one, other, cosine)) = all.nearest() {
        let _ = writeln!(out, "most alike: {} and {} ({cosine:.3})", one + 1, other + 1);
    }
}

fn ranked(out: &mut String, ranked: &Ranked, told: &Told) {
    if !told.ask.query.is_empty() {
        line(out, &format!("query: {}", clean_line(&told.ask.query)));
    }
    for (at, number) in &ranked.order {
        let bar = bar(ranked.share(*number));
        line(out, &format!("{:>4}  {number:>10.4}  {bar}  {}", at + 1, text_of(told, *at)));
    }
    let _ = writeln!(out, "{}", ranked.scale());
}

fn labels(out: &mut String, at: usize, one: &Labelled, told: &Told) {
    line(out, &format!("{:>4}  {}", at + 1, text_of(told, at)));
    let shown = one.labels.iter().take(LABELS);
    let widest = shown.clone().map(|(name, _)| width(name)).max().unwrap_or(0).min(30);
    for (name, number) in shown {
        let blanks = " ".repeat(widest.saturating_sub(width(name)));
        let bar = if told.ask.raw { String::new() } else { bar(*number) };
        line(out, &format!("      {}{blanks}  {number:>8.4}  {bar}", fit(name, widest)));
    }
    if one.labels.len() > LABELS {
        let _ = writeln!(out, "      and {} more", one.labels.len() - LABELS);
    }
}

fn tokens(out: &mut String, at: usize, one: &Tokens, told: &Told) {
    line(out, &format!("{:>4}  {}", at + 1, text_of(told, at)));
    if let Some(unknown) = &one.textless {
        line(out, &format!("      the tokens' texts are unknown: {unknown}"));
    }
    for (place, token) in one.tokens.iter().enumerate() {
        let text = match &token.text {
            Some(text) => clean_line(text),
            None => format!("token {}", place + 1),
        };
        let blanks = " ".repeat(16usize.saturating_sub(width(&text)));
        line(out, &format!("      {}{blanks}  {:>8.4}  {}", fit(&text, 16), token.score, clean_line(&token.label)));
    }
    for span in one.spans() {
        line(out, &format!("      {}: {} ({:.4})", clean_line(&span.label), clean_line(&span.text), span.score));
    }
}

/// A bar of eighths.
fn bar(share: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (BAR * 8) as f64).round() as usize;
    let bar = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
    format!("{bar}{}", " ".repeat(BAR.saturating_sub(width(&bar))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_keep_their_width() {
        for (share, begins) in
            [(0.0, " "), (1.0, "█"), (0.5, "██████████ "), (0.51, "██████████▎"), (9.0, "█"), (f64::NAN, " ")]
        {
            let bar = bar(share);
            assert!(bar.starts_with(begins) && width(&bar) == BAR, "{share}: {bar:?}");
        }
    }
}
