//! Files of every program, and lists and answers of every kind.

use super::*;
use crate::lab::agent::run::{Outcome, Runner};

fn env(name: &str) -> Option<String> {
    match name {
        "KEY" => Some("s3cret".to_owned()),
        "HOME" => Some("/home/a".to_owned()),
        "TRICK" => Some("${KEY}".to_owned()),
        _ => None,
    }
}

fn of(text: &str) -> Servers {
    read(text, &env).unwrap()
}

fn why(entry: &Value) -> String {
    let read = of(&json!({"mcpServers": {"it": entry}}).to_string());
    read.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn every_programs_file_is_read() {
    let process = json!({"command": "npx", "args": ["-y", "server", "--key=${KEY}", "${userHome}/notes"], "env": {"TOKEN": "abc"}});
    for file in [
        json!({"mcpServers": {"notes": process}, "globalShortcut": ""}),
        json!({"servers": {"notes": process}, "inputs": []}),
        json!({"mcp": {"servers": {"notes": process}}}),
    ] {
        let read = of(&file.to_string());
        assert_eq!((read.servers.len(), read.problems.len()), (1, 0), "{file}");
        let server = &read.servers[0];
        let lines = [
            "word 0: npx",
            "word 1: -y",
            "word 2: server",
            "word 3: --key=${KEY}",
            "word 4: ${userHome}/notes",
            "variable TOKEN",
        ];
        assert_eq!(server.lines(), lines);
        let Reach::Process { args, env, .. } = &server.reach else { panic!("a process") };
        assert_eq!((args[2].expose(), args[3].expose(), env[0].1.expose()), ("--key=s3cret", "/home/a/notes", "abc"));
        assert!(!format!("{server:?}").contains("abc") && !format!("{server:?}").contains("s3cret"));
        assert_eq!(server.to_entry(), process);
    }
    let http = json!({"type": "http", "url": "https://h/mcp?key=${env:KEY}", "headers": {"Authorization": "Bearer ${NONE:-x}"}, "disabled": true});
    let read = of(&json!({"mcpServers": {"far": http}}).to_string());
    let server = &read.servers[0];
    assert!(server.disabled);
    assert_eq!(server.lines(), ["connects to https://h/mcp?…", "header Authorization"]);
    let Reach::Http { url, headers } = &server.reach else { panic!("an address") };
    assert_eq!((url.expose(), headers[0].1.expose()), ("https://h/mcp?key=s3cret", "Bearer x"));
    assert_eq!(server.to_entry(), http);
}

#[test]
fn what_cannot_be_used_says_whose_and_why() {
    let table = [
        (json!(4), "no JSON object"),
        (json!({}), "neither"),
        (json!({"command": ""}), "is empty"),
        (json!({"command": ["a"]}), "no text"),
        (json!({"command": "a", "url": "http://h"}), "both"),
        (json!({"command": "a", "args": "b"}), "no list"),
        (json!({"command": "a", "args": [{}]}), "no text"),
        (json!({"command": "a", "env": []}), "no object"),
        (json!({"command": "a", "env": {"A B": "c"}}), "cannot be one"),
        (json!({"command": "a", "envFile": ".env"}), "envFile"),
        (json!({"command": "a", "args": ["${NONE}"]}), "the variable NONE is not set"),
        (json!({"command": "a", "args": ["${input:key}"]}), "${input:key}"),
        (json!({"command": "a", "args": ["${"]}), "not closed"),
        (json!({"command": "a", "args": ["\0"]}), "NUL"),
        (json!({"type": "sse", "url": "http://h"}), "old transport"),
        (json!({"type": "http", "command": "a"}), "does not go"),
        (json!({"type": "ws", "url": "http://h"}), "not known"),
        (json!({"url": "ftp://h"}), "must begin"),
        (json!({"url": "http://"}), "must begin"),
        (json!({"url": "http://a:b@h/"}), "password"),
        (json!({"url": "http://h/", "headers": {"a": "b\r\nc"}}), "cannot be sent"),
    ];
    for (entry, expected) in table {
        let told = why(&entry);
        assert!(told.contains("MCP server it") && told.contains(expected), "{entry}: {told}");
    }
    let mixed = of(r#"{"mcpServers": {"good": {"command": "a"}, "bad": {}, "": {"command": "a"}}}"#);
    assert_eq!((mixed.servers.len(), mixed.problems.len()), (1, 2), "one bad server leaves the others");
    assert!(read("nope", &env).is_err() && read("{}", &env).is_err() && read("[]", &env).is_err());
    let many: Map<String, Value> = (0..200).map(|at| (at.to_string(), json!({"command": "a"}))).collect();
    assert!(read(&json!({"servers": many}).to_string(), &env).unwrap_err().why.contains("200"));
}

#[test]
fn what_a_variable_holds_is_not_looked_through() {
    let read = of(r#"{"mcpServers": {"a": {"command": "a", "args": ["${TRICK}", "$HOME", "a$b"]}}}"#);
    let Reach::Process { args, .. } = &read.servers[0].reach else { panic!() };
    assert_eq!(args.iter().map(Text::expose).collect::<Vec<_>>(), ["${KEY}", "$HOME", "a$b"]);
    let hostile = of("{\"servers\": {\"a\": {\"command\": \"ls\\u001b[2J\\n\"}}}");
    assert_eq!(hostile.servers[0].lines(), ["word 0: ls\u{241b}[2J\u{23ce}"]);
}

#[test]
fn listed_tools_become_definitions() {
    let schema = json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"a": {"type": "string"}}});
    let listed = [
        json!({"name": "read file", "description": "Reads", "inputSchema": schema}),
        json!({"name": "read_file", "inputSchema": {}}),
        json!({"name": "read?file", "annotations": {"readOnlyHint": true}}),
        json!({"name": "far", "inputSchema": {"properties": {"a": {"$ref": "https://example.org/s.json"}}}}),
        json!({"name": "wrong", "inputSchema": {"type": "string"}}),
        json!({"title": "nameless"}),
        json!({"name": "ä".repeat(100)}),
    ];
    let read = definitions("files", &listed);
    let names: Vec<&str> = read.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names[..3], ["read_file", "read_file_2", "read_file_3"]);
    assert_eq!((read.tools.len(), names[3].len()), (4, 64));
    assert_eq!(read.tools[0].run, Runner::Mcp { server: "files".to_owned(), tool: "read file".to_owned() });
    assert_eq!(read.tools[1].parameters, json!({"type": "object", "properties": {}}));
    assert!(read.tools.iter().all(|tool| tool.faults().is_empty()));
    let told = read.told.join("\n");
    for why in [
        "\"read file\" is offered as read_file",
        "\"far\" is left out: `$ref` leads to",
        "\"wrong\" is left out",
        "without a name",
    ] {
        assert!(told.contains(why), "{why}: {told}");
    }
    let many = vec![json!({"name": "same"}); 3000];
    let read = definitions("files", &many);
    assert_eq!(read.tools.len(), 2048);
    assert!(read.told[0].contains("3000"));
}

#[test]
fn answers_become_text() {
    let text = |text: &str| Content::Text(text.to_owned());
    let image = Content::Other { what: "image".to_owned(), kind: "image/png".to_owned(), encoded: 400 };
    let all = |content: Vec<Content>, error| answer(&Answered { content, structured: None, error });
    let said = |words: &str| Outcome::Answered(words.as_bytes().to_vec());
    assert_eq!(
        all(vec![text("a"), image, text("b")], false),
        said("a\n[image image/png, 300 bytes: no text, not shown]\nb")
    );
    assert_eq!(all(vec![Content::Link("file:///a".to_owned())], false), said("[resource file:///a: named, not sent]"));
    assert_eq!(all(vec![text("no such file")], true), Outcome::Failed("no such file".to_owned()));
    assert!(matches!(all(vec![], true), Outcome::Failed(why) if why.contains("does not say why")));
    let structured = Answered { structured: Some(json!({"a": 1})), ..Answered::default() };
    assert_eq!(answer(&structured), said("{\"a\":1}"));
}
