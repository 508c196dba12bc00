//! What a text must be: the constraint that goes with a request, and what an answer is held against.

use crate::lab::schema::Schema;
use crate::lab::structured::Constraint;
use crate::lab::structured::conform::{Grammar, Matcher};
use crate::lab::structured::lint::lint;
use serde_json::Value;

/// One thing by which a text is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// JSON pointer to the value at fault; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub why: String,
    /// Whether an engine that enforces the constraint may let it pass: the schema's keyword is one that some back end passes
    /// over.
    pub may_pass: bool,
}

/// A text held against what it must be.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checked {
    /// The text as JSON; of a constraint that is none about JSON the text as a JSON string. `None` where it cannot be read.
    pub value: Option<Value>,
    /// By what it is not what it must be; `None` where that cannot be told.
    pub broken: Option<Vec<Broken>>,
    /// Whether its keys come in another order than the schema names them, which is never wrong.
    pub order_differs: bool,
}

/// Reads a constraint that texts can be held against, as files of constraints hold one: `{"json_schema": …}`, `{"regex": "…"}`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn form(value: &Value) -> Result<Constraint, String> {
    let constraint = Constraint::from_file(value).map_err(|problem| problem.why)?;
    match (constraint.schema(), constraint.grammar()) {
        (Some(schema), _) => Schema::new(&schema).map(drop).map_err(|why| format!("schema: {why}"))?,
        (None, Some(rules)) => {
            let name = constraint.kind().name();
            Matcher::new(&rules).map(drop).map_err(|problem| format!("{name}: {}", problem.why))?;
        }
        (None, None) => {}
    }
    Ok(constraint)
}

/// Holds a text against a constraint. `as_json` says that the engine had no such constraint and was asked for the same as JSON: a
/// choice comes as a JSON string.
pub fn check(constraint: &Constraint, text: &str, as_json: bool) -> Checked {
    let text = text.trim();
    if let Some(schema) = constraint.schema() {
        return json(text, &schema);
    }
    let inner = as_json.then(|| serde_json::from_str::<String>(text).ok()).flatten();
    let text = inner.unwrap_or_else(|| text.to_owned());
    let broken = constraint.grammar().and_then(|rules| follow(&rules, &text));
    Checked { value: Some(Value::String(text)), broken, order_differs: false }
}

/// By what a text leaves what it must follow; `None` where that cannot be told.
fn follow(rules: &Grammar, text: &str) -> Option<Vec<Broken>> {
    let mut matcher = Matcher::new(rules).ok()?;
    matcher.push(text.as_bytes());
    let why = match matcher.first_impossible() {
        Some(at) => format!("byte {at} can stand in no answer under the constraint"),
        None if matcher.lost().is_some() => return None,
        None if matcher.may_end() => return Some(Vec::new()),
        None => "the text ends before an answer under the constraint may".to_owned(),
    };
    Some(vec![Broken { path: String::new(), why, may_pass: false }])
}

fn json(text: &str, schema: &Value) -> Checked {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let why = format!("the text is no JSON: {error}");
            let broken = Some(vec![Broken { path: String::new(), why, may_pass: false }]);
            return Checked { broken, ..Checked::default() };
        }
    };
    let faults = Schema::new(schema).map(|ready| ready.faults(&value)).unwrap_or_default();
    let passed_over = if faults.is_empty() { Vec::new() } else { lint(schema) };
    let broken = faults.into_iter().map(|fault| Broken {
        may_pass: passed_over.iter().any(|one| one.keyword == fault.keyword),
        path: fault.path,
        why: fault.why,
    });
    let broken = broken.collect();
    Checked { order_differs: !ordered(schema, &value), broken: Some(broken), value: Some(value) }
}

/// Whether the keys of objects come in the order in which their schema names them, as far as it says so plainly.
fn ordered(schema: &Value, value: &Value) -> bool {
    match value {
        Value::Object(given) => {
            let Some(known) = schema.get("properties").and_then(Value::as_object) else { return true };
            let places: Vec<usize> = given.keys().filter_map(|key| known.keys().position(|one| one == key)).collect();
            places.is_sorted() && given.iter().all(|(key, inner)| known.get(key).is_none_or(|own| ordered(own, inner)))
        }
        Value::Array(all) => schema.get("items").is_none_or(|own| all.iter().all(|inner| ordered(own, inner))),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::structured::Syntax;
    use serde_json::json;

    #[test]
    fn each_kind_is_read_and_held_against_a_text() {
        let grammar = json!({"grammar": "root ::= \"a\" | \"b\""});
        let schema = json!({"json_schema": {"properties": {"n": {"type": "integer"}}}});
        for (of, text, right) in [
            (json!({"json_mode": true}), " {\"a\": 1}\n", true),
            (json!({"json_mode": true}), "[1]", false),
            (schema.clone(), "{\"n\": 1}", true),
            (schema.clone(), "{\"n\": \"1\"}", false),
            (schema, "{\"n\": 1", false),
            (json!({"regex": "a+|b"}), "aa\n", true),
            (json!({"regex": "a+|b"}), "aab", false),
            (json!({"choice": ["yes", "no"]}), "yes", true),
            (json!({"choice": ["yes", "no"]}), "\"yes\"", false),
            (grammar.clone(), "b", true),
            (grammar, "ab", false),
        ] {
            let checked = check(&form(&of).unwrap(), text, false);
            assert_eq!(checked.broken.as_ref().map(Vec::is_empty), Some(right), "{of} {text}: {checked:?}");
        }
        let rewritten = check(&form(&json!({"choice": ["yes", "no"]})).unwrap(), "\"yes\"", true);
        assert_eq!((rewritten.value, rewritten.broken), (Some(json!("yes")), Some(Vec::new())));
        let lark = form(&json!({"grammar": "start: \"a\""})).unwrap();
        assert!(matches!(lark, Constraint::Grammar { syntax: Syntax::Lark, .. }));
        let tag = form(&json!({"structural_tag": {"format": {}}})).unwrap();
        assert_eq!(check(&tag, "b", false).broken, None, "what is not known is not said");
    }

    #[test]
    fn an_order_of_keys_differs_and_breaks_nothing() {
        let inner = json!({"properties": {"a": {}, "b": {"items": {"properties": {"x": {}, "y": {}}}}}});
        let form = form(&json!({"json_schema": inner})).unwrap();
        for (text, differs) in [
            (r#"{"a": 1, "b": [{"x": 1, "y": 2}]}"#, false),
            (r#"{"a": 1, "more": 2, "b": 3}"#, false),
            (r#"{"b": 3, "a": 1}"#, true),
            (r#"{"a": 1, "b": [{"x": 1}, {"y": 2, "x": 1}]}"#, true),
        ] {
            let checked = check(&form, text, false);
            assert_eq!((checked.order_differs, checked.broken), (differs, Some(Vec::new())), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for (bad, why) in [
            (json!({"rhyme": "abba"}), "0 kinds"),
            (json!({"regex": "("}), "regex"),
            (json!({"regex": "a", "more": 1}), "more"),
            (json!({"choice": []}), "choice"),
            (json!({"grammar": " "}), "grammar"),
            (json!({"grammar": "a", "syntax": "bnf"}), "bnf"),
            (json!({"json_schema": {"type": 7}}), "schema"),
            (json!({"json_schema": {"$ref": "https://example.com/a.json"}}), "schema"),
        ] {
            let refused = form(&bad).unwrap_err();
            assert!(refused.contains(why), "{bad}: {refused}");
        }
    }
}
