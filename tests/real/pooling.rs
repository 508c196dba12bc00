//! Pooling on real engines: llama-server with the tiny model as one that embeds and one that ranks, vLLM with it as one that
//! embeds and, with a head of three labels put on, as one that labels tokens. The numbers mean nothing; their shape does.

use super::{GRACE, fly, program, request};
use crate::stand::{Stand, VRAMDECK, model};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use vramdeck::engines::{EngineKind, RunState, live};

/// Numbers of a vector of the tiny model.
const WIDTH: usize = 128;

fn pool(stand: &Stand, state: &RunState, args: &[&str]) -> Output {
    let (task, rest) = args.split_first().unwrap();
    let mut command = Command::new(VRAMDECK);
    command.args(["pool", task, "--run", &state.run.0, "--json"]).args(rest).env("VRAMDECK_HOME", stand.dir.path());
    command.output().unwrap()
}

fn told(stand: &Stand, state: &RunState, args: &[&str]) -> Value {
    let out = pool(stand, state, args);
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"))
}

fn refusal(stand: &Stand, state: &RunState, args: &[&str]) -> String {
    let out = pool(stand, state, args);
    assert!(!out.status.success(), "{out:?}");
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// Vectors of the width of the model, of length one, and like themselves.
fn embeds(stand: &Stand, state: &RunState) {
    let told = told(stand, state, &["embed", "the weather in Paris", "a cat", "the weather in Rome"]);
    assert_eq!((&told["dimensions"], told["embeddings"].as_array().unwrap().len()), (&json!(WIDTH), 3), "{told}");
    for at in 0..3 {
        assert!((told["norms"][at].as_f64().unwrap() - 1.0).abs() < 1e-3, "{told}");
        assert!((told["similarity"][at][at].as_f64().unwrap() - 1.0).abs() < 1e-3, "{told}");
    }
    let (alike, other) = (told["similarity"][0][2].as_f64().unwrap(), told["similarity"][0][1].as_f64().unwrap());
    assert!(alike > other, "two questions for the weather are more alike than one and a cat: {told}");
    assert!(told["tokens"].as_u64().unwrap() > 5, "{told}");
}

fn ranks(stand: &Stand, state: &RunState) {
    let told = told(stand, state, &["rerank", "--query", "weather", "rain in Paris", "a cat"]);
    let results = told["results"].as_array().unwrap();
    let scores: Vec<f64> = results.iter().map(|one| one["score"].as_f64().unwrap()).collect();
    assert!(results.len() == 2 && scores[0] >= scores[1], "{told}");
}

#[test]
fn llama_server_pools() {
    let Some(program) = program("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let stand = Stand::new();
    let gguf = model("tiny-f16.gguf");
    let wish = |flags: &str| request(EngineKind::LlamaCpp, &program, &gguf, flags);
    let (state, _) = fly(&stand, &wish("-c 512 --embeddings --pooling mean"));
    assert_eq!(told(&stand, &state, &["tasks"])["tasks"], json!(["embed"]));
    embeds(&stand, &state);
    assert!(refusal(&stand, &state, &["rerank", "--query", "q", "a"]).contains("--reranking"));
    let long = "word ".repeat(700);
    assert!(refusal(&stand, &state, &["embed", &long]).contains("too large"));
    // By its address alone it is asked, and says the same.
    let url = state.endpoint.as_deref().unwrap();
    let asked = Command::new(VRAMDECK).args(["pool", "tasks", "--url", url, "--json"]).output().unwrap();
    let asked: Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!((&asked["tasks"], &asked["basis"]), (&json!(["embed"]), &json!("asked of the server")), "{asked}");
    live::stop(&stand.paths, &state.run, GRACE).unwrap();
    let (state, _) = fly(&stand, &wish("-c 512 --reranking"));
    assert_eq!(told(&stand, &state, &["tasks"])["tasks"], json!(["rerank"]));
    ranks(&stand, &state);
    live::stop(&stand.paths, &state.run, GRACE).unwrap();
    let (state, _) = fly(&stand, &wish("-c 512"));
    assert_eq!(told(&stand, &state, &["tasks"])["tasks"], json!([]), "it writes text");
    assert!(refusal(&stand, &state, &["embed", "a"]).contains("--embeddings"));
    live::stop(&stand.paths, &state.run, GRACE).unwrap();
}

/// The tiny model with a head of three labels in front of its width: its tensors, and one more behind them.
fn labelling(stand: &Stand) -> PathBuf {
    let folder = stand.dir.path().join("labels");
    std::fs::create_dir(&folder).unwrap();
    for name in ["tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(model(name), folder.join(name)).unwrap();
    }
    let mut config: Value = serde_json::from_slice(&std::fs::read(model("config.json")).unwrap()).unwrap();
    config["architectures"] = json!(["Qwen3ForTokenClassification"]);
    config["id2label"] = json!({"0": "O", "1": "B-LOC", "2": "I-LOC"});
    config["label2id"] = json!({"O": 0, "B-LOC": 1, "I-LOC": 2});
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let whole = std::fs::read(model("model.safetensors")).unwrap();
    let (size, rest) = whole.split_first_chunk::<8>().unwrap();
    let (head, tensors) = rest.split_at(u64::from_le_bytes(*size) as usize);
    let mut head: Value = serde_json::from_slice(head).unwrap();
    // Numbers of 16 bits from 1 down to 2^-3, some of them negative.
    let weights = (0..3 * WIDTH).flat_map(|at| [(at * 37 % 128) as u8, if at % 3 == 0 { 0xbe } else { 0x3e }]);
    let tensors = tensors.iter().copied().chain(weights).collect::<Vec<u8>>();
    let place = json!([tensors.len() - 6 * WIDTH, tensors.len()]);
    head["score.weight"] = json!({"dtype": "BF16", "shape": [3, WIDTH], "data_offsets": place});
    let mut head = head.to_string();
    head.push_str(&" ".repeat((8 - head.len() % 8) % 8));
    let file = [&(head.len() as u64).to_le_bytes()[..], head.as_bytes(), &tensors].concat();
    std::fs::write(folder.join("model.safetensors"), file).unwrap();
    folder
}

fn vllm(stand: &Stand, program: &Path, model: &Path, flags: &str) -> RunState {
    let flags = format!("--enforce-eager --max-model-len 512 {flags}");
    fly(stand, &request(EngineKind::Vllm, program, model, &flags)).0
}

#[test]
fn vllm_pools() {
    let Some(program) = program("VRAMDECK_TEST_VLLM") else { return };
    let stand = Stand::new();
    let state = vllm(&stand, &program, &model(""), "--runner pooling --convert embed");
    assert_eq!(told(&stand, &state, &["tasks"])["tasks"], json!(["embed", "rerank", "score"]));
    embeds(&stand, &state);
    ranks(&stand, &state);
    let score = told(&stand, &state, &["score", "--query", "a", "a"]);
    assert!((score["results"][0]["score"].as_f64().unwrap() - 1.0).abs() < 1e-2, "alike: {score}");
    assert!(refusal(&stand, &state, &["embed", "a", "--dimensions", "8"]).contains("Matryoshka"));
    assert!(refusal(&stand, &state, &["classify", "a"]).contains("does not give labels"));
    live::stop(&stand.paths, &state.run, GRACE).unwrap();

    let state = vllm(&stand, &program, &labelling(&stand), "");
    let tasks = told(&stand, &state, &["tasks"]);
    assert_eq!(
        (&tasks["tasks"], tasks["basis"].as_str().unwrap().contains("architecture")),
        (&json!(["tokens"]), true)
    );
    let url = state.endpoint.as_deref().unwrap();
    let asked = Command::new(VRAMDECK).args(["pool", "tasks", "--url", url, "--json"]).output().unwrap();
    let asked: Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(asked["tasks"], json!(["tokens", "reward"]), "{asked}");
    let text = "Zo\u{eb} is in Oslo";
    let labels = told(&stand, &state, &["tokens", text]);
    let tokens = labels["token_labels"][0]["tokens"].as_array().unwrap();
    let texts: String = tokens.iter().map(|token| token["token"].as_str().unwrap()).collect();
    assert!(texts.starts_with("Zo") && texts.ends_with(" is in Oslo"), "{labels}");
    for token in tokens {
        let label = token["label"].as_str().unwrap();
        assert!(["O", "B-LOC", "I-LOC"].contains(&label) && token["score"].as_f64().unwrap() > 0.3, "{labels}");
    }
    live::stop(&stand.paths, &state.run, GRACE).unwrap();
}
