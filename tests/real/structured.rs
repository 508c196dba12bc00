//! The six kinds of constraints on real engines with the tiny model, by the command line; and fields that an engine takes and
//! ignores. What the model writes is of no account: it must not leave the constraint, and must leave it without one.

use crate::stand::{Stand, VRAMDECK};
use serde_json::{Value, json};
use std::process::{Command, Output};
use vramdeck::engines::{EngineKind, RunState};

fn run(stand: &Stand, state: &RunState, more: &[&str]) -> Output {
    let url = state.endpoint.as_deref().unwrap();
    Command::new(VRAMDECK)
        .args(["structured", "ask", "What is the weather in Paris?", "--url", url, "--no-reasoning", "--json"])
        .args(["--max-tokens", "60", "--temperature", "0.7", "--seed", "1"])
        .args(more)
        .env("VRAMDECK_HOME", stand.dir.path().join("deck"))
        .output()
        .unwrap()
}

fn ask(stand: &Stand, state: &RunState, more: &[&str]) -> Value {
    let out = run(stand, state, more);
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{more:?}: {out:?}"))
}

/// The problem that a question ends with, and the exit code.
fn refused(stand: &Stand, state: &RunState, more: &[&str]) -> (Value, Option<i32>) {
    let out = run(stand, state, more);
    let told: Value = serde_json::from_slice(&out.stderr).unwrap_or_else(|_| panic!("{more:?}: {out:?}"));
    (told["error"].clone(), out.status.code())
}

fn file(stand: &Stand, name: &str, value: &Value) -> String {
    let path = stand.dir.path().join(name);
    std::fs::write(&path, value.to_string()).unwrap();
    path.to_string_lossy().into_owned()
}

/// All kinds, streamed and whole, in each shape; and the same question without the constraint.
pub fn six_kinds(stand: &Stand, state: &RunState) {
    let vllm = state.engine == EngineKind::Vllm;
    let none = file(stand, "none.json", &json!({}));
    let mut kinds = vec![
        (&["--json-mode"][..], "json_mode"),
        (&["--library", "person"], "json_schema"),
        (&["--library", "person", "--shape", "own"], "json_schema"),
        (&["--library", "isodate"], "regex"),
        (&["--choice", "red,green"], "choice"),
        (&["--library", "sum"], "grammar"),
        (&["--library", "sum", "--no-stream"], "grammar"),
    ];
    if vllm {
        kinds.push((&["--library", "query"], "grammar"));
        kinds.push((&["--library", "tagged"], "structural_tag"));
        kinds.push((&["--library", "tagged", "--shape", "own"], "structural_tag"));
    }
    for (more, kind) in kinds {
        let told = ask(stand, state, more);
        assert_eq!(told["kind"], kind, "{told}");
        let (verdict, reply) = (&told["verdict"], &told["reply"]);
        assert!(verdict["valid"] != json!(false) && verdict["ignored"].is_null(), "{more:?}: {told}");
        assert!(verdict["first_impossible_byte"].is_null(), "{more:?}: {told}");
        assert!(reply["completion_tokens"].as_u64() > Some(0) && reply["text"] != json!(""), "{more:?}: {told}");
        if matches!(kind, "regex" | "choice") {
            assert_eq!(verdict["valid"], json!(true), "{more:?}: {told}");
        }
        if kind != "structural_tag" {
            let free = ask(stand, state, &[more, &["--fields", &none]].concat());
            assert!(free["verdict"]["ignored"].is_string(), "without the constraint it is left: {more:?}: {free}");
        }
    }
    if !vllm {
        let (problem, code) = refused(stand, state, &["--library", "tagged"]);
        assert_eq!(code, Some(2), "{problem}");
        let (problem, code) = refused(stand, state, &["--library", "query"]);
        assert!(code == Some(2) && problem["hint"].as_str().unwrap().contains("GBNF"), "{problem}");
    }
    let bad = if vllm { json!({"structured_outputs": {"regex": "(["}}) } else { json!({"grammar": "root ::= ["}) };
    let bad = file(stand, "bad.json", &bad);
    for more in [&["--regex", "a+", "--fields", &bad][..], &["--regex", "a+", "--fields", &bad, "--no-stream"]] {
        let (problem, code) = refused(stand, state, more);
        assert!(code == Some(1) && problem["what"] == "the engine refused the regex", "{problem}");
    }
}

/// What vLLM answers with 200 and does not do.
pub fn old_fields_are_ignored(stand: &Stand, state: &RunState) {
    let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]});
    let asked = file(stand, "schema.json", &schema);
    for (name, value, more) in [
        ("guided_json", schema.clone(), &["--schema", &asked][..]),
        ("guided_regex", json!("[0-9]{3}"), &["--regex", "[0-9]{3}"]),
        ("guided_choice", json!(["red", "green"]), &["--choice", "red,green"]),
    ] {
        let fields = file(stand, "old.json", &json!({name: value}));
        let told = ask(stand, state, &[more, &["--fields", &fields]].concat());
        assert!(told["verdict"]["ignored"].as_str().unwrap().contains("did not enforce"), "{told}");
        assert!(told["notes"][0].as_str().unwrap().contains("ignored"), "{told}");
        // Rewritten, the same is enforced.
        let out = Command::new(VRAMDECK).args(["structured", "rewrite", &fields]).output().unwrap();
        std::fs::write(stand.dir.path().join("new.json"), out.stdout).unwrap();
        let new = stand.dir.path().join("new.json").to_string_lossy().into_owned();
        let told = ask(stand, state, &[more, &["--fields", &new]].concat());
        assert!(told["verdict"]["ignored"].is_null() && told["verdict"]["valid"] != json!(false), "{told}");
    }
}
