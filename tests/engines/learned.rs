//! One start teaches the next: the simulated engine takes what no estimate knows, and the prediction after it knows.

use super::stand::{Stand, VRAMDECK};
use serde_json::Value;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const GIB: f64 = 1_073_741_824.0;
const MODEL: &str = "Qwen/Qwen3-8B-AWQ";

fn run(stand: &Stand, args: &[&str]) -> Output {
    let mut command = Command::new(VRAMDECK);
    command.args(args).arg("--demo=headless").env("VRAMDECK_HOME", stand.dir.path()).stdin(Stdio::null());
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Starts, waits for the card's count, stops; the run as `ps` told it.
fn fly(stand: &Stand, name: &str, script: &str, flags: &[&str]) -> Value {
    let own = ["--script", script, "--load-seconds", "0.2"];
    let head = ["launch", MODEL, "--engine", "vllm", "--name", name, "--json", "--demo=headless", "--"];
    let args: Vec<&str> = [&head[..], &own, flags].concat();
    let mut command = Command::new(VRAMDECK);
    command.args(&args).env("VRAMDECK_HOME", stand.dir.path()).stdin(Stdio::null());
    let launched = command.output().unwrap();
    assert!(launched.status.success(), "{launched:?}");
    let began = Instant::now();
    let row = loop {
        let listed = json(&run(stand, &["ps", "--json"]));
        let row = listed["runs"][0].clone();
        if !part(&row, "total")["card"].is_null() {
            break row;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no proof: {row}");
        std::thread::sleep(Duration::from_millis(100));
    };
    json(&run(stand, &["stop", name, "--json"]));
    row
}

fn part(row: &Value, part: &str) -> Value {
    let rows = row["proof"].as_array().cloned().unwrap_or_default();
    rows.into_iter().find(|one| one["part"] == part).unwrap_or_default()
}

fn off(row: &Value) -> f64 {
    part(row, "kv")["difference"].as_f64().unwrap() / GIB
}

#[test]
fn one_start_teaches_the_next_at_other_settings() {
    let stand = Stand::new();
    let script = stand.dir.path().join("script.toml");
    std::fs::write(&script, "more_mib = 450\n").unwrap();
    let script = script.to_str().unwrap();
    let fit =
        || json(&run(&stand, &["fit", MODEL, "--json", "--max-model-len", "8192", "--gpu-memory-utilization", "0.7"]));
    let composed = || {
        let asked = ["launch", MODEL, "--engine", "vllm", "--profile", "balanced", "--dry-run", "--json"];
        json(&run(&stand, &asked))["notes"].to_string()
    };
    assert!(composed().contains("by the sum: "), "{}", composed());
    let untaught = fit();
    assert_eq!(untaught["learned"]["runs"], 0);
    let first = fly(&stand, "first", script, &["--max-model-len", "4096"]);
    assert!(off(&first).abs() > 0.2, "what no estimate knows: {:+.3} GiB", off(&first));
    let kinds: Vec<&str> =
        first["stages"]["list"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["start", "weights", "profile", "graphs", "serve"]);
    assert_eq!(first["stages"]["earlier_starts"], 0);

    let taught = fit();
    assert_eq!(
        (taught["learned"]["runs"].as_u64(), taught["learned"]["words"].as_str()),
        (Some(1), Some("from 1 run"))
    );
    assert!(composed().contains("by the sum, learned from 1 run: "), "a recipe knows it too: {}", composed());
    let calibrated = |value: &Value| value["calibrated_from_runs"].as_u64().unwrap();
    assert_eq!(calibrated(&taught), calibrated(&untaught) + 1);

    for (name, flags) in [
        ("length", &["--max-model-len", "16384"][..]),
        ("share", &["--max-model-len", "4096", "--gpu-memory-utilization", "0.7"]),
        ("sequences", &["--max-model-len", "2048", "--max-num-seqs", "16", "--gpu-memory-utilization", "0.75"]),
    ] {
        let next = fly(&stand, name, script, flags);
        assert!(off(&next).abs() <= 0.1, "{name}: {:+.3} GiB off", off(&next));
        assert_eq!(part(&next, "kv")["within"], true, "{name}");
        assert!(next["stages"]["earlier_starts"].as_u64().unwrap() >= u64::from(name != "sequences"), "{name}");
    }
    let forgotten = json(&run(&stand, &["fit", "--forget-learned", "--json"]));
    assert_eq!(forgotten["forgotten"], 4);
    assert_eq!(fit()["kv_available_bytes"], untaught["kv_available_bytes"]);
}
