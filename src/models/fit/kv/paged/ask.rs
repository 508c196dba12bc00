//! What vLLM's cache depends on besides the model.

use crate::models::fit::{KvDtype, Version};
use crate::models::geometry::{Dtype, Geometry, Mixer, Runner};

/// What vLLM's cache depends on besides the model: its release and its flags, defaults resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PagedAsk {
    /// The release; `None` is the newest that vramdeck knows.
    pub version: Option<Version>,
    /// How keys and values are stored. `Auto` is the model's own width: a checkpoint that ships scales for an 8-bit
    /// cache has to be resolved by the caller.
    pub kv_dtype: KvDtype,
    /// The width that the model computes with; convolution states and `Auto` are stored in it.
    pub model_dtype: Dtype,
    /// `--block-size`, tokens; `None` is 16.
    pub block_size: Option<u64>,
    /// Cards that share the tensors, at least 1.
    pub tensor_parallel: u64,
    /// `--max-num-seqs`, resolved. The sum does not depend on it; compare it with `state_blocks`.
    pub max_num_seqs: u64,
    /// `--max-num-batched-tokens`, resolved: sliding windows reserve for it.
    pub max_num_batched_tokens: u64,
    /// The context length that the server is started with, tokens.
    pub max_model_len: u64,
    /// Whether prefixes are cached; recurrent layers keep one more state then.
    pub prefix_caching: bool,
    /// Speculative tokens, 0 for none.
    pub speculative_tokens: u64,
}

impl Default for PagedAsk {
    /// One card, 16-bit, 2048 tokens a batch, 256 sequences, prefixes cached, no speculation.
    fn default() -> Self {
        Self {
            version: None,
            kv_dtype: KvDtype::Auto,
            model_dtype: Dtype::Bf16,
            block_size: None,
            tensor_parallel: 1,
            max_num_seqs: 256,
            max_num_batched_tokens: 2048,
            max_model_len: 0,
            prefix_caching: true,
            speculative_tokens: 0,
        }
    }
}

impl PagedAsk {
    /// Whether vLLM caches prefixes of `geometry` where no flag says so: for text models whose every layer attends, and
    /// since 0.28 for those with recurrent layers too. Where the release is not known, recurrent models count as before.
    pub fn caches_prefixes(version: Option<Version>, geometry: &Geometry) -> bool {
        let encodes = matches!(geometry.runner, Runner::Pooling { encoder: true }) || geometry.encoder_params > 0;
        let attends = geometry.layers.iter().any(|l| matches!(l.mixer, Mixer::Attention(_) | Mixer::Latent(_)));
        let late = version.is_some_and(|v| v >= Version(0, 28));
        attends && !encodes && (late || !geometry.is_recurrent())
    }
}
