//! Capability cards of real engines with the tiny model, held against those that were recorded and looked through by hand: what
//! is obeyed, refused and ignored without a word. Where a card differs, either the engine changed or a probe is wrong.

use super::{GRACE, fly, program, request};
use crate::stand::{Stand, VRAMDECK, model};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use vramdeck::engines::{EngineKind, RunState, live};
use vramdeck::lab::probes::CAPABILITIES;

fn probe(stand: &Stand, args: &[&str]) -> Value {
    let out = Command::new(VRAMDECK)
        .arg("probe")
        .args(args)
        .args(["--json"])
        .env("VRAMDECK_HOME", stand.dir.path().join("deck"))
        .output()
        .unwrap();
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"))
}

fn verdicts(card: &Value) -> BTreeMap<&str, &str> {
    let all = card["capabilities"].as_array().unwrap();
    all.iter().map(|one| (one["name"].as_str().unwrap(), one["verdict"].as_str().unwrap())).collect()
}

/// Probes a run and holds its card against the recorded one.
pub fn held(stand: &Stand, state: &RunState, recorded: &str) {
    let card = probe(stand, &["--url", state.endpoint.as_deref().unwrap()]);
    let recorded: Value = serde_json::from_str(recorded).unwrap();
    let whys: BTreeMap<&str, &Value> = card["capabilities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), &one["why"]))
        .collect();
    assert_eq!(verdicts(&card), verdicts(&recorded), "{whys:#?}");
    assert_eq!(card["engine"], recorded["engine"]);
    assert_eq!(card["capabilities"].as_array().unwrap().len(), CAPABILITIES.len());
    let rate = card["false_alarm_rate"].as_f64().unwrap();
    assert!(rate > 0.0 && rate <= 0.01 && card["samples"].as_u64().unwrap() > 400, "{card}");
    // What was found is kept, for the run's model and by what it was started with.
    let shown = probe(stand, &["--show", "--model", card["model"].as_str().unwrap()]);
    assert_eq!(shown["capabilities"], card["capabilities"]);
}

/// What vLLM 0.32 and llama-server 0.7 do, as it was measured apart from this program.
#[test]
fn recorded_cards_say_what_is_known_of_the_engines() {
    let of = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let (vllm, llama) = (of(VLLM), of(LLAMA));
    for (name, on_vllm, on_llama) in [
        ("guided_json", "ignored", "ignored"),
        ("best_of", "ignored", "ignored"),
        ("structured_outputs.json", "yes", "ignored"),
        ("structured_outputs.regex", "yes", "ignored"),
        ("structured_outputs.choice", "yes", "ignored"),
        ("structured_outputs.grammar", "yes", "ignored"),
        ("json_schema", "yes", "yes"),
        ("grammar", "ignored", "yes"),
        ("json_schema_field", "ignored", "yes"),
        ("parallel_tool_calls", "yes", "ignored"),
        ("tool_choice.named", "yes", "ignored"),
        ("use_beam_search", "yes", "ignored"),
        ("min_tokens", "yes", "ignored"),
        ("seed", "yes", "yes"),
        ("images", "no", "no"),
    ] {
        assert_eq!((verdicts(&vllm)[name], verdicts(&llama)[name]), (on_vllm, on_llama), "{name}");
    }
    for card in [&vllm, &llama] {
        assert_eq!(card["capabilities"].as_array().unwrap().len(), CAPABILITIES.len());
        for one in card["capabilities"].as_array().unwrap() {
            assert!(!one["evidence"].as_array().unwrap().is_empty() && one["why"] != json!(""), "{one}");
        }
    }
}

/// The recorded card of vLLM 0.32.0 on a CPU.
pub const VLLM: &str = include_str!("cards/vllm-0.32.0.json");
/// The recorded card of llama-server 0.7.0.
pub const LLAMA: &str = include_str!("cards/llama-server-b11669.json");

#[test]
fn the_card_of_llama_server_is_the_recorded_one() {
    let Some(program) = program("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let stand = Stand::new();
    let gguf = model("tiny-f16.gguf");
    let (state, _) = fly(&stand, &request(EngineKind::LlamaCpp, &program, &gguf, "--jinja --parallel 4 -c 8192"));
    held(&stand, &state, LLAMA);
    live::stop(&stand.paths, &state.run, GRACE).unwrap();
}
