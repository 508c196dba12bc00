//! How a simulated engine is started.

use super::Script;
use super::assume::Assumed;
use crate::base::{Bytes, Secret};

/// The dialect it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimDialect {
    /// As `vllm serve` does.
    Vllm,
    /// As `llama-server` does.
    LlamaCpp,
    /// As Ollama does.
    Ollama,
}

/// All settings of one simulated engine.
#[derive(Debug, Clone)]
pub struct Config {
    /// The model's name as asked for; sizes are guessed from it.
    pub model: String,
    /// The name under which it is served.
    pub served: String,
    /// The dialect.
    pub dialect: SimDialect,
    /// Address to listen on.
    pub host: String,
    /// Port to listen on.
    pub port: u16,
    /// Longest context in tokens.
    pub max_model_len: u64,
    /// Most sequences at once.
    pub max_num_seqs: usize,
    /// Size of the weights, where given.
    pub weights: Option<Bytes>,
    /// Size of the KV cache, where given.
    pub kv: Option<Bytes>,
    /// What a token takes of it, where given.
    pub kv_token: Option<Bytes>,
    /// Share of the card that the vLLM dialect plans with.
    pub utilization: f64,
    /// Seconds that loading takes.
    pub load_seconds: f64,
    /// Tokens per second of each answer; 0 is as fast as possible.
    pub tokens_per_second: f64,
    /// The key asked for, where one is.
    pub api_key: Option<Secret>,
    /// Whether answers begin with reasoning unless told otherwise.
    pub reasoning: bool,
    /// Faults to act out.
    pub script: Script,
    /// Seed of requests that bring none.
    pub seed: Option<u64>,
}

impl Config {
    /// Sizes guessed from the model's name.
    pub fn assumed(&self) -> Assumed {
        Assumed::from_name(&self.model)
    }

    /// What a token takes of the cache, given or assumed.
    pub fn cache_per_token(&self) -> Bytes {
        self.kv_token.filter(|bytes| bytes.0 > 0).unwrap_or_else(|| self.assumed().cache_per_token())
    }

    /// Size of the weights, given or assumed.
    pub fn weight_bytes(&self) -> Bytes {
        self.weights.unwrap_or_else(|| self.assumed().weights())
    }
}
