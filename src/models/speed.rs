//! How fast it answers: the decode law, from bytes moved per token and the card's bandwidth.

use super::Facts;
use super::fit::Engine;
use crate::base::Reading;

/// A rate with the range it is expected in, tokens per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Lowest expected.
    pub low: f64,
    /// Most likely.
    pub likely: f64,
    /// Highest expected.
    pub high: f64,
}

/// Tokens per second of one stream after `context` tokens, all layers on the card.
pub fn decode(facts: &Facts, engine: Engine, card: &super::cards::Spec, context: u64) -> Reading<Rate> {
    let _ = (facts, engine, card, context);
    Err(crate::base::Unknown::because("not computed"))
}
