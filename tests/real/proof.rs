//! A real start is held against its prediction, and the next one knows what it taught.

use crate::stand::{Stand, VRAMDECK, model};
use crate::{program, unused_port};
use serde_json::Value;
use std::process::{Command, Stdio};

fn run(stand: &Stand, args: &[&str]) -> Value {
    let mut command = Command::new(VRAMDECK);
    command
        .args(args)
        .env("VRAMDECK_HOME", stand.dir.path())
        .env("VLLM_CPU_KVCACHE_SPACE", "1")
        .env("HF_HUB_OFFLINE", "1");
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Starts and stops; the run as `ps` told it between.
fn flown(stand: &Stand, head: &[&str], flags: &[&str]) -> Value {
    let port = unused_port().to_string();
    let own = ["--name", "proof", "--port", &port, "--json", "--"];
    run(stand, &[&["launch"], head, &own, flags].concat());
    // The card is asked after the run is ready, which takes a moment; what the start taught is kept then.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let row = run(stand, &["ps", "--json"])["runs"][0].clone();
    run(stand, &["stop", "proof", "--json"]);
    row
}

fn off(row: &Value, part: &str) -> f64 {
    let rows = row["proof"].as_array().unwrap();
    let found = rows.iter().find(|one| one["part"] == part).unwrap_or_else(|| panic!("no {part}: {row}"));
    assert_eq!(found["within"], true, "{found}");
    found["difference"].as_f64().unwrap()
}

fn stages(row: &Value) -> Vec<&str> {
    row["stages"]["list"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str().unwrap()).collect()
}

#[test]
fn buffers_of_llama_server_are_known_after_one_start() {
    let Some(program) = program("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let (stand, gguf) = (Stand::new(), model("tiny-f16.gguf"));
    let head = [gguf.to_str().unwrap(), "--engine", "llama.cpp", "--program", program.to_str().unwrap()];
    let first = flown(&stand, &head, &["-c", "4096", "-lv", "4"]);
    assert_eq!(stages(&first), ["start", "weights", "profile", "serve"]);
    assert_eq!(off(&first, "kv"), 0.0);
    let second = flown(&stand, &head, &["-c", "1024", "-lv", "4"]);
    assert_eq!(second["predicted"]["learned"], "from 1 run");
    for part in ["weights", "compute", "kv"] {
        assert!(off(&second, part).abs() < 16_384.0, "{part}: {second}");
    }
    assert_eq!(second["stages"]["earlier_starts"], 1);
}

#[test]
fn the_cache_of_vllm_on_a_processor_is_known_to_the_token() {
    let Some(program) = program("VRAMDECK_TEST_VLLM") else { return };
    let (stand, folder) = (Stand::new(), model("config.json"));
    let folder = folder.parent().unwrap().to_str().unwrap();
    let head = [folder, "--engine", "vllm", "--program", program.to_str().unwrap()];
    let row = flown(&stand, &head, &["--max-model-len", "1024", "--enforce-eager", "--max-num-seqs", "4"]);
    assert_eq!(stages(&row), ["start", "weights", "profile", "serve"]);
    for part in ["kv", "kv_tokens", "concurrency"] {
        assert!(off(&row, part).abs() < 0.01, "{part}: {row}");
    }
}
