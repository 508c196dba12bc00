use super::*;
use crate::base::Bytes;
use crate::base::units::{GIB, MIB};
use crate::engines::logfacts::MemoryPart;
use crate::models::Facts;
use crate::models::config;
use crate::models::fit::learned::{Lessons, Taught};
use crate::models::fit::{Ask, Engine, Flags, Length, Needs, Room, Version};
use std::collections::BTreeMap;

const TOTAL: u64 = 16 * GIB;

fn facts() -> Facts {
    config::from_value(&serde_json::json!({
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 2048, "intermediate_size": 6144,
        "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
        "vocab_size": 151_936, "max_position_embeddings": 40_960, "tie_word_embeddings": true, "torch_dtype": "bfloat16"
    }))
    .unwrap()
}

fn ask(engine: Engine) -> Ask {
    let flags = Flags { tensor_parallel_size: 1, max_model_len: Length::Tokens(4096), ..Flags::default() };
    Ask { engine, version: (engine == Engine::Vllm).then_some(Version(0, 32)), flags }
}

fn predicted(ask: &Ask, card: &str) -> Prediction {
    let place = Place { card: card.into(), ..Place::default() };
    let room = Room { total: TOTAL, free: Some(TOTAL) };
    Prediction::of(&Question { model: "m", facts: &facts(), ask, room, place }, 1.0).unwrap()
}

/// What an engine says that takes exactly what was predicted, but this much more (MiB).
fn said(prediction: &Prediction, weights: i64, around: i64) -> Said {
    let raw = &prediction.raw;
    let bytes = |bytes: u64, mib: i64| Bytes(bytes.saturating_add_signed(mib * MIB as i64));
    let kv = prediction.budget - raw.weights - raw.around - raw.graphs;
    Said {
        memory: BTreeMap::from([
            (MemoryPart::Weights, bytes(raw.weights, weights)),
            (MemoryPart::GraphsEstimate, bytes(raw.graphs, 0)),
            (MemoryPart::Graphs, bytes(raw.graphs, 70)),
            (MemoryPart::KvCache, bytes(kv, -weights - around)),
        ]),
        kv_tokens: Some(1000),
        concurrency: Some(2.0),
        held: Some(Bytes(prediction.budget)),
        host: BTreeMap::new(),
    }
}

#[test]
fn each_part_stands_beside_what_was_found() {
    let prediction = predicted(&ask(Engine::Vllm), "a card");
    let rows = rows(&prediction, &said(&prediction, 0, 0));
    let row = |part| rows.iter().find(|row| row.part == part).unwrap();
    for part in [ProofPart::Weights, ProofPart::Graphs, ProofPart::Kv, ProofPart::Beside] {
        assert_eq!((row(part).difference, row(part).within), (Some(0.0), Some(true)), "{part:?}");
    }
    assert_eq!(row(ProofPart::Activation).engine, None, "the engine did not say");
    assert_eq!(row(ProofPart::Total).card, Some(prediction.budget as f64));
    assert_eq!(row(ProofPart::KvTokens).within, Some(false));
    let off = super::rows(&prediction, &said(&prediction, 900, 0));
    assert_eq!(off.iter().find(|row| row.part == ProofPart::Weights).unwrap().within, Some(false));
}

#[test]
fn a_start_teaches_what_it_said_and_the_next_prediction_says_so() {
    let (ask, place) = (ask(Engine::Vllm), Place { card: "a card".into(), ..Place::default() });
    let first = predicted(&ask, "a card");
    let lesson = first.lesson(&said(&first, 120, -80)).unwrap();
    let off = |part| lesson.offs.iter().find(|off| off.part == part).map(|off| off.off >> 20);
    assert_eq!(
        (off(Taught::Weights), off(Taught::Around), off(Taught::Graphs), off(Taught::Beside)),
        (Some(120), Some(-80), Some(0), None)
    );
    let facts = Facts { learned: Lessons::of(std::slice::from_ref(&lesson), &facts(), &place), ..facts() };
    let room = Room { total: TOTAL, free: Some(TOTAL) };
    let second = Prediction::of(&Question { model: "m", facts: &facts, ask: &ask, room, place }, 2.0).unwrap();
    assert_eq!(second.learned, "from 1 run");
    assert_eq!(second.raw, first.raw, "what teaches is always the sum before anything was learned");
    let kv = |prediction: &Prediction| prediction.part(ProofPart::Kv).unwrap().value;
    assert!((kv(&first) - kv(&second) - (40 * MIB) as f64).abs() < (8 * MIB) as f64);
    assert!(
        super::rows(&second, &said(&second, 120, -80))
            .iter()
            .find(|row| row.part == ProofPart::Kv)
            .unwrap()
            .within
            .unwrap()
    );
}

#[test]
fn without_a_figure_of_graphs_all_beside_is_learned_of_together() {
    let prediction = predicted(&ask(Engine::Vllm), "a card");
    let mut said = said(&prediction, 0, 50);
    said.memory.remove(&MemoryPart::GraphsEstimate);
    said.memory.remove(&MemoryPart::Graphs);
    let lesson = prediction.lesson(&said).unwrap();
    let parts: Vec<Taught> = lesson.offs.iter().map(|off| off.part).collect();
    assert_eq!(parts, [Taught::Weights, Taught::Beside]);
}

#[test]
fn without_a_card_nothing_is_said_of_one() {
    let mut ask = ask(Engine::Vllm);
    ask.flags.kv_cache_memory_bytes = Some(GIB);
    let prediction = predicted(&ask, NO_CARD);
    let parts: Vec<ProofPart> = prediction.parts.iter().map(|predicted| predicted.part).collect();
    assert_eq!(parts, [ProofPart::Weights, ProofPart::Kv, ProofPart::KvTokens, ProofPart::Concurrency]);
    assert_eq!((prediction.budget, prediction.verdict.as_str()), (0, "unknown"));
    assert_eq!(prediction.lesson(&Said::default()), None, "nothing said, nothing taught");
}

#[test]
fn what_lies_on_the_host_is_not_on_the_card() {
    let mut prediction = predicted(&ask(Engine::LlamaCpp), "a card");
    prediction.raw.host = 300 * MIB;
    let memory = |parts: &[(MemoryPart, u64)]| parts.iter().map(|(part, mib)| (*part, Bytes(mib * MIB))).collect();
    let weights = |said: Said, prediction: &Prediction| {
        rows(prediction, &said)
            .iter()
            .find(|row| row.part == ProofPart::Weights)
            .unwrap()
            .engine
            .map(|bytes| bytes / MIB as f64)
    };
    let split = Said {
        memory: memory(&[(MemoryPart::Weights, 1500)]),
        host: memory(&[(MemoryPart::Weights, 300)]),
        ..Said::default()
    };
    assert_eq!(weights(split, &prediction), Some(1200.0));
    prediction.place.card = NO_CARD.to_owned();
    let mapped = Said {
        memory: memory(&[(MemoryPart::Weights, 1500)]),
        host: memory(&[(MemoryPart::Weights, 1500)]),
        ..Said::default()
    };
    assert_eq!(weights(mapped, &prediction), Some(1200.0));
}

#[test]
fn figures_are_as_sure_as_they_are_printed() {
    // 448 MiB are predicted for the cache, to the byte.
    for (engine, gib, within) in [
        (Engine::Ollama, 0.4375, true),
        (Engine::Ollama, 0.4, true),
        (Engine::Ollama, 0.5, false),
        (Engine::Ollama, 0.45, false),
        (Engine::LlamaCpp, 0.4375, true),
        (Engine::LlamaCpp, 0.4, false),
    ] {
        let prediction = predicted(&ask(engine), "a card");
        assert_eq!(prediction.part(ProofPart::Kv).unwrap().value, 448.0 * MIB as f64);
        let said = Said { memory: BTreeMap::from([(MemoryPart::KvCache, Bytes::from_gib(gib))]), ..Said::default() };
        let row = rows(&prediction, &said).into_iter().find(|row| row.part == ProofPart::Kv).unwrap();
        assert_eq!(row.within, Some(within), "{engine:?} {gib}");
    }
}

#[test]
fn a_prediction_lies_in_the_record_as_it_was_made() {
    let prediction = predicted(&ask(Engine::Vllm), "a card");
    let text = serde_json::to_string(&prediction).unwrap();
    assert_eq!(serde_json::from_str::<Prediction>(&text).unwrap(), prediction);
    assert!(Needs::of(&facts(), &ask(Engine::Vllm), TOTAL).is_ok());
}
