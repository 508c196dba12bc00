//! `vramdeck tools list`, `import` and `call` as programs.

use crate::program::vramdeck;
use crate::standin::mcp_server;
use serde_json::json;

#[test]
fn definitions_and_signatures_are_kept_and_called() {
    let home = tempfile::tempdir().unwrap();
    let run = |args: &[&str], stdin: &str| vramdeck(home.path(), args, stdin.as_bytes());
    let own = json!([{"name": "greet", "description": "Greets", "parameters": {"properties": {"who": {"type": "string"}}, "required": ["who"]},
        "run": {"kind": "command", "argv": ["echo", "hello", "{who}"]}},
        {"name": "fetch", "run": {"kind": "http", "url": "http://127.0.0.1:9/", "headers": {"Authorization": "Bearer s3cret"}}}]);
    let said = run(&["import", "-"], &own.to_string());
    assert_eq!((said.code, said.err.contains("2 kept in")), (Some(0), true), "{}", said.err);
    assert!(said.out.contains("greet\n  Greets\n  runs the program echo hello {who}, your own"), "{}", said.out);
    let listed = run(&["list", "--json"], "");
    assert!(!listed.out.contains("s3cret"), "values of headers are not told");
    let tools = listed.json()["tools"].as_array().cloned().unwrap();
    assert!(
        tools.iter().any(|tool| tool["name"] == "greet" && tool["own"] == true && tool["run"]["kind"] == "command")
    );
    assert!(tools.iter().any(|tool| tool["name"] == "calculator" && tool["own"] == false));

    let said = run(&["call", "greet", "--arguments", "{\"who\": \"Ada; ls\"}"], "");
    assert_eq!(said.code, Some(2), "nobody can say yes here");
    assert!(said.err.contains("word 2: Ada; ls") && said.err.contains("--yes") && said.out.is_empty(), "{}", said.err);
    let said = run(&["call", "greet", "--arguments", "{\"who\": \"Ada; ls\"}", "--yes"], "");
    assert_eq!((said.code, said.out.as_str()), (Some(0), "hello Ada; ls\n"));
    let said = run(&["call", "greet", "--arguments", "{\"who\": \"Ada\"}", "--yes", "--json"], "");
    assert_eq!(said.json()["text"], "hello Ada\n");
    for (arguments, why) in
        [("{\"who\": \"-x\"}", "flag"), ("{}", "`who` is missing"), ("[1]", "no JSON object"), ("{", "no JSON")]
    {
        let said = run(&["call", "greet", "--arguments", arguments, "--yes"], "");
        assert!(said.code != Some(0) && said.err.contains(why), "{arguments}: {}", said.err);
    }
    assert_eq!(run(&["call", "calculator", "--arguments", "{\"expression\": \"6*7\"}"], "").out, "42\n");
    assert!(run(&["call", "nothing"], "").err.contains("no tool named nothing"));

    let said = run(&["import", "-", "--signature", "--json"], "def days(month: int) -> int: \"Days of a month\"");
    assert_eq!(said.json()["tools"][0]["parameters"]["required"], json!(["month"]));
    let api = json!({"openapi": "3.0.0", "servers": [{"url": "https://example.org"}], "paths": {"/a/{b}": {"get": {
        "operationId": "a", "parameters": [{"name": "b", "in": "path", "required": true, "schema": {"type": "string"}}]}}}});
    assert_eq!(
        run(&["import", "-", "--json"], &api.to_string()).json()["tools"][0]["run"]["url"],
        "https://example.org/a/{b}"
    );
    for bad in ["nope", "[{\"name\": \"a b\"}]", "{\"mcpServers\": {}}"] {
        let said = run(&["import", "-"], bad);
        assert!(said.code != Some(0) && said.out.is_empty(), "{bad}: {}", said.err);
    }
}

#[test]
fn a_server_is_shown_before_it_is_started() {
    let home = tempfile::tempdir().unwrap();
    let run = |args: &[&str], stdin: &str| vramdeck(home.path(), args, stdin.as_bytes());
    let mark = home.path().join("started");
    let script = format!("touch {}; exec {}", mark.display(), mcp_server().display());
    let file = json!({"mcpServers": {
        "it": {"command": "sh", "args": ["-c", script], "env": {"TOKEN": "t0psecret"}},
        "off": {"command": "/no/such/server", "disabled": true}}});
    let said = run(&["import", "-"], &file.to_string());
    assert_eq!(said.code, Some(2));
    assert!(
        said.err.contains("word 0: sh") && said.err.contains("exec ") && said.err.contains("variable TOKEN"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("t0psecret") && !mark.exists(), "nothing is started");
    let said = run(&["import", "-", "--yes", "--json"], &file.to_string());
    assert_eq!(said.json()["tools"].as_array().map(Vec::len), Some(13), "{}", said.err);
    assert!(mark.exists());
    std::fs::remove_file(&mark).unwrap();

    let said = run(&["call", "echo", "--arguments", "{\"text\": \"hi\"}"], "");
    assert!(
        said.code == Some(2) && said.err.contains("word 0: sh") && said.err.contains("echo of the server it"),
        "{}",
        said.err
    );
    assert!(!mark.exists() && !said.err.contains("t0psecret"));
    let said = run(&["call", "echo", "--arguments", "{\"text\": \"hi\"}", "--yes"], "");
    assert_eq!((said.code, said.out.as_str()), (Some(0), "hi\n"), "{}", said.err);
    let said = run(&["call", "die", "--yes", "--json"], "");
    assert!(said.code == Some(1) && said.err.contains("the disk is gone"), "{}", said.err);
    let said = run(&["import", "-", "--mcp", "none", "--yes"], &file.to_string());
    assert!(said.code == Some(2) && said.err.contains("no server none"), "{}", said.err);
}
