//! The log, worded as the engine's own would be, with the markers by which such logs are read.

mod clock;
mod failures;
mod llamacpp;
mod ollama;
mod vllm;

pub use clock::{Clock, rfc3339};
pub use failures::{Failure, exit_code, failure};

use super::{Config, SimDialect};
use crate::base::Bytes;

/// Something worth a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The very first: who this is, and what is assumed.
    Simulated,
    /// The configuration was accepted.
    Accepted,
    /// Loading begins.
    Loading,
    /// So many of so many parts are loaded, after so many seconds.
    Progress(u64, u64, f64),
    /// The weights are there.
    Loaded(Bytes, f64),
    /// The cache: bytes and tokens.
    Cache(Bytes, u64),
    /// Graphs and buffers.
    Rest(Bytes),
    /// Ready to listen.
    Listening,
    /// A model was loaded on request, or put away (Ollama).
    Runner(String, bool),
    /// A request was answered: method, path, status.
    Request(&'static str, String, u16),
    /// A reader went away.
    Aborted(String),
    /// Rates and counts: prompt and generation tokens a second, running, waiting, share of the cache.
    Rates(f64, f64, u64, u64, f64),
    /// The end.
    Stopping,
    /// Text of a script.
    Raw(String),
}

/// A piece of log, and whether a line ends after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// `\n`, or `\r` for a bar that is drawn over.
    pub end: char,
}

impl Piece {
    fn line(text: impl Into<String>) -> Self {
        Self { text: text.into(), end: '\n' }
    }
}

/// Words a note. `pid` is the process', `clock` tells the time.
pub fn words(config: &Config, note: &Note, clock: &Clock, pid: u32) -> Vec<Piece> {
    if let Note::Raw(text) = note {
        return vec![Piece::line(text.clone())];
    }
    match config.dialect {
        SimDialect::Vllm => vllm::words(config, note, clock, pid),
        SimDialect::LlamaCpp => llamacpp::words(config, note, clock),
        SimDialect::Ollama => ollama::words(config, note, clock),
    }
}

/// What the first line says of sizes that were guessed.
fn assumption(config: &Config) -> String {
    let source = |given: bool| if given { "given" } else { "assumed from the name" };
    format!(
        "vramdeck-simulated: this is a simulated engine, nothing is computed on a card; weights {} ({}), {} a token of cache ({})",
        config.weight_bytes(),
        source(config.weights.is_some()),
        config.cache_per_token(),
        source(config.kv_token.is_some_and(|bytes| bytes.0 > 0))
    )
}

#[cfg(test)]
mod tests;
