//! What starts taught of llama.cpp's buffers.

use super::weights::Weights;
use super::{Length, Plan};
use crate::base::Bytes;
use crate::models::Facts;
use crate::models::fit::learned::{Learned, Taught, correct};
use crate::models::fit::{Ask, PartBasis};

/// The weights corrected by the lessons that the facts carry, and from how many starts.
pub(super) fn weights(facts: &Facts, ask: &Ask, counted: &Weights) -> (Weights, Learned) {
    let before = Learned { margin_before: counted.margin, ..Learned::default() };
    let Some(found) = correct(facts, ask, Taught::Weights, counted.card, counted.margin) else {
        return (counted.clone(), before);
    };
    let learned = Learned { runs: found.runs, related: found.related, shift: found.shift, ..before };
    let mut weights = counted.clone();
    weights.card = weights.card.saturating_add_signed(found.shift);
    weights.margin = found.margin;
    if found.shift != 0 {
        let sign = if found.shift < 0 { "less" } else { "more" };
        let from = learned.words().unwrap_or_default();
        weights.why =
            format!("{}; {} {sign} than that, learned {from}", weights.why, Bytes(found.shift.unsigned_abs()));
        weights.basis = PartBasis::Measured;
    }
    (weights, learned)
}

impl Plan {
    /// Corrects the compute buffer, as it is for the context that is asked for.
    pub(super) fn learn_compute(&mut self, facts: &Facts) {
        if facts.learned.list().is_empty() {
            return;
        }
        let context = match self.ask.flags.max_model_len {
            Length::Tokens(tokens) => tokens,
            Length::Model | Length::Auto => self.limit.max(1),
        };
        let blocks = matches!(self.ask.flags.kv_cache_dtype, super::KvDtype::Block32(_));
        let (raw, margin) = (self.raw_compute(context), self.work.margin(self.batch(context), blocks));
        self.learned.margin_before = self.margin(context);
        self.taught = correct(facts, &self.ask, Taught::Compute, raw, margin);
        if let Some(found) = &self.taught {
            self.learned.runs = self.learned.runs.max(found.runs);
            self.learned.related = self.learned.related.max(found.related);
            self.learned.shift = self.learned.shift.saturating_add(found.shift);
        }
    }
}
