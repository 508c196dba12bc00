//! Figures and marks as short as a table needs them.

use crate::base::units::GIB;
use crate::lab::suite::Kept;
use crate::models::fit::{Engine, Verdict};
use crate::models::speed::Rate;
use crate::ui::{Canvas, Role};

/// GiB with two digits after the point, one from a hundred on.
pub(super) fn gib(bytes: u64) -> String {
    let gib = bytes as f64 / GIB as f64;
    if gib < 99.95 { format!("{gib:.2}") } else { format!("{gib:.1}") }
}

/// Signed GiB.
pub(super) fn signed_gib(bytes: i64) -> String {
    format!("{}{}", if bytes < 0 { "-" } else { "" }, gib(bytes.unsigned_abs()))
}

/// Tokens in units of 1,024 from there on: `512`, `39k`, `1.0M`.
pub(super) fn tokens(n: u64) -> String {
    match n {
        0..=1023 => n.to_string(),
        1024..=1_048_575 => format!("{}k", n / 1024),
        _ => format!("{:.1}M", n as f64 / 1_048_576.0),
    }
}

/// A number of agents.
pub(super) fn agents(n: u64) -> String {
    if n > 999 { "999+".to_owned() } else { n.to_string() }
}

/// A range of rates: whole numbers from ten on, thousands from there.
pub(super) fn rate(rate: &Rate) -> String {
    if rate.low >= 999.5 {
        let one = |rate: f64| if rate < 9950.0 { format!("{:.1}", rate / 1e3) } else { format!("{:.0}", rate / 1e3) };
        let (low, high) = (one(rate.low), one(rate.high));
        return if low == high { format!("{low}k") } else { format!("{low}–{high}k") };
    }
    let one = |rate: f64| if rate < 9.95 { format!("{rate:.1}") } else { format!("{rate:.0}") };
    let (low, high) = (one(rate.low), one(rate.high));
    if low == high { low } else { format!("{low}–{high}") }
}

/// The mark of a verdict, told by glyph and by colour; none where nothing was judged.
pub(super) fn mark(canvas: &Canvas<'_>, verdict: Option<Verdict>) -> (&'static str, Role) {
    match verdict {
        Some(Verdict::Fits) => (canvas.glyph("●", "*"), Role::Good),
        Some(Verdict::Tight) => (canvas.glyph("◐", "~"), Role::Warn),
        Some(Verdict::RefusedAtStart) => (canvas.glyph("○", "o"), Role::Warn),
        Some(Verdict::DoesNotFit) => (canvas.glyph("✗", "x"), Role::Bad),
        Some(Verdict::Unknown) | None => ("?", Role::Unknown),
    }
}

/// An engine as short as a column is.
pub(super) fn engine(engine: Engine) -> &'static str {
    match engine {
        Engine::Vllm => "vllm",
        Engine::LlamaCpp => "llama",
        Engine::Ollama => "ollama",
    }
}

/// A verdict in words.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fits => "fits",
        Verdict::Tight => "tight",
        Verdict::RefusedAtStart => "refused at start",
        Verdict::DoesNotFit => "does not fit",
        Verdict::Unknown => "not known",
    }
}

/// The last part of a repository's name.
pub(super) fn short_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The share of tool calls that are right, the mean of the categories.
pub(super) fn score(kept: &Kept) -> (String, Role) {
    match kept.brief.as_ref().and_then(|brief| brief.headline) {
        Some(share) if share >= 0.8 => (format!("{:.0}%", share * 100.0), Role::Good),
        Some(share) if share >= 0.5 => (format!("{:.0}%", share * 100.0), Role::Warn),
        Some(share) => (format!("{:.0}%", share * 100.0), Role::Bad),
        None => ("?".to_owned(), Role::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        for (n, text) in [
            (0, "0"),
            (1023, "1023"),
            (39_300, "38k"),
            (131_072, "128k"),
            (1_048_576, "1.0M"),
            (u64::MAX, "17592186044416.0M"),
        ] {
            assert_eq!(tokens(n), text);
        }
        for (bytes, text) in [(0, "0.00"), (GIB * 5 + GIB / 2, "5.50"), (GIB * 405, "405.0")] {
            assert_eq!(gib(bytes), text);
        }
        for (low, high, text) in
            [(70.2, 80.4, "70–80"), (2.31, 2.9, "2.3–2.9"), (50.0, 50.1, "50"), (1242.0, 1861.0, "1.2–1.9k")]
        {
            assert_eq!(rate(&Rate { low, likely: low, high }), text);
        }
        assert_eq!(signed_gib(-(GIB as i64)), "-1.00");
    }
}
