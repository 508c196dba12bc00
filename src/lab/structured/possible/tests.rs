use crate::lab::schema::Schema;
use crate::lab::structured::watch::Watch;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A reply fed a character at a time; the byte with which no completion was left, and its first fault.
fn watched(schema: &Value, text: &str) -> Watch {
    let schema = Schema::read(schema).unwrap();
    let mut watch = Watch::new(Some(&schema), None);
    watch.push(text);
    watch
}

/// A schema, a text, and the byte with which it is lost.
type Row = (Value, &'static str, Option<usize>);

/// Values, numbers and lists.
fn values() -> Vec<Row> {
    vec![
        (json!({"type": "string"}), "{", Some(0)),
        (json!({"type": ["string", "null"]}), "t", Some(0)),
        (json!({"enum": ["alpha", "beta", "alps"]}), "\"alpi", Some(4)),
        (json!({"enum": ["alpha", "beta"]}), "\"alpha", None),
        (json!({"enum": ["alpha", "beta"]}), "\"alp\" ", Some(4)),
        (json!({"items": {"enum": ["alpha", "beta"]}}), "[\"alp\"", Some(5)),
        (json!({"const": true}), "f", Some(0)),
        (json!({"const": "a\"b"}), "\"a\\\"c", Some(4)),
        (json!({"const": "é"}), "\"\\u00e8", Some(6)),
        (json!({"maxLength": 2}), "\"aéb", Some(4)),
        (json!({"items": {"minLength": 3}}), "[\"ab\"", Some(4)),
        (json!({"pattern": "^[a-z]+$"}), "\"ab1", Some(3)),
        (json!({"items": {"pattern": "b$"}}), "[\"abc\",", Some(5)),
        (json!({"minimum": 3, "maximum": 4}), "12", Some(0)),
        (json!({"minimum": 13.5, "maximum": 14}), "12", Some(1)),
        (json!({"minimum": 0}), "-1", Some(1)),
        (json!({"items": {"maximum": 150}}), "[200,", Some(4)),
        (json!({"items": {"type": "integer"}}), "[4.5]", Some(4)),
        (json!({"items": {"multipleOf": 5}}), "[7,", Some(2)),
        (json!({"maxItems": 2}), "[1,2,", Some(4)),
        (json!({"items": {"maxItems": 2}}), "[[1,2],[1,2,3", Some(11)),
        (json!({"prefixItems": [{"type": "string"}], "items": false}), "[\"a\",", Some(4)),
        (json!({"prefixItems": [{"type": "string"}, {"type": "null"}]}), "[\"a\",1", Some(5)),
        (json!({"uniqueItems": true}), "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1.0}", Some(29)),
        (json!({"items": {"contains": {"type": "null"}}}), "[[1,2]", Some(5)),
    ]
}

/// Objects.
fn members() -> Vec<Row> {
    vec![
        (json!({"properties": {"ab": {}, "ac": {}}, "additionalProperties": false}), "{\"ad", Some(3)),
        (json!({"properties": {"ab": {}, "ac": {}}, "additionalProperties": false}), "{\"a\"", Some(3)),
        (json!({"properties": {"ab": {}}, "additionalProperties": false}), "{\"ab\":1,", Some(7)),
        (
            json!({"properties": {"ab": {}}, "patternProperties": {"^x": {}}, "additionalProperties": false}),
            "{\"y\"",
            Some(3),
        ),
        (
            json!({"properties": {"ab": {}}, "patternProperties": {"^x": {"type": "null"}}, "additionalProperties": false}),
            "{\"xy\":1",
            Some(6),
        ),
        (json!({"additionalProperties": {"type": "null"}}), "{\"a\":1", Some(5)),
        (json!({"propertyNames": {"maxLength": 2}}), "{\"abc", Some(4)),
        (json!({"propertyNames": {"pattern": "^[a-z]*$"}}), "{\"aB", Some(3)),
        (json!({"maxProperties": 1}), "{\"a\":1,", Some(6)),
        (json!({"items": {"required": ["a"]}}), "[{\"b\":1}", Some(7)),
        (json!({"items": {"dependentRequired": {"a": ["b"]}}}), "[{\"a\":1}", Some(7)),
        (json!({"properties": {"a": false}}), "{\"a\"", Some(3)),
    ]
}

/// Forms joined, drafts, references.
fn forms() -> Vec<Row> {
    let node = json!({"$ref": "#", "$defs": {"n": {"type": "object", "properties": {"v": {"type": "integer"},
        "next": {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]}}, "additionalProperties": false}}});
    let recursive = json!({"$defs": node["$defs"], "$ref": "#/$defs/n"});
    vec![
        (json!({"allOf": [{"type": "string"}, {"maxLength": 1}]}), "\"ab", Some(2)),
        (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), "1", Some(0)),
        (json!({"anyOf": [{"const": "ab"}, {"const": "ac"}]}), "\"ab", None),
        (json!({"anyOf": [{"const": "ab"}, {"const": "ac"}]}), "\"ad", Some(2)),
        (
            json!({"oneOf": [{"properties": {"k": {"const": "a"}, "v": {"type": "string"}}}, {"properties": {"k": {"const": "b"}, "v": {"type": "integer"}}}]}),
            "{\"k\":\"b\",\"v\":\"",
            Some(13),
        ),
        (json!({"items": {"not": {"type": "string"}}}), "[\"a\"", Some(3)),
        (json!({"items": {"if": {"minimum": 5}, "then": {"multipleOf": 2}}}), "[7,", Some(2)),
        (json!({"items": {"enum": [[1, 2], {"a": 1}]}}), "[{\"a\":1.0},[2", None),
        (json!({"items": {"enum": [[1, 2], {"a": 1}]}}), "[{\"a\":2}", Some(7)),
        (
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "null"}], "additionalItems": {"type": "string"}}),
            "[null,1",
            Some(6),
        ),
        (
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {}}, "items": {"$ref": "#/definitions/a", "maxLength": 1}}),
            "[\"abc\"",
            None,
        ),
        (
            json!({"$schema": "http://json-schema.org/draft-04/schema#", "items": {"minimum": 3, "exclusiveMinimum": true}}),
            "[3,",
            Some(2),
        ),
        (json!({"items": {"unevaluatedProperties": false, "properties": {"a": {}}}}), "[{\"b\":1}", Some(7)),
        (recursive.clone(), "{\"v\":1,\"next\":{\"v\":2,\"next\":{\"v\":\"", Some(33)),
        (recursive, "{\"v\":1,\"next\":{\"v\":2,\"next\":null", None),
        (json!({"$ref": "#"}), "[1", None),
        (json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}), "[1", None),
        (json!(false), "", None),
        (json!(false), "1", Some(0)),
    ]
}

#[test]
fn what_no_completion_can_mend_is_seen_at_its_byte() {
    let table = values().into_iter().chain(members()).chain(forms());
    let mut missed = Vec::new();
    for (schema, text, at) in table {
        let watch = watched(&schema, text);
        if watch.impossible_at() != at {
            let told = (watch.impossible_at(), watch.possible().unwrap().faults());
            missed.push(format!("{schema} on {text}: {told:?}, not {at:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn faults_have_the_path_the_node_and_the_reason() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}},
        "b": {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"c": {"type": "null"}}}]}}, "additionalProperties": false});
    let watch = watched(&schema, r#"{"a":[1,"x",true],"b":{"c":5},"z":1}"#);
    let faults: Vec<(&str, &str)> =
        watch.possible().unwrap().faults().iter().map(|one| (one.path.as_str(), one.why.as_str())).collect();
    assert_eq!(
        faults,
        [
            ("/a/1", "must be integer, not a string"),
            ("/a/2", "must be integer, not a boolean"),
            ("/b/c", "keeps to none of the 2 forms that are allowed; the last: must be null, not a number"),
            ("", "has all properties that are allowed already"),
        ]
    );
    let node = watch.tree().find(watch.tree().root().unwrap(), "/a/1").unwrap();
    assert_eq!(watch.state(node).1.as_deref(), Some("must be integer, not a string"));
}

/// A schema and a value that obeys it, made together.
fn pair() -> impl Strategy<Value = (Value, Value)> {
    let name = prop::sample::select(vec!["a", "ab", "b", "é\"", "c/d", ""]);
    let text = prop::sample::select(vec!["", "a", "ab", "é😀", "x\"\\\n", "2026-11-22"]);
    let leaf = prop_oneof![
        text.clone().prop_map(|text| (json!({"type": "string", "maxLength": text.chars().count()}), json!(text))),
        text.clone().prop_map(|text| (json!({"enum": ["zz", text, 5, null]}), json!(text))),
        text.prop_map(|text| (json!({"const": text, "minLength": text.chars().count()}), json!(text))),
        Just((json!({"pattern": "^\\d{4}-\\d\\d-\\d\\d$"}), json!("2026-11-22"))),
        any::<i32>().prop_map(|n| (json!({"type": "integer", "minimum": n, "maximum": n}), json!(n))),
        (-5i64..2000).prop_map(|n| (json!({"enum": [n, 1.5, "x"]}), json!(n))),
        (-9.0e9..9.0e9f64)
            .prop_map(|n| (json!({"type": "number", "minimum": n - 1.0, "exclusiveMaximum": n + 1.0}), json!(n))),
        (1i64..9).prop_map(|n| (json!({"multipleOf": n}), json!(n * 7))),
        any::<bool>().prop_map(|is| (json!({"type": ["boolean", "null"]}), json!(is))),
        Just((json!({"const": null}), json!(null))),
        Just((json!(true), json!([{"any": [1]}]))),
    ];
    leaf.prop_recursive(4, 40, 4, move |inner| {
        let members = prop::collection::btree_map(name.clone(), (inner.clone(), any::<bool>()), 0..4);
        prop_oneof![
            (members, any::<bool>(), any::<u64>()).prop_map(object),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| {
                let (schemas, values): (Vec<Value>, Vec<Value>) = items.into_iter().unzip();
                let mut schema = json!({"type": "array", "items": false, "minItems": values.len()});
                if !schemas.is_empty() {
                    schema["prefixItems"] = json!(schemas);
                }
                (schema, json!(values))
            }),
            (inner.clone(), 1usize..4).prop_map(|((schema, value), n)| {
                (json!({"items": schema, "maxItems": n, "contains": true}), json!(vec![value; n]))
            }),
            (inner.clone(), inner.clone())
                .prop_map(|((one, value), (other, _))| (json!({"anyOf": [other, one]}), value)),
            (inner.clone(), inner.clone())
                .prop_map(|((one, value), (other, _))| { (json!({"allOf": [one, {"anyOf": [other, {}]}]}), value) }),
            inner.clone().prop_map(|(schema, value)| (json!({"oneOf": [{"not": {}}, schema]}), value)),
            inner.prop_map(|(schema, value)| (
                json!({"if": {"type": "string"}, "else": {"not": {"type": "string"}}, "allOf": [schema]}),
                value
            )),
        ]
    })
}

type Made = (std::collections::BTreeMap<&'static str, ((Value, Value), bool)>, bool, u64);

fn object((members, closed, turn): Made) -> (Value, Value) {
    let properties: Map<String, Value> =
        members.iter().map(|(name, ((schema, _), _))| ((*name).to_owned(), schema.clone())).collect();
    let there: Vec<(&str, Value)> =
        members.iter().filter(|(_, (_, there))| *there).map(|(name, ((_, value), _))| (*name, value.clone())).collect();
    let required: Vec<&str> = there.iter().map(|(name, _)| *name).collect();
    let mut schema =
        json!({"type": "object", "properties": properties, "required": required, "maxProperties": there.len()});
    if closed {
        schema["additionalProperties"] = json!(false);
    }
    schema["propertyNames"] = json!({"maxLength": 4});
    // In another order than the schema names them.
    let mut value = Map::new();
    for at in 0..there.len() {
        let (name, one) = &there[(at + turn as usize % there.len()) % there.len()];
        value.insert((*name).to_owned(), one.clone());
    }
    (schema, Value::Object(value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Every prefix of a text that obeys can be completed to one that does: the text itself.
    #[test]
    fn every_prefix_of_a_valid_text_conforms((schema, value) in pair(), pretty in any::<bool>()) {
        let ready = Schema::read(&schema).unwrap();
        prop_assume!(ready.faults(&value).is_empty());
        let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        let watch = watched(&schema, &text);
        prop_assert_eq!(watch.impossible_at(), None, "{} on {}: {:?}", schema, text, watch.possible().unwrap().faults());
        // And however it is cut.
        let mut whole = crate::lab::structured::tree::Tree::new();
        whole.push(&text);
        let mut possible = super::Possible::new(&ready);
        possible.update(&whole);
        prop_assert!(possible.conforms(), "{} on {} at once: {:?}", schema, text, possible.faults());
    }

    /// What one schema says no to, the validator says no to at the end.
    #[test]
    fn no_means_no((schema, _) in pair(), (_, value) in pair()) {
        let ready = Schema::read(&schema).unwrap();
        let text = value.to_string();
        let watch = watched(&schema, &text);
        if !watch.conforms() {
            prop_assert!(!ready.faults(&value).is_empty(), "{} on {}: {:?}", schema, text, watch.possible().unwrap().faults());
        }
    }
}
