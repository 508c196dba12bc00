use super::*;
use serde_json::{Value, json};

fn verdict(schema: &Value, text: &str) -> Verdict {
    let schema = Schema::read(schema).unwrap();
    let mut watch = Watch::new(Some(&schema), None);
    watch.push(text);
    watch.finish();
    let told = Verdict::of(&watch, Some(&schema));
    let mut bytes = Watch::new(Some(&schema), None);
    text.as_bytes().chunks(3).for_each(|piece| bytes.push_bytes(piece));
    bytes.finish();
    assert_eq!(Verdict::of(&bytes, Some(&schema)), told, "{text}");
    told
}

/// complete, valid, conforms, order differs, paths of the errors
type Told = (bool, Option<bool>, bool, bool, &'static [&'static str]);

#[test]
fn each_field_means_what_it_says() {
    let person = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "maximum": 150},
        "tags": {"type": "array", "items": {"enum": ["x", "yy"]}}}, "required": ["name", "age"], "additionalProperties": false});
    let whole: &[(&str, Told)] = &[
        (r#"{"name":"A","age":4}"#, (true, Some(true), true, false, &[])),
        (" {\"name\":\"A\",\"age\":4}\n", (true, Some(true), true, false, &[])),
        (r#"{"age":4,"name":"A"}"#, (true, Some(true), true, true, &[])),
        (r#"{"age":4,"name":""#, (false, None, true, true, &[])),
        (r#"{"name":"A","age":200}"#, (true, Some(false), false, false, &["/age"])),
        (r#"{"name":"A"}"#, (true, Some(false), false, false, &[""])),
        (r#"{"name":"A""#, (false, None, true, false, &[])),
        (r#"{"name":5"#, (false, None, false, false, &["/name"])),
        (r#"{"name":"A","name":"B","age":1}"#, (true, Some(false), false, false, &["/name"])),
        (r#"{"name":"A","name"#, (false, None, false, false, &[""])),
        (r#"{"name":"A","nope":1}"#, (true, Some(false), false, false, &["", ""])),
        (r#"{"name":"A","nope"#, (false, None, false, false, &[""])),
        (r#"{"name":"A","ta"#, (false, None, true, false, &[])),
        (r#"{"name":"A","tags":["x","z"#, (false, None, false, false, &["/tags/1"])),
        (r#"{"name":"A","tags":["x","y"#, (false, None, true, false, &[])),
        (r#"{"name":"A","age":4}, and"#, (true, Some(false), false, false, &[""])),
        (r#"Sure: {"name":"A","age":4}"#, (true, Some(false), false, false, &[""])),
        (r#"Sure: {"name":"A"#, (false, None, false, false, &[""])),
        ("I cannot do that.", (false, Some(false), false, false, &[""])),
        (r#"{"name":"A",}"#, (false, Some(false), false, false, &[""])),
        ("{'name'", (false, Some(false), false, false, &[""])),
        ("", (false, None, true, false, &[])),
        ("  ", (false, None, true, false, &[])),
        ("{", (false, None, true, false, &[])),
        ("[", (false, None, false, false, &[""])),
        ("\u{feff}{\"name\":\"A\",\"age\":4}", (true, Some(false), false, false, &[""])),
        ("{\"name\":\"\\ud800\",\"age\":4}", (true, Some(false), false, false, &["/name"])),
        ("{\"name\":\"\\ud800", (false, None, true, false, &[])),
        ("{\"name\":\"\\ud83d\\ude", (false, None, true, false, &[])),
    ];
    for (text, (complete, valid, conforms, order, paths)) in whole {
        let told = verdict(&person, text);
        let seen = (told.complete, told.valid, told.conforms_so_far, told.order_differs);
        assert_eq!(seen, (*complete, *valid, *conforms, *order), "{text}: {told:?}");
        let found: Vec<&str> = told.errors.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(&found, paths, "{text}: {told:?}");
    }
}

#[test]
fn a_number_at_the_top_can_go_on() {
    let schema = json!({"const": 12});
    for (text, complete, valid, conforms) in [
        ("1", true, Some(false), true),
        ("12", true, Some(true), true),
        ("12 ", true, Some(true), true),
        ("1 ", true, Some(false), false),
        ("3", true, Some(false), false),
        ("-", false, None, false),
        ("1.", false, None, true),
    ] {
        let told = verdict(&schema, text);
        assert_eq!((told.complete, told.valid, told.conforms_so_far), (complete, valid, conforms), "{text}");
    }
}

#[test]
fn outcomes_tell_cut_off_from_wrong() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    for (text, by_length, outcome) in [
        (r#"{"a":1}"#, false, Outcome::Valid),
        (r#"{"a":"x"}"#, false, Outcome::Invalid),
        (r#"{"a":1"#, true, Outcome::CutByLength),
        (r#"{"a":1"#, false, Outcome::CutOff),
        (r#"{"a":"x"#, true, Outcome::CutAndWrong),
        ("no", false, Outcome::NotJson),
    ] {
        assert_eq!(verdict(&schema, text).outcome(by_length), outcome, "{text}");
    }
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let told = verdict(&json!(true), &deep);
    assert_eq!((told.complete, told.valid, told.conforms_so_far), (true, None, true));
    assert_eq!(told.outcome(false), Outcome::Unknown);
    assert_eq!(told.valid_unknown.unwrap().to_string(), "it is nested more than 200 levels deep");
}
