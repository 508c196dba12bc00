//! A suite against real engines: llama-server and vLLM with the tiny model, whose scores are low; what counts is that every
//! case is asked, answered and graded, and that the two can be compared.

use crate::stand::{Stand, VRAMDECK};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use vramdeck::engines::RunState;

fn tools(stand: &Stand, args: &[&str]) -> Value {
    told(stand, &[&["tools"], args].concat())
}

/// In a home of its own: what is named there is an address.
fn told(stand: &Stand, args: &[&str]) -> Value {
    at(&stand.dir.path().join("deck"), args)
}

fn at(home: &Path, args: &[&str]) -> Value {
    let out = Command::new(VRAMDECK).args(args).env("VRAMDECK_HOME", home).output().unwrap();
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"))
}

/// Runs the quick suite and checks its shape; gives the number under which it is kept.
pub fn scored(stand: &Stand, state: &RunState, more: &[&str]) -> String {
    let url = state.endpoint.as_deref().unwrap();
    let args = ["run", "quick", "--url", url, "--max-tokens", "48", "--concurrency", "8", "--json"];
    let score = tools(stand, &[&args, more].concat());
    assert_eq!(
        (&score["state"], &score["jobs_done"], &score["failed_requests"]),
        (&json!("done"), &json!(38), &json!(0)),
        "{score}"
    );
    let base = &score["settings"][0];
    assert_eq!((base["categories"].as_array().unwrap().len(), &base["all"]["pass"]["n"]), (9, &json!(38)), "{score}");
    // It was trained to call, so calls there are, and their times and tokens are known.
    for known in ["trigger_f1", "first_call_seconds", "prompt_tokens", "completion_tokens"] {
        assert!(base["all"][known].as_f64().unwrap() > 0.0, "{known}: {score}");
    }
    // The raw text of every turn was shown.
    assert!(base["all"]["lost"]["n"].as_u64().unwrap() >= 38, "{score}");
    score["id"].to_string()
}

/// Two kept scores side by side, and one read again by its own parser: the same.
pub fn compared(stand: &Stand, [first, second]: [&str; 2]) {
    let comparison = tools(stand, &["compare", first, second, "--json"]);
    let rows = comparison["rows"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[9]["category"], &comparison["left_out"]),
        (10, &json!("all"), &json!(0)),
        "{comparison}"
    );
    assert!(rows.iter().all(|row| row["difference"]["value"].is_number()), "{comparison}");
    let again = tools(stand, &["replay", first, "--format", "hermes", "--json"]);
    assert_eq!((&again["lost"], &again["without_raw_text"]), (&json!([]), &json!(0)), "{again}");
}

/// Runs the quick suite of answers under constraints against a run: the model knows nothing, so what counts is that every
/// constraint is taken and none is broken. Gives the number under which it is kept.
pub fn constrained(stand: &Stand, state: &RunState, backend: &str) -> String {
    let args =
        ["structured", "run", "quick", "--run", state.run.0.as_str(), "--max-tokens", "48", "--concurrency", "8"];
    // In the home of the runs, so that this one is known by name, and with it the back end.
    let score = at(stand.dir.path(), &[&args[..], &["--timeout", "60", "--json"]].concat());
    assert_eq!(
        (&score["state"], &score["jobs_done"], &score["failed_requests"]),
        (&json!("done"), &json!(16), &json!(0)),
        "{score}"
    );
    assert!(score["engine"].as_str().unwrap().ends_with(backend), "{score}");
    let all = &score["settings"][0]["all"];
    let labels = all["labels"].as_object().unwrap();
    // Cut off, right in form and wrong in content, or right: the engine held the model to each of them.
    let held = ["truncated", "wrong_value", "right"];
    assert!(labels.keys().all(|label| held.contains(&label.as_str())), "{score}");
    assert_eq!((&all["valid"]["value"], &all["not_offered"]), (&json!(1.0), &json!(0)), "{score}");
    // Choice, regex and grammar end by themselves.
    assert!(all["valid"]["n"].as_u64().unwrap() >= 3 && all["first_token_seconds"].as_f64().unwrap() > 0.0, "{score}");
    score["id"].to_string()
}

/// Two kept scores of answers under constraints side by side.
pub fn constrained_compared(stand: &Stand, [first, second]: [&str; 2]) {
    let comparison = at(stand.dir.path(), &["structured", "compare", first, second, "--json"]);
    let rows = comparison["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &comparison["left_out"]), (17, &json!(0)), "{comparison}");
}
