//! Against real starts and published sizes.

use super::weights::by_mix;
use super::*;
use crate::models::fit::{Flags, PartKind, Room, Verdict};
use crate::models::geometry::{Attention, DeltaNet, Geometry, Layer};
use crate::models::quant::{Quant, Scheme};
use crate::models::{Exact, Source};
use proptest::prelude::*;

const GIB: u64 = 1 << 30;

fn attention(heads: u64, kv_heads: u64, dim: u64) -> Attention {
    Attention {
        heads,
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
    }
}

fn dense(layers: usize, hidden: u64, inner: u64, mixer: Attention, vocab: u64, tied: bool) -> Geometry {
    let feed = Feed::Dense { inner, gated: true, bias: false };
    let layers = vec![Layer { mixer: Mixer::Attention(mixer), feed }; layers];
    Geometry { hidden, vocab, tied, layers, max_context: Some(131_072), ..Geometry::default() }
}

fn llama_8b() -> Geometry {
    dense(32, 4096, 14_336, attention(32, 8, 128), 128_256, false)
}

fn llama_3b() -> Geometry {
    dense(28, 3072, 8192, attention(24, 8, 128), 128_256, true)
}

fn hybrid(layers: usize, hidden: u64, inner: u64, heads: u64, v_heads: u64) -> Geometry {
    let delta = Mixer::DeltaNet(DeltaNet { k_heads: 16, v_heads, k_dim: 128, v_dim: 128, conv: 4, state_bytes: 4 });
    let full = Mixer::Attention(Attention { gated: true, qk_norm: true, ..attention(heads, 4, 256) });
    let feed = Feed::Dense { inner, gated: true, bias: false };
    let layers = (0..layers).map(|i| Layer { mixer: if i % 4 == 3 { full } else { delta }, feed }).collect();
    Geometry { hidden, vocab: 248_320, layers, max_context: Some(262_144), ..Geometry::default() }
}

fn facts(geometry: Geometry, mix: &str, exact: Exact) -> Facts {
    let quant = Quant { scheme: Scheme::Gguf(mix.to_owned()), method: "gguf".to_owned(), skips: Vec::new() };
    Facts { name: "a model".to_owned(), geometry, quant, exact, source: Source::Config }
}

fn ask(engine: Engine, flags: Flags) -> Ask {
    Ask { engine, version: None, flags }
}

fn card(gib: f64) -> Room {
    let bytes = (gib * GIB as f64) as u64;
    Room { total: bytes, free: Some(bytes) }
}

/// Sizes of published files, and device sums of real starts, in bytes.
#[test]
fn mixes_come_to_the_sizes_of_real_files() {
    let cases = [
        (llama_8b(), "Q8_0", 8_540_775_840),
        (llama_8b(), "Q6_K", 6_596_011_424),
        (llama_8b(), "Q5_K_M", 5_732_992_416),
        (llama_8b(), "Q4_K_M", 4_920_739_232),
        (llama_8b(), "Q4_K_S", 4_692_673_952),
        (llama_8b(), "Q3_K_M", 4_018_922_912),
        (llama_8b(), "Q2_K", 3_179_136_416),
        // 1918.36 MiB of tensors on the device, the embedding among them because it is tied.
        (llama_3b(), "Q4_K_M", 2_011_546_255),
        // 5060.88 MiB on the device beside 545.62 MiB on the host.
        (hybrid(32, 4096, 12_288, 16, 32), "Q4_K_M", 5_878_841_344),
        // 14032.23 and 682.03 MiB.
        (hybrid(64, 5120, 17_408, 24, 48), "Q4_K_M", 15_429_019_894),
    ];
    for (geometry, mix, size) in cases {
        let size: u64 = size;
        let off = by_mix(&geometry, mix).total as f64 / size as f64 - 1.0;
        println!("{mix} {size}: {:+.3} %", off * 100.0);
    }
}
