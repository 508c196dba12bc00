//! How fast a prompt is read: compute, not bandwidth.

use super::{Case, Moved, Rate};
use crate::base::{Reading, Unknown};
use crate::models::Facts;
use crate::models::cards::Spec;
use crate::models::fit::Engine;
use crate::models::geometry::{Geometry, Mixer};

/// A rate of reading prompts with what it is computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct PrefillWhy {
    /// The rate.
    pub rate: Rate,
    /// Operations of the whole prompt.
    pub operations: f64,
    /// The card's dense 16-bit throughput, FLOP per second.
    pub tensor_flops: f64,
    /// The share of it that is likely reached.
    pub share: f64,
    /// What it rests on.
    pub basis: String,
}

/// Shares of the tensor throughput that recorded prompts of 512 to 4,096 tokens reached: dense models, mixtures of experts.
/// Kernels that multiply in 8 bits reach more than the 16-bit figure would allow.
const DENSE: (f64, f64, f64) = (0.4, 0.65, 1.0);
const EXPERTS: (f64, f64, f64) = (0.15, 0.35, 0.7);

/// Tokens per second at which a prompt of `tokens` is read.
pub fn prefill(facts: &Facts, engine: Engine, card: &Spec, tokens: u64) -> Reading<Rate> {
    prefill_why(facts, engine, card, tokens).map(|why| why.rate)
}

/// The same with what it is computed from.
///
/// # Errors
/// When the card's throughput or the model's layers are not known.
pub fn prefill_why(facts: &Facts, engine: Engine, card: &Spec, tokens: u64) -> Reading<PrefillWhy> {
    let flops = card.tensor_flops.filter(|f| f.is_finite() && *f > 0.0);
    let tensor_flops = flops.ok_or_else(|| Unknown::because("the card's tensor throughput is not known"))?;
    let tokens = tokens.max(1) as f64;
    let moved = Moved::of(&Case::new(facts, engine, card, 0))?;
    let head = facts.geometry.vocab as f64 * facts.geometry.hidden as f64;
    let layers = (moved.active - head).max(0.0);
    let operations = 2.0 * layers * tokens + scores(&facts.geometry, tokens);
    let (low, likely, high) = if facts.geometry.has_experts() { EXPERTS } else { DENSE };
    let at = |share: f64| tokens / (operations / (tensor_flops * share));
    let rate = Rate { low: at(low), likely: at(likely), high: at(high) };
    let basis =
        "2 × active parameters × tokens, at the share of the tensor throughput that recorded llama.cpp prompts reached";
    Ok(PrefillWhy { rate, operations, tensor_flops, share: likely, basis: basis.to_owned() })
}

/// Operations of attention scores and sums over a prompt: each token sees those before it, within its window.
fn scores(geometry: &Geometry, tokens: f64) -> f64 {
    let layers = geometry.layers.iter().map(|layer| match layer.mixer {
        Mixer::Attention(a) => {
            let seen = a.window.map_or(tokens / 2.0, |window| (tokens / 2.0).min(window as f64));
            2.0 * tokens * seen * a.heads as f64 * (a.k_dim as f64 + a.v_dim as f64)
        }
        Mixer::Latent(l) => tokens * tokens * l.heads as f64 * (l.nope_dim as f64 + l.rope_dim as f64 + l.v_dim as f64),
        _ => 0.0,
    });
    layers.sum()
}
