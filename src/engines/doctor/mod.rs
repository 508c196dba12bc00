//! The doctor: from what an engine wrote to a named cause, why, and what to change, cheapest first.
//!
//! [`Scanner`] reads a log of any size in one pass with bounded memory; [`Doctor`] takes lines one at a time, as a keeper
//! sees them. Both answer with a [`Finding`]. [`apply`] carries a remedy over to a launch.

pub mod checkup;

mod cards;
mod context;
mod engines;
mod files;
mod flags;
mod fold;
mod frame;
mod machine;
mod memory;
mod now;
mod read;
mod remedy;
mod rule;
mod rules;
mod scan;
mod server;
mod text;
mod values;
mod wide;

pub use fold::{Cause, Doctor, cause_of, hint};
pub use now::held_against;
pub use remedy::{Change, Cost, Remedy, apply, settle};
pub use scan::{Scanner, diagnose};
pub use text::sentence;

use crate::engines::{Dialect, EngineKind};
use serde::{Deserialize, Serialize};

/// Whose log it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Source {
    /// `vllm serve`.
    #[serde(rename = "vllm")]
    Vllm,
    /// `llama-server`.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// `ollama serve`.
    #[serde(rename = "ollama")]
    Ollama,
    /// The LiteLLM proxy.
    #[serde(rename = "litellm")]
    Litellm,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Vllm, Self::LlamaCpp, Self::Ollama, Self::Litellm];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "ollama",
            Self::Litellm => "litellm",
        }
    }

    /// Finds one by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// The source that speaks a dialect; of a plain OpenAI dialect it is not known.
    pub fn of_dialect(dialect: Dialect) -> Option<Self> {
        match dialect {
            Dialect::Vllm => Some(Self::Vllm),
            Dialect::LlamaCpp => Some(Self::LlamaCpp),
            Dialect::Ollama => Some(Self::Ollama),
            Dialect::OpenAi => None,
        }
    }

    /// The kind of engine whose flags it takes.
    pub fn kind(self) -> Option<EngineKind> {
        match self {
            Self::Vllm => Some(EngineKind::Vllm),
            Self::LlamaCpp => Some(EngineKind::LlamaCpp),
            Self::Ollama => Some(EngineKind::Ollama),
            Self::Litellm => Some(EngineKind::LiteLlm),
        }
    }
}

/// A cause that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Its name, which stays: `kv_too_small`.
    pub name: &'static str,
    /// The line that says it, without colours and prefixed blanks.
    pub evidence: String,
    /// Why, with the numbers that the line holds.
    pub why: String,
    /// What to change, cheapest first.
    pub remedies: Vec<Remedy>,
}

/// What a log says.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// Whose log it is, as said or as guessed from its lines.
    pub source: Option<Source>,
    /// The cause, where one is named.
    pub finding: Option<Finding>,
    /// Why nothing is wrong, where nothing is; else the finding's own words.
    pub why: String,
    /// Bytes read.
    pub bytes: u64,
}

#[cfg(test)]
mod tests;
