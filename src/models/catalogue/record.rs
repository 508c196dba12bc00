//! One line of the data, as it is written.

use super::entry::{Capability, Confidence, Taxonomy};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A model. Keys that are not named here are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub id: String,
    pub taxonomy: Taxonomy,
    pub params: u64,
    /// Parameters per token, where fewer than all.
    #[serde(default)]
    pub active: Option<u64>,
    /// How sure the dimensions are.
    pub confidence: Confidence,
    pub context: u64,
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub licence: Option<String>,
    #[serde(default)]
    pub gated: Option<bool>,
    #[serde(default)]
    pub tool_parser: Option<String>,
    #[serde(default)]
    pub reasoning_parser: Option<String>,
    #[serde(default)]
    pub chat_template: Option<String>,
    #[serde(default)]
    pub min_vllm: Option<String>,
    #[serde(default)]
    pub refused_by_vllm: Option<String>,
    #[serde(default)]
    pub vllm_flags: Option<String>,
    #[serde(default)]
    pub speculative: Option<String>,
    #[serde(default)]
    pub notes: Vec<String>,
    /// Width of its vectors.
    #[serde(default)]
    pub embedding: Option<u64>,
    /// How the published weights are stored, where not in 16 or 32 bit.
    #[serde(default)]
    pub native: Option<String>,
    /// Bytes of the published weights, where measured.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Bytes of the published weights from the parameter count, where dimensions are not known.
    #[serde(default)]
    pub estimate: Option<u64>,
    #[serde(default)]
    pub variants: Vec<Published>,
    /// GGUF mixes that it can be had in.
    #[serde(default)]
    pub gguf: Vec<String>,
    /// Sizes of some of them, where measured.
    #[serde(default)]
    pub gguf_bytes: BTreeMap<String, u64>,
    /// Sizes from the parameter count, where dimensions are not known.
    #[serde(default)]
    pub gguf_estimates: BTreeMap<String, u64>,
    #[serde(default)]
    pub ollama: Vec<Tag>,
    #[serde(default)]
    pub ollama_parallel: Option<u64>,
    /// Keys of its `config.json` that its geometry follows from.
    #[serde(default)]
    pub config: Option<Value>,
    /// Its architecture, where there is no `config`.
    #[serde(default)]
    pub architecture: Option<String>,
    /// Whether it turns text into vectors, scores or labels instead of writing.
    #[serde(default)]
    pub pooling: bool,
    /// Whether its attention looks both ways, so that nothing is cached.
    #[serde(default)]
    pub encoder: bool,
    /// Names of the fields that are known from memory only.
    #[serde(default)]
    pub memory: Vec<String>,
}

/// A quantised repository.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Published {
    pub repo: String,
    pub quant: String,
    #[serde(default)]
    pub memory: bool,
    #[serde(default)]
    pub sm120: Option<bool>,
    #[serde(default)]
    pub note: Option<String>,
    #[serde(default)]
    pub bytes: Option<u64>,
    #[serde(default)]
    pub estimate: Option<u64>,
}

/// A tag of Ollama's library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tag {
    pub tag: String,
    pub mix: String,
    #[serde(default)]
    pub bytes: Option<u64>,
}

/// Reads one line.
pub(super) fn read(line: &str) -> Result<Record, serde_json::Error> {
    serde_json::from_str(line)
}
