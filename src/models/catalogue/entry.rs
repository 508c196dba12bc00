//! One model of the catalogue.

use crate::models::Facts;
use crate::models::fit::Engine;
use serde::Deserialize;

/// How sure a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Read in the model's own files or an engine's source.
    Read,
    /// Checked against a published figure (parameter count, file size).
    Checked,
    /// From memory only; marked so wherever it is shown.
    Memory,
}

impl Confidence {
    /// The word of the data and of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Checked => "checked",
            Self::Memory => "memory",
        }
    }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Taxonomy {
    /// Text generation, the Phi family.
    #[serde(rename = "text/generative/phi")]
    Phi,
    /// Text generation, OPT.
    #[serde(rename = "text/generative/opt")]
    Opt,
    /// Text generation, Gemma.
    #[serde(rename = "text/generative/gemma")]
    Gemma,
    /// Text generation, other families known to work.
    #[serde(rename = "text/generative/other")]
    Other,
    /// Text generation that may work.
    #[serde(rename = "text/generative/may_work")]
    MayWork,
    /// Text generation that will not work in vLLM on such a card.
    #[serde(rename = "text/generative/wont_work")]
    WontWork,
    /// Pooling: embeddings.
    #[serde(rename = "text/pooling/embedding")]
    Embedding,
    /// Pooling: classification.
    #[serde(rename = "text/pooling/classification")]
    Classification,
    /// Pooling: reranking.
    #[serde(rename = "text/pooling/reranker")]
    Reranker,
    /// Pooling: reward.
    #[serde(rename = "text/pooling/reward")]
    Reward,
    /// Pooling: token classification.
    #[serde(rename = "text/pooling/token_classification")]
    TokenClassification,
    /// Multimodal generation.
    #[serde(rename = "multimodal/generative")]
    Multimodal,
    /// Transcription.
    #[serde(rename = "multimodal/transcription")]
    Transcription,
}

impl Taxonomy {
    /// All branches, in the order in which they are told.
    pub const ALL: [Self; 13] = [
        Self::Phi,
        Self::Opt,
        Self::Gemma,
        Self::Other,
        Self::MayWork,
        Self::WontWork,
        Self::Embedding,
        Self::Classification,
        Self::Reranker,
        Self::Reward,
        Self::TokenClassification,
        Self::Multimodal,
        Self::Transcription,
    ];

    /// Its path in the taxonomy, the word of the data and of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phi => "text/generative/phi",
            Self::Opt => "text/generative/opt",
            Self::Gemma => "text/generative/gemma",
            Self::Other => "text/generative/other",
            Self::MayWork => "text/generative/may_work",
            Self::WontWork => "text/generative/wont_work",
            Self::Embedding => "text/pooling/embedding",
            Self::Classification => "text/pooling/classification",
            Self::Reranker => "text/pooling/reranker",
            Self::Reward => "text/pooling/reward",
            Self::TokenClassification => "text/pooling/token_classification",
            Self::Multimodal => "multimodal/generative",
            Self::Transcription => "multimodal/transcription",
        }
    }
}

/// What a model can be used for; drawn as tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl Capability {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 6] = [Self::Chat, Self::Tools, Self::Reasoning, Self::Vision, Self::Audio, Self::Code];

    /// The word of the data and of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Tools => "tools",
            Self::Reasoning => "reasoning",
            Self::Vision => "vision",
            Self::Audio => "audio",
            Self::Code => "code",
        }
    }
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
    /// A remark about this variant alone.
    pub note: Option<String>,
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
    /// Further words by which it is found, for example `legacy`, `matryoshka`.
    pub tags: Vec<String>,
    /// The longest context that it was made for, tokens.
    pub context: u64,
    /// Width of its vectors, for models that embed.
    pub embedding: Option<u64>,
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
    /// Flags that vLLM needs to run it.
    pub vllm_flags: Option<String>,
    /// Flags of speculative decoding that are published for it.
    pub speculative: Option<String>,
    /// Requests at the same time that Ollama forces on it, where it does.
    pub ollama_parallel: Option<u64>,
    /// Remarks worth showing.
    pub notes: Vec<String>,
    /// How sure its dimensions are.
    pub confidence: Confidence,
    /// Its variants: the published form, then the others from many bits to few.
    pub variants: Vec<Variant>,
}
