//! What could be changed when parts other than the cache are too large, and what each change leaves.

use super::rules::Rules;
use super::{Plan, activation, graphs};
use crate::models::Geometry;
use crate::models::fit::{Ask, Part};

/// Sequences that still serve a few people at the same time.
const FEW: u64 = 32;
/// Tokens of a pass below which prefill slows down for little gain.
const SHORT: u64 = 2048;

/// A change of flags and the bytes it takes off what stands beside the cache.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lever {
    /// The flags, as they are typed.
    pub flags: String,
    /// Bytes won for the cache.
    pub gain: u64,
}

/// Changes by what they cost: single ones first, all together last.
pub(super) fn levers(geometry: &Geometry, ask: &Ask, rules: &Rules) -> Vec<Lever> {
    let before = beside(geometry, ask, rules);
    let mut found = Vec::new();
    let (mut words, mut all, mut all_rules) = (Vec::new(), ask.clone(), *rules);
    for change in changes(geometry, ask, rules) {
        let (mut one, mut one_rules) = (ask.clone(), *rules);
        change.apply(&mut one, &mut one_rules);
        change.apply(&mut all, &mut all_rules);
        let gain = before.saturating_sub(beside(geometry, &one, &one_rules));
        if gain > 0 {
            found.push(Lever { flags: change.flag(), gain });
        }
        words.push(change.flag());
    }
    let gain = before.saturating_sub(beside(geometry, &all, &all_rules));
    if words.len() > 1 {
        found.push(Lever { flags: words.join(" "), gain });
    }
    found
}

#[derive(Clone, Copy)]
enum Change {
    TextOnly,
    Seqs,
    Batched,
    Eager,
}

impl Change {
    fn flag(self) -> String {
        match self {
            Self::TextOnly => "--language-model-only".to_owned(),
            Self::Seqs => format!("--max-num-seqs {FEW}"),
            Self::Batched => format!("--max-num-batched-tokens {SHORT}"),
            Self::Eager => "--enforce-eager".to_owned(),
        }
    }

    fn apply(self, ask: &mut Ask, rules: &mut Rules) {
        match self {
            Self::TextOnly => ask.flags.language_model_only = true,
            Self::Seqs => rules.seqs = FEW,
            Self::Batched => rules.batched = SHORT,
            Self::Eager => ask.flags.enforce_eager = true,
        }
    }
}

fn changes(geometry: &Geometry, ask: &Ask, rules: &Rules) -> Vec<Change> {
    let mut found = Vec::new();
    if geometry.tower.is_some() && !ask.flags.language_model_only {
        found.push(Change::TextOnly);
    }
    if rules.seqs > FEW {
        found.push(Change::Seqs);
    }
    if rules.chunked && rules.batched > SHORT {
        found.push(Change::Batched);
    }
    if rules.graphs_inside && !ask.flags.enforce_eager {
        found.push(Change::Eager);
    }
    found
}

/// Bytes of what the changes touch.
fn beside(geometry: &Geometry, ask: &Ask, rules: &Rules) -> u64 {
    let graphs: Option<Part> = graphs::part(geometry, ask, rules).filter(|_| rules.graphs_inside);
    activation::part(geometry, ask, rules).bytes.saturating_add(graphs.map_or(0, |part| part.bytes))
}

impl Plan {
    /// The cheapest change that wins `missing` bytes, in words.
    pub(super) fn change(&self, missing: u64) -> String {
        match self.levers.iter().find(|lever| lever.gain >= missing) {
            Some(lever) => lever.flags.clone(),
            None => "a smaller or more quantised model, or more cards".to_owned(),
        }
    }
}
