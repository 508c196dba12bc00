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
    Facts { name: "a model".to_owned(), geometry, quant, exact, source: Source::Config, ..Facts::default() }
}

fn ask(engine: Engine, flags: Flags) -> Ask {
    Ask { engine, version: None, flags }
}

fn card(gib: f64) -> Room {
    let bytes = (gib * GIB as f64) as u64;
    Room { total: bytes, free: Some(bytes) }
}

/// Sizes of published files (some MB of them are the head), and of the tensors in real starts' logs.
#[test]
fn mixes_come_to_the_sizes_of_real_files() {
    let cases: [(Geometry, &str, u64, f64); 10] = [
        (llama_8b(), "Q8_0", 8_540_775_840, 0.003),
        (llama_8b(), "Q6_K", 6_596_011_424, 0.003),
        (llama_8b(), "Q5_K_M", 5_732_992_416, 0.003),
        (llama_8b(), "Q4_K_M", 4_920_739_232, 0.003),
        (llama_8b(), "Q4_K_S", 4_692_673_952, 0.003),
        (llama_8b(), "Q3_K_M", 4_018_922_912, 0.003),
        (llama_8b(), "Q2_K", 3_179_136_416, 0.003),
        // 1918.36 MiB of tensors on the device, the embedding among them because it is tied.
        (llama_3b(), "Q4_K_M", 2_011_546_255, 0.0001),
        // Publishers give the matrices of delta nets more bits than the quantiser by itself: the margin says so.
        (hybrid(32, 4096, 12_288, 16, 32), "Q4_K_M", 5_878_841_344, 0.08),
        (hybrid(64, 5120, 17_408, 24, 48), "Q4_K_M", 15_429_019_894, 0.08),
    ];
    for (geometry, mix, size, within) in cases {
        let known = facts(geometry, mix, Exact::No);
        let off = (by_mix(&known.geometry, mix).total as f64 / size as f64 - 1.0).abs();
        assert!(off < within, "{mix} {size}: {off:.5}");
        let plan = Plan::of(&known, &ask(Engine::LlamaCpp, Flags::default())).unwrap();
        assert!(plan.weights.margin as f64 > off * size as f64 * 0.95, "{mix}: {}", plan.weights.margin);
    }
}

/// What real starts printed: file, weights on the device, host, cache, state, in MiB.
#[test]
fn sums_are_those_of_real_starts() {
    let q8 = |context| Flags {
        kv_cache_dtype: KvDtype::Block32(34),
        max_model_len: Length::Tokens(context),
        ..Flags::default()
    };
    let nine = facts(hybrid(32, 4096, 12_288, 16, 32), "Q4_K_M", Exact::Total(5_878_841_344));
    let plan = Plan::of(&nine, &ask(Engine::LlamaCpp, q8(262_144))).unwrap();
    let sum = plan.sum(card(11.6));
    let mib = |bytes: u64| bytes as f64 / MIB as f64;
    assert!((mib(sum.weights) - 5060.88).abs() < 0.01, "{}", mib(sum.weights));
    assert!((mib(plan.weights.host) - 545.62).abs() < 0.01);
    assert_eq!(mib(sum.kv_needed), 4352.0);
    assert_eq!(mib(plan.state()), 201.0, "four slots by default; the log had two with 100.5");
    let more = facts(hybrid(64, 5120, 17_408, 24, 48), "Q4_K_M", Exact::Total(15_429_019_894));
    let plan = Plan::of(&more, &ask(Engine::LlamaCpp, q8(200_192))).unwrap();
    let sum = plan.sum(card(23.0));
    assert!((mib(sum.weights) - 14_032.23).abs() < 0.01, "{}", mib(sum.weights));
    assert_eq!(mib(sum.kv_needed), 6647.0);
    let tied = facts(llama_3b(), "Q4_K_M", Exact::No);
    let plan = Plan::of(&tied, &ask(Engine::LlamaCpp, Flags::default())).unwrap();
    assert!((mib(plan.weights.card) - 1918.36).abs() < 0.01);
    assert!((mib(plan.weights.host) - 308.24).abs() < 0.1);
}

#[test]
fn the_verdict_says_where_layers_lie() {
    let known = facts(llama_8b(), "Q4_K_M", Exact::No);
    let flags = |context, layers| Flags { max_model_len: context, gpu_layers: layers, ..Flags::default() };
    let fit = |gib, flags: Flags| Plan::of(&known, &ask(Engine::LlamaCpp, flags)).unwrap().explain(card(gib));
    let all = fit(15.0, flags(Length::Tokens(16_384), None));
    assert_eq!((all.verdict, all.offload), (Verdict::Fits, Some((33, 33))), "{}", all.why);
    assert_eq!(all.bytes(PartKind::Kv), 2 * GIB);
    // The server wants 1 GiB free: a sum that leaves less is split although it would fit.
    let tight = fit(7.6, flags(Length::Tokens(16_384), None));
    assert_eq!(tight.verdict, Verdict::Tight, "{}", tight.why);
    assert!(tight.offload.unwrap().0 < 33 && tight.why.contains("-ngl all"), "{}", tight.why);
    let forced = fit(7.6, flags(Length::Tokens(16_384), Some(99)));
    assert_eq!((forced.verdict, forced.offload), (Verdict::Fits, Some((33, 33))), "{}", forced.why);
    let split = fit(6.0, flags(Length::Tokens(16_384), None));
    assert_eq!(split.verdict, Verdict::DoesNotFit);
    let (on_card, layers) = split.offload.unwrap();
    assert!((10..30).contains(&on_card) && layers == 33, "{}", split.why);
    assert!(split.why.contains("layers on the card") && split.largest_max_model_len < 4096, "{}", split.why);
    let asked = fit(6.0, flags(Length::Tokens(4096), Some(10)));
    assert_eq!((asked.verdict, asked.offload), (Verdict::Fits, Some((10, 33))), "{}", asked.why);
    // Nobody asked for a context: it shrinks before any layer leaves the card.
    let shorter = fit(12.0, flags(Length::Model, None));
    assert_eq!(shorter.verdict, Verdict::Fits, "{}", shorter.why);
    assert!((4096..131_072).contains(&shorter.max_model_len) && shorter.max_model_len % 256 == 0);
    assert!(shorter.why.contains("shortens"), "{}", shorter.why);
    assert!(shorter.largest_max_model_len.abs_diff(shorter.max_model_len) <= 512, "{shorter:?}");
}

#[test]
fn experts_leave_the_card_before_layers_do() {
    let mut moe = dense(48, 2048, 6144, Attention { qk_norm: true, ..attention(32, 4, 128) }, 151_936, false);
    for layer in &mut moe.layers {
        layer.feed = Feed::Experts { count: 128, active: 8, inner: 768, gated: true, bias: false, shared: 0 };
    }
    let known = facts(moe, "Q4_K_M", Exact::No);
    let flags = Flags { max_model_len: Length::Tokens(16_384), ..Flags::default() };
    let fit = Plan::of(&known, &ask(Engine::LlamaCpp, flags)).unwrap().explain(card(15.2));
    assert_eq!(fit.verdict, Verdict::DoesNotFit);
    assert!(fit.why.contains("keeps the experts of"), "{}", fit.why);
    let (on_card, all) = fit.offload.unwrap();
    assert!(on_card > 20 && on_card < all, "{}", fit.why);
}

#[test]
fn ollama_has_rules_of_its_own() {
    let known = facts(llama_8b(), "Q4_K_M", Exact::No);
    let plan = |flags| Plan::of(&known, &ask(Engine::Ollama, flags)).unwrap();
    for (gib, context) in [(16.0, 4096), (24.0, 32_768), (80.0, 131_072)] {
        assert_eq!(plan(Flags::default()).sum(card(gib)).max_model_len, context, "{gib}");
    }
    let two = Flags { max_num_seqs: Some(2), max_model_len: Length::Tokens(8192), ..Flags::default() };
    assert_eq!(plan(two).sum(card(16.0)).kv_needed, 2 * GIB);
    let mut alone = known.clone();
    alone.geometry.architecture = "Qwen3_5ForConditionalGeneration".to_owned();
    let four = Flags { max_num_seqs: Some(4), ..Flags::default() };
    assert_eq!(Plan::of(&alone, &ask(Engine::Ollama, four)).unwrap().slots, 1);
    // 4.9 GB, and 32 × 2 × 8 × 128 × 2 bytes a token.
    let words = plan(Flags { max_model_len: Length::Tokens(8192), ..Flags::default() }).explain(card(6.5)).why;
    assert!(words.contains("Ollama itself expects"), "{words}");
}

#[test]
fn what_cannot_start_is_said_so() {
    let known = facts(llama_8b(), "Q4_K_M", Exact::No);
    let refused = |flags: Flags| Plan::of(&known, &ask(Engine::LlamaCpp, flags)).unwrap().explain(card(24.0));
    for (dtype, flash) in [(KvDtype::Fp8, None), (KvDtype::Nvfp4, None), (KvDtype::Block32(34), Some(false))] {
        let fit = refused(Flags { kv_cache_dtype: dtype, flash_attention: flash, ..Flags::default() });
        assert_eq!(fit.verdict, Verdict::RefusedAtStart, "{dtype:?}");
        assert!(!fit.why.is_empty());
    }
    let length = Length::Tokens(65_536);
    let many = |slots| refused(Flags { max_num_seqs: Some(slots), max_model_len: length, ..Flags::default() }).verdict;
    assert_eq!([many(256), many(257)], [Verdict::Fits, Verdict::RefusedAtStart]);
    let usage = |flags: Flags| Plan::of(&known, &ask(Engine::LlamaCpp, flags)).unwrap_err().exit_code();
    assert_eq!(usage(Flags { max_num_seqs: Some(0), ..Flags::default() }), 2);
    assert_eq!(usage(Flags { max_model_len: Length::Tokens(0), ..Flags::default() }), 2);
    for scheme in [Scheme::Gguf("Q9_Z".to_owned()), Scheme::Nvfp4] {
        let odd = Facts { quant: Quant { scheme, ..Quant::default() }, ..known.clone() };
        assert!(Plan::of(&odd, &ask(Engine::LlamaCpp, Flags::default())).is_err());
    }
}

proptest! {
    #[test]
    fn no_number_breaks_it(
        numbers in proptest::collection::vec(prop_oneof![Just(0_u64), Just(u64::MAX), any::<u64>(), 1_u64..5000], 12),
        layers in 0_usize..5, ollama in any::<bool>(), gpu_layers in proptest::option::of(any::<u64>()),
    ) {
        let n = |index: usize| numbers[index];
        let mut geometry = dense(layers, n(0), n(1), attention(n(2), n(3), n(4)), n(5), n(0) % 2 == 0);
        geometry.max_context = Some(n(6));
        let delta = DeltaNet { k_heads: n(7), v_heads: n(8), k_dim: n(4), v_dim: n(9), conv: n(10), state_bytes: 4 };
        if let Some(layer) = geometry.layers.first_mut() {
            layer.mixer = Mixer::DeltaNet(delta);
            layer.feed = Feed::Experts { count: n(3), active: n(2), inner: n(1), gated: true, bias: true, shared: n(5) };
        }
        let engine = if ollama { Engine::Ollama } else { Engine::LlamaCpp };
        let length = if n(7) == 0 { Length::Model } else { Length::Tokens(n(7)) };
        let flags = Flags {
            gpu_layers,
            max_model_len: length,
            max_num_seqs: Some(n(8) % 500 + 1),
            flash_attention: Some(n(9) % 2 == 0),
            tensor_parallel_size: n(10) % 9,
            ..Flags::default()
        };
        let known = facts(geometry, "Q4_K_M", if n(11) % 2 == 0 { Exact::No } else { Exact::Total(n(11)) });
        let plan = Plan::of(&known, &ask(engine, flags)).unwrap();
        let room = Room { total: n(10), free: (n(9) > 9).then_some(n(11)) };
        let (sum, fit) = (plan.sum(room), plan.explain(room));
        prop_assert_eq!(sum.verdict, fit.verdict);
        prop_assert_eq!(sum.kv_needed, fit.kv_needed);
        prop_assert!(sum.max_concurrency.is_finite());
        let (on_card, all) = fit.offload.unwrap();
        prop_assert!(on_card <= all);
    }

    /// More memory never makes less of it.
    #[test]
    fn more_memory_never_hurts(small in 0_u64..40 * GIB, more in 0_u64..10 * GIB, context in 256_u64..200_000) {
        let known = facts(llama_8b(), "Q4_K_M", Exact::No);
        let flags = Flags { max_model_len: Length::Tokens(context), ..Flags::default() };
        let plan = Plan::of(&known, &ask(Engine::LlamaCpp, flags)).unwrap();
        let at = |bytes| plan.sum(Room { total: bytes, free: Some(bytes) });
        let (less, more) = (at(small), at(small + more));
        prop_assert!(more.verdict <= less.verdict, "{:?} {:?}", less, more);
        prop_assert!(more.largest_max_model_len >= less.largest_max_model_len);
    }
}

/// Starts recorded in public logs, asked with the models' own configurations.
#[test]
fn recorded_starts_come_out() {
    for line in include_str!("../../../../tests/truth/llamacpp.jsonl").lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut known = crate::models::config::from_value(&row["config"]).unwrap();
        known.quant.scheme = Scheme::Gguf(row["quantization"].as_str().unwrap().to_owned());
        if let Some(bytes) = row["weights_bytes"].as_u64() {
            known.exact = Exact::Total(bytes);
        }
        let flags = Flags {
            max_model_len: Length::Tokens(row["max_model_len"].as_u64().unwrap()),
            kv_cache_dtype: if row["kv_cache_dtype"] == "q8_0" { KvDtype::Block32(34) } else { KvDtype::Sixteen },
            ..Flags::default()
        };
        let engine = if row["engine"] == "ollama" { Engine::Ollama } else { Engine::LlamaCpp };
        let sum = Plan::of(&known, &ask(engine, flags)).unwrap().sum(card(24.0));
        if let Some(mib) = row["kv_mib"].as_f64() {
            assert_eq!(sum.kv_needed as f64 / MIB as f64, mib, "{}", row["id"]);
        }
        if let Some(mib) = row["weights_mib"].as_f64() {
            let off = sum.weights as f64 / MIB as f64 / mib - 1.0;
            assert!(off.abs() < 0.0001, "{}: {off}", row["id"]);
        }
    }
}

#[test]
fn every_mix_that_is_listed_is_known() {
    for name in super::mix::MIXES {
        assert_eq!(mix(name), Ok(name.to_owned()));
    }
    assert_eq!(mix("ud-q4_k_xl"), Ok("Q4_K_M".to_owned()));
    let problem = mix("Q9_Z").unwrap_err();
    assert!(problem.exit_code() == 2 && problem.hint.contains("Q4_K_M"), "{problem}");
}
