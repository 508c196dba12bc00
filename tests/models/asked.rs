//! What was asked decides: words for weights, cards, engines, keys, and what is left out.

use super::stand::{GIB, Stand, config, name, request, told, with};
use serde_json::{Value, json};

#[test]
fn the_rate_is_that_of_the_weights_as_they_are_loaded() {
    let words = ["gptq", "gptq_marlin", "awq", "awq_marlin", "bitsandbytes", "fp8"];
    let ask = |over: Value| with(request(json!({"gpu": "5090", "vram_bytes": null})), over);
    let mut requests: Vec<Value> = words.iter().map(|word| ask(json!({"quantization": word}))).collect();
    requests.push(ask(json!({})));
    let rates: Vec<f64> =
        Stand::new().batch(&requests).iter().map(|one| one["decode_tokens_per_second"].as_f64().unwrap()).collect();
    let (plain, quantised) = rates.split_last().unwrap();
    for (word, rate) in words.iter().zip(quantised) {
        let least = if *word == "fp8" { 1.4 } else { 1.9 };
        assert!(*rate > least * plain && *rate < 4.0 * plain, "{word}: {rate} beside {plain}");
    }
    // Sums of the stored file say nothing of what is read once it is quantised.
    let stated = Stand::new().batch(&[ask(json!({"quantization": "gptq", "weights_bytes": 16_400_000_000_u64}))]);
    assert_eq!(stated[0]["decode_tokens_per_second"].as_f64(), Some(rates[0]));
}

#[test]
fn no_rate_is_told_for_several_cards() {
    let two = json!({"gpu": "5090", "vram_bytes": null, "tensor_parallel_size": 2});
    let engines = ["llama.cpp", "ollama"].map(|engine| with(request(two.clone()), json!({"engine": engine})));
    let alone = ["llama.cpp", "ollama"]
        .map(|engine| with(request(two.clone()), json!({"engine": engine, "tensor_parallel_size": null})));
    let answers = Stand::new().batch(&[&[request(two)], &engines[..], &alone[..]].concat());
    assert!(answers[0]["decode_tokens_per_second"].is_null(), "{}", answers[0]);
    assert!(answers[0]["decode_tokens_per_second_unknown"].as_str().unwrap().contains("2 cards"), "{}", answers[0]);
    // Other engines have no such option: one card is judged, and the answer says so.
    for (answer, alone) in answers[1..3].iter().zip(&answers[3..]) {
        assert_eq!(answer["ignored"], json!(["tensor_parallel_size"]));
        assert!(answer["doubts"].to_string().contains("--tensor-parallel-size"), "{answer}");
        for field in ["weights_bytes", "decode_tokens_per_second", "kv_bytes", "verdict"] {
            assert_eq!(answer[field], alone[field], "{field}");
        }
    }
}

#[test]
fn a_mix_that_is_not_known_is_an_error_that_lists_those_that_are() {
    let stand = Stand::new();
    let at = ["fit", "Qwen/Qwen3-8B", "--json", "--gpu", "5080", "--quantization"];
    for engine in ["llama.cpp", "ollama"] {
        let error = stand.error(&[&at[..], &["Q9_Z", "--engine", engine]].concat(), 2);
        assert!(error["why"].as_str().unwrap().contains("Q9_Z"), "{error}");
        for mix in ["Q4_K_M", "Q8_0", "IQ4_XS", "MXFP4"] {
            assert!(error["hint"].as_str().unwrap().contains(mix), "{mix}: {error}");
        }
    }
    let stated = stand.batch(&[request(json!({"engine": "llama.cpp", "quantization": "Q9_Z", "weights_bytes": GIB}))]);
    assert!(stated[0]["error"]["hint"].as_str().unwrap().contains("Q4_K_M"), "{}", stated[0]);
    // Bytes that are known of one mix say nothing of another.
    let weights = |mix: &str| {
        let answer = stand.json(&[&at[..], &[mix, "--engine", "llama.cpp"]].concat());
        (answer["weights_bytes"].as_u64().unwrap(), answer["basis"]["weights"].as_str().unwrap().to_owned())
    };
    let all = ["Q8_0", "Q6_K", "Q5_K_M", "UD-Q4_K_XL", "Q3_K_S", "IQ2_XXS"].map(weights);
    assert!(all.windows(2).all(|pair| pair[0].0 > pair[1].0), "{all:?}");
}
