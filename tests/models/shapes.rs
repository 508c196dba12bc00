//! Fields and types of the contract.

use super::stand::{GIB, Stand, config, name, request, told, wide, with};
use serde_json::{Value, json};

/// Fields of an answer with the type that each has; a question mark allows null.
const FIT: &[(&str, &str)] = &[
    ("model", "string"),
    ("engine", "string"),
    ("verdict", "string"),
    ("why", "string"),
    ("vram_total_bytes", "bytes"),
    ("vram_free_bytes", "bytes"),
    ("budget_bytes", "bytes"),
    ("weights_bytes", "bytes"),
    ("activation_bytes", "bytes"),
    ("cuda_graph_bytes", "bytes"),
    ("non_torch_bytes", "bytes"),
    ("kv_available_bytes", "integer"),
    ("kv_bytes", "bytes"),
    ("kv_bytes_per_token", "bytes"),
    ("kv_tokens", "bytes"),
    ("max_concurrency", "number"),
    ("max_model_len", "bytes"),
    ("largest_max_model_len", "bytes"),
    ("decode_tokens_per_second", "number?"),
    ("basis", "object"),
    ("calibrated_from_runs", "bytes"),
];

fn is(value: &Value, kind: &str) -> bool {
    match kind.trim_end_matches('?') {
        _ if value.is_null() => kind.ends_with('?'),
        "string" => value.is_string(),
        "bytes" => value.is_u64(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        other => panic!("{other}"),
    }
}

fn complete(answer: &Value) {
    for (field, kind) in FIT {
        let value = answer.get(*field).unwrap_or_else(|| panic!("{field} is missing: {answer}"));
        assert!(is(value, kind), "{field} is no {kind}: {value}");
    }
    let verdict = answer["verdict"].as_str().unwrap();
    assert!(["fits", "tight", "does_not_fit", "refused_at_start"].contains(&verdict), "{verdict}");
    assert!(answer["basis"]["weights"].is_string(), "{answer}");
    if answer["decode_tokens_per_second"].is_null() {
        assert!(answer["decode_tokens_per_second_unknown"].is_string(), "unknown without a reason: {answer}");
    }
}

#[test]
fn an_answer_has_every_field_whatever_the_engine_and_verdict() {
    let stand = Stand::new();
    let requests: Vec<Value> = ["vllm", "llama.cpp", "ollama"]
        .into_iter()
        .flat_map(|engine| [48, 24, 8, 1].map(|size| json!({"engine": engine, "vram_bytes": size * GIB})))
        .map(request)
        .collect();
    let answers = stand.batch(&requests);
    answers.iter().for_each(complete);
    let verdicts: Vec<&str> = answers.iter().map(|answer| answer["verdict"].as_str().unwrap()).collect();
    assert_eq!((verdicts[0], verdicts[2]), ("fits", "does_not_fit"));
    assert_eq!(answers[4]["engine"], "llama.cpp");
}

#[test]
fn the_command_and_the_batch_agree() {
    let stand = Stand::new();
    let file = stand.write("config.json", config().to_string());
    let options = ["--vram-bytes", "25769803776", "--max-model-len", "8192", "--max-num-seqs", "16", "--enforce-eager"];
    let args = [&["fit", "m", "--json", "--config", name(&file)], &options[..]].concat();
    let alone = stand.json(&args);
    let batch = stand.batch(&[request(json!({"max_num_seqs": 16, "enforce_eager": true}))]);
    complete(&alone);
    assert_eq!(alone, batch[0]);
    assert_eq!(alone["cuda_graph_bytes"], 0, "{alone}");
}

#[test]
fn a_batch_answers_in_order_and_says_what_it_does_not_understand() {
    let stand = Stand::new();
    let lines = [
        request(json!({"model": "first", "id": 7, "name": "a", "note": "b", "tags": [], "expect": {"fits": true}}))
            .to_string(),
        "{\"model\": ".to_owned(),
        String::new(),
        request(json!({"model": "third", "gpu_layers": 3})).to_string(),
        "[]".to_owned(),
        request(json!({"tensor_parallel": 2})).to_string(),
        json!({"vram_bytes": GIB}).to_string(),
    ];
    let output = stand.feed(&["fit", "--batch", "-", "--json"], &lines.join("\n"));
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let answers: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<&str> = answers.iter().map(|answer| answer["model"].as_str().unwrap_or("error")).collect();
    assert_eq!(seen, ["first", "error", "third", "error", "error", "error"], "an empty line asks nothing");
    assert!(answers[0].get("ignored").is_none(), "labels ask nothing: {}", answers[0]);
    let unknown = answers[4]["error"].to_string();
    assert!(
        unknown.contains("tensor_parallel_size")
            && answers[4]["error"]["why"].as_str().unwrap().contains("\"tensor_parallel\""),
        "{unknown}"
    );
    assert_eq!(answers[2]["ignored"], json!(["gpu_layers"]), "an option of another engine");
    answers.iter().filter(|answer| answer.get("error").is_some()).for_each(told);
    let file = stand.write("requests.jsonl", lines.join("\n"));
    let read = stand.run(&["fit", "--batch", name(&file), "--json"]);
    assert_eq!(String::from_utf8(read.stdout).unwrap().lines().count(), answers.len(), "a file is read as stdin is");
    assert!(
        stand.error(&["fit", "--batch", "/nowhere/x", "--json"], 1)["what"].as_str().unwrap().contains("/nowhere/x")
    );
}

#[test]
fn cards_that_differ_only_by_memory_are_told_apart() {
    let stand = Stand::new();
    let total = |gpu: &str| {
        stand.batch(&[with(request(json!({"gpu": gpu})), json!({"vram_bytes": null}))])[0]["vram_total_bytes"].as_u64()
    };
    let (small, large) = (total("4060 ti 8gb").unwrap(), total("RTX 4060 Ti 16 GB").unwrap());
    assert!(small <= 8 * GIB && large > 15 * GIB, "{small} {large}");
    assert_eq!(total("NVIDIA GeForce RTX 5080"), total("5080"));
    // A batch may say both: the card with another total.
    let both = stand.batch(&[request(json!({"gpu": "5080", "vram_bytes": 12 * GIB}))]);
    assert_eq!((both[0]["vram_total_bytes"].as_u64(), both[0]["card"].as_str()), (Some(12 * GIB), Some("RTX 5080")));
}

fn starts(row: &Value) -> bool {
    ["fits", "tight"].iter().any(|verdict| row["verdict"] == *verdict)
}

#[test]
fn models_are_listed_with_their_reasons() {
    let stand = Stand::new();
    let all = stand.json(&["models", "--json", "--gpu", "5080"]);
    let rows = all["models"].as_array().unwrap();
    assert!(rows.len() > 100, "{}", rows.len());
    for row in rows {
        for (field, kind) in [
            ("id", "string"),
            ("taxonomy", "string?"),
            ("verdict", "string"),
            ("why", "string?"),
            ("engine", "string?"),
            ("weights_bytes", "bytes?"),
            ("largest_max_model_len", "bytes?"),
            ("licence", "string?"),
            ("confidence", "string?"),
        ] {
            assert!(row.get(field).is_some_and(|value| is(value, kind)), "{field} of {row}");
        }
    }
    let fitting = stand.json(&["models", "--json", "--gpu", "5080", "--fits", "--task", "embedding"]);
    let fitting = fitting["models"].as_array().unwrap();
    assert!(!fitting.is_empty() && fitting.len() < rows.len());
    assert!(fitting.iter().all(|row| row["taxonomy"] == "text/pooling/embedding" && starts(row)));
    let text = stand.text(&["models", "--gpu", "5080", "--search", "qwen3"]);
    wide(&text, 80);
    let few = stand.text(&["models", "--gpu", "5080", "--search", "Qwen3-Next-80B"]);
    wide(&few, 80);
    assert!(few.contains("RAM"), "{few}");
}

#[test]
fn lines_of_the_user_are_listed_and_judged() {
    let stand = Stand::new();
    let entry = json!({
        "id": "me/mine", "taxonomy": "text/generative/other", "params": 8_190_000_000_u64, "confidence": "checked",
        "context": 32768, "config": config(),
    });
    stand.write("deck/config/models/mine.jsonl", format!("# my own\n{entry}\n"));
    let output = stand.run(&["models", "--json", "--gpu", "5090", "--search", "me/mine"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(found["models"].as_array().unwrap().iter().any(|row| row["id"] == "me/mine"), "{text} {found}");
    assert_eq!(stand.json(&["fit", "me/mine", "--gpu", "5090", "--json"])["basis"]["geometry"], "catalogue");
    stand.write("deck/config/models/bad.jsonl", "{\"id\": \"x\"}\n");
    let output = stand.run(&["models", "--json", "--gpu", "5090"]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("line 1 of bad.jsonl"));
}

#[test]
fn text_is_80_columns_and_names_card_and_basis() {
    let stand = Stand::new();
    let file = stand.write("config.json", config().to_string());
    let head = ["fit", "a-model-with-quite-a-long-name/of-its-own", "--config", name(&file)];
    for (args, says) in [
        (&["--gpu", "5080"][..], "RTX 5080, 15.48 GiB"),
        (&["--vram-bytes", "17179869184", "--free-bytes", "15000000000"], "(stated)"),
        (&["--gpu", "5080", "--engine", "llama.cpp", "--quantization", "Q4_K_M", "--gpu-layers", "9"], "times as long"),
        (
            &["--gpu", "5080", "--engine", "llama.cpp", "--quantization", "Q8_0", "--dtype", "half"],
            "passed over: --dtype",
        ),
        (&["--gpu", "5080", "--solve", "agents", "--frontier", "--needs-card"], "card needed"),
    ] {
        let text = stand.text(&[&head, args].concat());
        wide(&text, 80);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(says), "{says}: {text}");
    }
}
