//! An MCP server over its standard input and output that can do what no server should: `mcp_standin [KIND]`.
//!
//! KIND: `many` lists 1000 tools in pages, `endless` pages without end, `remote` a schema that leads elsewhere, `silent` never
//! answers, `wrong` speaks something else, `gone` ends at once with words on its standard error.

use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let kind = std::env::args().nth(1).unwrap_or_default();
    match kind.as_str() {
        "gone" => {
            writeln!(std::io::stderr(), "no configuration found; the token is {:?}", std::env::var("TOKEN"))?;
            std::process::exit(4);
        }
        "wrong" => writeln!(std::io::stdout(), "Hello! This is no protocol.\n{{\"jsonrpc\": \"2.0\"}}\n[]")?,
        _ => {}
    }
    for line in std::io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let Some(id) = asked.get("id").filter(|_| !matches!(kind.as_str(), "silent" | "wrong")) else { continue };
        let result = match asked["method"].as_str().unwrap_or_default() {
            "initialize" => {
                json!({"protocolVersion": asked["params"]["protocolVersion"], "capabilities": {"tools": {}},
                "serverInfo": {"name": "standin", "version": "1"}})
            }
            "tools/list" => list(&kind, asked["params"]["cursor"].as_str()),
            "tools/call" => call(asked["params"]["name"].as_str().unwrap_or_default(), &asked["params"]["arguments"])?,
            _ => json!({}),
        };
        let answer = match result.get("error") {
            Some(error) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
            None => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        };
        say(&answer.to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn list(kind: &str, cursor: Option<&str>) -> Value {
    let tool = |name: &str| json!({"name": name, "description": "d", "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}}});
    let from: usize = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or_default();
    match kind {
        "many" => {
            let tools: Vec<Value> = (from..from + 100).map(|at| tool(&format!("tool {at}"))).collect();
            let mut page = json!({ "tools": tools });
            if from + 100 < 1000 {
                page["nextCursor"] = (from + 100).to_string().into();
            }
            page
        }
        "endless" => json!({"tools": [], "nextCursor": (from + 1).to_string()}),
        "remote" => json!({"tools": [tool("fine"),
            {"name": "far", "inputSchema": {"type": "object", "properties": {"a": {"$ref": "https://example.org/s.json"}}}}]}),
        _ => {
            let names = [
                "echo",
                "die",
                "hang",
                "flood",
                "picture",
                "fail",
                "refuse",
                "variables",
                "noise",
                "large",
                "child",
                "chatter",
                "mute",
            ];
            json!({"tools": names.iter().map(|name| tool(name)).collect::<Vec<_>>()})
        }
    }
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn call(name: &str, arguments: &Value) -> Result<Value, Box<dyn std::error::Error>> {
    Ok(match name {
        "echo" => text(arguments["text"].as_str().unwrap_or_default()),
        "die" => {
            writeln!(std::io::stderr(), "the disk is gone")?;
            std::process::exit(3);
        }
        "hang" => {
            std::thread::sleep(Duration::from_secs(60));
            json!({})
        }
        "flood" => {
            let piece = "x".repeat(1 << 20);
            let mut out = std::io::stdout().lock();
            loop {
                out.write_all(piece.as_bytes())?;
            }
        }
        "picture" => json!({"content": [{"type": "text", "text": "a"},
            {"type": "image", "data": "AAAA".repeat(100), "mimeType": "image/png"},
            {"type": "resource", "resource": {"uri": "file:///a", "blob": "AAAA", "mimeType": "application/zip"}}]}),
        "fail" => json!({"content": [{"type": "text", "text": "no such city"}], "isError": true}),
        "refuse" => json!({"error": {"code": -32602, "message": "text is missing"}}),
        "variables" => text(&std::env::vars().map(|(name, _)| name).collect::<Vec<_>>().join(" ")),
        "noise" => {
            say("not json at all")?;
            say(
                &json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}})
                    .to_string(),
            )?;
            say(&json!({"jsonrpc": "2.0", "id": 999_999, "result": {"content": []}}).to_string())?;
            text("fine")
        }
        "chatter" => {
            loop {
                say(&json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}).to_string())?;
            }
        }
        "mute" => {
            nix::unistd::close(1)?;
            std::thread::sleep(Duration::from_secs(60));
            json!({})
        }
        "large" => text(&"y".repeat(1_000_000)),
        "child" => text(&std::process::Command::new("sleep").arg("60").spawn()?.id().to_string()),
        other => json!({"error": {"code": -32601, "message": format!("there is no tool {other}")}}),
    })
}
