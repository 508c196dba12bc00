use super::*;
use crate::base::Problem;
use crate::lab::schema::Schema;

#[test]
fn an_example_gives_a_schema_that_it_obeys() {
    let value = json!({
        "name": "Ada", "age": 36, "score": 1.5, "born": "1815-12-10", "at": "2024-05-01T10:00:00+02:00",
        "tags": ["a", "b"], "none": null, "mixed": [1, "x"], "rows": [{"a": 1}, {"a": 2, "b": true}], "empty": []
    });
    let schema = from_example(&value);
    assert!(Schema::new(&schema).unwrap().faults(&value).is_empty());
    assert_eq!(schema["properties"]["born"], json!({"type": "string", "format": "date"}));
    assert_eq!(schema["properties"]["at"], json!({"type": "string", "format": "date-time"}));
    assert_eq!(schema["properties"]["mixed"]["items"], json!({"type": ["string", "integer"]}));
    assert_eq!(schema["properties"]["rows"]["items"]["required"], json!(["a"]));
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(from_example(&json!(["2024-13-01", "x"])), json!({"type": "array", "items": {"type": "string"}}));
    assert_eq!(from_examples(&[json!(1), json!(null)]), json!({"type": ["integer", "null"]}));
}

#[test]
fn types_of_typescript() {
    let schema = from_type(
        "// a person\nexport interface Person {\n  /** full name */ name: string;\n  age?: number,\n  kind: 'a' | \"b\";\n  \
         tags: string[];\n  home: Address | null;\n  more: Record<string, number>;\n  [key: string]: unknown\n}\n\
         type Address = { street: string, no: 1 | 2, near: Array<Address> };",
    )
    .unwrap();
    assert_eq!(schema["properties"]["name"], json!({"type": "string", "description": "full name"}));
    assert_eq!(schema["required"], json!(["name", "kind", "tags", "home", "more"]));
    assert_eq!(schema["properties"]["kind"], json!({"type": "string", "enum": ["a", "b"]}));
    assert_eq!(schema["properties"]["home"], json!({"anyOf": [{"$ref": "#/$defs/Address"}, {"type": "null"}]}));
    assert_eq!(schema["$defs"]["Address"]["properties"]["no"], json!({"enum": [1, 2]}));
    assert_eq!(schema["additionalProperties"], json!({}));
    assert!(Schema::new(&schema).is_ok());
    let tree = from_type("interface Node { name: string; below: Node[] }").unwrap();
    assert_eq!(tree["$ref"], "#/$defs/Node");
    assert_eq!(
        from_type("{ a: (string | number)[] }").unwrap()["properties"]["a"]["items"],
        json!({"type": ["string", "number"]})
    );
}

#[test]
fn types_of_rust() {
    let schema = from_type("/// A person.\n#[derive(Debug, Clone)]\npub struct Person<'a> {\n}");
    assert!(schema.unwrap_err().problem.why.contains("parameters"));
    let schema = from_type(
        "/// A person.\n#[derive(Debug)]\npub struct Person {\n    /// full name\n    pub name: String,\n    age: u8,\n    mail: Option<String>,\n    \
         kind: Kind,\n    rows: Vec<[f32; 2]>,\n    more: std::collections::HashMap<String, i64>,\n}\nenum Kind { New, Old, Other(String) }",
    )
    .unwrap();
    assert_eq!(schema["description"], "A person.");
    assert_eq!(schema["required"], json!(["name", "age", "kind", "rows", "more"]));
    assert_eq!(schema["properties"]["mail"], json!({"type": ["string", "null"]}));
    assert_eq!(schema["properties"]["rows"]["items"]["minItems"], 2);
    assert_eq!(schema["$defs"]["Kind"]["anyOf"][0], json!({"const": "New"}));
    assert_eq!(from_type("enum K { A, B }").unwrap(), json!({"type": "string", "enum": ["A", "B"]}));
    assert!(Schema::new(&schema).is_ok());
}

#[test]
fn what_is_not_read_is_told_with_its_place() {
    for (text, line, column, why) in [
        ("", 1, 1, "the end"),
        ("interface A {\n  b: Map<string, number>\n}", 2, 9, "parameters"),
        ("interface A { b: string", 1, 24, "}"),
        ("interface A extends B {}", 1, 13, "extend"),
        ("type A = B & C", 1, 12, "joined"),
        ("interface A { b: undefined }", 1, 28, "no JSON"),
        ("struct A { b: Weird<u8> }", 1, 20, "parameters"),
        ("struct A { #[serde(rename = \"x\")] b: u8 }", 1, 14, "serde"),
        ("struct A { b u8 }", 1, 14, ": should stand"),
        ("type A = \"x", 1, 10, "does not end"),
        ("/* x", 1, 1, "does not end"),
        ("fn x() {}", 1, 1, "interface"),
    ] {
        let mistake = from_type(text).unwrap_err();
        assert_eq!((mistake.line, mistake.column), (line, column), "{text}: {}", Problem::from(mistake.clone()));
        assert!(mistake.problem.why.contains(why), "{text}: {mistake:?}");
    }
    let deep = format!("type A = {}string{}", "(".repeat(100), ")".repeat(100));
    assert!(from_type(&deep).unwrap_err().problem.why.contains("too deep"));
}
