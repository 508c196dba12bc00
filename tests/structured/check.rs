//! `vramdeck structured check`: the contract, hostile bytes, and schemas that cannot be used.

use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

struct Said {
    out: String,
    err: String,
    code: Option<i32>,
}

fn check(schema: &[u8], args: &[&str], text: &[u8]) -> Said {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("schema.json");
    std::fs::write(&path, schema).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_vramdeck"))
        .args(["structured", "check", "--schema", path.to_str().unwrap()])
        .args(args)
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A schema that cannot be used ends the program before it reads.
    let _ = child.stdin.take().unwrap().write_all(text);
    let done = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { out: text(done.stdout), err: text(done.stderr), code: done.status.code() }
}

fn document(schema: &Value, args: &[&str], text: &[u8]) -> Value {
    let said = check(schema.to_string().as_bytes(), &[args, &["--json"]].concat(), text);
    assert_eq!(said.code, Some(0), "{}", said.err);
    serde_json::from_str(&said.out).unwrap()
}

fn person() -> Value {
    json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "maximum": 150}},
        "required": ["name", "age"], "additionalProperties": false})
}

#[test]
fn the_contract_is_kept() {
    for chunk in ["0", "1", "3"] {
        let told = document(&person(), &["--chunk", chunk], br#"{"age": 200, "name": "Bob"}"#);
        let keys = ["complete", "valid", "conforms_so_far", "order_differs"].map(|key| told[key].clone());
        assert_eq!(keys, [json!(true), json!(false), json!(false), json!(true)]);
        assert_eq!(told["errors"], json!([{"path": "/age", "message": "must be at most 150"}]));
        assert_eq!(told["lint"], json!([]));
        assert_eq!(told["in_schema_order"]["first_impossible"], json!(2));
        assert_eq!(told["impossible_at"], json!(11));
        let told = document(&person(), &["--chunk", chunk], br#"{"name": "B"#);
        let keys = ["complete", "valid", "conforms_so_far", "order_differs", "errors"].map(|key| told[key].clone());
        assert_eq!(keys, [json!(false), Value::Null, json!(true), json!(false), json!([])]);
    }
    let told = document(&json!({"uniqueItems": true, "items": {"multipleOf": 2}}), &[], b"[2,2.0]");
    assert_eq!(told["errors"][0]["path"], "");
    assert_eq!(told["in_schema_order"]["conforming_bytes"], Value::Null);
    assert!(told["in_schema_order"]["unknown"].as_str().unwrap().contains("uniqueItems"), "{told}");
    let lint: Vec<(&str, &str, &str)> = told["lint"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let part = |key: &str| one[key].as_str().unwrap();
            (part("backend"), part("keyword"), part("path"))
        })
        .collect();
    for found in [
        ("xgrammar", "uniqueItems", "/uniqueItems"),
        ("guidance", "uniqueItems", "/uniqueItems"),
        ("llama.cpp", "multipleOf", "/items/multipleOf"),
    ] {
        assert!(lint.contains(&found), "{found:?} in {lint:?}");
    }
}

#[test]
fn hostile_bytes_are_answered() {
    for text in [
        &b""[..],
        b"\xff\xfe\x00{",
        b"{\"a\":\"\xff\"}",
        b"\x00",
        b"{\"\x1b[2J\": 1}",
        b"}",
        b"{\"name\":\"\\ud83d",
        "[".repeat(10_000).as_bytes(),
    ] {
        let told = document(&json!({}), &[], text);
        assert!(told["complete"].is_boolean() && told["conforms_so_far"].is_boolean(), "{told}");
        let words = check(b"{}", &[], text);
        assert_eq!(words.code, Some(0));
        assert!(!words.out.contains('\x1b') && words.out.contains("verdict"), "{}", words.out);
    }
}

#[test]
fn without_json_it_is_told_in_words() {
    let said = check(person().to_string().as_bytes(), &[], br#"{"name": "Bob", "age": "x"#);
    for line in [
        "growing    {2}",
        "whole        \"name\": \"Bob\"",
        "wrong        \"age\": \"x\"  (must be integer, not a string)",
        "verdict    cut off, and wrong before that",
        "error      /age: must be integer, not a string",
        "lost       from byte 23 on no completion can obey the schema",
        "at byte 23 ",
    ] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
}

#[test]
fn what_is_no_schema_is_refused() {
    let table: [(&[u8], &str); 7] = [
        (b"{\"$ref\": \"https://example.com/a.json\"}", "https://example.com/a.json"),
        (b"{\"type\": \"strin\"}", "strin"),
        (b"[]", "an object"),
        (b"7", "an object"),
        (b"null", "an object"),
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
    ];
    for (schema, words) in table {
        let said = check(schema, &["--json"], b"{}");
        let told: Value = serde_json::from_str(&said.err).unwrap();
        assert!(told["error"]["why"].as_str().unwrap().contains(words), "{told}");
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    }
    assert_eq!(check(b"{}", &["--chunk", "x"], b"{}").code, Some(2));
}

#[test]
fn slow_patterns_and_large_schemas_end() {
    let slow = json!({"type": "string", "pattern": "^(a+)+$", "allOf": [{"pattern": "^(?=(a+)+$)(a|aa)+$"}]});
    let text = format!("\"{}!\"", "a".repeat(5000));
    assert_eq!(document(&slow, &[], text.as_bytes())["complete"], json!(true));
    let many: serde_json::Map<String, Value> = (0..20_000)
        .map(|n| (format!("property_{n}"), json!({"type": "string", "description": "x".repeat(200)})))
        .collect();
    let large = json!({"type": "object", "properties": many});
    let told = document(&large, &[], br#"{"property_19999": 4"#);
    assert_eq!(told["conforms_so_far"], json!(false));
}
