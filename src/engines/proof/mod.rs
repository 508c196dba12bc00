//! A start held against what was predicted before it: part by part, beside the engine's own figures and the card's.
//!
//! The [`Prediction`] is made when the launch is planned and kept with the run, so that nothing can be fitted to it later.

mod lesson;
mod predict;
mod rows;
#[cfg(test)]
mod tests;

pub use predict::Question;
pub use rows::{Row, Said, rows};

use crate::models::fit::learned::{Place, Shape};
use serde::{Deserialize, Serialize};

/// A part of a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofPart {
    /// Weights on the card, bytes.
    Weights,
    /// Peak of one forward pass, bytes.
    Activation,
    /// CUDA graphs, bytes.
    Graphs,
    /// vLLM: all inside the budget beside weights and cache, bytes.
    Beside,
    /// llama.cpp: the compute buffer, bytes.
    Compute,
    /// Recurrent state, bytes.
    State,
    /// The cache, bytes.
    Kv,
    /// The cache, tokens.
    KvTokens,
    /// Requests of full length that fit at once.
    Concurrency,
    /// All that the processes of the run hold on the card, bytes.
    Total,
}

impl ProofPart {
    /// The words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Activation => "activation",
            Self::Graphs => "graphs",
            Self::Beside => "rest of the budget",
            Self::Compute => "compute",
            Self::State => "state",
            Self::Kv => "KV cache",
            Self::KvTokens => "KV tokens",
            Self::Concurrency => "full-length at once",
            Self::Total => "held in all",
        }
    }

    /// Whether it counts bytes.
    pub fn is_bytes(self) -> bool {
        !matches!(self, Self::KvTokens | Self::Concurrency)
    }
}

/// One predicted part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    /// Which.
    pub part: ProofPart,
    /// Bytes, tokens or requests.
    pub value: f64,
    /// How far it may be off, in the same unit; absent where nothing is promised.
    pub margin: Option<f64>,
}

/// What was predicted of a start before it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Seconds since the Unix epoch.
    pub at: f64,
    /// Whose rules of memory.
    pub rules: String,
    /// The engine's release, where known.
    pub version: Option<(u32, u32)>,
    /// Card, driver, system. A card called `cpu` is none.
    pub place: Place,
    /// The model's shape.
    pub shape: Shape,
    /// The model as asked for.
    pub model: String,
    /// Cards that share the tensors.
    pub cards: u64,
    /// The verdict in the word of the command line.
    pub verdict: String,
    /// vLLM's budget, bytes; 0 for others and where the cache was given in bytes.
    pub budget: u64,
    /// Parts as they were shown.
    pub parts: Vec<Predicted>,
    /// Bytes before anything was learned: weights, all beside, graphs on top, compute.
    pub raw: Raw,
    /// Starts that corrected it, in words; empty for none.
    pub learned: String,
}

/// The parts that are learned of, before anything was learned, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Raw {
    /// Weights on the card.
    pub weights: u64,
    /// Of the weights, what stays on the host.
    pub host: u64,
    /// vLLM: activation and libraries.
    pub around: u64,
    /// vLLM: graphs; 0 for none.
    pub graphs: u64,
    /// Whether graphs are taken off the budget.
    pub graphs_inside: bool,
    /// llama.cpp: the compute buffer.
    pub compute: u64,
}

impl Prediction {
    /// A part, where it was predicted.
    pub fn part(&self, part: ProofPart) -> Option<&Predicted> {
        self.parts.iter().find(|predicted| predicted.part == part)
    }

    /// Whether there was a card.
    pub fn has_card(&self) -> bool {
        self.place.card != NO_CARD
    }
}

/// What the place is called where there is no card.
pub const NO_CARD: &str = "cpu";
