//! The sampling lab against real engines with the tiny model: several answers, grids, log probabilities, branches, beams. What
//! the model says does not count; how the engines ask, rank and go on does.

use super::{fly, program, request};
use crate::stand::{Stand, VRAMDECK, model};
use serde_json::{Value, json};
use std::process::{Command, Output};
use vramdeck::engines::live;
use vramdeck::engines::{EngineKind, RunState};

fn out(stand: &Stand, state: &RunState, prompt: &str, more: &[&str]) -> Output {
    let url = state.endpoint.as_deref().unwrap();
    Command::new(VRAMDECK)
        .args(["sample", "--prompt", prompt, "--url", url, "--json"])
        .args(more)
        .env("VRAMDECK_HOME", stand.dir.path().join("deck"))
        .output()
        .unwrap()
}

fn sample(stand: &Stand, state: &RunState, prompt: &str, more: &[&str]) -> Value {
    let out = out(stand, state, prompt, more);
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{more:?}: {out:?}"))
}

fn texts(told: &Value) -> Vec<String> {
    told["answers"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

/// All tokens are as likely as the model thinks, or nearly: a text that differs each time.
const WILD: [&str; 8] = ["--temperature", "2", "--top-k", "0", "--top-p", "1", "--min-p", "0"];

/// Answers in one request have the seeds that count on: each comes again when it is asked for by itself.
fn seeds_count_on(stand: &Stand, state: &RunState) {
    let args =
        |n: &'static str, seed: &'static str| [&WILD[..], &["-n", n, "--seed", seed, "--max-tokens", "6"]].concat();
    let together = sample(stand, state, "story", &args("4", "11"));
    assert_eq!(together["asked"], "n in one request", "{together}");
    let several = texts(&together);
    assert!(several.iter().any(|text| *text != several[0]), "at this temperature they differ: {several:?}");
    for (at, seed) in ["11", "12", "13", "14"].into_iter().enumerate() {
        assert_eq!(together["answers"][at]["seed"].to_string(), seed);
        let alone = sample(stand, state, "story", &args("1", seed));
        assert_eq!(texts(&alone)[0], several[at], "seed {seed}");
    }
}

/// A grid of two temperatures: at 0 all answers are equal, above they may not be; log probabilities are the model's own.
fn grid(stand: &Stand, state: &RunState, at_zero: &str) {
    let args = ["-n", "3", "--grid", "temperature=0,1", "--max-tokens", "4", "--logprobs", "2", "--seed", "3"];
    let told = sample(stand, state, "story", &args);
    assert_eq!((told["settings"].as_array().unwrap().len(), texts(&told).len()), (2, 6), "{told}");
    assert_eq!(told["asked_by_setting"][0]["asked"], at_zero, "{told}");
    assert_eq!((&told["groups"][0]["count"], &told["groups"][0]["setting"]), (&json!(3), &json!(0)), "{told}");
    let first = |answer: usize| &told["answers"][answer]["logprobs"][0];
    assert_eq!(first(0)["rank"], 1, "the greedy token is the most probable: {}", first(0));
    for answer in 0..6 {
        for token in told["answers"][answer]["logprobs"].as_array().unwrap() {
            assert!(token["rank"].is_u64() || token["rank_at_least"].is_u64(), "{token}");
            assert!(token["entropy"].as_f64().unwrap() >= 0.0 && token["logprob"].as_f64().unwrap() <= 0.0, "{token}");
        }
        // Whatever the temperature, the same token has the same log probability at the first place.
        let same = first(answer)["token"] == first(0)["token"];
        let apart = (first(answer)["logprob"].as_f64().unwrap() - first(0)["logprob"].as_f64().unwrap()).abs();
        assert!(!same || apart < 1e-3, "{} {}", first(answer), first(0));
    }
}

/// Going on from a token with itself gives the answer that there was, token by token; with another one it gives that one.
fn branches(stand: &Stand, state: &RunState) {
    let prompt = "What is the weather in Paris?";
    let args = ["--temperature", "0", "--max-tokens", "24", "--logprobs", "2"];
    let plain = sample(stand, state, prompt, &args);
    let tokens = plain["answers"][0]["logprobs"].as_array().unwrap().clone();
    let itself = format!("2={}", tokens[2]["token"].as_str().unwrap());
    let told = sample(stand, state, prompt, &[&args[..], &["--what-if", &itself, "--what-if", "1= can"]].concat());
    let [same, other] = [&told["answers"][1], &told["answers"][2]];
    assert_eq!(
        same["text"], plain["answers"][0]["text"],
        "the prompt and what is kept are what the model had read: {same}"
    );
    for (before, after) in tokens.iter().zip(same["logprobs"].as_array().unwrap()) {
        let apart = (before["logprob"].as_f64().unwrap() - after["logprob"].as_f64().unwrap()).abs();
        assert!(before["token"] == after["token"] && apart < 1e-2, "{before} {after}");
    }
    let begins = format!("{} can", tokens[0]["token"].as_str().unwrap());
    let text = other["text"].as_str().unwrap();
    assert!(text.starts_with(&begins) && text.len() > begins.len(), "{other}");
    assert_eq!(other["parent"], json!({"setting": 0, "index": 0, "token": 1, "text": " can"}));
    let none = out(stand, state, prompt, &[&args[..], &["--what-if", "99=x"]].concat());
    assert!(none.status.code() == Some(2) && String::from_utf8_lossy(&none.stderr).contains("from 0 to"), "{none:?}");
}

#[test]
fn llama_server_is_sampled() {
    let Some(program) = program("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let stand = Stand::new();
    let gguf = model("tiny-f16.gguf");
    let (state, _) = fly(&stand, &request(EngineKind::LlamaCpp, &program, &gguf, "-c 2048 --parallel 4"));
    seeds_count_on(&stand, &state);
    grid(&stand, &state, "n in one request");
    branches(&stand, &state);
    // It gives as many answers to a request as it has slots; the others are asked for one by one, and it is said.
    let many = sample(&stand, &state, "story", &["-n", "9", "--max-tokens", "3", "--temperature", "1"]);
    assert_eq!((texts(&many).len(), &many["asked"]), (9, &json!("separate requests")), "{many}");
    assert!(many["asked_by_setting"][0]["why"].as_str().unwrap().contains("'n'"), "{many}");
    let beam = out(&stand, &state, "story", &["--beam", "3"]);
    let said = String::from_utf8_lossy(&beam.stderr).into_owned();
    assert!(beam.status.code() == Some(2) && said.contains("llama-server has no beam search"), "{said}");
    live::stop(&stand.paths, &state.run, super::GRACE).unwrap();
}

#[test]
fn vllm_is_sampled() {
    let Some(program) = program("VRAMDECK_TEST_VLLM") else { return };
    let stand = Stand::new();
    let flags = "--max-model-len 2048 --enforce-eager";
    let (state, _) = fly(&stand, &request(EngineKind::Vllm, &program, &model(""), flags));
    seeds_count_on(&stand, &state);
    grid(&stand, &state, "separate requests");
    branches(&stand, &state);
    let many = sample(&stand, &state, "story", &["-n", "64", "--max-tokens", "3", "--temperature", "1"]);
    assert_eq!((texts(&many).len(), &many["asked"]), (64, &json!("n in one request")), "{many}");
    // Beams come in the order of their scores, and ours are those that vLLM orders by: cumulative log probability over the
    // length, the prompt included.
    for penalty in ["1", "0"] {
        let args = ["--beam", "3", "--max-tokens", "5", "--length-penalty", penalty];
        let beams = sample(&stand, &state, "story", &args);
        let scores: Vec<f64> = (0..3)
            .map(|at| beams["answers"][at]["beam"]["score"].as_f64().unwrap_or_else(|| panic!("{beams}")))
            .collect();
        assert!(scores.windows(2).all(|two| two[0] >= two[1]), "{scores:?}");
        let (sum, length) = (&beams["answers"][0]["logprob_sum"], &beams["answers"][0]["beam"]["length"]);
        let (sum, length) = (sum.as_f64().unwrap(), length.as_f64().unwrap());
        let want = if penalty == "0" { sum } else { sum / length };
        assert!((scores[0] - want).abs() < 1e-9 && length > 10.0, "{beams}");
    }
    let best = sample(&stand, &state, "story", &["--best-of", "4", "--max-tokens", "6", "--temperature", "1.5"]);
    assert_eq!((&best["emulated"]["param"], texts(&best).len()), (&json!("best_of"), 4), "{best}");
    let chosen = best["emulated"]["settings"][0]["chosen"].as_u64().unwrap() as usize;
    let mean = |at: usize| best["answers"][at]["mean_logprob"].as_f64().unwrap();
    assert!((0..4).all(|at| mean(at) <= mean(chosen)), "{best}");
    live::stop(&stand.paths, &state.run, super::GRACE).unwrap();
}
