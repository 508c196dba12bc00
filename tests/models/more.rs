//! Flags for an intent, the trade of context and requests, the card that a model needs.

use super::stand::{Stand, request};
use serde_json::{Value, json};

fn asked(over: Value) -> Value {
    Stand::new().batch(&[request(over)])[0].clone()
}

#[test]
fn flags_are_chosen_with_reasons_and_hold() {
    for (engine, vram) in [("vllm", 24_u64), ("llama.cpp", 12), ("ollama", 12)] {
        let over = json!({"engine": engine, "vram_bytes": vram << 30, "solve": "agents", "max_model_len": null});
        let over = if engine == "vllm" { over } else { super::stand::with(over, json!({"quantization": "Q4_K_M"})) };
        let answer = asked(over);
        let solution = &answer["solution"];
        assert_eq!(solution["verdict"], "fits", "{engine}: {answer}");
        let steps = solution["steps"].as_array().unwrap();
        assert!(!steps.is_empty() && steps.iter().all(|step| step["why"].as_str().is_some_and(|why| !why.is_empty())));
        let (flags, env) = (solution["flags"].as_array().unwrap(), solution["env"].as_object().unwrap());
        assert_eq!((flags.is_empty(), env.is_empty()), (engine == "ollama", engine != "ollama"), "{solution}");
        assert!(solution["requests"].as_u64().unwrap() > 1, "{engine}: {solution}");
    }
}

#[test]
fn where_no_flags_help_the_answer_says_what_would() {
    let answer = asked(json!({"vram_bytes": 12_u64 << 30, "solve": "chat", "max_model_len": null}));
    assert!(answer["solution"].is_null(), "{answer}");
    assert!(answer["solution_unknown"].as_str().unwrap().contains("llama.cpp"), "{answer}");
}

#[test]
fn the_frontier_falls_with_the_length() {
    let answer = asked(json!({"frontier": true}));
    let points: Vec<(u64, u64)> = answer["frontier"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| (point["tokens"].as_u64().unwrap(), point["requests"].as_u64().unwrap()))
        .collect();
    assert!(points.len() > 3, "{points:?}");
    assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 >= pair[1].1), "{points:?}");
    assert_eq!(asked(json!({"frontier": true, "vram_bytes": 4_u64 << 30}))["frontier"], json!([]));
}

#[test]
fn the_card_needed_would_do() {
    let answer = asked(json!({"needs_card": true, "vram_bytes": 8_u64 << 30}));
    assert_eq!(answer["verdict"], "does_not_fit");
    let bytes = answer["card_needed"]["bytes"].as_u64().unwrap();
    assert_eq!(asked(json!({"vram_bytes": bytes}))["verdict"], "fits", "{bytes}");
    let cards = answer["card_needed"]["cards"].as_array().unwrap();
    assert!(cards.iter().all(|card| card["memory_total_bytes"].as_u64().unwrap() >= bytes), "{cards:?}");
    assert!(!cards.is_empty());
}
