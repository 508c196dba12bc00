//! The question: which model, on which engine, with which flags, on which card.

use crate::models::geometry::Dtype;

/// Kinds of server whose memory rules differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Engine {
    /// vLLM.
    #[default]
    Vllm,
    /// llama.cpp's server.
    LlamaCpp,
    /// Ollama, which runs llama.cpp with rules of its own.
    Ollama,
}

impl Engine {
    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "ollama",
        }
    }
}

/// A release: major and minor number. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32, pub u32);

/// The context length that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Length {
    /// What the model was made for (Ollama: its own default).
    #[default]
    Model,
    /// The longest that fits (`--max-model-len auto`).
    Auto,
    /// This many tokens.
    Tokens(u64),
}

/// How a number of the KV cache is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum KvDtype {
    /// As the model computes (16-bit), `auto`.
    #[default]
    Auto,
    /// 16-bit, `f16` or `bf16`.
    Sixteen,
    /// 32-bit.
    ThirtyTwo,
    /// 8-bit float, 1 byte.
    Fp8,
    /// 4-bit float: half a byte and an 8-bit scale per 16.
    Nvfp4,
    /// llama.cpp's blocks of 32: bytes of one block.
    Block32(u64),
}

/// Flags, each `None` where the engine's default holds. Names are those of the command line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flags {
    /// `--dtype`.
    pub dtype: Option<Dtype>,
    /// `--quantization`, where it says more than the config (online FP8, bitsandbytes).
    pub quantization: Option<String>,
    /// `--kv-cache-dtype`.
    pub kv_cache_dtype: KvDtype,
    /// `--max-model-len`, `-c`, `num_ctx`.
    pub max_model_len: Length,
    /// `--max-num-seqs`; llama.cpp's `--parallel`.
    pub max_num_seqs: Option<u64>,
    /// `--max-num-batched-tokens`; llama.cpp's `--ubatch-size` is `ubatch`.
    pub max_num_batched_tokens: Option<u64>,
    /// `--gpu-memory-utilization`, share of the card's total.
    pub gpu_memory_utilization: Option<f64>,
    /// `--kv-cache-memory-bytes`.
    pub kv_cache_memory_bytes: Option<u64>,
    /// `--enforce-eager`.
    pub enforce_eager: bool,
    /// `--enable-prefix-caching`; `None` is the engine's default (on, except for recurrent models).
    pub enable_prefix_caching: Option<bool>,
    /// `--tensor-parallel-size`, at least 1.
    pub tensor_parallel_size: u64,
    /// `--block-size`.
    pub block_size: Option<u64>,
    /// Speculative tokens (`--speculative-config`), 0 for none.
    pub speculative_tokens: u64,
    /// Only the language model is loaded (`--language-model-only`, `--limit-mm-per-prompt` of 0).
    pub language_model_only: bool,
    /// llama.cpp: layers on the card; `None` lets the engine choose.
    pub gpu_layers: Option<u64>,
    /// llama.cpp: `--ubatch-size`.
    pub ubatch: Option<u64>,
    /// llama.cpp: flash attention; `None` is `auto`.
    pub flash_attention: Option<bool>,
}

impl Flags {
    /// Cards that share the tensors, at least 1.
    pub fn cards(&self) -> u64 {
        self.tensor_parallel_size.max(1)
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ask {
    /// The engine.
    pub engine: Engine,
    /// Its release; `None` is the newest that vramdeck knows.
    pub version: Option<Version>,
    /// Its flags.
    pub flags: Flags,
}

impl Ask {
    /// Whether the same weights are loaded for `other`, the model being the same.
    pub(super) fn loads_as(&self, other: &Self) -> bool {
        let of = |ask: &Self| {
            let flags = &ask.flags;
            (ask.engine, ask.version, flags.dtype, flags.cards(), flags.language_model_only, flags.speculative_tokens)
        };
        of(self) == of(other) && self.flags.quantization == other.flags.quantization
    }
}

/// The memory there is: one card as the engine sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Total bytes as CUDA reports them.
    pub total: u64,
    /// Free bytes before the engine starts; `None` where only the total is known: a desktop reserve is assumed.
    pub free: Option<u64>,
}
