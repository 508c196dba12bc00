//! Any model: one of the catalogue, or one of layers of all kinds.

use proptest::prelude::*;
use vramdeck::models::catalogue::Catalogue;
use vramdeck::models::fit::{Engine, Room, Verdict};
use vramdeck::models::geometry::{Attention, DeltaNet, Dtype, Feed, Latent, Layer, Mamba, Mixer, ShortConv, Tower};
use vramdeck::models::quant::{Quant, Scheme};
use vramdeck::models::{Facts, Geometry};

const GIB: u64 = 1 << 30;

/// A model with an engine that runs it: half of them from the catalogue.
pub fn model() -> impl Strategy<Value = (Facts, Engine)> {
    prop_oneof![listed(), made()]
}

/// A variant of the catalogue on one of its engines.
fn listed() -> impl Strategy<Value = (Facts, Engine)> {
    any::<(prop::sample::Index, prop::sample::Index, prop::sample::Index)>().prop_map(|(entry, variant, engine)| {
        let variant = variant.get(&entry.get(&Catalogue::shipped().entries).variants);
        let engine = if variant.engines.is_empty() { Engine::Vllm } else { *engine.get(&variant.engines) };
        (variant.facts.clone(), engine)
    })
}

/// A decoder made up of runs of layers.
fn made() -> impl Strategy<Value = (Facts, Engine)> {
    let layers = prop::collection::vec((1_usize..24, mixer(), feed()), 1..5);
    let engine = prop_oneof![Just(Engine::Vllm), Just(Engine::LlamaCpp), Just(Engine::Ollama)];
    (layers, 1_u64..65, 1_u64..200_000, any::<(bool, bool)>(), 1_u64..1 << 20, tower(), engine).prop_map(
        |(runs, hidden, vocab, (tied, wide), limit, tower, engine)| {
            let layers = runs.iter().flat_map(|(n, mixer, feed)| vec![Layer { mixer: *mixer, feed: *feed }; *n]);
            let geometry = Geometry {
                architecture: "Qwen3ForCausalLM".to_owned(),
                model_type: "qwen3".to_owned(),
                hidden: hidden * 128,
                vocab,
                tied,
                max_context: Some(limit),
                layers: layers.collect(),
                tower,
                dtype: if wide { Dtype::F32 } else { Dtype::Bf16 },
                ..Geometry::default()
            };
            let scheme = if engine == Engine::Vllm { Scheme::Plain } else { Scheme::Gguf("Q4_K_M".to_owned()) };
            let quant = Quant { scheme, ..Quant::default() };
            (Facts { name: "a model".to_owned(), geometry, quant, ..Facts::default() }, engine)
        },
    )
}

fn mixer() -> impl Strategy<Value = Mixer> {
    let heads = prop_oneof![Just(1_u64), Just(2), Just(4), Just(8), Just(16)];
    let dims = prop_oneof![Just(64_u64), Just(128), Just(256)];
    let window = prop::option::of(prop_oneof![Just(128_u64), Just(1024), Just(4096)]);
    (heads, dims, window, 0_u8..8, any::<bool>()).prop_map(|(heads, dim, window, kind, shared)| match kind {
        0 => Mixer::Latent(Latent {
            heads: heads * 4,
            q_rank: 512,
            kv_rank: 512,
            rope_dim: 64,
            nope_dim: dim,
            v_dim: dim,
        }),
        1 => Mixer::DeltaNet(DeltaNet {
            k_heads: heads,
            v_heads: heads * 2,
            k_dim: dim,
            v_dim: dim,
            conv: 4,
            state_bytes: 4,
        }),
        2 => Mixer::Mamba(Mamba {
            version: 2,
            inner: heads * 4 * dim,
            state: 128,
            conv: 4,
            heads: heads * 4,
            head_dim: dim,
            groups: 8,
            state_bytes: 4,
        }),
        3 => Mixer::ShortConv(ShortConv { width: heads * dim, conv: 3 }),
        4 => Mixer::None,
        _ => Mixer::Attention(Attention {
            heads: heads * 4,
            kv_heads: heads,
            k_dim: dim,
            v_dim: dim,
            window,
            shared: shared && window.is_none(),
            k_eq_v: false,
            gated: false,
            qkv_bias: false,
            out_bias: false,
            qk_norm: true,
        }),
    })
}

fn feed() -> impl Strategy<Value = Feed> {
    prop_oneof![
        3 => (1_u64..200).prop_map(|n| Feed::Dense { inner: n * 128, gated: true, bias: false }),
        1 => (1_u64..65, 1_u64..9, 1_u64..16).prop_map(|(count, active, inner)| Feed::Experts {
            count,
            active: active.min(count),
            inner: inner * 128,
            gated: true,
            bias: false,
            shared: 0,
        }),
        1 => Just(Feed::None),
    ]
}

fn tower() -> impl Strategy<Value = Option<Tower>> {
    prop::option::weighted(
        0.2,
        (1_u64..2_000_000_000).prop_map(|params| Tower {
            params,
            layers: 24,
            hidden: 1024,
            inner: 4096,
            max_patches: 4096,
            max_tokens: 1024,
        }),
    )
}

/// A card of 2 to 200 GiB of which something else may hold a part.
pub fn room() -> impl Strategy<Value = Room> {
    (2_u64..200, prop::option::of(0.0_f64..1.0)).prop_map(|(gib, share)| {
        let total = gib * GIB;
        Room { total, free: share.map(|share| (total as f64 * share) as u64) }
    })
}

/// 0 fits, 1 is tight, 2 is not known to start.
pub fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fits => 0,
        Verdict::Tight => 1,
        Verdict::DoesNotFit | Verdict::RefusedAtStart | Verdict::Unknown => 2,
    }
}
