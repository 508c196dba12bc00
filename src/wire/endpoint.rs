//! Where requests go and which dialect is spoken there.

use crate::base::Secret;
use serde::{Deserialize, Serialize};

/// Whose version of the OpenAI API an endpoint speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Dialect {
    /// vLLM.
    #[serde(rename = "vllm")]
    Vllm,
    /// llama-server.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// Ollama's `/v1`.
    #[serde(rename = "ollama")]
    Ollama,
    /// An endpoint of which no more is known than the OpenAI API.
    #[serde(rename = "openai")]
    OpenAi,
}

/// One place to send requests to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Base URL without a trailing slash and without `/v1`.
    pub base_url: String,
    /// Bearer token, where one is needed.
    pub key: Option<Secret>,
    /// Whose API it is.
    pub dialect: Dialect,
    /// The model name to send.
    pub model: String,
}
