//! The agent loop against real engines with the tiny model: single and parallel calls, native and prompted, streamed and
//! whole; and a call that a wrong parser loses, found again. The model copies names of cities badly, so shapes are held.

use super::{fly, program, request};
use crate::stand::{Stand, VRAMDECK, model};
use serde_json::{Value, json};
use std::process::Command;
use vramdeck::engines::live;
use vramdeck::engines::{EngineKind, RunState};

fn ask(stand: &Stand, state: &RunState, question: &str, more: &[&str]) -> Value {
    let url = state.endpoint.as_deref().unwrap();
    let out = Command::new(VRAMDECK)
        .args(["tools", "ask", question, "--url", url, "--max-tokens", "96", "--steps", "1", "--json"])
        .args(more)
        .env("VRAMDECK_HOME", stand.dir.path().join("deck"))
        .output()
        .unwrap();
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"))
}

/// Calls that ran, with what they answered.
fn ran(told: &Value) -> usize {
    let trace = told["trace"].as_array().unwrap();
    let done = trace.iter().filter(|node| node["kind"] == "call" && node["state"] == "done").count();
    let results =
        trace.iter().filter(|node| node["kind"] == "result" && node["text"].as_str().unwrap().contains("sky"));
    assert_eq!(done, results.count(), "{told}");
    done
}

/// One call and two, in every way of asking.
pub fn loops(stand: &Stand, state: &RunState) {
    for more in [&[][..], &["--stream"], &["--prompted", "hermes"], &["--prompted", "hermes", "--stream"]] {
        let one = ask(stand, state, "What is the weather in Paris?", more);
        assert_eq!((ran(&one), &one["end"]), (1, &json!("steps")), "{more:?}: {one}");
        let two = ask(stand, state, "Compare the weather in Rome and Tokyo.", more);
        assert_eq!(ran(&two), 2, "{more:?}: {two}");
        let messages = two["messages"].as_array().unwrap();
        assert_eq!(messages.iter().filter(|message| message["role"] == "tool").count(), 2, "{two}");
        let answer = &two["answers"][0];
        assert_eq!(answer["differences"].as_array().map_or(0, Vec::len), 0, "{more:?}: {answer}");
    }
    let whole = ask(stand, state, "What is the weather in Paris?", &[]);
    let answer = &whole["answers"][0];
    let raw = answer["raw"]["text"].as_str().unwrap();
    assert!(raw.contains("<tool_call>") && answer["read_as"] == "hermes", "{answer}");
    let pieces: String =
        answer["tokens"]["pieces"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(pieces.starts_with(raw), "the tokens are that text: {answer}");
    let (cost, prompt) = (&answer["tool_cost"]["tokens"], &answer["prompt"]["tokens"]);
    assert!(cost.as_u64().unwrap() > 100 && cost.as_u64() < prompt.as_u64(), "{answer}");
    assert!(answer["prompt"]["text"].as_str().unwrap().contains("get_weather"), "{answer}");
}

#[test]
fn a_call_that_a_wrong_parser_loses_is_found_again() {
    let Some(program) = program("VRAMDECK_TEST_VLLM") else { return };
    let stand = Stand::new();
    let flags = "--max-model-len 2048 --enforce-eager --enable-auto-tool-choice --tool-call-parser pythonic";
    let (state, _) = fly(&stand, &request(EngineKind::Vllm, &program, &model(""), flags));
    let told = ask(&stand, &state, "What is the weather in Paris?", &[]);
    assert_eq!((ran(&told), &told["end"]), (0, &json!("answered")), "{told}");
    let answer = &told["answers"][0];
    assert_eq!(answer["differences"][0]["kind"], "parser_loss", "{answer}");
    assert!(answer["differences"][0]["words"].as_str().unwrap().contains("hermes"), "{answer}");
    let good = answer["parsers"].as_array().unwrap();
    let finds = |name: &str| good.iter().any(|one| one["format"] == name);
    assert!(finds("hermes") && !finds("llama4_pythonic"), "{answer}");
    // What the server cannot read is read here.
    let here = ask(&stand, &state, "What is the weather in Paris?", &["--prompted", "hermes"]);
    assert_eq!(ran(&here), 1, "{here}");
    live::stop(&stand.paths, &state.run, super::GRACE).unwrap();
}
