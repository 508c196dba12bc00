//! What holds of every model on every engine, whatever its figures are.

use super::any::{model, rank, room};
use proptest::prelude::*;
use vramdeck::models::fit::{Ask, Engine, Fit, Flags, KvDtype, Length, Needs, Room, Sum, Version};
use vramdeck::models::geometry::Mixer;
use vramdeck::models::quant::{Quant, Scheme};
use vramdeck::models::rank::Intent;
use vramdeck::models::solve::{self, Wish, frontier};
use vramdeck::models::{Exact, Facts};

/// Needs and sum of an ask; `None` where it is refused beforehand.
fn judged(facts: &Facts, engine: Engine, flags: &Flags, room: Room) -> Option<(Needs, Sum)> {
    let needs = Needs::of(facts, &Ask { engine, version: None, flags: flags.clone() }, room.total).ok()?;
    let sum = needs.sum(room);
    Some((needs, sum))
}

/// Flags that a length and a number of sequences mean on an engine: llama.cpp shares `-c` among its slots.
fn asked(engine: Engine, tokens: u64, seqs: u64) -> Flags {
    let tokens = if engine == Engine::LlamaCpp { tokens * seqs } else { tokens };
    Flags { max_model_len: Length::Tokens(tokens), max_num_seqs: Some(seqs), ..Flags::default() }
}

/// Asking for more: it needs no less, leaves no more, and is judged no better.
fn no_easier(less: &Sum, more: &Sum) -> Result<(), TestCaseError> {
    prop_assert!(less.kv_needed <= more.kv_needed, "needed {less:?} {more:?}");
    prop_assert!(less.kv_available >= more.kv_available, "available {less:?} {more:?}");
    prop_assert!(rank(less.verdict) <= rank(more.verdict), "verdict {less:?} {more:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases(192)) })]

    #[test]
    fn more_context_and_more_sequences_are_no_easier(
        (facts, engine) in model(), room in room(), runs in 1_u64..400, more in 0_u64..400, seqs in 1_u64..32, others in 0_u64..32,
    ) {
        let of = |runs: u64, seqs: u64| judged(&facts, engine, &asked(engine, runs * 256, seqs), room);
        let Some((_, one)) = of(runs, seqs) else { return Ok(()) };
        if let Some((_, longer)) = of(runs + more, seqs) {
            no_easier(&one, &longer)?;
        }
        if let Some((_, wider)) = of(runs, seqs + others) {
            no_easier(&one, &wider)?;
        }
    }

    #[test]
    fn less_free_memory_is_never_better(
        (facts, engine) in model(), gib in 2_u64..200, (low, high) in (0.0_f64..1.0, 0.0_f64..1.0), runs in 1_u64..800,
    ) {
        let total = gib << 30;
        let at = |share: f64| Room { total, free: Some((total as f64 * share) as u64) };
        let (low, high) = (at(low.min(high)), at(low.max(high)));
        let flags = asked(engine, runs * 256, 2);
        if let (Some((_, less)), Some((_, more))) = (judged(&facts, engine, &flags, low), judged(&facts, engine, &flags, high)) {
            prop_assert!(rank(more.verdict) <= rank(less.verdict), "{less:?} {more:?}");
            prop_assert!(more.largest_max_model_len >= less.largest_max_model_len, "{less:?} {more:?}");
            prop_assert!(more.kv_available >= less.kv_available && more.budget >= less.budget, "{less:?} {more:?}");
        }
    }

    #[test]
    fn narrower_numbers_in_the_cache_need_no_more((facts, engine) in model(), room in room(), runs in 1_u64..400) {
        let kinds: &[KvDtype] = match engine {
            Engine::Vllm => &[KvDtype::Sixteen, KvDtype::Fp8],
            _ => &[KvDtype::ThirtyTwo, KvDtype::Sixteen, KvDtype::Block32(34), KvDtype::Block32(24), KvDtype::Block32(18)],
        };
        // Beside recurrent states vLLM cuts the pool by the larger page: a narrower number can leave more of it unused.
        prop_assume!(engine != Engine::Vllm || alike(&facts));
        let of = |kind: &KvDtype| {
            let flags = Flags { kv_cache_dtype: *kind, ..asked(engine, runs * 256, 1) };
            judged(&facts, engine, &flags, room).map(|(_, sum)| sum.kv_needed)
        };
        for pair in kinds.windows(2) {
            if let (Some(wide), Some(narrow)) = (of(&pair[0]), of(&pair[1])) {
                prop_assert!(narrow <= wide, "{pair:?}: {narrow} {wide}");
            }
        }
    }

    #[test]
    fn fewer_bits_of_the_weights_weigh_no_more((facts, engine) in model(), room in room()) {
        let ladder: Vec<Scheme> = match engine {
            Engine::Vllm => {
                let packed = |bits| Scheme::Packed { bits, group: Some(128), zeros: false };
                vec![packed(2), packed(4), packed(8), Scheme::Plain]
            }
            // Where rows are no multiple of a block, mixes of fewer bits fall back to types of other families.
            _ => ["Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16"].map(|mix| Scheme::Gguf(mix.to_owned())).to_vec(),
        };
        let flags = asked(engine, 1024, 1);
        let sums = ladder.into_iter().filter_map(|scheme| {
            let quant = Quant { scheme: scheme.clone(), ..Quant::default() };
            let facts = Facts { quant, exact: Exact::No, ..facts.clone() };
            judged(&facts, engine, &flags, room).map(|(_, sum)| (scheme, sum))
        });
        let sums: Vec<(Scheme, Sum)> = sums.collect();
        for pair in sums.windows(2) {
            prop_assert!(pair[0].1.weights <= pair[1].1.weights, "{pair:?}");
        }
    }

    #[test]
    fn more_cards_ask_no_more_of_each((facts, engine) in model(), room in room(), runs in 1_u64..200, cards in 1_u64..4) {
        let of = |cards: u64| {
            let flags = Flags { tensor_parallel_size: cards, ..asked(engine, runs * 256, 2) };
            judged(&facts, engine, &flags, room).map(|(_, sum)| sum)
        };
        if let (Some(few), Some(many)) = (of(cards), of(cards * 2)) {
            prop_assert!(many.weights <= few.weights, "{few:?} {many:?}");
            // Layers of several kinds are cut anew for other shares of their heads, into groups that can be wider.
            if engine != Engine::Vllm || alike(&facts) {
                prop_assert!(many.kv_needed <= few.kv_needed, "{few:?} {many:?}");
            }
        }
    }

    #[test]
    fn the_sum_is_that_of_its_explanation(
        (facts, engine) in model(), room in room(), tokens in prop::option::of(1_u64..1 << 20), seqs in prop::option::of(1_u64..512),
        minor in prop::option::of(6_u32..40), layers in prop::option::of(0_u64..100), eager: bool,
    ) {
        let flags = Flags {
            max_model_len: tokens.map_or(Length::Auto, Length::Tokens),
            max_num_seqs: seqs,
            gpu_layers: layers,
            enforce_eager: eager,
            ..Flags::default()
        };
        let ask = Ask { engine, version: minor.map(|minor| Version(0, minor)), flags };
        let Ok(needs) = Needs::of(&facts, &ask, room.total) else { return Ok(()) };
        let (sum, fit): (Sum, Fit) = (needs.sum(room), needs.explain(room));
        prop_assert_eq!(
            (sum.verdict, sum.budget, sum.kv_available, sum.kv_needed),
            (fit.verdict, fit.budget, fit.kv_available, fit.kv_needed)
        );
        prop_assert_eq!(
            (sum.max_model_len, sum.largest_max_model_len, sum.margin),
            (fit.max_model_len, fit.largest_max_model_len, fit.margin)
        );
        prop_assert_eq!(sum.max_concurrency, fit.max_concurrency);
    }

    #[test]
    fn the_frontier_falls_and_each_point_is_met(
        (facts, engine) in model(), room in room(), slots in prop::option::of(1_u64..512),
    ) {
        let flags = Flags { max_num_seqs: slots, ..Flags::default() };
        let Some((needs, sum)) = judged(&facts, engine, &flags, room) else { return Ok(()) };
        let points = frontier(&needs, room);
        for pair in points.windows(2) {
            prop_assert!(pair[0].tokens < pair[1].tokens && pair[0].requests >= pair[1].requests, "{points:?}");
        }
        for point in &points {
            let kv = needs.kv.as_ref().unwrap();
            let bytes = kv.needed(point.tokens, point.requests);
            prop_assert!(i64::try_from(bytes).unwrap() <= sum.kv_available, "{point:?} needs {bytes} of {sum:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases(48)) })]

    #[test]
    fn a_solution_starts_and_its_words_say_it_again(
        (facts, engine) in model(), room in room(), intent in prop::sample::select(Intent::ALL.to_vec()),
        length in prop::option::of(1_u64..1 << 20), requests in prop::option::of(1_u64..512),
    ) {
        match solve::solve_for(&facts, engine, None, room, Wish { intent, length, requests }) {
            Ok(solution) => {
                prop_assert!(solution.fit.verdict.starts(), "{}", solution.fit.why);
                let own = Needs::of(&facts, &solution.ask, room.total).unwrap().explain(room);
                prop_assert_eq!(&own, &solution.fit);
                let mut again = solve::asked(engine, &solve::flags(&solution.ask)).unwrap();
                // What goes into each request to Ollama instead.
                if engine == Engine::Ollama {
                    again.flags.gpu_layers = solution.ask.flags.gpu_layers;
                    again.flags.ubatch = solution.ask.flags.ubatch;
                }
                prop_assert_eq!(again, solution.ask);
            }
            Err(told) => prop_assert!(!told.hint.is_empty() && !told.why.is_empty(), "{told:?}"),
        }
    }
}

/// Whether all layers with a cache attend in the same way, with the same heads.
fn alike(facts: &Facts) -> bool {
    let mut kinds = facts.geometry.layers.iter().filter_map(|layer| match layer.mixer {
        Mixer::Attention(a) if a.shared => None,
        Mixer::None => None,
        mixer => Some(mixer),
    });
    let first = kinds.next();
    let recurrent = matches!(first, Some(Mixer::DeltaNet(_) | Mixer::Mamba(_) | Mixer::ShortConv(_)));
    !recurrent && kinds.all(|kind| Some(kind) == first)
}

/// How many models a law is tried on; `PROPTEST_CASES` says another number.
fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}
