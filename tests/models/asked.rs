//! What was asked decides: words for weights, cards, engines, keys, and what is left out.

use super::stand::{GIB, Stand, config, name, request, told, with};
use serde_json::{Value, json};
use std::collections::BTreeSet;

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

#[test]
fn the_card_needed_is_told_without_a_card() {
    let stand = Stand::new();
    let file = stand.write("config.json", config().to_string());
    let args = ["fit", "m", "--config", name(&file), "--needs-card", "--max-model-len", "8192"];
    let answer = stand.json(&[&args[..], &["--json"]].concat());
    assert!(answer["verdict"].is_null() && answer["kv_bytes"].is_null(), "{answer}");
    assert!(answer["verdict_unknown"].as_str().unwrap().contains("no card was judged"), "{answer}");
    let there = stand.batch(&[
        request(json!({"needs_card": true})),
        request(json!({"needs_card": true, "vram_bytes": null})),
        request(json!({"vram_bytes": null})),
        request(json!({"needs_card": true, "vram_bytes": null, "gpu": "RTX 9999"})),
    ]);
    assert_eq!(answer["card_needed"], there[0]["card_needed"]);
    assert!(answer["card_needed"]["bytes"].as_u64().unwrap() > 16 * GIB, "{answer}");
    assert!(there[1]["verdict"].is_null() && there[1]["card_needed"] == answer["card_needed"], "{}", there[1]);
    there[2..].iter().for_each(told);
    // The same fields with a card and without, but for what says something of the card itself or of parts of the sum.
    let of_card = [
        "card",
        "vram_basis",
        "vram_free_assumed",
        "parts",
        "margin_bytes",
        "learned",
        "decode_tokens_per_second_unknown",
    ];
    let fields = |answer: &Value| -> BTreeSet<String> { answer.as_object().unwrap().keys().cloned().collect() };
    let open: Vec<String> = fields(&there[0]).difference(&fields(&answer)).cloned().collect();
    assert!(open.iter().all(|field| of_card.contains(&field.as_str())), "{open:?}");
    assert_eq!(answer["basis"], json!({"geometry": "config"}));
    let text = stand.text(&args);
    assert!(text.contains("no card was judged") && text.contains("card needed"), "{text}");
}

#[test]
fn what_has_no_figure_is_null_with_a_reason() {
    let pooling = with(config(), json!({"architectures": ["BertModel"], "model_type": "bert"}));
    let answers = Stand::new().batch(&[
        request(json!({"config": pooling, "max_model_len": 512})),
        request(json!({"max_model_len": "auto", "vram_bytes": 8 * GIB})),
        request(json!({"max_model_len": "auto"})),
        request(json!({"vram_bytes": 8 * GIB})),
    ]);
    assert_eq!((&answers[0]["verdict"], &answers[0]["kv_bytes"]), (&json!("fits"), &json!(0)), "{}", answers[0]);
    assert!(answers[0]["max_concurrency"].is_null(), "{}", answers[0]);
    assert!(answers[0]["max_concurrency_unknown"].as_str().unwrap().contains("no cache"), "{}", answers[0]);
    assert_eq!(answers[1]["verdict"], "does_not_fit");
    assert!(answers[1]["max_model_len"].is_null() && answers[1]["max_model_len_unknown"].is_string(), "{}", answers[1]);
    assert!(answers[2]["max_model_len"].as_u64().unwrap() > 8192, "{}", answers[2]);
    assert_eq!((&answers[3]["max_model_len"], &answers[3]["max_concurrency"]), (&json!(8192), &json!(0.0)));
}

#[test]
fn a_config_alone_is_its_own_label() {
    let stand = Stand::new();
    let file = stand.write("config.json", config().to_string());
    let answer = stand.json(&["fit", "--config", name(&file), "--vram-bytes", "25769803776", "--json"]);
    assert_eq!(answer["model"], name(&file));
}

#[test]
fn a_name_that_several_cards_share_asks_which() {
    let stand = Stand::new();
    let file = stand.write("config.json", config().to_string());
    let head = ["fit", "m", "--json", "--config", name(&file), "--gpu"];
    for (gpu, listed) in [("4060 Ti", ["8 GB", "16 GB"]), ("A100", ["40 GB", "80 GB"])] {
        for args in [&[&head[..], &[gpu]].concat()[..], &["models", "--json", "--gpu", gpu]] {
            let error = stand.error(args, 2);
            assert!(listed.iter().all(|one| error["hint"].as_str().unwrap().contains(one)), "{error}");
        }
    }
    let total = |gpu: &str| stand.json(&[&head[..], &[gpu]].concat())["vram_total_bytes"].as_u64().unwrap() / GIB;
    // Where the driver's own share is not known, half a GiB is left out.
    assert_eq!([total("RTX 4060 Ti 16"), total("4060 ti 8"), total("A100 80"), total("A100 40GiB")], [15, 7, 79, 39]);
    // With its bytes said, the name is clear.
    let said = stand.batch(&[request(json!({"gpu": "4060 Ti", "vram_bytes": 16 * GIB}))]);
    assert_eq!(said[0]["vram_total_bytes"], 16 * GIB);
}
