//! Requests: what is sent, what is read of an answer, and where they do not go.

use super::{LONG, told};
use crate::openai::{Answer, Server};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;
use vramdeck::lab::agent::Definition;
use vramdeck::lab::agent::live::{Sent, Servers, request, run};
use vramdeck::lab::agent::run::{Limits, Outcome, plan};

async fn get(server: &Server, path: &str, limits: Limits) -> String {
    let url = format!("{}{path}", server.url());
    told(&request(Sent { method: "GET", url: &url, headers: &[], body: None }, limits).await)
}

#[tokio::test]
async fn a_plan_is_sent_as_it_was_shown() {
    let server = Server::start().await;
    server.on("/notes/a%2Fb", Answer::json(200, &json!({"kept": true})));
    let tool = json!({"name": "note", "run": {"kind": "http", "method": "post", "url": format!("{}/notes/{{id}}", server.url()),
        "headers": {"Authorization": "Bearer k3y", "Content-Type": "application/vnd.note+json"}}});
    let tool = Definition::read(&tool).unwrap();
    let plan = plan(&tool, json!({"id": "a/b", "text": "hi"}).as_object().unwrap()).unwrap();
    assert!(plan.lines().iter().all(|line| !line.contains("k3y")), "{:?}", plan.lines());
    assert_eq!(told(&run(&plan, &Servers::new()).await), "{\"kept\":true}");
    let asked = &server.requests()[0];
    assert_eq!((asked.method.as_str(), &asked.body), ("POST", &json!({"text": "hi"})));
    assert_eq!(asked.headers["authorization"], "Bearer k3y");
    assert_eq!(asked.headers["content-type"], "application/vnd.note+json");
}

#[tokio::test]
async fn answers_of_every_kind() {
    let server = Server::start().await;
    let table = [
        ("/text", Answer::new(200, "text/plain", "hello"), "hello"),
        ("/empty", Answer::new(204, "text/plain", ""), ""),
        ("/list", Answer::json(200, &json!([1, 2])), "[1,2]"),
        ("/png", Answer::new(200, "image/png", vec![0x89, 0, 1]), "[image/png, 3 bytes: no text, not read]"),
        ("/liar", Answer::new(200, "text/plain", vec![0xff, 0xfe, 0]), "[text/plain, 3 bytes: no text, not read]"),
        ("/bare", Answer::new(200, "", "kindless"), "kindless"),
        (
            "/404",
            Answer::new(404, "text/plain", "no such note"),
            "failed: the server answers 404 Not Found: no such note",
        ),
        ("/500", Answer::new(500, "text/plain", ""), "failed: the server answers 500 Internal Server Error"),
    ];
    for (path, answer, expected) in table {
        server.on(path, answer);
        assert_eq!(get(&server, path, LONG).await, expected, "{path}");
    }
    server.on("/rude", Answer::new(400, "text/plain", "x".repeat(1 << 20)));
    assert!(get(&server, "/rude", LONG).await.len() < 1300);
    server.on("/half", Answer::pieces(["half"]).cut());
    assert!(get(&server, "/half", LONG).await.contains("broke off after"), "a part is not passed off as the whole");
}

#[tokio::test]
async fn floods_and_silence_end() {
    let server = Server::start().await;
    server.on("/flood", Answer::pieces(["y".repeat(1 << 16)]).endless());
    let url = format!("{}/flood", server.url());
    let sent = Sent { method: "GET", url: &url, headers: &[], body: None };
    let Outcome::Answered(bytes) = request(sent, LONG).await else { panic!("what came is told") };
    assert_eq!(bytes.len(), LONG.bytes + 1);
    timeout(Duration::from_secs(20), server.left()).await.expect("the connection is closed");
    server.on("/silent", Answer::silent());
    assert_eq!(get(&server, "/silent", Limits { seconds: 0.3, ..LONG }).await, "after 0.3");
    let asked = server.requests().len();
    let url = format!("{}/silent", server.url());
    let given_up =
        tokio::spawn(async move { request(Sent { method: "GET", url: &url, headers: &[], body: None }, LONG).await });
    while server.requests().len() == asked {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    given_up.abort();
    timeout(Duration::from_secs(20), server.left()).await.expect("giving up closes the connection");
}

#[tokio::test]
async fn a_request_goes_nowhere_else() {
    let (server, other) = (Server::start().await, Server::start().await);
    other.on("/secret", Answer::new(200, "text/plain", "secret"));
    let lead = |status: u16, to: String| Answer::new(status, "text/plain", "").header("location", &to);
    server.on("/away", lead(302, format!("{}/secret", other.url())));
    assert!(get(&server, "/away", LONG).await.starts_with("failed: the server leads to"));
    assert!(other.requests().is_empty());
    server.on("/here", lead(302, "/there".to_owned()));
    server.on("/there", Answer::new(200, "text/plain", "there"));
    assert_eq!(get(&server, "/here", LONG).await, "there");
    server.on("/round", lead(307, "/round".to_owned()));
    assert!(get(&server, "/round", LONG).await.contains("more than 5 times"));
    server.on("/file", lead(302, "file:///etc/passwd".to_owned()));
    assert!(get(&server, "/file", LONG).await.contains("leads to"));
    server.on("/moved", lead(307, "/there".to_owned()));
    let url = format!("{}/moved", server.url());
    let post = Sent { method: "POST", url: &url, headers: &[], body: Some("{}") };
    assert!(
        told(&request(post, LONG).await).contains("leads to"),
        "what changes something is sent once, to one address"
    );
    for url in ["file:///etc/passwd", "ftp://h/", "nonsense", ""] {
        let sent = Sent { method: "GET", url, headers: &[], body: None };
        assert!(told(&request(sent, LONG).await).starts_with("failed:"), "{url}");
    }
    let headers = [("a".to_owned(), "b\r\nc: d".to_owned())];
    let sent = Sent { method: "GET", url: &server.url(), headers: &headers, body: None };
    assert!(told(&request(sent, LONG).await).contains("cannot be sent"));
}
