//! The solver on the reference card: an RTX 5080 with 16 GB and a desktop that holds 1.1 GiB of it; and on any card.

use super::*;
use crate::base::units::GIB;
use crate::models::catalogue::Catalogue;
use crate::models::fit::{Needs, Verdict};
use crate::models::geometry::{Attention, Feed, Layer, Mixer};
use crate::models::quant::{Quant, Scheme};
use crate::models::{Geometry, cards};
use proptest::prelude::*;
use proptest::sample::select;

/// Total as CUDA reports it, less a desktop.
const ROOM: Room = Room { total: 16_621_523_107, free: Some(16_621_523_107 - GIB * 11 / 10) };

/// A variant of the catalogue.
fn variant(id: &str, label: &str) -> Facts {
    let entry = Catalogue::shipped().find(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"));
    let labels: Vec<&str> = entry.variants.iter().map(|v| v.label.as_str()).collect();
    let found = entry.variants.iter().find(|v| v.label.eq_ignore_ascii_case(label));
    found.unwrap_or_else(|| panic!("{id} has {labels:?}, not {label}")).facts.clone()
}

#[test]
fn the_reference_card_gets_flags_that_start() {
    use Engine::{LlamaCpp, Ollama, Vllm};
    for (id, label, engine, chat, long, agents) in [
        ("Qwen/Qwen3-8B", "AWQ", Vllm, 32_768, 40_960, 11),
        ("Qwen/Qwen3-14B", "AWQ", Vllm, 32_768, 32_768, 4),
        ("Qwen/Qwen3.5-9B", "FP8", Vllm, 32_768, 90_000, 8),
        ("meta-llama/Llama-3.1-8B-Instruct", "FP8", Vllm, 32_768, 55_000, 7),
        ("google/gemma-3-12b-it", "w4a16", Vllm, 32_768, 131_072, 6),
        ("openai/gpt-oss-20b", "MXFP4", LlamaCpp, 32_768, 65_536, 6),
        ("Qwen/Qwen3-14B", "Q4_K_M", LlamaCpp, 32_768, 40_960, 6),
        ("Qwen/Qwen3-8B", "Q4_K_M", Ollama, 32_768, 40_960, 10),
        ("Qwen/Qwen3-32B", "Q4_K_M", LlamaCpp, 4096, 4096, 1),
    ] {
        let facts = variant(id, label);
        for (intent, length, requests) in
            [(Intent::Chat, chat, 1), (Intent::LongContext, long, 1), (Intent::Agents, 4096, agents)]
        {
            let solution = solve(&facts, engine, None, ROOM, intent).unwrap();
            let said = format!("{id} {label} {intent:?}: {:?} {:?}", flags(&solution.ask), solution.fit.why);
            assert_eq!(solution.fit.verdict, Verdict::Fits, "{said}");
            assert!(solution.context() >= length && solution.requests >= requests, "{said}");
            assert_eq!(
                asked(engine, &flags(&solution.ask)).unwrap().flags.max_num_seqs,
                solution.ask.flags.max_num_seqs
            );
            if let Some(share) = solution.ask.flags.gpu_memory_utilization {
                let left = solution.fit.free as f64 - share * solution.fit.total as f64;
                assert!(left >= headroom(0) as f64, "{said}");
            }
            assert!(solution.steps.iter().all(|step| !step.why.is_empty() && !step.flag.is_empty()), "{said}");
        }
    }
}

#[test]
fn steps_say_their_bytes_and_their_cost() {
    let solution = solve(&variant("Qwen/Qwen3-14B", "AWQ"), Engine::Vllm, None, ROOM, Intent::Agents).unwrap();
    let step = |flag: &str| solution.steps.iter().find(|step| step.flag == flag).unwrap();
    assert!(step("--gpu-memory-utilization").gained < 0);
    assert!(step("--max-num-seqs").gained > 0);
    assert!(step("--kv-cache-dtype").gained > 0 && step("--kv-cache-dtype").cost.contains("quality"));
    assert_eq!(step("--max-model-len").to, solution.fit.max_model_len.to_string());
    let split = solve(&variant("Qwen/Qwen3-32B", "Q4_K_M"), Engine::LlamaCpp, None, ROOM, Intent::Chat).unwrap();
    assert!(split.steps.iter().any(|step| step.flag == "-ngl" && step.cost.contains("RAM")));
}

#[test]
fn what_cannot_start_has_a_next_step() {
    let facts = variant("Qwen/Qwen3-32B", "BF16");
    let problem = solve(&facts, Engine::Vllm, None, ROOM, Intent::Chat).unwrap_err();
    assert!(problem.hint.contains("GiB") && !problem.why.is_empty(), "{problem}");
    let ask =
        Ask { flags: crate::models::fit::Flags { max_num_seqs: Some(8), ..Default::default() }, ..Ask::default() };
    let (bytes, cards) = card_needed(&facts, &ask).unwrap();
    assert!((61 * GIB..90 * GIB).contains(&bytes), "{bytes}");
    assert!(cards.iter().any(|card| card.name == "H200") && !cards.iter().any(|card| card.name == "RTX 5090"));
    assert!(cards.windows(2).all(|pair| pair[0].total <= pair[1].total));
}

#[test]
fn the_most_faithful_variant_that_grants_the_wish_is_taken() {
    let variants: Vec<Facts> = ["BF16", "FP8", "AWQ"].map(|label| variant("Qwen/Qwen3-8B", label)).to_vec();
    let wish = |requests| Wish { length: Some(40_960), requests: Some(requests), ..Wish::default() };
    let chosen = |requests| best(&variants, Engine::Vllm, None, ROOM, wish(requests)).unwrap().0;
    assert_eq!((chosen(1), chosen(2)), (1, 2));
    assert!(best(&[], Engine::Vllm, None, ROOM, wish(1)).is_err());
    assert!(best(&variants[..1], Engine::Vllm, None, Room { total: 8 * GIB, free: None }, wish(1)).is_err());
}

/// A decoder of one kind of layer.
fn model(layers: usize, hidden: u64, kv_heads: u64, limit: u64, scheme: Scheme) -> Facts {
    let attention = Attention {
        heads: kv_heads * 4,
        kv_heads,
        k_dim: 128,
        v_dim: 128,
        window: None,
        shared: false,
        k_eq_v: false,
        gated: false,
        qkv_bias: false,
        out_bias: false,
        qk_norm: true,
    };
    let feed = Feed::Dense { inner: hidden * 3, gated: true, bias: false };
    let geometry = Geometry {
        architecture: "Qwen3ForCausalLM".to_owned(),
        model_type: "qwen3".to_owned(),
        hidden,
        vocab: 151_936,
        max_context: Some(limit),
        layers: vec![Layer { mixer: Mixer::Attention(attention), feed }; layers],
        ..Geometry::default()
    };
    Facts { name: "a model".to_owned(), geometry, quant: Quant { scheme, ..Quant::default() }, ..Facts::default() }
}

prop_compose! {
    fn any_model()(
        layers in 1_usize..80,
        hidden in (1_u64..64).prop_map(|n| n * 128),
        kv_heads in 1_u64..17,
        limit in 1_u64..1 << 20,
        gguf in any::<bool>(),
    ) -> (Facts, Engine) {
        let (scheme, engine) = if gguf {
            (Scheme::Gguf("Q4_K_M".to_owned()), Engine::LlamaCpp)
        } else {
            (Scheme::Fp8 { block: None, online: false }, Engine::Vllm)
        };
        (model(layers, hidden, kv_heads, limit, scheme), engine)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_solution_starts_or_says_what_next(
        (facts, engine) in any_model(),
        total in 0..200 * GIB,
        free in 0..200 * GIB,
        intent in select(vec![Intent::Chat, Intent::LongContext, Intent::Agents]),
        length in proptest::option::of(1_u64..1 << 20),
        requests in proptest::option::of(1_u64..512),
    ) {
        let room = Room { total, free: Some(free.min(total)) };
        match solve_for(&facts, engine, None, room, Wish { intent, length, requests }) {
            Ok(solution) => {
                prop_assert!(solution.fit.verdict.starts(), "{}", solution.fit.why);
                prop_assert!(solution.requests >= 1 && solution.context() >= 1);
                let share = solution.ask.flags.gpu_memory_utilization.unwrap_or(0.92);
                prop_assert!(engine != Engine::Vllm || share * total as f64 <= free.min(total) as f64);
            }
            Err(problem) => prop_assert!(!problem.hint.is_empty() && !problem.why.is_empty(), "{problem}"),
        }
    }

    #[test]
    fn asking_for_more_of_one_never_gives_more_of_both(
        (facts, engine) in any_model(),
        gib in 4_u64..100,
        intent in select(vec![Intent::Chat, Intent::Agents]),
        (length, requests) in (256_u64..1 << 17, 1_u64..64),
        (longer, more) in (0_u64..1 << 17, 0_u64..64),
    ) {
        let room = Room { total: gib * GIB, free: Some(gib * GIB - GIB) };
        let given = |length, requests| {
            let wish = Wish { intent, length: Some(length), requests: Some(requests) };
            solve_for(&facts, engine, None, room, wish).map(|solution| (solution.context(), solution.requests))
        };
        for (other, others) in [(length + longer, requests), (length, requests + more)] {
            if let (Ok(first), Ok(second)) = (given(length, requests), given(other, others)) {
                // A change is taken for a twentieth more at least, and lengths are whole multiples of 256: what the first wish did
                // without may be worth it to the second.
                let about = |n: u64, step: u64| n + n / 20 + step;
                let not_both = second.0 <= about(first.0, 256) || second.1 <= about(first.1, 1);
                prop_assert!(not_both, "{first:?} {second:?}");
            }
        }
    }

    #[test]
    fn the_frontier_falls(
        (facts, engine) in any_model(),
        gib in 1_u64..200,
        slots in proptest::option::of(1_u64..512),
    ) {
        let flags = crate::models::fit::Flags { max_num_seqs: slots, ..Default::default() };
        let needs = Needs::of(&facts, &Ask { engine, version: None, flags }, gib * GIB).unwrap();
        let points = frontier(&needs, Room { total: gib * GIB, free: None });
        for pair in points.windows(2) {
            prop_assert!(pair[0].tokens < pair[1].tokens && pair[0].requests >= pair[1].requests);
        }
        prop_assert!(points.iter().all(|point| point.requests >= 1));
    }
}

#[test]
fn hostile_rooms_neither_panic_nor_start() {
    for engine in [Engine::Vllm, Engine::LlamaCpp, Engine::Ollama] {
        let scheme = if engine == Engine::Vllm { Scheme::Plain } else { Scheme::Gguf("Q4_K_M".to_owned()) };
        let facts = model(32, 4096, 8, 40_960, scheme);
        for room in
            [Room { total: 0, free: None }, Room { total: 1, free: Some(u64::MAX) }, Room { total: GIB, free: Some(0) }]
        {
            assert!(solve(&facts, engine, None, room, Intent::Chat).is_err(), "{engine:?} {room:?}");
        }
        let wish = Wish { length: Some(u64::MAX), requests: Some(u64::MAX), ..Wish::default() };
        let _ = solve_for(&facts, engine, None, Room { total: u64::MAX, free: Some(u64::MAX) }, wish);
        assert!(solve(&Facts::default(), engine, None, ROOM, Intent::Agents).is_err());
    }
    assert!(cards::known().len() > 90);
}
