//! MCP servers, over pipes and over HTTP: what they list, how they answer, and how they fail.

#[path = "http.rs"]
mod http;

use super::{LONG, gone, lives, told};
use crate::standin::mcp_server;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use vramdeck::base::Problem;
use vramdeck::lab::agent::live::{Connection, Servers, run};
use vramdeck::lab::agent::mcp::{Server, read};
use vramdeck::lab::agent::run::{Limits, plan};

fn server(kind: &str) -> Server {
    let file = json!({"mcpServers": {"it": {"command": mcp_server(), "args": [kind], "env": {"TOKEN": "t0psecret"}}}});
    read(&file.to_string(), &|_| None).unwrap().servers.remove(0)
}

async fn open(kind: &str) -> Result<Connection, Problem> {
    Connection::open(&server(kind), LONG).await
}

async fn call(connection: &Connection, tool: &str, limits: Limits) -> String {
    let arguments: Map<String, Value> = json!({"text": "hé"}).as_object().cloned().unwrap();
    told(&connection.call(tool, &arguments, limits).await)
}

#[tokio::test]
async fn answers_of_every_kind() {
    let it = open("").await.unwrap();
    let tools = it.tools(LONG).await.unwrap();
    assert_eq!((tools.tools.len(), tools.told.len()), (13, 0));
    for (tool, expected) in [
        ("echo", "hé"),
        (
            "picture",
            "a\n[image image/png, 300 bytes: no text, not shown]\n[resource application/zip, 3 bytes: no text, not shown]",
        ),
        ("fail", "failed: no such city"),
        ("refuse", "failed: text is missing"),
        ("none", "failed: there is no tool none"),
        ("noise", "fine"),
    ] {
        assert_eq!(call(&it, tool, LONG).await, expected);
    }
    assert!(call(&it, "large", LONG).await.contains("at least 999700 more"));
    assert!(it.is_alive());
    let both = tokio::join!(call(&it, "echo", LONG), call(&it, "echo", LONG));
    assert_eq!(both, ("hé".to_owned(), "hé".to_owned()));
}

#[tokio::test]
async fn a_server_gets_its_own_variables_and_no_keys() {
    // The test's own environment holds cargo's variables.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let it = open("").await.unwrap();
    let names = call(&it, "variables", LONG).await;
    assert!(names.contains("TOKEN") && names.contains("PATH") && !names.contains("CARGO"), "{names}");
}

#[tokio::test]
async fn a_server_that_ends_or_floods_during_a_call_is_told() {
    let it = open("").await.unwrap();
    let told = call(&it, "die", LONG).await;
    assert_eq!(told, "failed: the server ended: exit status: 3\nthe disk is gone");
    assert!(!it.is_alive());
    assert!(call(&it, "echo", LONG).await.starts_with("failed:"), "nor does it come back by itself");
    let it = open("").await.unwrap();
    let told = call(&it, "flood", LONG).await;
    assert!(told.contains("more than 8388608 bytes"), "{told}");
    let it = open("").await.unwrap();
    assert_eq!(call(&it, "chatter", Limits { seconds: 0.5, ..LONG }).await, "after 0.5", "small messages without end");
    let it = open("").await.unwrap();
    assert_eq!(call(&it, "mute", LONG).await, "failed: the server closed its output");
    drop(it);
}

#[tokio::test]
async fn a_call_that_hangs_is_given_up_and_all_ends_with_the_connection() {
    let it = open("").await.unwrap();
    let child: i32 = call(&it, "child", LONG).await.parse().unwrap();
    assert!(lives(child));
    let begun = Instant::now();
    assert_eq!(call(&it, "hang", Limits { seconds: 0.3, ..LONG }).await, "after 0.3");
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(it);
    gone(child).await;
}

#[tokio::test]
async fn what_does_not_start_says_why() {
    let none = read(r#"{"mcpServers": {"it": {"command": "/no/such/server"}}}"#, &|_| None).unwrap();
    let why = |problem: Problem| problem.to_string();
    assert!(why(Connection::open(&none.servers[0], LONG).await.unwrap_err()).contains("cannot be started"));
    let told = why(open("gone").await.unwrap_err());
    assert!(told.contains("exit status: 4") && told.contains("no configuration found"), "{told}");
    assert!(!told.contains("t0psecret"), "a server's key is not told, whoever writes it: {told}");
    for kind in ["silent", "wrong"] {
        let problem = Connection::open(&server(kind), Limits { seconds: 0.7, ..LONG }).await.unwrap_err();
        assert!(problem.what.contains("it is not there") && !problem.why.is_empty(), "{kind}: {problem}");
    }
}

#[tokio::test]
async fn long_lists_and_lists_without_end() {
    let many = open("many").await.unwrap().tools(LONG).await.unwrap();
    assert_eq!(many.tools.len(), 1000);
    assert!(many.tools.iter().any(|tool| tool.name == "tool_999") && many.told.len() == 1000, "each new name is told");
    let endless = open("endless").await.unwrap().tools(LONG).await.unwrap_err();
    assert!(endless.why.contains("pages"), "{endless}");
    let remote = open("remote").await.unwrap().tools(LONG).await.unwrap();
    assert_eq!(remote.tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["fine"]);
    assert!(remote.told[0].contains("only references within the schema"), "{:?}", remote.told);
}

#[tokio::test]
async fn a_plan_runs_only_on_a_server_that_was_started() {
    let servers = Servers::new();
    let read =
        |listed: &Value| vramdeck::lab::agent::mcp::definitions("it", std::slice::from_ref(listed)).tools.remove(0);
    let echo = read(&json!({"name": "echo"}));
    let wish = plan(&echo, json!({"text": "a"}).as_object().unwrap()).unwrap();
    assert_eq!(told(&run(&wish, &servers).await), "failed: the MCP server it is not started");
    servers.start(&server(""), LONG).await.unwrap();
    assert_eq!(told(&run(&wish, &servers).await), "a");
    let child = plan(&read(&json!({"name": "child"})), &Map::new()).unwrap();
    let child: i32 = told(&run(&child, &servers).await).parse().unwrap();
    assert!(servers.running()[0].alive && servers.stop("it").await && !servers.stop("it").await);
    gone(child).await;
    assert!(servers.start(&server("gone"), LONG).await.is_err() && servers.running().is_empty());
    servers.start(&server(""), LONG).await.unwrap();
    servers.stop_all();
    assert!(servers.running().is_empty());
}
