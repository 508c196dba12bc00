use super::*;
use serde_json::json;

/// Keyword and path of what one back end says.
fn told(schema: &Value, backend: Backend) -> Vec<(String, &'static str)> {
    let of = lint(schema).into_iter().filter(|one| one.backend == backend);
    of.map(|one| (one.path, one.effect.name())).collect()
}

/// `path effect`, separated by commas; nothing where all is well.
fn check(schema: &Value, xgrammar: &str, guidance: &str, llama_cpp: &str) {
    for (backend, want) in
        [(Backend::Xgrammar, xgrammar), (Backend::Guidance, guidance), (Backend::LlamaCpp, llama_cpp)]
    {
        let told: Vec<String> =
            told(schema, backend).into_iter().map(|(path, effect)| format!("{path} {effect}")).collect();
        assert_eq!(told.join(","), want, "{} of {schema}", backend.name());
    }
}

#[test]
fn every_cell_of_the_table_numbers_and_lists() {
    let text = json!({"type": "string"});
    check(&json!({"type": "integer", "multipleOf": 3}), "/multipleOf refused", "", "/multipleOf ignored");
    check(&json!({"type": "number", "multipleOf": 0.5}), "/multipleOf refused", "", "/multipleOf ignored");
    check(&json!({"multipleOf": 3}), "/multipleOf ignored", "", "/multipleOf ignored");
    for keyword in ["uniqueItems", "contains", "minContains", "maxContains"] {
        let value = match keyword {
            "uniqueItems" => json!(true),
            "contains" => text.clone(),
            _ => json!(1),
        };
        let (refused, ignored) = (format!("/{keyword} refused"), format!("/{keyword} ignored"));
        check(&json!({"type": "array", "items": text, keyword: value}), &refused, &refused, &ignored);
    }
    check(
        &json!({"type": "array", "items": text, "uniqueItems": false}),
        "/uniqueItems refused",
        "/uniqueItems refused",
        "",
    );
    check(&json!({"type": "array", "items": text, "minItems": 1, "maxItems": 3}), "", "", "");
    check(&json!({"type": "array", "prefixItems": [text]}), "", "", "/prefixItems differs");
    check(&json!({"type": "array", "prefixItems": [text], "items": text}), "", "", "/prefixItems differs");
    for keyword in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] {
        check(&json!({"type": "integer", keyword: 3}), "", "", "");
        check(&json!({"type": "number", keyword: 3}), "", "", &format!("/{keyword} ignored"));
        check(&json!({"type": ["number", "null"], keyword: 3}), "", "", &format!("/{keyword} ignored"));
        check(&json!({keyword: 3}), &format!("/{keyword} ignored"), "", &format!("/{keyword} ignored"));
    }
}

#[test]
fn every_cell_of_the_table_strings() {
    for format in ["date-time", "date", "time", "uuid"] {
        check(&json!({"type": "string", "format": format}), "", "", "");
    }
    for format in ["email", "duration", "ipv4", "ipv6", "hostname", "uri"] {
        check(&json!({"type": "string", "format": format}), "", "", "/format ignored");
    }
    for format in ["uri-reference", "uri-template", "json-pointer", "relative-json-pointer"] {
        check(&json!({"type": "string", "format": format}), "", "/format refused", "/format ignored");
    }
    for format in ["iri", "idn-email", "regex", "phone"] {
        check(&json!({"type": "string", "format": format}), "/format refused", "/format refused", "/format ignored");
    }
    check(&json!({"type": "integer", "format": "int32"}), "", "", "");
    check(&json!({"type": "string", "minLength": 1, "maxLength": 9}), "", "", "");
    check(&json!({"type": "string", "pattern": "^[a-z]+$"}), "", "", "");
    check(&json!({"type": "string", "pattern": "[a-z]+"}), "", "", "/pattern ignored");
    check(&json!({"type": "string", "pattern": "^\\d+$"}), "", "", "/pattern ignored");
    check(&json!({"type": "string", "pattern": "^a\\.b$"}), "", "", "");
    check(&json!({"type": "string", "pattern": "^(?=a)a$"}), "", "/pattern refused", "/pattern ignored");
    check(&json!({"type": "string", "pattern": "^\\bfoo$"}), "", "/pattern refused", "/pattern ignored");
    check(
        &json!({"type": "string", "pattern": "^a+$", "minLength": 2}),
        "/pattern refused,/minLength refused",
        "",
        "/minLength ignored",
    );
    check(
        &json!({"type": "string", "format": "date", "maxLength": 12}),
        "/format refused,/maxLength refused",
        "",
        "/maxLength ignored",
    );
    check(
        &json!({"type": "string", "format": "email", "maxLength": 12}),
        "/format refused,/maxLength refused",
        "",
        "/format ignored",
    );
}

#[test]
fn every_cell_of_the_table_objects() {
    let text = json!({"type": "string"});
    let names = json!({"pattern": "^[a-z]+$"});
    check(&json!({"type": "object", "propertyNames": names}), "", "/propertyNames refused", "/propertyNames ignored");
    for beside in [
        json!({"type": "object", "propertyNames": names, "properties": {"a": text}}),
        json!({"type": "object", "propertyNames": {"pattern": "^[a-z]+$", "maxLength": 3}}),
    ] {
        let told = told(&beside, Backend::Xgrammar);
        assert!(told.contains(&("/propertyNames".to_owned(), "refused")), "{beside}: {told:?}");
    }
    check(
        &json!({"type": "object", "propertyNames": names, "patternProperties": {"^a": text}}),
        "/propertyNames refused",
        "/propertyNames refused,/patternProperties refused",
        "/propertyNames ignored,/patternProperties ignored",
    );
    let alone = json!({"type": "object", "patternProperties": {"^a": text}});
    check(&alone, "", "/patternProperties refused", "/patternProperties ignored");
    for schema in [
        json!({"type": "object", "patternProperties": {"^a": text}, "properties": {"b": text}}),
        json!({"type": "object", "patternProperties": {"^a": text, "^b": text}}),
    ] {
        check(&schema, "/patternProperties refused", "/patternProperties refused", "/patternProperties ignored");
    }
    for keyword in ["unevaluatedProperties", "unevaluatedItems"] {
        let schema = json!({"type": "object", "properties": {"a": text}, keyword: false});
        check(&schema, &format!("/{keyword} differs"), &format!("/{keyword} refused"), &format!("/{keyword} ignored"));
    }
    let sized = json!({"type": "object", "properties": {"a": text}, "minProperties": 1});
    check(&sized, "", "/minProperties refused", "/minProperties ignored");
    let plain = json!({"type": "object", "properties": {"a": text}, "required": ["a"]});
    check(&plain, "", "", "");
    check(&json!({"type": "object", "properties": {"a": text}, "additionalProperties": false}), "", "", "");
    check(&json!({"type": "object", "properties": {"a": text}, "required": ["z"]}), "", "", "/required ignored");
    check(&json!({"type": "object", "properties": {"a": true}}), "", "", "/properties/a refused");
}

#[test]
fn every_cell_of_the_table_branches() {
    let text = json!({"type": "string"});
    for (keyword, value) in [
        ("not", json!({"const": 3})),
        ("dependentRequired", json!({"a": ["b"]})),
        ("dependentSchemas", json!({"a": {"type": "object"}})),
    ] {
        let (ignored, refused) = (format!("/{keyword} ignored"), format!("/{keyword} refused"));
        check(
            &json!({"type": "object", "properties": {"a": text, "b": text}, keyword: value}),
            &ignored,
            &refused,
            &ignored,
        );
    }
    let all = |word: &str| ["if", "then", "else"].map(|keyword| format!("/{keyword} {word}")).join(",");
    let branch = json!({"type": "object", "properties": {"a": text}});
    let schema = json!({"type": "object", "properties": {"a": text}, "if": branch, "then": branch, "else": branch});
    check(&schema, &all("ignored"), &all("refused"), &all("ignored"));
    let yes = json!({"allOf": [text, {"enum": ["yes", "no"]}]});
    check(&yes, "/allOf refused", "", "/allOf differs");
    let two = json!({"allOf": [{"type": "object", "properties": {"a": text}}, {"type": "object", "properties": {"b": text}}]});
    check(&two, "/allOf refused", "", "/allOf differs");
    check(&json!({"allOf": [branch]}), "", "", "");
    let numbers = json!({"oneOf": [{"type": "integer"}, {"type": "number"}]});
    check(&numbers, "/oneOf differs", "/oneOf refused", "/oneOf differs");
    check(&json!({"oneOf": [{"type": "integer"}, text]}), "/oneOf differs", "", "");
    let tagged = |name: &str| json!({"type": "object", "properties": {"k": {"const": name}}, "required": ["k"]});
    check(&json!({"oneOf": [tagged("a"), tagged("b")]}), "/oneOf differs", "", "");
    let mut beside =
        json!({"type": "object", "properties": {"a": text}, "required": ["a"], "oneOf": [tagged("a"), tagged("b")]});
    check(&beside, "/oneOf ignored", "", "/oneOf ignored");
    beside["anyOf"] = beside["oneOf"].take();
    beside.as_object_mut().map(|map| map.remove("oneOf"));
    check(&beside, "/anyOf ignored", "", "/anyOf ignored");
    check(&json!({"anyOf": [{"type": "integer"}, text]}), "", "", "");
}

#[test]
fn references_are_followed_once_and_never_outside() {
    let remote = json!({"type": "object", "properties": {"a": {"$ref": "https://example.com/x.json"}}});
    check(&remote, "/properties/a/$ref ignored", "/properties/a/$ref refused", "/properties/a/$ref refused");
    let tree = json!({
        "$ref": "#/$defs/node",
        "$defs": {"node": {"type": "object", "properties": {
            "n": {"type": "integer", "multipleOf": 2}, "below": {"type": "array", "items": {"$ref": "#/$defs/node"}}
        }, "required": ["n"]}}
    });
    let path = "/$defs/node/properties/n/multipleOf";
    check(&tree, &format!("{path} refused"), "", &format!("{path} ignored"));
    // A target that stands at no place of a schema is one by the reference.
    let odd = json!({"$ref": "#/shelf/a~1b", "shelf": {"a/b": {"type": "integer", "multipleOf": 2}}});
    check(&odd, "/shelf/a~1b/multipleOf refused", " refused", "/shelf/a~1b/multipleOf ignored");
    let beside = json!({"$defs": {"t": {"type": "string"}}, "$ref": "#/$defs/t", "minLength": 3});
    check(&beside, "/$ref ignored", "", "/$ref ignored");
    assert_eq!(walk::pointer("#/a%20b"), Some("/a b".to_owned()));
    assert_eq!((walk::pointer("#q"), walk::pointer("x#/a"), walk::pointer("#%é")), (None, None, None));
    // llguidance does not look at what nothing uses.
    let unused = json!({"type": "string", "$defs": {"x": {"not": {"type": "string"}}}});
    check(&unused, "/$defs/x/not ignored", "", "/$defs/x/not ignored");
}

#[test]
fn names_and_data_are_no_keywords() {
    let text = json!({"type": "string"});
    let data = json!({"not": 1, "multipleOf": 3, "type": "integer", "format": "iri", "oneOf": [{"type": "integer", "multipleOf": 2}]});
    let schema = json!({
        "type": "object",
        "properties": {
            "format": text, "multipleOf": text, "not": text, "if": text, "$ref": text, "oneOf": text, "uniqueItems": text,
            "kind": {"enum": [data, "x"]}, "fixed": {"const": data}
        },
        "required": ["format"], "default": data, "examples": [data], "additionalProperties": false
    });
    check(&schema, "", "", "");
    let inner = json!({"type": "object", "properties": {"properties": {"type": "object", "properties": {"a/b~": {"not": {}}}}}});
    let path = "/properties/properties/properties/a~1b~0/not";
    check(&inner, &format!("{path} ignored"), &format!("{path} refused"), &format!("{path} ignored"));
}

#[test]
fn what_is_no_schema_or_without_end_is_survived() {
    for schema in
        [json!(null), json!(3), json!("x"), json!([]), json!({}), json!(true), json!({"properties": 3, "$ref": 7})]
    {
        let _ = lint(&schema);
    }
    let mut deep = json!({"type": "integer", "multipleOf": 2});
    for _ in 0..100 {
        deep = json!({"type": "array", "items": deep});
    }
    let found = lint(&deep);
    assert!(found.iter().any(|one| one.backend == Backend::Xgrammar && one.path.matches("/items").count() == 100));
    let deep = deep.pointer(&"/items".repeat(61)).unwrap();
    assert_eq!(told(deep, Backend::Guidance), [], "llguidance is asked down to 40 levels");
    let many: serde_json::Map<String, Value> =
        (0..5000).map(|n| (format!("p{n}"), json!({"type": "integer", "multipleOf": 2}))).collect();
    assert_eq!(lint(&json!({"type": "object", "properties": many})).len(), MOST);
}
