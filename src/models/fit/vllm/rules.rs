//! What vLLM decides by itself: defaults by release and size of the card.

use crate::base::units::GIB;
use crate::models::fit::{Ask, Length, Version};
use crate::models::geometry::Runner;
use crate::models::quant::Scheme;
use crate::models::{Facts, Geometry};

/// The newest release whose source was read; what no version means.
pub(super) const NEWEST: Version = Version(0, 33);

/// From this total on, cards other than the A100 get more sequences and tokens by default (source of 0.9 to 0.33).
const LARGE: u64 = 70 * GIB;
/// From this total on, every card gets the largest defaults.
const HUGE: u64 = 160 * GIB;

/// What the release and the card make of flags that were left open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rules {
    /// The first engine generation (up to 0.7): one process, its own profiling.
    pub first_engine: bool,
    /// CUDA graphs are estimated and taken off the budget (since 0.21); before they come on top of it, and so they do
    /// with the second runner up to 0.28, whose estimate was 0 (vllm-project/vllm#49224).
    pub graphs_inside: bool,
    /// How the warm-up samples.
    pub sampling: Sampling,
    /// Every sequence needs a recurrent state of its own or the start is refused: since 0.20
    /// (vllm-project/vllm#38270); 0.18 and 0.19 capped the graphs (#34571, #37416), before them capturing failed.
    pub states: bool,
    /// Profiling autotunes gated delta nets with scratch of its own (0.17 to 0.20).
    pub scratch: bool,
    /// `--gpu-memory-utilization`.
    pub utilization: f64,
    /// `--max-num-seqs`.
    pub seqs: u64,
    /// `--max-num-batched-tokens`.
    pub batched: u64,
    /// A prompt may be split over several passes.
    pub chunked: bool,
    /// The tokens of a pass are 2,048 or 8,192: the logs of this release differ.
    pub either: bool,
    /// All that the process took since its start counts, also what the allocator kept and the context grew by (since
    /// 0.27, `utils/mem_utils.py`); before only tensors and what libraries took.
    pub counted: bool,
    /// The defaults rest on a family of cards, A100 or H100, that only the total suggests.
    pub guessed: bool,
}

/// What the warm-up of the sampler holds per sequence and entry of the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    /// It sorts the whole vocabulary (up to 0.16).
    Sorted,
    /// Later kernels do without.
    Unsorted,
    /// The second runner samples out of the 16-bit logits where no request asks for more (`v1/worker/gpu/sample`).
    Bare,
}

/// Whether the second model runner is the default: unquantised Qwen 3 since 0.22, Llama and Mistral since 0.23, also
/// quantised since 0.24, every dense model since 0.25, every model since 0.29 (release notes; vllm-project/vllm#42665,
/// #44443).
fn second_runner(version: Version, facts: &Facts) -> bool {
    let geometry = &facts.geometry;
    let since = |minor| version >= Version(0, minor);
    let dense = !geometry.has_experts() && !geometry.is_recurrent() && geometry.runner == Runner::Generate;
    let named = |names: &[&str]| names.contains(&geometry.architecture.as_str());
    let plain = facts.quant.scheme == Scheme::Plain;
    let second = named(&["Qwen3ForCausalLM"]) && since(22);
    let third = named(&["LlamaForCausalLM", "MistralForCausalLM"]) && since(23);
    since(29) || (dense && (since(25) || ((second || third) && (plain || since(24)))))
}

/// Whether a total is that of an A100 with 80 GB. CUDA reports 79.14 to 79.17 or 79.20 to 79.32 GiB on those, 79.10,
/// 79.11, 79.18 and 79.19 on an H100: near, so the line of the sum says which was taken.
fn like_a100(total: u64) -> bool {
    let gib = total as f64 / GIB as f64;
    (79.13..79.175).contains(&gib) || (79.195..79.326).contains(&gib)
}

/// Whether a total is that of an A100 or an H100 with 80 GB, which lie within 0.3 GiB of each other.
fn like_either(total: u64) -> bool {
    (79.0..79.4).contains(&(total as f64 / GIB as f64))
}

/// Whether a total is that of a GB10, whose 128 GB are shared with the host (119.7 GiB by CUDA; no other card reports
/// 115 to 125 GiB): vLLM gives it the defaults of a small card.
fn like_gb10(total: u64) -> bool {
    (115 * GIB..125 * GIB).contains(&total)
}

impl Rules {
    /// For `ask` on a card of `total` bytes, the model having been made for `limit` tokens.
    pub(super) fn of(facts: &Facts, ask: &Ask, total: u64, limit: u64) -> Self {
        let version = ask.version.unwrap_or(NEWEST);
        let since = |minor| version >= Version(0, minor);
        let encoder = is_encoder(&facts.geometry);
        let second = second_runner(version, facts);
        let length = match ask.flags.max_model_len {
            Length::Tokens(tokens) => tokens,
            Length::Model | Length::Auto => limit,
        };
        let (seqs, batched) = defaults(version, total, &facts.geometry);
        let first_engine = !since(8);
        let chunked = !encoder && if first_engine { length > 32_768 } else { true };
        let batched = if chunked { batched } else { batched.max(length) };
        let stated = ask.flags.max_num_batched_tokens;
        let chunked = chunked || (first_engine && stated.is_some_and(|tokens| tokens < length));
        let most = ask.flags.max_num_seqs.unwrap_or(seqs).saturating_mul(length.max(1));
        let batched = stated.unwrap_or(batched.min(most));
        Self {
            first_engine,
            graphs_inside: since(29) || (since(21) && !second),
            sampling: match () {
                () if second => Sampling::Bare,
                () if since(17) => Sampling::Unsorted,
                () => Sampling::Sorted,
            },
            states: !first_engine && !ask.flags.enforce_eager && (since(20) || !since(18)),
            scratch: since(17) && !since(21),
            utilization: ask.flags.gpu_memory_utilization.unwrap_or(if since(21) { 0.92 } else { 0.9 }),
            seqs: ask.flags.max_num_seqs.unwrap_or(seqs.min(batched.max(1))),
            batched,
            chunked,
            either: wide(version) && total < LARGE && stated.is_none(),
            counted: since(27),
            guessed: since(9) && like_either(total) && ask.flags.max_num_seqs.is_none(),
        }
    }
}

/// Whether nothing is generated and prompts are read in one pass.
pub(super) fn is_encoder(geometry: &Geometry) -> bool {
    geometry.runner == Runner::Pooling { encoder: true }
}

/// Releases whose servers were seen to profile 8,192 tokens on small cards, where the sources before and after have 2,048.
fn wide(version: Version) -> bool {
    (Version(0, 22)..Version(0, 28)).contains(&version)
}

/// Sequences and batched tokens of a server by default. In the releases of [`wide`] logs of text models show 8,192
/// tokens, those of models with a tower or sliding windows 2,048.
fn defaults(version: Version, total: u64, geometry: &Geometry) -> (u64, u64) {
    if version < Version(0, 9) {
        return (256, 2048);
    }
    match total {
        HUGE.. if version >= Version(0, 20) => (1024, 16_384),
        LARGE.. if !like_a100(total) && !like_gb10(total) => (1024, 8192),
        _ if wide(version) && geometry.tower.is_none() && !geometry.slides() => (256, 8192),
        _ => (256, 2048),
    }
}
