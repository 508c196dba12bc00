//! Pooling models against a scripted server, by the client and as a process.

use crate::openai::{Answer, Server};
use serde_json::{Value, json};
use std::process::Output;
use tokio::process::Command;
use vramdeck::wire::live::Client;
use vramdeck::wire::pooling::{Ask, Pooled, Task};
use vramdeck::wire::{Dialect, Endpoint};

fn endpoint(server: &Server, dialect: Dialect) -> Endpoint {
    Endpoint { base_url: server.url(), key: None, dialect, model: "tiny".into() }
}

fn ask(task: Task, texts: &[&str]) -> Ask {
    Ask::new(task, if task.pairs() { "q" } else { "" }, texts.iter().map(|text| (*text).to_owned()).collect())
}

async fn pool(home: &std::path::Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
    command
        .arg("pool")
        .args(args)
        .env("VRAMDECK_HOME", home)
        .env_remove("OPENAI_API_KEY")
        .env_remove("VRAMDECK_API_KEY");
    command.output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn vllm() -> Server {
    let server = Server::start().await;
    let models = json!({"data": [{"id": "tiny", "owned_by": "vllm", "max_model_len": 2048}]});
    server.on("/v1/models", Answer::json(200, &models));
    server
}

#[tokio::test]
async fn the_question_goes_to_its_route_and_the_answer_is_read() {
    let server = Server::start().await;
    let ranked = json!({"results": [{"index": 1, "relevance_score": 0.75}, {"index": 0, "relevance_score": 0.5}]});
    server.on("/v1/rerank", Answer::json(200, &ranked));
    let answer =
        Client::new().pool(&endpoint(&server, Dialect::LlamaCpp), &ask(Task::Rerank, &["a", "b"])).await.unwrap();
    assert_eq!(answer.pooled, Pooled::Numbers(vec![0.5, 0.75]));
    let sent = &server.requests()[0];
    let body = json!({"model": "tiny", "query": "q", "documents": ["a", "b"], "top_n": 2});
    assert_eq!((sent.path.as_str(), &sent.body), ("/v1/rerank", &body));
}

#[tokio::test]
async fn a_server_that_does_not_serve_it_is_told_from_one_that_fails() {
    let server = Server::start().await;
    let words = json!({"error": {"code": 501, "message": "This server does not support embeddings.", "type": "x"}});
    server.on("/v1/embeddings", Answer::json(501, &words));
    let llama = endpoint(&server, Dialect::LlamaCpp);
    let problem = Client::new().pool(&llama, &ask(Task::Embed, &["a"])).await.unwrap_err();
    assert!(problem.what.contains("does not give embeddings") && problem.hint.contains("--embeddings"), "{problem}");
    let server = Server::start().await;
    server.on("/v1/embeddings", Answer::json(500, &json!({"error": {"message": "input (703 tokens) is too large"}})));
    let llama = endpoint(&server, Dialect::LlamaCpp);
    let problem = Client::new().pool(&llama, &ask(Task::Embed, &["a"])).await.unwrap_err();
    assert!(problem.why.contains("703 tokens") && !problem.what.contains("does not give"), "{problem}");
}

#[tokio::test]
async fn an_endless_answer_and_a_silent_server_are_left() {
    let server = Server::start().await;
    server.on("/v1/embeddings", Answer::pieces([b"{\"data\":[".to_vec(), b"{},".repeat(300_000)]).endless());
    let problem = Client::new().pool(&endpoint(&server, Dialect::OpenAi), &ask(Task::Embed, &["a"])).await.unwrap_err();
    assert!(problem.why.contains("larger than 32 MiB"), "{problem}");
    server.on("/v1/embeddings", Answer::silent());
    let hasty = Client::new().with_idle_timeout(std::time::Duration::from_millis(100));
    // The first answer stays queued until it was given.
    let problem = loop {
        let problem = hasty.pool(&endpoint(&server, Dialect::OpenAi), &ask(Task::Embed, &["a"])).await.unwrap_err();
        if problem.what.contains("silent") {
            break problem;
        }
    };
    assert!(problem.hint.contains("log"), "{problem}");
}

#[tokio::test]
async fn routes_are_asked_for_without_work() {
    let server = Server::start().await;
    server.on("/v1/embeddings", Answer::json(400, &json!({"error": {"message": "Input content cannot be empty"}})));
    server.on("/v1/rerank", Answer::json(501, &json!({"error": {"message": "no"}})));
    let llama = endpoint(&server, Dialect::LlamaCpp);
    let client = Client::new();
    assert_eq!(client.serves(&llama, Task::Embed).await, Ok(true));
    assert_eq!(client.serves(&llama, Task::Rerank).await, Ok(false));
    assert_eq!(client.serves(&llama, Task::Classify).await, Ok(false));
    assert!(client.serves(&endpoint(&server, Dialect::OpenAi), Task::Embed).await.is_err());
    server.on("/api/show", Answer::json(200, &json!({"capabilities": ["embedding", "vision"]})));
    let said = client.abilities(&endpoint(&server, Dialect::Ollama)).await.unwrap();
    assert_eq!(said, ["embedding", "vision"]);
    server.on("/props", Answer::json(200, &json!({"modalities": {"vision": true, "audio": false}})));
    assert_eq!(client.abilities(&llama).await.unwrap(), ["vision"]);
}

#[tokio::test]
async fn embeddings_are_compared() {
    let (home, server) = (tempfile::tempdir().unwrap(), vllm().await);
    let vectors = json!({"usage": {"prompt_tokens": 9}, "data": [
        {"index": 0, "embedding": [1.0, 0.0]}, {"index": 1, "embedding": [0.6, 0.8]}, {"index": 2, "embedding": [0, 0]}]});
    server.on("/v1/embeddings", Answer::json(200, &vectors));
    let file = home.path().join("texts");
    std::fs::write(&file, "two\n\nthree \u{1b}[31m\n").unwrap();
    let args = ["embed", "one", "--file", file.to_str().unwrap(), "--url", &server.url()];
    let out = pool(home.path(), &args).await;
    let shown = text(&out.stdout);
    assert!(out.status.success(), "{out:?}");
    for line in [
        "3 texts, 9 tokens",
        "2 dimensions",
        "three ␛[31m",
        "   1    1.000  0.600      –",
        "most alike: 1 and 2 (0.600)",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert_eq!(server.requests().pop().unwrap().body["input"], json!(["one", "two", "three \u{1b}[31m"]));
    let out = pool(home.path(), &[&args[..], &["--json"]].concat()).await;
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&told["dimensions"], &told["tokens"], &told["similarity"][0][2]), (&json!(2), &json!(9), &json!(null)));
    assert!((told["similarity"][1][0].as_f64().unwrap() - 0.6).abs() < 1e-6, "{told}");
}

#[tokio::test]
async fn labels_tokens_and_ranks_are_tables() {
    let (home, server) = (tempfile::tempdir().unwrap(), vllm().await);
    server.on("/classify", Answer::json(200, &json!({"data": [{"index": 0, "label": "bad", "probs": [0.25, 0.75]}]})));
    server.on(
        "/rerank",
        Answer::json(
            200,
            &json!({"results": [
        {"index": 1, "relevance_score": 0.75}, {"index": 0, "relevance_score": 0.5}]}),
        ),
    );
    let rows = json!([[0.9, 0.1], [0.2, 0.8]]);
    server.on("/pooling", Answer::json(200, &json!({"data": [{"index": 0, "data": rows}]})));
    server.on("/tokenize", Answer::json(200, &json!({"count": 2, "token_strs": ["in", "\u{120}Oslo"]})));
    let url = server.url();
    let shown = |args: &'static [&'static str]| {
        let args = [args, &["--url", url.as_str()]].concat().iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
        let home = home.path().to_owned();
        async move {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let out = pool(&home, &args).await;
            assert!(out.status.success(), "{out:?}");
            text(&out.stdout)
        }
    };
    let labels = shown(&["classify", "a day"]).await;
    assert!(labels.contains("bad        0.7500  ███████████████\n      label 0    0.2500  █████\n"), "{labels}");
    let ranks = shown(&["rerank", "--query", "q", "first", "second"]).await;
    assert!(ranks.contains("   2      0.7500  ███████████████       second\n   1      0.5000  ██████████"), "{ranks}");
    let tokens = shown(&["tokens", "in Oslo"]).await;
    assert!(
        tokens.contains("in                  0.9000  label 0") && tokens.contains("label 1: Oslo (0.8000)"),
        "{tokens}"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_before_it_is() {
    let (home, server) = (tempfile::tempdir().unwrap(), vllm().await);
    for (args, says) in [
        (&["embed"][..], "there is no text"),
        (&["embed", "--file", "/nowhere/texts"], "No such file"),
        (&["rerank", "--query", " ", "a"], "no query"),
        (&["classify", "a", "--dialect", "ollama", "--model", "m"], "no route for labels"),
    ] {
        let out = pool(home.path(), &[args, &["--url", &server.url()]].concat()).await;
        assert!(out.status.code() == Some(2) && text(&out.stderr).contains(says), "{args:?}: {out:?}");
    }
    let out = pool(home.path(), &["embed", "a", "--url", &server.url(), "--json"]).await;
    let told: Value = serde_json::from_slice(&out.stderr).unwrap();
    assert!(told["error"]["hint"].as_str().unwrap().contains("--runner pooling"), "{told}");
    server.on("/v1/embeddings", Answer::json(400, &json!({"error": {"message": "empty"}})));
    for path in ["/rerank", "/score"] {
        server.on(path, Answer::json(400, &json!({"error": {"message": "empty"}})));
    }
    let out = pool(home.path(), &["tasks", "--url", &server.url()]).await;
    assert_eq!(text(&out.stdout), "tiny: embed, rerank, score (asked of the server)\n");
}
