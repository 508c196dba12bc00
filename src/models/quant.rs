//! How weights are stored: scheme, group, what stays 16-bit.

/// How the numbers of a quantised matrix are stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Scheme {
    /// As published: the dtype of the config.
    #[default]
    Plain,
    /// 8-bit floats.
    Fp8 {
        /// Side of a square block with one scale; `None`: a scale per row or tensor.
        block: Option<u64>,
        /// Quantised while loading, out of a 16-bit checkpoint.
        online: bool,
    },
    /// 8-bit integers.
    Int8 {
        /// Numbers that share a scale; `None`: per row.
        group: Option<u64>,
    },
    /// Packed integers with scales (and zeros) per group: AWQ, GPTQ, compressed-tensors w4a16.
    Packed {
        /// Bits of a number.
        bits: u64,
        /// Numbers that share a scale; `None`: per row.
        group: Option<u64>,
        /// Whether zero points are stored.
        zeros: bool,
    },
    /// 4-bit floats, 16 to an 8-bit scale.
    Nvfp4,
    /// 4-bit floats, 32 to an 8-bit scale.
    Mxfp4,
    /// bitsandbytes.
    Bnb {
        /// 4 or 8.
        bits: u64,
        /// Scales quantised again.
        double: bool,
    },
    /// A GGUF mix, for example `Q4_K_M`.
    Gguf(String),
    /// A name that is not known; bytes can only be bounded.
    Unknown(String),
}

/// A scheme and what it leaves alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quant {
    /// How quantised matrices are stored.
    pub scheme: Scheme,
    /// The word engines use: `awq`, `gptq`, `fp8`, `compressed-tensors`, `mxfp4`…; empty for none.
    pub method: String,
    /// Modules that stay 16-bit (`modules_to_not_convert`, `ignore`): names, prefixes, `re:` patterns.
    pub skips: Vec<String>,
}

mod read;
mod skip;

pub use skip::Skips;

impl Quant {
    /// What a `config.json` says, in `quantization_config` or `compression_config`, of the whole or of its decoder.
    pub fn from_config(config: &serde_json::Map<String, serde_json::Value>) -> Self {
        read::from_config(config)
    }

    /// Whether the config says that the output head is quantised too.
    pub fn covers_head(config: &serde_json::Map<String, serde_json::Value>) -> bool {
        read::covers_head(config)
    }

    /// Whether the config names several schemes for different layers.
    pub fn is_mixed(config: &serde_json::Map<String, serde_json::Value>) -> bool {
        read::is_mixed(config)
    }

    /// Whether the config asks for an 8-bit float KV cache: `kv_cache_scheme` of compressed-tensors and ModelOpt, or
    /// ModelOpt's `kv_cache_quant_algo`; vLLM follows it where `--kv-cache-dtype` is `auto` (0.32:
    /// `utils/torch_utils.py`, `model_executor/layers/attention/attention.py`).
    pub fn asks_fp8_cache(config: &serde_json::Map<String, serde_json::Value>) -> bool {
        read::asks_fp8_cache(config)
    }

    /// What `--quantization WORD` makes of weights stored as `self`: `fp8` quantises 16-bit weights while loading,
    /// `bitsandbytes` too; a word that names the scheme of the config changes nothing.
    pub fn with_flag(&self, word: &str) -> Self {
        read::with_flag(self, word)
    }

    /// The word that `--quantization` needs for weights that are quantised while they are loaded; `None` where the files
    /// say it themselves.
    pub fn flag(&self) -> Option<&'static str> {
        match self.scheme {
            Scheme::Fp8 { online: true, block: Some(_) } => Some("fp8_per_block"),
            Scheme::Fp8 { online: true, block: None } => Some("fp8"),
            _ => None,
        }
    }

    /// What the end of a repository's name suggests (`-AWQ`, `-GPTQ-Int4`, `-FP8`, `-NVFP4`…): a guess, for callers that
    /// have nothing better and say so. `None` when the name says nothing.
    pub fn from_name(name: &str) -> Option<Self> {
        read::from_name(name)
    }
}
