//! The same over streamable HTTP: answers as JSON and as events, sessions, keys, and servers that mean harm.

use super::super::{LONG, told};
use axum::body::Body;
use axum::http::{HeaderMap, Response};
use axum::{Json, Router, routing};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};
use vramdeck::lab::agent::live::Connection;
use vramdeck::lab::agent::mcp::{Server, read};
use vramdeck::lab::agent::run::Limits;

#[derive(Default)]
struct Seen {
    keys: Mutex<Vec<String>>,
    sessions: Mutex<Vec<String>>,
}

fn answer(kind: &str, body: impl Into<Body>) -> Response<Body> {
    Response::builder().header("content-type", kind).header("mcp-session-id", "s1").body(body.into()).unwrap()
}

fn respond(seen: &Seen, headers: &HeaderMap, asked: &Value) -> Response<Body> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    seen.keys.lock().unwrap().push(text("authorization"));
    seen.sessions.lock().unwrap().push(text("mcp-session-id"));
    let Some(id) = asked.get("id") else { return Response::builder().status(202).body(Body::empty()).unwrap() };
    let whole = |result: Value| json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string();
    let event = |result: Value| answer("text/event-stream", format!("event: message\ndata: {}\n\n", whole(result)));
    let say = |text: &str| json!({"content": [{"type": "text", "text": text}]});
    match (asked["method"].as_str().unwrap_or_default(), asked["params"]["name"].as_str().unwrap_or_default()) {
        ("initialize", _) => answer(
            "application/json",
            whole(json!({"protocolVersion": asked["params"]["protocolVersion"], "capabilities": {"tools": {}},
                "serverInfo": {"name": "far", "version": "1"}})),
        ),
        ("tools/list", _) => event(json!({"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]})),
        (_, "echo") => event(say("over events")),
        (_, "json") => answer("application/json", whole(say("over json"))),
        (_, "flood") => {
            let pieces = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("z".repeat(1 << 16)));
            answer("application/json", Body::from_stream(pieces))
        }
        (_, "events") => {
            let pieces = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("data: z".repeat(1 << 12)));
            answer("text/event-stream", Body::from_stream(pieces))
        }
        (_, "hang") => answer(
            "text/event-stream",
            Body::from_stream(futures_util::stream::pending::<Result<String, std::io::Error>>()),
        ),
        (_, "broken") => Response::builder().status(500).body(Body::from("out of order")).unwrap(),
        _ => answer("application/json", "{\"jsonrpc\": \"2.0\"}"),
    }
}

async fn start() -> (String, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let kept = Arc::clone(&seen);
    let post = move |headers: HeaderMap, Json(asked): Json<Value>| {
        let seen = Arc::clone(&kept);
        async move { respond(&seen, &headers, &asked) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let away = routing::post(|| async {
        Response::builder().status(307).header("location", "/mcp").body(Body::empty()).unwrap()
    });
    let app = Router::new().route("/mcp", routing::post(post)).route("/away", away);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, seen)
}

fn server(url: &str) -> Server {
    let file = json!({"mcpServers": {"far": {"url": url, "headers": {"Authorization": "Bearer k3y-k3y"}}}});
    read(&file.to_string(), &|_| None).unwrap().servers.remove(0)
}

#[tokio::test]
async fn answers_as_json_and_as_events() {
    let (url, seen) = start().await;
    let it = Connection::open(&server(&format!("{url}/mcp")), LONG).await.unwrap();
    assert_eq!(it.tools(LONG).await.unwrap().tools.len(), 1);
    for (tool, expected) in [("echo", "over events"), ("json", "over json")] {
        assert_eq!(told(&it.call(tool, &Map::new(), LONG).await), expected);
    }
    assert!(seen.keys.lock().unwrap().iter().all(|key| key == "Bearer k3y-k3y"));
    assert!(seen.sessions.lock().unwrap().iter().any(|session| session == "s1"));
    assert!(it.is_alive());
}

#[tokio::test]
async fn harm_is_bounded() {
    let (url, _) = start().await;
    let short = Limits { seconds: 10.0, ..LONG };
    for (tool, seconds) in [("flood", 10.0), ("events", 10.0), ("broken", 10.0), ("hang", 0.3)] {
        let it = Connection::open(&server(&format!("{url}/mcp")), LONG).await.unwrap();
        let outcome = told(&it.call(tool, &Map::new(), Limits { seconds, ..short }).await);
        assert!(outcome.starts_with("failed:") || outcome.starts_with("after"), "{tool}: {outcome}");
        assert!(!outcome.contains("k3y") && outcome.len() < 4096, "{tool}: {outcome}");
    }
}

#[tokio::test]
async fn what_is_no_server_says_so() {
    let (url, seen) = start().await;
    for path in ["/nothing", "/away"] {
        let problem = Connection::open(&server(&format!("{url}{path}")), LONG).await.unwrap_err();
        assert!(problem.what.contains("far is not there") && !problem.to_string().contains("k3y"), "{problem}");
    }
    assert!(seen.keys.lock().unwrap().is_empty(), "a redirect is not followed");
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let none = server(&format!("http://{free}/mcp?key=hidden-value"));
    let problem = Connection::open(&none, LONG).await.unwrap_err();
    let told = problem.to_string();
    assert!(!told.contains("hidden-value") && !told.contains("rmcp") && told.contains("refused"), "{told}");
}
