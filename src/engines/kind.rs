//! The kinds of server vramdeck knows.

use serde::{Deserialize, Serialize};

/// A kind of server. The serialised names are those of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EngineKind {
    /// `vllm serve`.
    #[serde(rename = "vllm")]
    Vllm,
    /// A running Ollama server, or `ollama serve`.
    #[serde(rename = "ollama")]
    Ollama,
    /// `llama-server`.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// The LiteLLM proxy: one endpoint over other servers.
    #[serde(rename = "litellm")]
    LiteLlm,
    /// Any OpenAI-compatible endpoint by URL.
    #[serde(rename = "endpoint")]
    Endpoint,
    /// vramdeck's simulated engine.
    #[serde(rename = "simulated")]
    Simulated,
}

impl EngineKind {
    /// All kinds, in the order shown.
    pub const ALL: [Self; 6] =
        [Self::Vllm, Self::LlamaCpp, Self::Ollama, Self::LiteLlm, Self::Endpoint, Self::Simulated];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::Ollama => "ollama",
            Self::LlamaCpp => "llama.cpp",
            Self::LiteLlm => "litellm",
            Self::Endpoint => "endpoint",
            Self::Simulated => "simulated",
        }
    }

    /// The kind that a model calls for by how it is written: a GGUF file llama.cpp, a `name:tag` Ollama, a configuration
    /// LiteLLM, all else vLLM.
    pub fn of_model(model: &str) -> Self {
        if model.ends_with(".gguf") {
            Self::LlamaCpp
        } else if model.contains(':') && !model.contains('/') {
            Self::Ollama
        } else if model.ends_with(".yaml") || model.ends_with(".yml") {
            Self::LiteLlm
        } else {
            Self::Vllm
        }
    }

    /// The dialect in which the simulated engine plays this kind; `None` for one that it does not play.
    pub fn played(self) -> Option<Dialect> {
        match self {
            Self::Vllm => Some(Dialect::Vllm),
            Self::LlamaCpp => Some(Dialect::LlamaCpp),
            Self::Ollama => Some(Dialect::Ollama),
            Self::LiteLlm | Self::Endpoint | Self::Simulated => None,
        }
    }

    /// Finds a kind by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl std::fmt::Display for EngineKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

pub use crate::wire::Dialect;
