//! Figures that real starts printed, with the memory that they printed for it.

use super::super::{Paged, PagedAsk};
use super::layouts::{delta, full, geometry, mamba, named, window};
use crate::models::fit::{KvDtype, Version};
use crate::models::geometry::Geometry;

fn ask(minor: u32) -> PagedAsk {
    PagedAsk { version: Some(Version(0, minor)), prefix_caching: false, ..PagedAsk::default() }
}

fn near(ours: f64, printed: f64, percent: f64, what: &str) {
    let off = 100.0 * (ours - printed).abs() / printed;
    assert!(off <= percent, "{what}: {ours} against {printed}, off by {off:.3} %");
}

/// Bytes within the two decimals of the log: the tolerance of each row.
#[test]
fn tokens_of_uniform_models() {
    let rows: [(u32, Geometry, u64, u64, u64, f64); 6] = [
        (10, geometry(&[(28, full(2, 128))]), 6_410_238_689, 4096, 223_712, 0.08),
        (10, geometry(&[(32, full(32, 128))]), 9_652_938_998, 4096, 18_400, 0.06),
        (24, geometry(&[(28, full(4, 128))]), 4_778_151_117, 2048, 83_376, 0.11),
        (24, geometry(&[(24, full(2, 64))]), 19_413_252_178, 2048, 1_579_808, 0.03),
        (6, named("llama8b"), 4_090_956_349, 20_000, 31_232, 0.13),
        (11, geometry(&[(40, full(8, 128))]), 30_279_519_437, 16_000, 184_832, 0.02),
    ];
    for (minor, geometry, bytes, len, printed, tolerance) in rows {
        let plan = Paged::of(&geometry, &ask(minor));
        near(plan.tokens(bytes, len) as f64, printed as f64, tolerance, &format!("0.{minor}, {bytes} bytes"));
    }
}

#[test]
fn concurrency_of_hybrids() {
    let two = |minor| PagedAsk { tensor_parallel: 2, ..ask(minor) };
    let gemma = PagedAsk { kv_dtype: KvDtype::Fp8, ..ask(19) };
    let wide = geometry(&[(39, window(2, 128, 2048)), (13, full(2, 128))]);
    let rows: [(&str, Geometry, PagedAsk, u64, u64, f64, f64); 5] = [
        ("Qwen3.5-9B on two cards", named("qwen9"), two(20), 16_170_551_869, 4096, 169.82, 0.06),
        ("Qwen3.8-27B-FP8 on two cards", named("qwen27"), two(27), 2_866_890_670, 16_384, 4.625, 0.01),
        ("Gemma 4 26B, 8-bit cache", named("gemma4"), gemma, 8_901_319_721, 98_304, 6.73, 0.06),
        (
            "52 layers, window of 2048",
            wide,
            PagedAsk { max_num_batched_tokens: 8192, ..ask(26) },
            8_461_085_573,
            131_072,
            3.41,
            0.06,
        ),
        // 40 full and 8 sliding: two batches in flight since 0.26
        ("Gemma 4 12B on two cards", gemma12(), two(27), 8_761_733_284, 131_072, 2.93, 0.06),
    ];
    for (name, geometry, ask, bytes, len, printed, tolerance) in rows {
        near(Paged::of(&geometry, &ask).concurrency(bytes, len), printed, tolerance, name);
    }
}

/// Gemma 4 12B: 40 sliding and 8 full layers.
fn gemma12() -> Geometry {
    geometry(&[(40, window(8, 256, 1024)), (8, full(1, 512))])
}

/// Tokens printed before 0.21: blocks over groups times the smallest block.
#[test]
fn tokens_before_0_21() {
    let fp8 = PagedAsk { kv_dtype: KvDtype::Fp8, ..ask(20) };
    let moe = Paged::of(&named("qwen35a3"), &fp8);
    assert_eq!((moe.block_size(), moe.tokens(3_167_538_380, 65_536)), (2096, 75_456));
    let dense = Paged::of(&named("qwen9"), &PagedAsk { tensor_parallel: 2, ..ask(20) });
    assert_eq!(dense.tokens(16_170_551_869, 4096), 246_576);
    let gemma = Paged::of(&named("gemma4"), &PagedAsk { version: Some(Version(0, 19)), ..fp8 });
    near(gemma.tokens(8_901_319_721, 98_304) as f64, 72_400.0, 0.06, "Gemma 4 26B");
}

/// Two starts of Gemma 4 E2B on 0.27: only one count of blocks a request gives whole pools for both printed figures.
#[test]
fn shared_layers_own_no_cache() {
    let plan = Paged::of(&named("gemma4e2b"), &ask(27));
    for (blocks, tokens, concurrency) in [(96_441, 723_484, 88.32), (115_705, 867_999, 105.96)] {
        let bytes = blocks * 3 * 32_768;
        assert_eq!(plan.tokens(bytes, 8192), tokens);
        near(plan.concurrency(bytes, 8192), concurrency, 0.01, "Gemma 4 E2B");
    }
}

/// Block sizes that logs name.
#[test]
fn attention_blocks_grow_until_they_hold_a_state() {
    let fp8 = PagedAsk { kv_dtype: KvDtype::Fp8, ..ask(20) };
    let rows = [
        ("qwen27", ask(20), 784),
        ("qwen27", fp8, 1568),
        ("qwen122", PagedAsk { speculative_tokens: 1, ..fp8 }, 4192),
        ("qwen35a3", fp8, 2096),
    ];
    for (name, ask, block) in rows {
        assert_eq!(Paged::of(&named(name), &ask).block_size(), block, "{name}");
    }
    // 27B with one draft token; Qwen3.5 4B; Nemotron 3 Super with an 8-bit cache
    let drafts = PagedAsk { speculative_tokens: 1, ..ask(28) };
    assert_eq!(Paged::of(&named("qwen27"), &drafts).block_size(), 800);
    let small = geometry(&[(24, delta(16, 32, 4)), (8, full(4, 256))]);
    assert_eq!(Paged::of(&small, &ask(19)).block_size(), 528);
    let nemotron = geometry(&[(40, mamba(2, 8192, 128, (128, 64, 8), 4)), (8, full(2, 128))]);
    assert_eq!(Paged::of(&nemotron, &PagedAsk { version: Some(Version(0, 23)), ..fp8 }).block_size(), 8320);
}

/// One printed figure that only an 8-bit cache explains: 97 blocks, at 64 Ki tokens 45 a request without prefix caching,
/// at 128 Ki 90 with it.
#[test]
fn prefix_caching_keeps_a_second_state() {
    for (prefix_caching, len) in [(false, 65_536), (true, 131_072)] {
        let ask = PagedAsk { prefix_caching, tensor_parallel: 2, kv_dtype: KvDtype::Fp8, ..ask(27) };
        let plan = Paged::of(&named("qwen27"), &ask);
        assert_eq!(plan.tokens(97 * 25_690_112, len), 141_266);
    }
}

#[test]
fn longest_contexts() {
    let rows: [(u32, Geometry, u64, u64, u64, f64); 3] = [
        (20, geometry(&[(36, full(8, 128))]), 1_181_116_006, 16_384, 8000, 0.45),
        (20, geometry(&[(28, full(8, 128))]), 1_406_601_789, 40_960, 12_288, 0.38),
        (16, geometry(&[(48, full(8, 128))]), 2_007_897_211, 16_384, 10_224, 0.27),
    ];
    for (minor, geometry, bytes, limit, printed, tolerance) in rows {
        let longest = Paged::of(&geometry, &ask(minor)).longest(bytes, 1, limit);
        near(longest as f64, printed as f64, tolerance, &format!("{bytes} bytes"));
    }
}

/// A start of Qwen3.5 27B on 0.19: tokens and concurrency of the same pool of 1487 blocks.
#[test]
fn old_tokens_and_concurrency_disagree_as_printed() {
    let plan = Paged::of(&named("qwen27"), &ask(19));
    let bytes = 1487 * 16 * 3_211_264;
    assert_eq!(plan.tokens(bytes, 32_768), 290_864);
    near(plan.concurrency(bytes, 32_768), 33.04, 0.02, "Qwen3.5 27B");
}

/// Starts on one card with drafts of three tokens and prefix caching, a little more memory each.
#[test]
fn drafts_widen_groups_and_add_states() {
    let flags = PagedAsk { prefix_caching: true, speculative_tokens: 3, kv_dtype: KvDtype::Fp8, ..ask(27) };
    let plan = Paged::of(&named("qwen27"), &flags);
    assert_eq!(plan.block_size(), 1600);
    near(plan.needed(262_144, 1) as f64, 9.29 * GIB, 0.05, "needed");
    assert_eq!(plan.longest((9.28 * GIB) as u64, 1, 262_144), 260_800);
    for (gib, tokens) in [(9.30, 262_144), (9.38, 263_608), (9.39, 265_072)] {
        let exact = plan.blocks((gib * GIB + 0.005 * GIB) as u64) * 55_705_600;
        assert_eq!(plan.tokens(exact, 262_144), tokens, "{gib} GiB");
    }
}

/// What 0.25 and 0.26 want for Gemma 4 31B with 32768 tokens a batch: two batches in flight since 0.26.
#[test]
fn windows_reserve_for_two_batches_since_0_26() {
    let gemma = geometry(&[(50, window(16, 256, 1024)), (10, full(4, 512))]);
    for (minor, gib) in [(25, 45.79), (26, 70.79)] {
        let plan = Paged::of(&gemma, &PagedAsk { max_num_batched_tokens: 32_768, ..ask(minor) });
        near(plan.needed(262_144, 1) as f64, gib * GIB, 0.02, "Gemma 4 31B");
    }
}

const GIB: f64 = (1u64 << 30) as f64;
