//! Geometries by hand.

use crate::models::geometry::{Attention, DeltaNet, Feed, Geometry, Latent, Layer, Mamba, Mixer, ShortConv};

/// Full attention with `kv_heads` of `dim`.
pub(super) fn full(kv_heads: u64, dim: u64) -> Mixer {
    Mixer::Attention(Attention {
        heads: kv_heads * 4,
        kv_heads,
        k_dim: dim,
        v_dim: dim,
        window: None,
        shared: false,
        k_eq_v: false,
        gated: false,
        qkv_bias: false,
        out_bias: false,
        qk_norm: false,
    })
}

/// The same in a window.
pub(super) fn window(kv_heads: u64, dim: u64, tokens: u64) -> Mixer {
    let Mixer::Attention(a) = full(kv_heads, dim) else { unreachable!() };
    Mixer::Attention(Attention { window: Some(tokens), ..a })
}

/// The same on the cache of an earlier layer.
pub(super) fn shared(kv_heads: u64, dim: u64) -> Mixer {
    let Mixer::Attention(a) = full(kv_heads, dim) else { unreachable!() };
    Mixer::Attention(Attention { shared: true, ..a })
}

/// A gated delta net with heads of 128 and a convolution of 4.
pub(super) fn delta(k_heads: u64, v_heads: u64, state_bytes: u64) -> Mixer {
    Mixer::DeltaNet(DeltaNet { k_heads, v_heads, k_dim: 128, v_dim: 128, conv: 4, state_bytes })
}

/// Latent attention of 512 and 64.
pub(super) fn latent() -> Mixer {
    Mixer::Latent(Latent { heads: 16, q_rank: 0, kv_rank: 512, rope_dim: 64, nope_dim: 128, v_dim: 128 })
}

/// A state space layer; heads, their width and groups of version 2.
pub(super) fn mamba(version: u8, inner: u64, state: u64, heads: (u64, u64, u64), state_bytes: u64) -> Mixer {
    let (heads, head_dim, groups) = heads;
    Mixer::Mamba(Mamba { version, inner, state, conv: 4, heads, head_dim, groups, state_bytes })
}

/// A geometry of layers in runs.
pub(super) fn geometry(runs: &[(usize, Mixer)]) -> Geometry {
    let layer = |mixer: &Mixer| Layer { mixer: *mixer, feed: Feed::None };
    let layers = runs.iter().flat_map(|(count, mixer)| std::iter::repeat_n(layer(mixer), *count)).collect();
    Geometry { layers, ..Geometry::default() }
}

/// A geometry by the name that the table of vLLM's figures uses.
pub(super) fn named(name: &str) -> Geometry {
    let plain = geometry(&runs(name));
    match name {
        "scout" => Geometry { architecture: "Llama4ForConditionalGeneration".to_owned(), ..plain },
        "v32" => Geometry { architecture: "DeepseekV32ForCausalLM".to_owned(), ..plain },
        "whisper" => Geometry { encoder_params: 635_000_000, ..plain },
        "qwen9" | "qwen27" | "qwen35a3" | "qwen122" | "next80" => Geometry { mtp_layers: 1, ..plain },
        _ => plain,
    }
}

fn runs(name: &str) -> Vec<(usize, Mixer)> {
    match name {
        "llama8b" => vec![(32, full(8, 128))],
        "mistral" => vec![(32, window(8, 128, 4096))],
        "gemma3" => vec![(52, window(16, 128, 1024)), (10, full(16, 128))],
        "gptoss20" => vec![(12, window(8, 64, 128)), (12, full(8, 64))],
        "gemma4" => vec![(25, window(8, 256, 1024)), (5, full(2, 512))],
        "gemma4e2b" => vec![(12, window(1, 256, 512)), (3, full(1, 512)), (20, shared(1, 256))],
        "qwen9" => vec![(24, delta(16, 32, 4)), (8, full(4, 256))],
        "qwen27" => vec![(48, delta(16, 48, 4)), (16, full(4, 256))],
        "qwen35a3" => vec![(30, delta(16, 32, 4)), (10, full(2, 256))],
        "qwen122" => vec![(36, delta(16, 64, 4)), (12, full(2, 256))],
        "next80" => vec![(36, delta(16, 32, 2)), (12, full(2, 256))],
        "dsv2lite" => vec![(27, latent())],
        "nemoh9" => vec![(27, mamba(2, 10240, 128, (128, 80, 8), 4)), (25, Mixer::None), (4, full(8, 128))],
        "mamba2" => vec![(64, mamba(2, 5120, 128, (80, 64, 1), 4))],
        "jamba" => vec![(28, mamba(1, 8192, 16, (0, 0, 0), 2)), (4, full(8, 128))],
        "lfm2" => vec![(10, Mixer::ShortConv(ShortConv { width: 2048, conv: 3 })), (6, full(8, 64))],
        "scout" => vec![(36, window(8, 128, 8192)), (12, full(8, 128))],
        "mixedfull" => vec![(24, full(8, 128)), (8, full(4, 128))],
        "odd" => vec![(20, window(3, 128, 512)), (10, full(4, 128))],
        "close" => vec![(13, full(8, 128)), (12, window(8, 128, 1024))],
        "whisper" => vec![(32, full(20, 64))],
        "v32" => vec![(61, latent())],
        "kimi" => vec![(20, delta(32, 32, 4)), (7, latent())],
        other => panic!("no layout named {other}"),
    }
}
