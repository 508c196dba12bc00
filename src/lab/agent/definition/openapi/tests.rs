//! Files of every kind: what becomes of their operations.

use super::*;
use crate::lab::agent::run::{Use, plan};

fn pets() -> Value {
    json!({"openapi": "3.1.0", "servers": [{"url": "https://{where}.example.org/v1/", "variables": {"where": {"default": "api"}}}],
        "security": [{"key": []}],
        "components": {
            "parameters": {"limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}}},
            "schemas": {"Pet": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "example": "Rex"}, "friend": {"$ref": "#/components/schemas/Pet"}}}}},
        "paths": {
            "/pets/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}, "description": "which"}],
                "get": {"operationId": "getPet", "summary": "One pet", "parameters": [
                    {"$ref": "#/components/parameters/limit"}, {"name": "X-Trace", "in": "header", "schema": {}}]},
                "put": {"summary": "Change", "requestBody": {"required": true, "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}},
                "delete": {"parameters": [{"name": "X-Sure", "in": "header", "required": true}]}},
            "/far": {"get": {"parameters": [{"$ref": "https://example.org/p.json"}]}},
            "/form": {"post": {"requestBody": {"required": true, "content": {"multipart/form-data": {}}}}},
            "/lost/{x}": {"get": {}}}})
}

#[test]
fn operations_become_requests() {
    let read = openapi(&pets().to_string()).unwrap();
    let names: Vec<&str> = read.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["getPet", "put_pets_id"]);
    let [get, put] = read.tools.as_slice() else { panic!("two tools") };
    assert_eq!(get.description, "One pet");
    assert_eq!(get.parameters["properties"]["id"], json!({"type": "string", "description": "which"}));
    assert_eq!(get.parameters["required"], json!(["id"]));
    let friend = &put.parameters["properties"]["friend"];
    assert_eq!(friend, &json!({}), "a circle ends");
    assert_eq!(put.parameters["required"], json!(["id", "name"]));
    let sent = |tool: &Definition, arguments: Value| plan(tool, arguments.as_object().unwrap()).unwrap().uses;
    let Use::Request { method, url, body: None, .. } = sent(get, json!({"id": "a/b", "limit": 3})) else { panic!() };
    assert_eq!((method.as_str(), url.as_str()), ("GET", "https://api.example.org/v1/pets/a%2Fb?limit=3"));
    let Use::Request { url, body: Some(body), .. } = sent(put, json!({"id": 7, "name": "Rex"})) else { panic!() };
    assert_eq!((url.as_str(), body.as_str()), ("https://api.example.org/v1/pets/7", "{\"name\":\"Rex\"}"));
    let told = read.told.join("\n");
    for why in [
        "wants a key",
        "delete /pets/{id} is left out: it needs the header parameter X-Sure",
        "leads out of the file",
        "its body is no JSON",
        "the path takes x",
    ] {
        assert!(told.contains(why), "{why}: {told}");
    }
}

#[test]
fn what_is_no_such_file_is_refused() {
    for (text, why) in [
        ("nope", "expected"),
        ("{}", "not 3.x"),
        (r#"{"openapi": "2.0"}"#, "not 3.x"),
        (r#"{"openapi": "3.0.0"}"#, "no server"),
        (r#"{"openapi": "3.0.0", "servers": [{"url": "/v1"}]}"#, "whole address"),
        (r#"{"openapi": "3.0.0", "servers": [{"url": "https://{h}/"}]}"#, "whole address"),
        (r#"{"openapi": "3.0.0", "servers": [{"url": "https://h"}]}"#, "`paths`"),
    ] {
        let problem = openapi(text).unwrap_err();
        assert!(problem.why.contains(why), "{text}: {problem}");
    }
}

#[test]
fn references_do_not_blow_up() {
    let mut schemas = Map::new();
    for level in 0..20 {
        let next = format!("#/components/schemas/s{}", level + 1);
        schemas.insert(format!("s{level}"), json!({"properties": {"a": {"$ref": next}, "b": {"$ref": next}}}));
    }
    schemas.insert("s20".to_owned(), json!({"type": "string"}));
    let file = json!({"openapi": "3.0.0", "servers": [{"url": "https://h"}], "components": {"schemas": schemas},
        "paths": {"/a": {"post": {"requestBody": {"required": true, "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/s0"}}}}}}}});
    let read = openapi(&file.to_string()).unwrap();
    assert!(read.tools.is_empty() && read.told[0].contains("more than"), "{:?}", read.told);
}
