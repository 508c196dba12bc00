//! What a serving engine says of itself while it serves: its own counters, read into [`Gauges`], and what changed between
//! two looks, as [`Rates`].
//!
//! vLLM and llama-server answer `/metrics` in Prometheus' text form ([`text`]), llama-server `/slots` and Ollama `/api/ps`
//! in JSON. What an engine does not tell is unknown with its reason, never zero.

mod gauges;
mod histogram;
mod llamacpp;
mod ollama;
mod rates;
pub mod text;
mod vllm;

pub use gauges::{Gauges, Sleep};
pub use histogram::Histogram;
pub use rates::{Live, Rates, Scrape};

use crate::engines::Dialect;

/// The bodies of one look at an engine, as far as it was asked and answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers<'a> {
    /// `/metrics`: vLLM, llama-server.
    pub metrics: Option<&'a str>,
    /// `/slots`: llama-server.
    pub slots: Option<&'a str>,
    /// `/api/ps`: Ollama.
    pub loaded: Option<&'a str>,
    /// What the KV cache holds in all, tokens, where the engine's log said so.
    pub kv_tokens: Option<u64>,
}

/// What the answers of an engine say; `model` is the name the server knows it by.
pub fn gauges(dialect: Dialect, model: &str, answers: Answers<'_>) -> Gauges {
    match dialect {
        Dialect::Vllm => vllm::gauges(answers.metrics.unwrap_or_default()),
        Dialect::LlamaCpp => llamacpp::gauges(&answers),
        Dialect::Ollama => ollama::gauges(model, answers.loaded.unwrap_or_default()),
        // A server of any make: those that export vLLM's names are read, the others tell nothing.
        Dialect::OpenAi => vllm::gauges(answers.metrics.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
