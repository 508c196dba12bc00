//! Suites of answers under constraints asked of a scripted server: what is sent, what an answer is called, what is kept.

use crate::openai::{Answer, Server, delta, finish, usage};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use tokio::process::Command;

const CHAT: &str = "/v1/chat/completions";
const CASES: &str = r#"{"id": "right", "category": "flat", "quick": true, "messages": "n is 5", "constraint": {"json_schema": {"properties": {"n": {"type": "integer"}, "m": {"type": "integer"}}}}, "value": {"n": 5, "m": 1}}
{"id": "wrong", "category": "flat", "messages": "n is 5", "answer_schema": {"properties": {"n": {"type": "integer"}}}, "value": {"n": 5}}
{"id": "pick", "category": "choice", "messages": "yes?", "constraint": {"choice": ["yes", "no"]}, "value": "yes"}
{"id": "code", "category": "regex", "messages": "code?", "constraint": {"regex": "[A-Z]{2}"}, "value": "KX"}
{"id": "rules", "category": "grammar", "messages": "rules?", "constraint": {"grammar": "root ::= \"a\" | \"b\""}, "value": "a"}
"#;

fn said(text: &str) -> Answer {
    Answer::stream([delta(text), finish("stop"), usage(30, 3)])
}

async fn server(answers: Vec<Answer>) -> Server {
    let server = Server::start().await;
    server.on("/health", Answer::json(200, &json!({})));
    answers.into_iter().for_each(|answer| server.on(CHAT, answer));
    server
}

async fn structured(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
    command.arg("structured").args(args).env("VRAMDECK_HOME", home.join("deck")).kill_on_drop(true);
    command.output().await.unwrap()
}

async fn told(home: &Path, args: &[&str]) -> Value {
    let out = structured(home, args).await;
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"))
}

/// Asks the cases above of whom speaks like this.
async fn run(home: &Path, server: &Server, dialect: &str) -> Value {
    let file = home.join("mine.jsonl");
    std::fs::write(&file, CASES).unwrap();
    let url = server.url();
    let whom = ["--url", &url, "--dialect", dialect, "--model", "tiny", "--concurrency", "1", "--json"];
    told(home, &[&["run", file.to_str().unwrap()], &whom[..]].concat()).await
}

#[tokio::test]
async fn answers_under_constraints_are_asked_graded_and_kept() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let refused = || Answer::json(400, &json!({"error": {"message": "Grammar error: no"}}));
    let answers = vec![
        said(r#"{"m": 1, "n": 5}"#),
        said(r#"{"n": 6}"#),
        said("Certainly: yes"),
        said("KX"),
        // The grammar is refused twice; the same question without it is answered.
        refused(),
        refused(),
        said("a"),
    ];
    let vllm = server(answers).await;
    let score = run(home, &vllm, "vllm").await;
    for (pointer, value) in [
        ("/suite", json!("mine")),
        ("/state", json!("done")),
        ("/jobs_done", json!(5)),
        ("/failed_requests", json!(0)),
        ("/settings/0/categories/0/labels", json!({"right": 1, "wrong_value": 1})),
        ("/settings/0/categories/0/known_right/n", json!(2)),
        ("/settings/0/categories/0/order_differs", json!(1)),
        ("/settings/0/categories/1/labels", json!({"not_enforced": 1})),
        ("/settings/0/categories/2/labels", json!({"right": 1})),
        ("/settings/0/categories/3/labels", json!({"refused": 1})),
        ("/settings/0/all/valid/n", json!(4)),
        ("/plan/family", json!("structured")),
    ] {
        assert_eq!(score.pointer(pointer), Some(&value), "{pointer} in {score}");
    }
    let verdict = score["verdict"].as_str().unwrap();
    assert!(verdict.contains("does not hold answers to choice") && verdict.contains("refuses grammar"), "{verdict}");
    let asked: Vec<Value> =
        vllm.requests().into_iter().filter(|request| request.path == CHAT).map(|request| request.body).collect();
    assert_eq!(asked[0]["response_format"]["json_schema"]["schema"]["properties"]["n"], json!({"type": "integer"}));
    assert_eq!(asked[2]["structured_outputs"]["choice"], json!(["yes", "no"]));
    assert_eq!(asked[3]["structured_outputs"]["regex"], "[A-Z]{2}");
    assert_eq!((asked.len(), asked[6].get("structured_outputs"), &asked[6]["max_tokens"]), (7, None, &json!(1)));

    let listed = told(home, &["results", "--json"]).await;
    assert_eq!((&listed["results"][0]["id"], &listed["results"][0]["right"]), (&json!(1), &json!(2)));
    let of_tools = Command::new(env!("CARGO_BIN_EXE_vramdeck"))
        .args(["tools", "results", "--json"])
        .env("VRAMDECK_HOME", home.join("deck"))
        .output()
        .await
        .unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&of_tools.stdout).unwrap(),
        json!({"results": []}),
        "a family of its own"
    );
    let full = String::from_utf8(structured(home, &["results", "1"]).await.stdout).unwrap();
    for line in
        ["pick: not enforced: byte 0", "rules: refused by the engine", "1 answers have their keys in another order"]
    {
        assert!(full.contains(line), "{line}: {full}");
    }
    let tables = String::from_utf8(structured(home, &["export", "1", "--markdown"]).await.stdout).unwrap();
    assert!(tables.contains("| valid | right value of valid | order differs |"), "{tables}");
}

#[tokio::test]
async fn what_an_engine_does_not_have_is_not_counted_and_a_choice_in_quotes_is_one() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let answers = vec![said(r#"{"n": 5, "m": 1}"#), said(r#"{"n": 5}"#), said("\"yes\"")];
    let ollama = server(answers).await;
    let score = run(home, &ollama, "ollama").await;
    let all = &score["settings"][0]["all"];
    assert_eq!((&all["labels"], &all["trials"]), (&json!({"right": 3, "not_offered": 2}), &json!(3)), "{score}");
    assert_eq!((&all["pass"]["value"], &all["failed"]), (&json!(1.0), &json!(0)));
    let asked = ollama.requests().into_iter().filter(|request| request.path == CHAT).count();
    assert_eq!(asked, 3, "what is not there is not asked for");
    // The same questions of an engine that holds answers to nothing.
    let loose = server(vec![said("Five."), said("Five."), said("Yes.")]).await;
    run(home, &loose, "ollama").await;
    let difference = told(home, &["compare", "1", "2", "--json"]).await;
    assert_eq!((&difference["lost"], &difference["gained"]), (&json!(["pick", "right", "wrong"]), &json!([])));
    assert_eq!(difference["rows"].as_array().map(Vec::len), Some(3), "{difference}");
}

#[tokio::test]
async fn what_is_no_suite_of_constraints_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let file = home.join("tools.jsonl");
    std::fs::write(&file, r#"{"id": "a", "category": "x", "messages": "hi"}"#).unwrap();
    let both = home.join("both.jsonl");
    std::fs::write(
        &both,
        r#"{"id": "a", "category": "x", "messages": "hi", "answer_schema": {}, "constraint": {"json_mode": true}}"#,
    )
    .unwrap();
    let (file, both) = (file.to_str().unwrap(), both.to_str().unwrap());
    for (suite, why) in [("nope", "regex"), (file, "constraint"), (both, "exclude")] {
        let out = structured(home, &["run", suite, "--url", "http://127.0.0.1:9", "--json"]).await;
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.code() == Some(2) && said.contains(why), "{suite}: {said}");
    }
}
