//! The ledger of a card, over the stand-in of the driver and a simulated engine that really runs.

use super::command::vramdeck;
use super::standin::Standin;
use serde_json::{Value, json};
use std::path::Path;

const MIB: u64 = 1 << 20;

/// A run, stopped when dropped.
struct Run<'a> {
    home: &'a Path,
}

impl<'a> Run<'a> {
    fn start(home: &'a Path) -> Self {
        let run = Self { home };
        let args = ["launch", "--engine", "simulated", "tiny-8B-AWQ", "--name", "tiny", "--", "--load-seconds", "0"];
        let output = vramdeck(home).args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        run
    }

    fn ask(&self, args: &[&str], standin: &Standin) -> Value {
        let output = vramdeck(self.home).args(args).envs(standin.env()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let _ = vramdeck(self.home).args(["stop", "tiny"]).output();
    }
}

/// Sum of what is known, and the bytes of one part of the run.
fn sum(card: &Value, part: &str) -> (u64, Option<u64>) {
    let entries = card["ledger"].as_array().unwrap();
    let all = entries.iter().filter_map(|entry| entry["bytes"].as_u64()).sum();
    (all, entries.iter().find(|entry| entry["part"] == part).and_then(|entry| entry["bytes"].as_u64()))
}

#[test]
fn the_ledger_adds_up_to_the_total_of_the_driver() {
    let home = tempfile::tempdir().unwrap();
    let run = Run::start(home.path());
    let standin = Standin::new("");
    let state = &run.ask(&["ps", "--json"], &standin)["runs"][0];
    let pid = state["pids"].as_array().unwrap().last().unwrap().as_u64().unwrap();
    let others = "used 14500\nreserved 420\nproc 4194303 700\npname 4194303 /usr/bin/game\n";
    standin.say(&format!("{others}proc {pid} 13000\n"));
    let card = &run.ask(&["gpu", "--json"], &standin)["cards"][0];
    let total = card["memory_total_bytes"].as_u64().unwrap();
    let entry = |part: &str| card["ledger"].as_array().unwrap().iter().find(|e| e["part"] == part).unwrap();
    assert_eq!(sum(card, "weights").0, total, "{card:#}");
    let parts = ["weights", "kv_in_use", "kv_reserved", "graphs", "other"].map(|part| entry(part)["bytes"].as_u64());
    assert_eq!(parts.iter().map(|bytes| bytes.unwrap()).sum::<u64>(), 13_000 * MIB, "{card:#}");
    assert_eq!((&entry("weights")["run"], &entry("weights")["basis"]), (&json!("tiny"), &json!("log")));
    assert_eq!((&entry("kv_in_use")["bytes"], &entry("kv_in_use")["basis"]), (&json!(0), &json!("gauge")));
    let kind = |kind: &str| card["ledger"].as_array().unwrap().iter().find(|e| e["kind"] == kind).unwrap();
    assert_eq!((&kind("process")["holder"], &kind("process")["bytes"]), (&json!("game"), &json!(700 * MIB)));
    assert_eq!(kind("not_explained")["bytes"], json!(800 * MIB));
    assert_eq!(kind("driver")["bytes"], json!(420 * MIB));
    // Where the driver does not count by process, the engine's figures stand and the rest is unknown.
    standin.say(&format!("used 14500\nproc {pid} -\n"));
    let card = &run.ask(&["gpu", "--json"], &standin)["cards"][0];
    assert_eq!(sum(card, "weights"), (total, parts[0]), "{card:#}");
    let other = card["ledger"].as_array().unwrap().iter().find(|e| e["part"] == "other").unwrap();
    assert_eq!(other["bytes"], Value::Null);
    assert!(other["bytes_unknown"].as_str().unwrap().contains("per process"));
    let gauges = &run.ask(&["ps", "--json"], &standin)["runs"][0]["gauges"];
    assert_eq!((&gauges["running"], &gauges["preemptions"], &gauges["kv_usage"]), (&json!(0), &json!(0), &json!(0.0)));
    assert!(gauges["model_bytes"].is_null() && gauges["model_bytes_unknown"].is_string());
}
