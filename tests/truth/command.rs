//! `vramdeck fit` as a command: a batch with good and bad lines, exit codes, text of 80 columns.

use crate::rows::batch;
use serde_json::Value;
use std::process::{Command, Output};

const CONFIG: &str = r#"{"architectures":["Qwen3ForCausalLM"],"model_type":"qwen3","hidden_size":4096,
    "intermediate_size":12288,"num_hidden_layers":36,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,
    "vocab_size":151936,"tie_word_embeddings":false,"max_position_embeddings":40960,"torch_dtype":"bfloat16"}"#;

fn request(more: &str) -> String {
    format!(r#"{{"model":"m","vram_bytes":25769803776,"config":{}{more}}}"#, CONFIG.replace('\n', ""))
}

#[test]
fn a_batch_answers_every_line_in_order() {
    let lines = [
        request(r#","max_model_len":8192,"id":"first","tags":["a"],"gpu_layers":9"#),
        request(r#","max_model_len":8192,"nonsense":1"#),
        request(r#","max_model_len":"long""#),
        "not json".to_owned(),
        request(r#","max_num_seqs":"many""#),
        request(r#","max_num_seqs":-4"#),
        request(r#","gpu_memory_utilization":1.5"#),
        request(r#","tensor_parallel_size":3"#),
        request(r#","max_model_len":"auto""#),
        "[1, 2]".to_owned(),
        r#"{"model":"nowhere/at-all","vram_bytes":1}"#.to_owned(),
        request(r#","max_model_len":100000"#),
    ];
    let answers = batch(&lines.join("\n"));
    let short: Vec<&str> = answers.iter().map(|a| a["verdict"].as_str().unwrap_or("error")).collect();
    let error = "error";
    let refused = "refused_at_start";
    assert_eq!(short, ["fits", error, error, error, error, error, error, error, "fits", error, error, refused]);
    assert_eq!(answers[0]["ignored"], serde_json::json!(["gpu_layers"]));
    assert!(answers[8]["max_model_len"].as_u64().unwrap() > 8192);
    for answer in answers.iter().filter_map(|answer| answer.get("error")) {
        assert!(answer["what"].as_str().is_some_and(|what| !what.is_empty()), "{answer}");
        assert!(answer["why"].as_str().is_some_and(|why| !why.is_empty()), "{answer}");
    }
}

fn fit(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.json");
    std::fs::write(&config, CONFIG).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
    command.env("HOME", home.path()).args(["fit", "m", "--config"]).arg(&config).args(arguments).output().unwrap()
}

#[test]
fn the_free_share_decides_before_anything_else() {
    let out = fit(&["--vram-bytes", "17169131766", "--free-bytes", "15741055140", "--json"]);
    assert!(out.status.success());
    let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(answer["verdict"], "refused_at_start");
    // A smaller share would not start either: it is not advised.
    let why = answer["why"].as_str().unwrap();
    assert!(why.contains("everything but the cache takes") && !why.contains("--gpu-memory-utilization"), "{answer}");
    let out = fit(&["--vram-bytes", "17169131766", "--free-bytes", "15741055140", "--quantization", "fp8", "--json"]);
    let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(answer["verdict"], "refused_at_start");
    assert!(answer["why"].as_str().unwrap().contains("--gpu-memory-utilization 0.91"), "{answer}");
}

#[test]
fn wrong_use_ends_with_two() {
    for arguments in [
        &["--vram-bytes", "25769803776", "--gpu-memory-utilization", "nan"][..],
        &["--vram-bytes", "25769803776", "--gpu-memory-utilization", "0"],
        &["--vram-bytes", "25769803776", "--max-num-seqs", "0"],
        &["--vram-bytes", "25769803776", "--max-num-seqs", "512", "--max-num-batched-tokens", "256"],
        &["--vram-bytes", "25769803776", "--tensor-parallel-size", "0"],
        &["--vram-bytes", "0"],
        &["--vram-bytes", "100", "--free-bytes", "200"],
        &["--gpu", "no such card"],
        &["--vram-bytes", "1", "--engine", "triton"],
    ] {
        let out = fit(arguments);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn the_text_keeps_to_80_columns() {
    for arguments in [
        &["--vram-bytes", "25769803776"][..],
        &["--vram-bytes", "8589934592"],
        &["--vram-bytes", "1000"],
        &["--vram-bytes", "17169131766", "--free-bytes", "15741055140"],
        &["--vram-bytes", "17169131766", "--engine", "llama.cpp", "--quantization", "Q4_K_M"],
        &["--vram-bytes", "18446744073709551615", "--max-num-seqs", "18446744073709551615"],
    ] {
        let out = fit(arguments);
        let text = String::from_utf8(out.stdout).unwrap();
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}
