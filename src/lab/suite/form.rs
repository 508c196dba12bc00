//! What a text must be: the constraint that goes with a request, and what an answer is held against.

use crate::lab::schema::Schema;
use crate::lab::structured::Constraint;
use crate::lab::structured::ask::Told;
use crate::lab::structured::conform::{Grammar, Matcher};
use crate::lab::structured::judge::judge;
use crate::lab::structured::lint::lint;
use crate::lab::structured::verdict::Verdict;
use crate::lab::structured::watch::Watch;
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
    /// Whether nothing is wrong with it but that it goes no further.
    pub unfinished: bool,
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
    let broken = match constraint.grammar() {
        Some(rules) => follow(&rules, &text),
        None => tagged(constraint, &text),
    };
    Checked { value: Some(Value::String(text)), broken, order_differs: false }
}

/// What is wrong between the tags of a text.
fn tagged(constraint: &Constraint, text: &str) -> Option<Vec<Broken>> {
    let told = Told { text: text.to_owned(), finish: Some("stop".to_owned()), ..Told::default() };
    let judged = judge(constraint, &told);
    let broken = judged.errors.into_iter();
    judged.valid?;
    Some(broken.map(|fault| Broken { path: fault.path, why: fault.why, may_pass: false, unfinished: false }).collect())
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
    let unfinished = matcher.first_impossible().is_none();
    Some(vec![Broken { path: String::new(), why, may_pass: false, unfinished }])
}

fn json(text: &str, schema: &Value) -> Checked {
    let Ok(ready) = Schema::new(schema) else { return Checked::default() };
    let mut watch = Watch::new(Some(&ready), None);
    watch.push(text);
    watch.finish();
    let verdict = Verdict::of(&watch, Some(&ready));
    let value = watch.tree().to_value().ok().flatten().filter(|_| verdict.complete);
    let broken = (verdict.valid_unknown.is_none()).then(|| match (verdict.valid, verdict.conforms_so_far) {
        (Some(true), _) => Vec::new(),
        (None, true) => {
            let why = "the text ends before its JSON does".to_owned();
            vec![Broken { path: String::new(), why, may_pass: false, unfinished: true }]
        }
        _ => faults(&verdict, &ready, value.as_ref()),
    });
    Checked { order_differs: verdict.order_differs, broken, value }
}

/// What is wrong, with whether some back end passes over the keyword that it breaks.
fn faults(verdict: &Verdict, ready: &Schema, value: Option<&Value>) -> Vec<Broken> {
    let keywords = value.map(|value| ready.broken_keywords(value)).unwrap_or_default();
    let passed_over = lint(ready.value());
    let broken = verdict.errors.iter().map(|fault| {
        let keyword = keywords.iter().find(|(own, _)| own == fault).map(|(_, keyword)| keyword);
        let may_pass = keyword.is_some_and(|keyword| passed_over.iter().any(|one| one.keyword == *keyword));
        Broken { path: fault.path.clone(), why: fault.why.clone(), may_pass, unfinished: false }
    });
    broken.collect()
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
        let tag = json!({"format": {"tags": [{"begin": "<a>", "end": "</a>", "content": {"json_schema": {"type": "integer"}}}]}});
        let tag = form(&json!({"structural_tag": tag})).unwrap();
        let broken = |text| check(&tag, text, false).broken.map(|all| all.len());
        assert_eq!((broken("well, <a>1</a>"), broken("<a>x</a>")), (Some(0), Some(1)));
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
