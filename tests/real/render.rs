//! Prompts made of a model's own files are, token by token, those that a real engine makes.

use super::stand::{VRAMDECK, model};
use serde_json::Value;
use std::process::{Command, Stdio};
use vramdeck::engines::{EngineKind, RunState};
use vramdeck::lab::template::{Conversation, shipped};

fn vramdeck(args: &[&str]) -> Value {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(VRAMDECK);
    command.args(["tools", "render"]).args(args).arg("--json").env("VRAMDECK_HOME", home.path()).stdin(Stdio::null());
    let done = command.output().unwrap();
    assert!(done.status.success(), "{args:?}: {done:?}");
    serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

/// All conversations; llama-server goes on with a last turn that is the model's own, where templates end it.
pub fn prompts_are_those_of(run: &RunState) {
    let own = tempfile::tempdir().unwrap();
    let set = own.path().join("set.jsonl");
    let taken = |one: &&Conversation| run.engine == EngineKind::Vllm || one.add_generation_prompt;
    let lines: Vec<String> = shipped().iter().filter(taken).map(|one| one.to_json().to_string()).collect();
    std::fs::write(&set, lines.join("\n")).unwrap();
    let (folder, url) = (model(""), run.endpoint.as_deref().unwrap());
    let (folder, name) = (folder.to_str().unwrap(), run.served_name.as_str());
    let told = vramdeck(&[folder, "--against", url, "--model", name, "--conversations", set.to_str().unwrap()]);
    assert_eq!((&told["equal"], &told["unit"]), (&Value::from(true), &Value::from("token")), "{told}");
    assert!(told["conversations"].as_array().unwrap().len() >= 8, "{told}");
    // The engine's own figures are ours, and it counts for files without a tokenizer.
    let ours = vramdeck(&[folder]);
    let theirs = vramdeck(&["--url", url, "--model", name]);
    let gguf = model("tiny-f16.gguf");
    let counted = vramdeck(&[gguf.to_str().unwrap(), "--url", url, "--model", name]);
    for other in [&theirs, &counted] {
        assert_eq!((&other["prompt"], &other["tokens"]), (&ours["prompt"], &ours["tokens"]), "{other}");
        assert_eq!(other["tools"]["tokens"], ours["tools"]["tokens"], "{other}");
        assert!(other["tokens_basis"].as_str().unwrap().contains("/tokenize"), "{other}");
    }
}
