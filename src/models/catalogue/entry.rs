//! One model of the catalogue.

use crate::models::Facts;
use crate::models::fit::Engine;

/// How sure a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Read in the model's own files or an engine's source.
    Read,
    /// Checked against a published figure (parameter count, file size).
    Checked,
    /// From memory only; marked so wherever it is shown.
    Memory,
}

/// A field and how sure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Where a model stands in the taxonomy of vLLM, with the seed's branches of text generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taxonomy {
    /// Text generation, the Phi family.
    Phi,
    /// Text generation, OPT.
    Opt,
    /// Text generation, Gemma.
    Gemma,
    /// Text generation, other families known to work.
    Other,
    /// Text generation that may work.
    MayWork,
    /// Text generation that will not work in vLLM on such a card.
    WontWork,
    /// Pooling: embeddings.
    Embedding,
    /// Pooling: classification.
    Classification,
    /// Pooling: reranking.
    Reranker,
    /// Pooling: reward.
    Reward,
    /// Pooling: token classification.
    TokenClassification,
    /// Multimodal generation.
    Multimodal,
    /// Transcription.
    Transcription,
}

/// What a model can be used for; drawn as tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// It talks.
    Chat,
    /// It calls tools.
    Tools,
    /// It thinks before it answers.
    Reasoning,
    /// It sees images.
    Vision,
    /// It hears.
    Audio,
    /// It writes code.
    Code,
}

/// One quantisation of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// What people call it: `bf16`, `AWQ`, `FP8`, `NVFP4`, `Q4_K_M`.
    pub label: String,
    /// Where it is: a repository, an Ollama tag; `None` when only the quantisation is known to be possible.
    pub repo: Option<Sourced<String>>,
    /// Engines that run it.
    pub engines: Vec<Engine>,
    /// What is known of its weights.
    pub facts: Facts,
    /// Whether it is known to run on consumer Blackwell (sm_120).
    pub sm120: Option<bool>,
}

/// One model with its variants.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Repository of the published weights.
    pub id: String,
    /// Its place in the taxonomy.
    pub taxonomy: Taxonomy,
    /// Parameters, in all and active per token.
    pub params: (u64, u64),
    /// What it can be used for.
    pub capabilities: Vec<Capability>,
    /// Licence.
    pub licence: Option<Sourced<String>>,
    /// Whether the repository asks for consent first.
    pub gated: Option<bool>,
    /// vLLM's tool parser.
    pub tool_parser: Option<Sourced<String>>,
    /// vLLM's reasoning parser.
    pub reasoning_parser: Option<Sourced<String>>,
    /// What the chat template needs.
    pub chat_template: Option<String>,
    /// The vLLM release that first runs it.
    pub min_vllm: Option<String>,
    /// Why vLLM does not run it.
    pub refused_by_vllm: Option<String>,
    /// Remarks worth showing.
    pub notes: Vec<String>,
    /// How sure its dimensions are.
    pub confidence: Confidence,
    /// Its variants, largest first.
    pub variants: Vec<Variant>,
}
