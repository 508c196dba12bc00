//! What people and files say of a model, judged by the estimator: whatever comes out holds together.

use crate::check::{problem, row};
use crate::mutate::Rng;
use vramdeck::base::units::GIB;
use vramdeck::models::catalogue::Catalogue;
use vramdeck::models::fit::{Ask, Engine, Flags, KvDtype, Length, Needs, Room, Version};
use vramdeck::models::rank::Intent;
use vramdeck::models::solve::{self, Wish};
use vramdeck::models::speed::{self, Case};
use vramdeck::models::{Exact, Facts, TensorSums, cards, config};

const ENGINES: [Engine; 3] = [Engine::Vllm, Engine::LlamaCpp, Engine::Ollama];

/// A configuration, judged with flags and room that follow from its bytes.
pub fn model_config(data: &[u8]) {
    let facts = match config::parse(&String::from_utf8_lossy(data)) {
        Ok(facts) => facts,
        Err(told) => return problem(&told),
    };
    shown(&facts);
    let mut rng = Rng::of(data);
    for engine in ENGINES {
        let facts = Facts { exact: exact(&mut rng), ..facts.clone() };
        let ask = ask(&mut rng, engine);
        let room = room(&mut rng);
        judge(&facts, &ask, room);
        rates(&mut rng, &facts, engine);
        if rng.below(4) == 0 {
            solved(&mut rng, &facts, engine, room);
        }
    }
}

/// How the weights are quantised, in a configuration that is sound otherwise.
pub fn quantisation(data: &[u8]) {
    const SOUND: &str = include_str!("../corpus/model_config/qwen3");
    let Ok(serde_json::Value::Object(mut whole)) = serde_json::from_str(SOUND) else { panic!("the seed is no object") };
    let Ok(said) = serde_json::from_slice(data) else { return };
    whole.insert("quantization_config".to_owned(), said);
    match config::from_value(&serde_json::Value::Object(whole)) {
        Ok(facts) => {
            shown(&facts);
            let ask = Ask { engine: Engine::Vllm, ..Ask::default() };
            judge(&facts, &ask, Room { total: 16 * GIB, free: Some(15 * GIB) });
        }
        Err(told) => problem(&told),
    }
}

/// Lines of a catalogue of a person's own: entries that can be shown and judged, or the line that is none.
pub fn catalogue(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut catalogue = match Catalogue::parse("own.jsonl", &text) {
        Ok(catalogue) => catalogue,
        Err(told) => return problem(&told),
    };
    catalogue.merge(catalogue.clone());
    let room = Room { total: 16 * GIB, free: Some(15 * GIB) };
    for entry in &catalogue.entries {
        row("an id", &entry.id);
        assert!(catalogue.find(&entry.id).is_some());
        entry.notes.iter().chain(&entry.tags).for_each(|text| row("a note", text));
        for variant in &entry.variants {
            row("a label", &variant.label);
            shown(&variant.facts);
            for engine in &variant.engines {
                judge(&variant.facts, &Ask { engine: *engine, ..Ask::default() }, room);
            }
        }
    }
}

/// Words of a command line: an ask whose own words say the same again, or a problem.
pub fn engine_words(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    for engine in ENGINES {
        match solve::asked(engine, &words) {
            Ok(ask) => {
                let told = solve::flags(&ask);
                let again = solve::asked(engine, &told);
                assert_eq!(again.as_ref().map(solve::flags).as_ref(), Ok(&told), "{engine:?}: {words:?}");
            }
            Err(told) => problem(&told),
        }
    }
}

fn shown(facts: &Facts) {
    row("a name", &facts.name);
    row("an architecture", &facts.geometry.architecture);
    row("a model type", &facts.geometry.model_type);
    row("a method", &facts.quant.method);
    facts.geometry.doubts.iter().for_each(|doubt| row("a doubt", &doubt.what));
}

/// Needs, sum and explanation agree and have sense.
fn judge(facts: &Facts, ask: &Ask, room: Room) {
    let needs = match Needs::of(facts, ask, room.total) {
        Ok(needs) => needs,
        Err(told) => return problem(&told),
    };
    let (sum, fit) = (needs.sum(room), needs.explain(room));
    assert_eq!((sum.verdict, sum.budget, sum.margin), (fit.verdict, fit.budget, fit.margin));
    assert_eq!((sum.kv_available, sum.kv_needed), (fit.kv_available, fit.kv_needed));
    assert_eq!((sum.max_model_len, sum.largest_max_model_len), (fit.max_model_len, fit.largest_max_model_len));
    assert!(sum.max_concurrency.is_finite() && sum.max_concurrency >= 0.0, "{sum:?}");
    row("why", &fit.why);
    fit.parts.iter().for_each(|part| row("a part", &part.why));
    needs.doubts().iter().for_each(|doubt| row("a doubt", doubt));
    let points = solve::frontier(&needs, room);
    let falls = points.windows(2).all(|two| two[0].tokens < two[1].tokens && two[0].requests >= two[1].requests);
    assert!(falls, "{points:?}");
}

fn rates(rng: &mut Rng, facts: &Facts, engine: Engine) {
    let Some(card) = rng.pick(cards::known()) else { return };
    let (streams, context) = (hostile(rng), hostile(rng));
    let case = Case { streams, ..Case::new(facts, engine, card, context) };
    let layers = hostile(rng);
    let rates = [
        speed::why(&case).map(|why| why.rate),
        speed::offloaded(facts, engine, card, context, layers, Some(50e9)),
        speed::prefill(facts, engine, card, context),
    ];
    for rate in rates {
        match rate {
            Ok(rate) => {
                let all = [rate.low, rate.likely, rate.high];
                assert!(all.iter().all(|one| one.is_finite() && *one >= 0.0), "{rate:?}");
                assert!(rate.low <= rate.likely && rate.likely <= rate.high, "{rate:?}");
            }
            Err(why) => row("no rate", &why.to_string()),
        }
    }
}

/// Flags that start, or a reason and a next step.
fn solved(rng: &mut Rng, facts: &Facts, engine: Engine, room: Room) {
    let intent = *rng.pick(&Intent::ALL).unwrap_or(&Intent::Chat);
    let wish = Wish { intent, length: maybe(rng, hostile), requests: maybe(rng, hostile) };
    match solve::solve_for(facts, engine, None, room, wish) {
        Ok(solution) => {
            assert!(solution.fit.verdict.starts(), "{:?}", solution.fit);
            assert!(solution.requests >= 1);
            for step in &solution.steps {
                row("a step", &format!("{} {} {} {} {}", step.flag, step.from, step.to, step.why, step.cost));
            }
        }
        Err(told) => problem(&told),
    }
}

/// A number that breaks sums as often as not.
fn hostile(rng: &mut Rng) -> u64 {
    const EDGES: [u64; 12] = [0, 1, 2, 3, 255, 256, 4096, 1 << 20, 1 << 32, 1 << 53, u64::MAX / 2, u64::MAX];
    match rng.below(3) {
        0 => rng.next(),
        1 => rng.next() % 100_000,
        _ => rng.pick(&EDGES).copied().unwrap_or(0),
    }
}

fn maybe<T>(rng: &mut Rng, make: impl Fn(&mut Rng) -> T) -> Option<T> {
    (rng.below(2) == 0).then(|| make(rng))
}

fn truth(rng: &mut Rng) -> bool {
    rng.below(2) == 0
}

fn exact(rng: &mut Rng) -> Exact {
    match rng.below(4) {
        0 => Exact::Total(hostile(rng)),
        1 => Exact::Headers(TensorSums {
            total: hostile(rng),
            embedding: hostile(rng),
            head: hostile(rng),
            layers: (0..rng.below(80)).map(|_| hostile(rng)).collect(),
            tower: hostile(rng),
            mtp: hostile(rng),
            experts: hostile(rng),
        }),
        _ => Exact::No,
    }
}

fn room(rng: &mut Rng) -> Room {
    let total = if truth(rng) { hostile(rng) } else { 16 * GIB };
    Room { total, free: maybe(rng, |rng| if truth(rng) { hostile(rng) } else { 15 * GIB }) }
}

fn ask(rng: &mut Rng, engine: Engine) -> Ask {
    const SHARES: [f64; 9] =
        [0.9, 0.0, 1.0, -1.0, 1e308, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE];
    let kinds = [
        KvDtype::Auto,
        KvDtype::Sixteen,
        KvDtype::ThirtyTwo,
        KvDtype::Fp8,
        KvDtype::Nvfp4,
        KvDtype::Block32(34),
        KvDtype::Block32(hostile(rng)),
    ];
    let flags = Flags {
        dtype: None,
        quantization: None,
        kv_cache_dtype: rng.pick(&kinds).copied().unwrap_or_default(),
        max_model_len: match rng.below(3) {
            0 => Length::Model,
            1 => Length::Auto,
            _ => Length::Tokens(hostile(rng)),
        },
        max_num_seqs: maybe(rng, hostile),
        max_num_batched_tokens: maybe(rng, hostile),
        gpu_memory_utilization: maybe(rng, |rng| rng.pick(&SHARES).copied().unwrap_or(0.5)),
        kv_cache_memory_bytes: if rng.below(4) == 0 { Some(hostile(rng)) } else { None },
        enforce_eager: truth(rng),
        enable_prefix_caching: maybe(rng, truth),
        tensor_parallel_size: if truth(rng) { hostile(rng) } else { 1 },
        block_size: maybe(rng, hostile),
        speculative_tokens: if truth(rng) { hostile(rng) } else { 0 },
        language_model_only: truth(rng),
        gpu_layers: maybe(rng, hostile),
        ubatch: maybe(rng, hostile),
        flash_attention: maybe(rng, truth),
    };
    let version = maybe(rng, |rng| Version((rng.next() % 3) as u32, (rng.next() % 60) as u32));
    Ask { engine, version, flags }
}
