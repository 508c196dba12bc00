//! The HTTP client and `vramdeck chat` against a scripted server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly, in its functions too"
)]

#[path = "wire/command.rs"]
mod command;
#[path = "support/openai.rs"]
#[allow(dead_code, reason = "shared with other test binaries, each of which uses a part")]
mod openai;
#[path = "wire/pooling.rs"]
mod pooling;
#[path = "wire/samples.rs"]
mod samples;

use openai::{Answer, Server, delta, finish, usage};
use serde_json::json;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vramdeck::base::{Problem, Secret};
use vramdeck::wire::live::{Client, Health, Timed};
use vramdeck::wire::{ChatRequest, Dialect, Endpoint, Reply, StreamEvent};

const CHAT: &str = "/v1/chat/completions";
/// Long enough that only a fault reaches it.
const LONG: Duration = Duration::from_secs(20);

fn endpoint(server: &Server) -> Endpoint {
    Endpoint { base_url: server.url(), key: None, dialect: Dialect::OpenAi, model: "tiny".into() }
}

fn request() -> ChatRequest {
    ChatRequest { messages: vec![json!({"role": "user", "content": "hi"})], fields: vec![], stream: true }
}

fn ask(client: &Client, server: &Server) -> mpsc::Receiver<Timed> {
    client.chat(&endpoint(server), request(), CancellationToken::new())
}

async fn next(events: &mut mpsc::Receiver<Timed>) -> Option<StreamEvent> {
    timeout(LONG, events.recv()).await.expect("an event in time").map(|timed| timed.event)
}

async fn text(events: &mut mpsc::Receiver<Timed>) -> String {
    loop {
        if let StreamEvent::Delta(delta) = next(events).await.expect("a delta before the end") {
            return delta.content;
        }
    }
}

async fn whole(mut events: mpsc::Receiver<Timed>) -> Reply {
    let mut reply = Reply::default();
    while let Some(event) = next(&mut events).await {
        reply.apply(event);
    }
    reply
}

async fn failure(server: &Server) -> Problem {
    whole(ask(&Client::new(), server)).await.failed.expect("a failure")
}

#[tokio::test]
async fn pieces_come_as_they_are_sent() {
    let server = Server::start().await;
    let (answer, gate) = Answer::stream([delta("Hel"), delta("lo"), finish("stop"), usage(7, 2)]).gated();
    server.on(CHAT, answer);
    let mut events = ask(&Client::new(), &server);
    gate.open(1);
    assert_eq!(text(&mut events).await, "Hel");
    assert!(timeout(Duration::from_millis(50), events.recv()).await.is_err(), "the rest is still held back");
    gate.open(4);
    assert_eq!(text(&mut events).await, "lo");
    let rest = whole(events).await;
    assert!(rest.done && rest.usage.unwrap().completion_tokens == 2);
    let asked = &server.requests()[0];
    assert_eq!(
        (asked.method.as_str(), &asked.body["model"], &asked.body["stream"]),
        ("POST", &json!("tiny"), &json!(true))
    );
    assert_eq!(asked.body["stream_options"]["include_usage"], true);
    assert!(!asked.headers.contains_key("authorization"));
}

#[tokio::test]
async fn cancelling_closes_the_connection() {
    for before_the_first_byte in [false, true] {
        let server = Server::start().await;
        let (answer, gate) = Answer::stream([delta("a"), delta("b")]).gated();
        server.on(CHAT, if before_the_first_byte { Answer::silent() } else { answer });
        let cancel = CancellationToken::new();
        let mut events = Client::new().chat(&endpoint(&server), request(), cancel.clone());
        if !before_the_first_byte {
            gate.open(1);
            text(&mut events).await;
        }
        timeout(LONG, async {
            while server.requests().is_empty() {
                tokio::task::yield_now().await
            }
        })
        .await
        .unwrap();
        cancel.cancel();
        timeout(LONG, server.left()).await.expect("the server sees the client leave");
        assert!(next(&mut events).await.is_none(), "neither Done nor Failed");
    }
}

#[tokio::test]
async fn dropping_the_channel_closes_the_connection() {
    let server = Server::start().await;
    let (answer, gate) = Answer::stream([delta("a"), delta("b")]).gated();
    server.on(CHAT, answer);
    let mut events = ask(&Client::new(), &server);
    gate.open(1);
    text(&mut events).await;
    drop(events);
    timeout(LONG, server.left()).await.expect("the server sees the client leave");
}

#[tokio::test]
async fn a_full_channel_stops_reading_the_socket() {
    let server = Server::start().await;
    let piece = format!("data: {}\n\n", delta(&"x".repeat(60_000)));
    server.on(CHAT, Answer::pieces([piece.clone()]).endless());
    let mut events = ask(&Client::new(), &server);
    text(&mut events).await;
    // The channel holds 256 events of 60 kB, the socket's buffers some megabytes more; then nothing moves.
    let most = 64 << 20;
    assert!(timeout(Duration::from_secs(1), server.wrote(most)).await.is_err(), "{} bytes taken", server.written());
    let stuck = server.written();
    for _ in 0..600 {
        text(&mut events).await;
    }
    timeout(LONG, server.wrote(stuck + piece.len())).await.expect("reading goes on once there is room");
}

#[tokio::test]
async fn a_line_without_end_is_given_up() {
    let server = Server::start().await;
    server.on(CHAT, Answer::pieces(["data: ".to_owned(), "x".repeat(1 << 20)]).endless());
    let failed = failure(&server).await;
    assert!(failed.why.contains("longer than 8388608 bytes"), "{failed}");
    timeout(LONG, server.left()).await.unwrap();
    assert!(server.written() < 64 << 20, "{} bytes taken", server.written());
}

#[tokio::test]
async fn a_cut_keeps_what_came() {
    let server = Server::start().await;
    let half = format!("data: {}\n\ndata: {{\"choi", delta("kept ✓"));
    let (head, tail) = half.as_bytes().split_at(half.find('✓').unwrap() + 1);
    server.on(CHAT, Answer::pieces([head.to_vec(), tail.to_vec()]).cut());
    let reply = whole(ask(&Client::new(), &server)).await;
    assert_eq!(reply.choices[0].text, "kept ✓");
    assert_eq!(reply.failed.unwrap().what, "the answer was cut off");
}

#[tokio::test]
async fn silence_ends_at_the_idle_time_out() {
    let server = Server::start().await;
    let (gated, gate) = Answer::stream([delta("a"), delta("b")]).gated();
    for answer in [Answer::silent(), gated] {
        server.on(CHAT, answer);
    }
    gate.open(1);
    let client = Client::new().with_idle_timeout(Duration::from_millis(200));
    for kept in [0, 1] {
        let reply = whole(ask(&client, &server)).await;
        assert_eq!(reply.failed.unwrap().what, "the engine fell silent");
        assert_eq!(reply.choices.len(), kept);
    }
}

/// Answers that are no answer, with what the problem must say: what, why, hint.
fn refusals() -> Vec<(Answer, &'static str, &'static str, &'static str)> {
    let mut cases = shaped_refusals();
    cases.extend(shapeless_refusals());
    cases
}

fn shaped_refusals() -> Vec<(Answer, &'static str, &'static str, &'static str)> {
    let error =
        |message: &str| json!({"error": {"message": message, "type": "BadRequestError", "param": null, "code": 400}});
    let nested = json!({"error": {"code": 400, "message": "request (7512 tokens) exceeds the available context size (1024 tokens), try increasing it"}}).to_string();
    let litellm = format!(
        "litellm.BadRequestError: HostedException - {}\n\nLiteLLM: model group 'x' failed",
        error("inner words")
    );
    vec![
        (
            Answer::json(400, &error("temperature must be in [0, 2], got 3.0.")),
            "refused the request",
            "temperature must be in [0, 2]",
            "",
        ),
        (Answer::json(401, &json!({"error": "Unauthorized"})), "wants a key", "Unauthorized", "VRAMDECK_API_KEY"),
        (Answer::json(401, &error("Incorrect API key")), "wants a key", "Incorrect API key", "--key"),
        (
            Answer::json(404, &error("The model `tiny` does not exist.")),
            "does not serve a model named tiny",
            "does not exist",
            "/v1/models",
        ),
        (Answer::json(404, &json!({"detail": "Not Found"})), "is not there", "Not Found", "without /v1"),
        (Answer::json(400, &json!({"error": nested})), "longer than the model's context", "7512 tokens", "shorten"),
        (Answer::json(400, &error(&litellm)), "refused the request", "inner words (HTTP 400)", ""),
        (
            Answer::json(422, &json!({"detail": [{"loc": ["body", "n"], "msg": "not an int"}]})),
            "refused",
            "body.n: not an int",
            "",
        ),
        (Answer::json(429, &error("slow down")).header("retry-after", "7"), "too busy", "slow down", "after 7 s"),
    ]
}

fn shapeless_refusals() -> Vec<(Answer, &'static str, &'static str, &'static str)> {
    vec![
        (
            Answer::new(500, "text/plain", "Internal Server Error"),
            "failed while answering",
            "Internal Server Error",
            "log",
        ),
        (
            Answer::json(503, &json!({"error": {"message": "Loading model", "code": 503}})),
            "still loading",
            "Loading model",
            "wait",
        ),
        (
            Answer::new(502, "text/html", "<html><head><title>Bad Gateway</title></head>"),
            "behind",
            "Bad Gateway (HTTP 502)",
            "",
        ),
        (
            Answer::new(307, "text/plain", "").header("location", "https://elsewhere/v1"),
            "elsewhere",
            "HTTP 307",
            "https://elsewhere/v1",
        ),
        (Answer::new(500, "application/json", "{\"error\":"), "failed", "{\"error\":", ""),
        (Answer::new(500, "text/plain", "\u{1b}[2Jclear"), "failed", "␛[2Jclear", ""),
        (
            Answer::new(200, "text/html", "<!doctype html><title>Router</title>"),
            "not an OpenAI-compatible",
            "web page",
            "base URL",
        ),
        (Answer::new(200, "text/plain", "hello"), "not an OpenAI-compatible", "not JSON", ""),
        (Answer::new(200, "text/plain", ""), "not an OpenAI-compatible", "nothing", ""),
        (Answer::json(200, &json!({"data": []})), "cannot be read", "not a chat completion", ""),
        (Answer::hang_up(), "cannot reach", "closed the connection", ""),
    ]
}

#[tokio::test]
async fn refusals_in_the_servers_own_words() {
    let cases = refusals();
    for (answer, what, why, hint) in cases {
        let server = Server::start().await;
        server.on(CHAT, answer);
        let failed = failure(&server).await;
        assert!(failed.what.contains(what) && failed.why.contains(why) && failed.hint.contains(hint), "{failed:?}");
        assert!(!failed.hint.is_empty(), "{failed:?}");
    }
}

#[tokio::test]
async fn a_huge_error_body_is_bounded() {
    let server = Server::start().await;
    server.on(CHAT, Answer::json(400, &json!({"error": {"message": "x".repeat(5 << 20)}})));
    assert!(failure(&server).await.why.chars().count() < 600);
}

#[tokio::test]
async fn a_wrong_key_is_told_from_a_missing_one() {
    let server = Server::start().await;
    server.on(CHAT, Answer::json(401, &json!({"error": "Unauthorized"})));
    let endpoint = Endpoint { key: Some(Secret::new("sk-1")), ..endpoint(&server) };
    let reply = whole(Client::new().chat(&endpoint, request(), CancellationToken::new())).await;
    assert!(reply.failed.unwrap().what.contains("refuses the key"));
    assert_eq!(server.requests()[0].headers["authorization"], "Bearer sk-1");
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_heard() {
    let server = Server::start().await;
    server.on(CHAT, Answer::json(200, &json!({"id": "i", "model": "m", "choices": [{"index": 0, "message": {"content": "whole"}, "finish_reason": "stop"}]})));
    let reply = whole(ask(&Client::new(), &server)).await;
    assert_eq!((reply.choices[0].text.as_str(), reply.done), ("whole", true));
}

#[tokio::test]
async fn nobody_there() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let at = |base_url: String| Endpoint { base_url, key: None, dialect: Dialect::OpenAi, model: String::new() };
    let refused = Client::new().models(&at(format!("http://{free}"))).await.unwrap_err();
    assert!(refused.why.contains("nothing listens") && refused.hint.contains("port"), "{refused}");
    let server = Server::start().await;
    let no_tls = Client::new().models(&at(server.url().replace("http:", "https:"))).await.unwrap_err();
    assert!(no_tls.what.starts_with("cannot reach") || no_tls.what.contains("TLS"), "{no_tls}");
    assert!(Client::new().health(&format!("http://{free}")).await.is_err());
}

#[tokio::test]
async fn each_engine_is_recognised() {
    let list = |owner: &str, extra: serde_json::Value| {
        let mut model = json!({"id": "tiny", "object": "model", "owned_by": owner});
        model.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        Answer::json(200, &json!({"object": "list", "data": [model]}))
    };
    let cases = [
        (
            list("vllm", json!({"max_model_len": 2048})),
            "/version",
            json!({"version": "0.32.0"}),
            Dialect::Vllm,
            Some("0.32.0"),
            Some(2048),
        ),
        (
            list("llamacpp", json!({"meta": {"n_ctx": 4096}})),
            "/props",
            json!({"build_info": "b11669"}),
            Dialect::LlamaCpp,
            Some("b11669"),
            Some(4096),
        ),
        (
            list("library", json!({})),
            "/api/version",
            json!({"version": "0.33.0"}),
            Dialect::Ollama,
            Some("0.33.0"),
            Some(8192),
        ),
        (list("somebody", json!({})), "/x", json!({}), Dialect::OpenAi, None, None),
        (list("me", json!({})), "/props", json!({"default_generation_settings": {}}), Dialect::LlamaCpp, None, None),
    ];
    for (models, path, answer, dialect, version, context) in cases {
        let server = Server::start().await;
        server.on("/v1/models", models);
        server.on(path, Answer::json(200, &answer));
        server.on("/api/ps", Answer::json(200, &json!({"models": [{"name": "tiny", "context_length": 8192}]})));
        let found = Client::new().detect(&server.url(), None).await.unwrap();
        assert_eq!(
            (found.dialect, found.version.as_deref(), found.context_tokens("tiny")),
            (dialect, version, context)
        );
    }
    let server = Server::start().await;
    server.on("/v1/models", Answer::json(401, &json!({"error": "Unauthorized"})));
    assert!(Client::new().detect(&server.url(), None).await.unwrap_err().what.contains("wants a key"));
}

#[tokio::test]
async fn health_is_told() {
    let server = Server::start().await;
    server.on("/health", Answer::new(200, "text/plain", ""));
    assert_eq!(Client::new().health(&server.url()).await, Ok(Health::Ready));
    let server = Server::start().await;
    server.on("/health", Answer::json(503, &json!({"error": {"message": "Loading model", "code": 503}})));
    assert_eq!(Client::new().health(&server.url()).await, Ok(Health::Loading));
    let server = Server::start().await;
    server.on("/health", Answer::new(500, "text/plain", "engine is dead"));
    assert!(
        matches!(Client::new().health(&server.url()).await, Ok(Health::Unwell(p)) if p.why.contains("engine is dead"))
    );
    let server = Server::start().await;
    server.on("/", Answer::new(200, "text/plain", "Ollama is running"));
    assert_eq!(Client::new().health(&server.url()).await, Ok(Health::Ready));
}
