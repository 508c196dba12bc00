//! What can be installed, and in which builds.

use crate::engines::EngineKind;
use serde::{Deserialize, Serialize};

/// A package vramdeck lists and, where it can, installs. The serialised names are those of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Package {
    /// vLLM, into an environment of vramdeck's own.
    #[serde(rename = "vllm")]
    Vllm,
    /// llama.cpp, by the way the system offers.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// Ollama, by the way the system offers.
    #[serde(rename = "ollama")]
    Ollama,
    /// The LiteLLM proxy, into an environment of vramdeck's own.
    #[serde(rename = "litellm")]
    LiteLlm,
}

impl Package {
    /// All, in the order shown.
    pub const ALL: [Self; 4] = [Self::Vllm, Self::LlamaCpp, Self::Ollama, Self::LiteLlm];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "ollama",
            Self::LiteLlm => "litellm",
        }
    }

    /// The name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Vllm => "vLLM",
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "Ollama",
            Self::LiteLlm => "LiteLLM",
        }
    }

    /// Finds one by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|package| package.name() == name)
    }

    /// The kind of server it is.
    pub fn engine(self) -> EngineKind {
        match self {
            Self::Vllm => EngineKind::Vllm,
            Self::LlamaCpp => EngineKind::LlamaCpp,
            Self::Ollama => EngineKind::Ollama,
            Self::LiteLlm => EngineKind::LiteLlm,
        }
    }

    /// The package of a kind of server.
    pub fn of(engine: EngineKind) -> Option<Self> {
        Self::ALL.into_iter().find(|package| package.engine() == engine)
    }

    /// Whether it is installed into an environment of vramdeck's own.
    pub fn is_own(self) -> bool {
        matches!(self, Self::Vllm | Self::LiteLlm)
    }

    /// The program it brings.
    pub fn program(self) -> &'static str {
        match self {
            Self::LlamaCpp => "llama-server",
            _ => self.name(),
        }
    }
}

impl std::fmt::Display for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// What a package computes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Build {
    /// An NVIDIA card.
    Cuda,
    /// The processor.
    Cpu,
}

impl Build {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Cpu => "cpu",
        }
    }
}

impl std::fmt::Display for Build {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for package in Package::ALL {
            assert_eq!(Package::from_name(package.name()), Some(package));
            assert_eq!(serde_json::to_value(package).unwrap(), package.name());
            assert_eq!((Package::of(package.engine()), package.engine().name()), (Some(package), package.name()));
        }
        assert_eq!(Package::from_name("vLLM"), None);
        assert_eq!(Package::of(EngineKind::Endpoint), None);
    }
}
