//! Bytes of weights that stay on one card.
//!
//! vLLM: every parameter in the shape its layer class allocates, shared among cards as that class shares it, plus the
//! rotary tables; what a quantisation leaves alone stays as wide as the model computes. The sum is what vLLM logs as
//! "Model loading took". llama.cpp and Ollama: the tensors of the file.

mod blocks;
mod scheme;
mod stored;
mod sum;

#[cfg(test)]
mod tests;

use super::answer::PartBasis;
use super::ask::{Ask, Engine};
use crate::base::units::GIB;
use crate::models::Facts;

/// Weights on one card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// Bytes per card.
    pub bytes: u64,
    /// How far `bytes` may be off.
    pub margin: u64,
    /// What it rests on.
    pub basis: PartBasis,
    /// One clause: how it was counted, with its numbers.
    pub why: String,
    /// Of `bytes`, embedding and head that stay as wide as the model computes.
    pub unquantised_head: u64,
    /// Of `bytes`, the part that sees or hears.
    pub tower: u64,
    /// Of `bytes`, routed experts.
    pub experts: u64,
}

/// What `facts` weigh for `ask`.
pub fn weights(facts: &Facts, ask: &Ask) -> Weights {
    match ask.engine {
        Engine::Vllm => sum::vllm(facts, ask),
        Engine::LlamaCpp | Engine::Ollama => sum::file(facts),
    }
}

/// Bytes as text, two decimals of GiB.
#[expect(clippy::cast_precision_loss, reason = "for reading only")]
fn gib(bytes: u64) -> String {
    format!("{:.2} GiB", bytes as f64 / GIB as f64)
}
