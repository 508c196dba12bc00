//! What a decoder is made of, in the terms that memory and speed depend on. All sizes are in elements.

/// How wide an unquantised number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dtype {
    /// 2 bytes.
    #[default]
    Bf16,
    /// 2 bytes.
    F16,
    /// 4 bytes.
    F32,
}

impl Dtype {
    /// Bytes of one number.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Bf16 | Self::F16 => 2,
            Self::F32 => 4,
        }
    }
}

/// Softmax attention over cached keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attention {
    /// Query heads.
    pub heads: u64,
    /// Heads of keys and values.
    pub kv_heads: u64,
    /// Width of one key (and query) head.
    pub k_dim: u64,
    /// Width of one value head.
    pub v_dim: u64,
    /// Sliding window in tokens; `None` sees everything.
    pub window: Option<u64>,
    /// Uses the cache of an earlier layer and owns none (KV-sharing layers of Gemma 3n and 4 E).
    pub shared: bool,
    /// One projection serves as key and value (Gemma 4 global layers); the cache still holds both.
    pub k_eq_v: bool,
    /// Queries carry a gate of their own width (Qwen3-Next, Qwen3.5).
    pub gated: bool,
    /// The projections of queries, keys and values carry biases.
    pub qkv_bias: bool,
    /// The output projection carries one too.
    pub out_bias: bool,
    /// Normalised queries and keys: weights of one head each.
    pub qk_norm: bool,
}

/// Multi-head latent attention (DeepSeek V2/V3, GLM-4.7-Flash, Kimi): one compressed vector per token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Latent {
    /// Query heads.
    pub heads: u64,
    /// Rank of the query's compression, 0 for none.
    pub q_rank: u64,
    /// Rank of the cached vector.
    pub kv_rank: u64,
    /// Rotary part of a head, cached beside the vector.
    pub rope_dim: u64,
    /// The other part of a head.
    pub nope_dim: u64,
    /// Width of one value head.
    pub v_dim: u64,
}

/// Gated delta net (Qwen3-Next, Qwen3.5 and later): a state of fixed size per sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeltaNet {
    /// Key heads.
    pub k_heads: u64,
    /// Value heads.
    pub v_heads: u64,
    /// Width of a key head.
    pub k_dim: u64,
    /// Width of a value head.
    pub v_dim: u64,
    /// Length of the convolution.
    pub conv: u64,
    /// Bytes of one number of the recurrent state (4 as shipped, `mamba_ssm_dtype`).
    pub state_bytes: u64,
}

/// A selective state space layer (Mamba 1 and 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mamba {
    /// Version: 1 or 2.
    pub version: u8,
    /// Inner width.
    pub inner: u64,
    /// State per channel (1) or per head (2).
    pub state: u64,
    /// Length of the convolution.
    pub conv: u64,
    /// Heads (version 2; 0 for 1).
    pub heads: u64,
    /// Width of a head (version 2).
    pub head_dim: u64,
    /// Groups (version 2).
    pub groups: u64,
    /// Bytes of one number of the state.
    pub state_bytes: u64,
}

/// A short convolution (LFM2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShortConv {
    /// Width.
    pub width: u64,
    /// Length of the convolution.
    pub conv: u64,
}

/// How a layer mixes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mixer {
    /// Attention with a cache, full or in a window.
    Attention(Attention),
    /// Latent attention.
    Latent(Latent),
    /// A gated delta net.
    DeltaNet(DeltaNet),
    /// A state space layer.
    Mamba(Mamba),
    /// A short convolution.
    ShortConv(ShortConv),
    /// None: a feed-forward layer that stands alone (Nemotron-H).
    None,
}

/// How a layer works on each token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feed {
    /// One network for all tokens.
    Dense {
        /// Inner width.
        inner: u64,
        /// Three matrices (gate, up, down) instead of two.
        gated: bool,
        /// Its matrices carry biases.
        bias: bool,
    },
    /// Experts of which each token sees a few.
    Experts {
        /// How many there are.
        count: u64,
        /// How many a token sees.
        active: u64,
        /// Inner width of one.
        inner: u64,
        /// Three matrices instead of two.
        gated: bool,
        /// Their matrices carry biases.
        bias: bool,
        /// Inner width of what every token sees besides (shared experts, or a dense part in parallel), 0 for none.
        shared: u64,
    },
    /// None.
    None,
}

/// One layer of the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layer {
    /// How it mixes tokens.
    pub mixer: Mixer,
    /// How it works on each token.
    pub feed: Feed,
}

/// The part that sees images (or hears sound).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tower {
    /// Parameters, its projector included.
    pub params: u64,
    /// Layers.
    pub layers: u64,
    /// Width.
    pub hidden: u64,
    /// Inner width of its feed-forward part.
    pub inner: u64,
    /// Patches of the largest single image that the engine profiles with.
    pub max_patches: u64,
    /// Tokens that those patches become in the decoder.
    pub max_tokens: u64,
}

/// What a model is for, as engines tell runners apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Runner {
    /// It writes text; keeps a KV cache.
    #[default]
    Generate,
    /// It turns text into vectors, scores or labels; an encoder keeps no KV cache, a decoder does.
    Pooling {
        /// Whether its attention looks both ways (no cache at all).
        encoder: bool,
    },
}

/// Something about a model that was not known and had to be assumed; widens the margin and is said on screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What was assumed, for example `head_dim 128 (hidden / heads)`.
    pub what: String,
    /// Whether no confident figure may rest on it (unknown architecture, unknown quantisation).
    pub grave: bool,
}

/// What a model is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Geometry {
    /// First of `architectures`, for example `Qwen3ForCausalLM`; of a GGUF its `general.architecture`.
    pub architecture: String,
    /// `model_type`.
    pub model_type: String,
    /// The checkpoint asks for an 8-bit KV cache where the flag says `auto` (`kv_cache_scheme`, `kv_cache_quant_algo`).
    pub kv_fp8: bool,
    /// Width of the residual stream.
    pub hidden: u64,
    /// Rows of the embedding.
    pub vocab: u64,
    /// Width of the embedding where it differs from `hidden` (OPT), else 0.
    pub embed: u64,
    /// Rows of a learned position table (OPT, GPT-2), else 0.
    pub positions: u64,
    /// Width of the rotary table (`head_dim` × rotary share), 0 without.
    pub rope_dim: u64,
    /// Whether the output head is the embedding.
    pub tied: bool,
    /// Whether the head is quantised like the layers (`lm_head` of GPTQ); engines leave it alone otherwise.
    pub head_quantised: bool,
    /// The longest context that the model was made for, tokens.
    pub max_context: Option<u64>,
    /// The decoder's (or encoder's) layers.
    pub layers: Vec<Layer>,
    /// Multi-token prediction layers that are in the checkpoint but unused without speculative decoding.
    pub mtp_layers: u64,
    /// Width per layer of per-layer embeddings (Gemma 3n, Gemma 4 E), 0 without.
    pub per_layer_embed: u64,
    /// Rows of the per-layer embedding, 0 without.
    pub per_layer_vocab: u64,
    /// The part that sees or hears.
    pub tower: Option<Tower>,
    /// Parameters of an encoder stack beside the decoder (Whisper, T5), 0 without.
    pub encoder_params: u64,
    /// Parameters that no other field counts (token types, per-layer gates, cross attention); never quantised.
    pub other_params: u64,
    /// Norm vectors of width `hidden` in one layer; 0 stands for the usual two.
    pub norms: u64,
    /// Norms carry biases too (OPT, GPT-2, Phi).
    pub norm_bias: bool,
    /// Numbers in the rotary tables as vLLM builds them; 0 stands for `max_context` × `rope_dim`.
    pub rope_elements: u64,
    /// Width of unquantised numbers in the checkpoint.
    pub dtype: Dtype,
    /// What it is for.
    pub runner: Runner,
    /// What was assumed.
    pub doubts: Vec<Doubt>,
}

impl Geometry {
    /// Whether some layer keeps a state of fixed size per sequence beside attention caches.
    pub fn is_recurrent(&self) -> bool {
        self.layers.iter().any(|l| matches!(l.mixer, Mixer::DeltaNet(_) | Mixer::Mamba(_) | Mixer::ShortConv(_)))
    }

    /// Whether some layer attends through a window.
    pub fn slides(&self) -> bool {
        self.layers.iter().any(|l| matches!(l.mixer, Mixer::Attention(Attention { window: Some(_), .. })))
    }

    /// Whether experts are among the layers.
    pub fn has_experts(&self) -> bool {
        self.layers.iter().any(|l| matches!(l.feed, Feed::Experts { .. }))
    }
}
