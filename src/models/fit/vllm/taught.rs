//! What starts taught of vLLM's parts.

use super::rules::Rules;
use crate::base::Bytes;
use crate::models::Facts;
use crate::models::fit::learned::{Corrected, Learned, Taught, correct};
use crate::models::fit::{Ask, Part, PartBasis, PartKind};

/// Corrects the lines by the lessons that the facts carry.
pub(super) fn apply(facts: &Facts, ask: &Ask, rules: &Rules, parts: &mut [Part]) -> Learned {
    if facts.learned.list().is_empty() {
        return Learned::default();
    }
    let before = super::margin(parts, rules);
    let mut learned = Learned { margin_before: before, ..Learned::default() };
    let mut unconfirmed = 0_u64;
    let around = |part: &Part| matches!(part.kind, PartKind::Activation | PartKind::NonTorch);
    let beside = |part: &Part| is_beside(part.kind, rules.graphs_inside);
    let mut teach = |taught: Taught, of: &dyn Fn(&Part) -> bool| {
        let raw = parts.iter().filter(|part| of(part)).fold(0_u64, |sum, part| sum.saturating_add(part.bytes));
        let margin = parts.iter().filter(|part| of(part)).map(|part| (part.margin as f64).powi(2)).sum::<f64>().sqrt();
        let found = if raw == 0 { None } else { correct(facts, ask, taught, raw, margin as u64) };
        if let Some(found) = &found {
            spread(parts.iter_mut().filter(|part| of(part)), found);
            learned.runs = learned.runs.max(found.runs);
            learned.related = learned.related.max(found.related);
            learned.shift = learned.shift.saturating_add(found.shift);
            if rules.graphs_inside || taught != Taught::Graphs {
                unconfirmed = unconfirmed.saturating_add(found.unconfirmed());
            }
        }
        found.is_some()
    };
    teach(Taught::Weights, &|part: &Part| part.kind == PartKind::Weights);
    if teach(Taught::Around, &around) {
        teach(Taught::Graphs, &|part: &Part| part.kind == PartKind::Graphs);
    } else {
        teach(Taught::Beside, &beside);
    }
    hold(parts, unconfirmed, super::margin(parts, rules));
    learned
}

/// Widens the margin of the first line until that of all together, now `margin`, holds `bytes`.
fn hold(parts: &mut [Part], bytes: u64, margin: u64) {
    if let Some(part) = parts.first_mut().filter(|_| margin < bytes) {
        let lacking = (bytes as f64).powi(2) - (margin as f64).powi(2);
        part.margin = ((part.margin as f64).powi(2) + lacking).sqrt().ceil() as u64 + 1;
    }
}

/// Whether a line is inside the budget, beside weights and cache.
fn is_beside(kind: PartKind, graphs_inside: bool) -> bool {
    match kind {
        PartKind::Activation | PartKind::NonTorch => true,
        PartKind::Graphs => graphs_inside,
        _ => false,
    }
}

/// Gives the shift to the first line, and what it cannot give of it to the next; the margin is that of all together.
fn spread<'a>(parts: impl Iterator<Item = &'a mut Part>, found: &Corrected) {
    let (mut rest, mut margin) = (found.shift, found.margin);
    let own = Learned { runs: found.runs, related: found.related, ..Learned::default() };
    for part in parts {
        let taken = if rest < 0 { rest.max(-i64::try_from(part.bytes).unwrap_or(i64::MAX)) } else { rest };
        part.bytes = part.bytes.saturating_add_signed(taken);
        rest = rest.saturating_sub(taken);
        if taken != 0 {
            let sign = if taken < 0 { "less" } else { "more" };
            let from = own.words().unwrap_or_default();
            part.why = format!("{}; {} {sign} than that, learned {from}", part.why, Bytes(taken.unsigned_abs()));
            part.basis = PartBasis::Measured;
        }
        part.margin = std::mem::take(&mut margin);
    }
}
