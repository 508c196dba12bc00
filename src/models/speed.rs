//! How fast it answers: the decode law, from bytes moved per token and the card's bandwidth.
//!
//! One step of decoding reads every active weight and the caches once, and pays a fixed time per step and per layer:
//! `seconds = bytes / (bandwidth × share) + step + Σ layer`. The constants and what they were fitted on are in `law`.
//! Speculative decoding is not modelled: rates are those without it.

mod bits;
mod law;
mod moved;
mod offload;
mod prefill;

pub use moved::Moved;
pub use offload::{offloaded, offloaded_why};
pub use prefill::{prefill, prefill_why};

use super::cards::Spec;
use super::fit::{Ask, Engine};
use super::{Exact, Facts};
use crate::base::{Reading, Unknown};
use std::borrow::Cow;

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

impl Rate {
    /// A rate and how far it may lie below and above, as factors.
    fn around(likely: f64, low: f64, high: f64) -> Self {
        Self { low: likely * low, likely, high: likely * high }
    }
}

/// A rate with what it is computed from, for a screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The rate. Of a batch: all requests together.
    pub rate: Rate,
    /// Bytes that one step moves.
    pub moved: Moved,
    /// The card's bandwidth, bytes per second.
    pub bandwidth: f64,
    /// The share of it that is reached.
    pub share: f64,
    /// Seconds of a step that no byte explains.
    pub fixed: f64,
    /// What the figure and its range rest on, one or two clauses.
    pub basis: String,
}

/// What a rate is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The model.
    pub facts: &'a Facts,
    /// The engine.
    pub engine: Engine,
    /// The card.
    pub card: &'a Spec,
    /// Requests at the same time, at least 1.
    pub streams: u64,
    /// Tokens in the cache of each.
    pub context: u64,
    /// Bytes of one number of the cache: 2 for 16 bits, 1 for FP8.
    pub cache_bytes: f64,
}

impl<'a> Case<'a> {
    /// One stream with a 16-bit cache.
    pub fn new(facts: &'a Facts, engine: Engine, card: &'a Spec, context: u64) -> Self {
        Self { facts, engine, card, streams: 1, context, cache_bytes: 2.0 }
    }
}

/// The facts as the engine holds them: with what `--quantization` makes of the weights while vLLM loads them. Sums of the
/// files then say nothing of what a step reads.
pub fn as_loaded<'a>(facts: &'a Facts, ask: &Ask) -> Cow<'a, Facts> {
    let word = ask.flags.quantization.as_deref().filter(|_| ask.engine == Engine::Vllm);
    match word.map(|word| facts.quant.with_flag(word)).filter(|quant| *quant != facts.quant) {
        Some(quant) => Cow::Owned(Facts { quant, exact: Exact::No, ..facts.clone() }),
        None => Cow::Borrowed(facts),
    }
}

/// Tokens per second of one stream after `context` tokens, all layers on the card.
pub fn decode(facts: &Facts, engine: Engine, card: &Spec, context: u64) -> Reading<Rate> {
    why(&Case::new(facts, engine, card, context)).map(|why| why.rate)
}

/// Tokens per second of `streams` requests together, each after `context` tokens: weights are read once for all of them,
/// each reads its own cache. Bound by compute where the card's is known. A wide range: schedulers and kernels differ.
pub fn batch(facts: &Facts, engine: Engine, card: &Spec, streams: u64, context: u64) -> Reading<Rate> {
    why(&Case { streams: streams.max(1), ..Case::new(facts, engine, card, context) }).map(|why| why.rate)
}

/// A decode rate with what it is computed from.
///
/// # Errors
/// When the card's bandwidth or the width of the weights is not known, or the model generates no text.
pub fn why(case: &Case) -> Reading<Why> {
    let bandwidth = bandwidth(case.card)?;
    let moved = Moved::of(case)?;
    let law = law::Law::of(case);
    let memory = moved.total() / (bandwidth * law.share);
    let streams = case.streams.max(1) as f64;
    let compute =
        case.card.tensor_flops.map_or(0.0, |flops| 2.0 * moved.active * streams / (flops * law.compute_share));
    let seconds = memory.max(compute) + law.fixed + law.request * (streams - 1.0);
    let (low, high) = law.range;
    let basis = match (case.streams, compute > memory) {
        (0 | 1, _) => law.basis(),
        (_, false) => format!("{}; a batch reads the weights once, each request its own cache", law.basis()),
        (_, true) => format!("{}; this batch is bound by compute", law.basis()),
    };
    let rate = Rate::around(streams / seconds, low, high);
    Ok(Why { rate, moved, bandwidth, share: law.share, fixed: law.fixed, basis })
}

/// The card's bandwidth.
fn bandwidth(card: &Spec) -> Reading<f64> {
    card.bandwidth
        .filter(|b| b.is_finite() && *b > 0.0)
        .ok_or_else(|| Unknown::because("the card's bandwidth is not known"))
}

#[cfg(test)]
mod tests;
