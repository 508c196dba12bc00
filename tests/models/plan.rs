//! Several models on one card, as a script sees the plan.

use crate::stand::{Stand, wide};
use serde_json::Value;

const CARD: [&str; 2] = ["--gpu", "RTX 5080"];
const GIB: u64 = 1 << 30;

fn roles(plan: &Value) -> Vec<(&str, &str)> {
    let models = plan["models"].as_array().unwrap();
    models.iter().map(|one| (one["engine"].as_str().unwrap(), one["role"].as_str().unwrap())).collect()
}

#[test]
fn what_fits_together_has_flags_that_add_up() {
    let stand = Stand::new();
    let words = ["plan", "--json", "vllm=Qwen/Qwen3-8B-AWQ,8k", "llama.cpp=Qwen/Qwen3-4B,4096x2"];
    let plan = stand.json(&[&words[..], &CARD[..]].concat());
    assert_eq!(roles(&plan), [("vllm", "awake"), ("llama.cpp", "awake")], "{plan}");
    let bytes = |one: &Value, key: &str| one[key].as_u64().unwrap();
    let models = plan["models"].as_array().unwrap();
    let held: u64 = models.iter().map(|one| bytes(one, "given_bytes")).sum();
    assert_eq!(held + bytes(&plan, "spare_bytes"), bytes(&plan, "free_bytes"));
    assert!(models.iter().all(|one| bytes(one, "takes_bytes") <= bytes(one, "given_bytes")), "{plan}");
    assert_eq!((&models[1]["context"], &models[1]["requests"]), (&4096.into(), &2.into()));
    let flags: Vec<&str> = models[0]["flags"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert!(flags.contains(&"--gpu-memory-utilization") && flags.contains(&"8192"), "{flags:?}");
}

#[test]
fn what_takes_turns_says_how_it_rests() {
    let stand = Stand::new();
    let words = ["plan", "vllm=Qwen/Qwen3-8B-FP8", "vllm=Qwen/Qwen3-8B-AWQ", "ollama=qwen3:14b"];
    let plan = stand.json(&[&words[..], &["--json"], &CARD[..]].concat());
    assert!(roles(&plan).iter().all(|(_, role)| *role == "turns"), "{plan}");
    let asleep = &plan["models"][0]["asleep"];
    assert_eq!(asleep["how"], "sleep");
    assert!(asleep["holds_bytes"].as_u64().unwrap() < 2 * GIB && asleep["ram_bytes"].as_u64().unwrap() > 8 * GIB);
    assert!(asleep["wake_seconds"]["low"].as_f64() < asleep["wake_seconds"]["high"].as_f64(), "{asleep}");
    let unload = &plan["models"][2]["asleep"];
    assert_eq!((unload["how"].as_str(), unload["wake_seconds"].is_null()), (Some("unload"), true));
    assert!(unload["wake_seconds_unknown"].as_str().unwrap().contains("disk"));
    let text = stand.text(&[&words[..], &CARD[..]].concat());
    assert!(
        text.contains("--enable-sleep-mode")
            && text.contains("/sleep?level=1")
            && text.contains("ollama stop qwen3:14b")
            && text.contains("in this order")
    );
    let start: Vec<&str> =
        plan["models"][0]["start"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(start[..5], ["vramdeck", "launch", "Qwen/Qwen3-8B-FP8", "--engine", "vllm"]);
    assert!(start.contains(&"VLLM_SERVER_DEV_MODE=1") && start.contains(&"--enable-sleep-mode"), "{start:?}");
    wide(&text, 80);
}

#[test]
fn what_cannot_be_planned_is_said() {
    let stand = Stand::new();
    for (words, code, said) in [
        (&["plan", "Qwen/Qwen3-8B,0"][..], 2, "number of tokens"),
        (&["plan", "vllm=Qwen/Qwen3-8B,8kxmany"], 2, "number of tokens"),
        (&["plan", "nosuchmodel"], 2, "no such path"),
        (&["plan", "meta-llama/Llama-3.3-70B-Instruct"], 1, "Llama-3.3-70B"),
    ] {
        let error = stand.error(&[words, &["--json"], &CARD[..]].concat(), code);
        assert!(error["why"].as_str().unwrap().contains(said), "{error}");
    }
    let plan = stand.json(&[
        "plan",
        "--json",
        "--gpu",
        "5080",
        "vllm=Qwen/Qwen3-8B-AWQ",
        "vllm=meta-llama/Llama-3.3-70B-Instruct",
    ]);
    let left = &plan["models"][1];
    assert_eq!((&left["role"], &left["given_bytes"]), (&"left_out".into(), &Value::Null));
    assert!(left["why"].as_str().unwrap().contains("GiB"), "{left}");
}
