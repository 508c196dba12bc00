//! What a text must be: the constraint that goes with a request, and what an answer is held against.

use crate::lab::schema::Schema;
use crate::lab::structured::conform::{Grammar, Matcher};
use crate::lab::structured::lint::lint;
use crate::lab::structured::{Constraint, Syntax};
use serde::Deserialize;
use serde_json::Value;

/// What a text must be at every turn without calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Sent with every request of the case.
    pub constraint: Constraint,
}

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

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    JsonMode,
    JsonSchema { name: Option<String>, schema: Value },
    Regex { regex: String },
    Choice { choice: Vec<String> },
    Grammar { grammar: String, syntax: Option<String> },
    StructuralTag { tag: Value },
}

impl Form {
    /// That of a schema.
    pub fn schema(schema: Value) -> Self {
        Self { constraint: Constraint::Schema { name: "answer".to_owned(), schema } }
    }

    /// Reads one: `{"kind": "json_mode"}`, or `json_schema` with `schema`, `regex` with `regex`, `choice` with `choice`, `grammar`
    /// with `grammar` and perhaps `syntax`, `structural_tag` with `tag`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(value: &Value) -> Result<Self, String> {
        let line: Line = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        let constraint = match line {
            Line::JsonMode => Constraint::JsonMode,
            Line::JsonSchema { name, schema } => {
                Constraint::Schema { name: name.unwrap_or_else(|| "answer".to_owned()), schema }
            }
            Line::Regex { regex } => Constraint::Regex(regex),
            Line::Choice { choice } => Constraint::Choice(choice),
            Line::Grammar { grammar, syntax } => {
                let named = |name: String| Syntax::from_name(&name).ok_or(format!("there is no syntax {name}"));
                let syntax = syntax.map_or_else(|| Ok(Syntax::guess(&grammar)), named)?;
                Constraint::Grammar { text: grammar, syntax }
            }
            Line::StructuralTag { tag } => Constraint::Tag(tag),
        };
        let form = Self { constraint };
        form.usable()?;
        Ok(form)
    }

    fn usable(&self) -> Result<(), String> {
        if let Some(schema) = self.constraint.schema() {
            Schema::new(&schema).map_err(|why| format!("schema: {why}"))?;
        }
        let name = self.constraint.kind().name();
        self.grammar().map_or(Ok(()), |rules| {
            Matcher::new(&rules).map(drop).map_err(|problem| format!("{name}: {}", problem.why))
        })
    }

    /// What a text follows that need be no JSON; none of tags.
    fn grammar(&self) -> Option<Grammar> {
        match &self.constraint {
            Constraint::Regex(pattern) => Some(Grammar::Regex(pattern.clone())),
            Constraint::Choice(all) => Some(Grammar::Choice(all.clone())),
            Constraint::Grammar { text, .. } => Some(Grammar::Rules(text.clone())),
            Constraint::JsonMode | Constraint::Schema { .. } | Constraint::Tag(_) => None,
        }
    }

    /// Holds a text against it. `as_json` says that the engine had no such constraint and was asked for the same as JSON: a choice
    /// comes as a JSON string.
    pub fn check(&self, text: &str, as_json: bool) -> Checked {
        let text = text.trim();
        match self.constraint.schema() {
            Some(schema) => json(text, &schema),
            None => {
                let inner = as_json.then(|| serde_json::from_str::<String>(text).ok()).flatten();
                let text = inner.unwrap_or_else(|| text.to_owned());
                let broken = self.grammar().and_then(|rules| follow(&rules, &text));
                Checked { value: Some(Value::String(text)), broken, order_differs: false }
            }
        }
    }
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
    use serde_json::json;

    fn form(value: Value) -> Form {
        Form::read(&value).unwrap()
    }

    #[test]
    fn each_kind_is_read_and_held_against_a_text() {
        let grammar = json!({"kind": "grammar", "grammar": "root ::= \"a\" | \"b\""});
        let schema = json!({"kind": "json_schema", "schema": {"properties": {"n": {"type": "integer"}}}});
        for (of, text, right) in [
            (json!({"kind": "json_mode"}), " {\"a\": 1}\n", true),
            (json!({"kind": "json_mode"}), "[1]", false),
            (schema.clone(), "{\"n\": 1}", true),
            (schema.clone(), "{\"n\": \"1\"}", false),
            (schema, "{\"n\": 1", false),
            (json!({"kind": "regex", "regex": "a+|b"}), "aa\n", true),
            (json!({"kind": "regex", "regex": "a+|b"}), "aab", false),
            (json!({"kind": "choice", "choice": ["yes", "no"]}), "yes", true),
            (json!({"kind": "choice", "choice": ["yes", "no"]}), "\"yes\"", false),
            (grammar.clone(), "b", true),
            (grammar, "ab", false),
        ] {
            let checked = form(of.clone()).check(text, false);
            assert_eq!(checked.broken.as_ref().map(Vec::is_empty), Some(right), "{of} {text}: {checked:?}");
        }
        let choice = form(json!({"kind": "choice", "choice": ["yes", "no"]}));
        let rewritten = choice.check("\"yes\"", true);
        assert_eq!((rewritten.value, rewritten.broken), (Some(json!("yes")), Some(Vec::new())));
        let lark = form(json!({"kind": "grammar", "grammar": "start: \"a\""}));
        assert!(matches!(lark.constraint, Constraint::Grammar { syntax: Syntax::Lark, .. }));
        let tag = form(json!({"kind": "structural_tag", "tag": {"format": {}}}));
        assert_eq!(tag.check("b", false).broken, None, "what is not known is not said");
    }

    #[test]
    fn an_order_of_keys_differs_and_breaks_nothing() {
        let inner = json!({"properties": {"a": {}, "b": {"items": {"properties": {"x": {}, "y": {}}}}}});
        let form = Form::schema(inner);
        for (text, differs) in [
            (r#"{"a": 1, "b": [{"x": 1, "y": 2}]}"#, false),
            (r#"{"a": 1, "more": 2, "b": 3}"#, false),
            (r#"{"b": 3, "a": 1}"#, true),
            (r#"{"a": 1, "b": [{"x": 1}, {"y": 2, "x": 1}]}"#, true),
        ] {
            let checked = form.check(text, false);
            assert_eq!((checked.order_differs, checked.broken), (differs, Some(Vec::new())), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for (bad, why) in [
            (json!({"kind": "rhyme"}), "unknown variant"),
            (json!({"kind": "regex", "regex": "("}), "regex"),
            (json!({"kind": "regex", "regex": "a", "more": 1}), "more"),
            (json!({"kind": "choice", "choice": []}), "choice"),
            (json!({"kind": "grammar", "grammar": " "}), "grammar"),
            (json!({"kind": "grammar", "grammar": "a", "syntax": "bnf"}), "bnf"),
            (json!({"kind": "json_schema", "schema": {"type": 7}}), "schema"),
            (json!({"kind": "json_schema", "schema": {"$ref": "https://example.com/a.json"}}), "schema"),
        ] {
            let refused = Form::read(&bad).unwrap_err();
            assert!(refused.contains(why), "{bad}: {refused}");
        }
    }
}
