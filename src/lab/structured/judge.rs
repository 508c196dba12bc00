//! What a reply is worth under the constraint it was asked for, and whether the engine can have enforced it.

use super::ask::Told;
use super::conform::Matcher;
use super::{Constraint, Kind};
use crate::lab::schema::{Fault, Schema};
use serde_json::Value;

/// What a reply is worth.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// Whether the reply came to its end.
    pub complete: bool,
    /// Whether it obeys; `None` where it was cut off, or cannot be held against the constraint.
    pub valid: Option<bool>,
    /// What is wrong, with JSON pointers.
    pub errors: Vec<Fault>,
    /// Bytes from the start that some answer under the constraint begins with; `None` where that cannot be followed.
    pub conforming: Option<usize>,
    /// The first byte that no answer under the constraint has there.
    pub first_impossible: Option<usize>,
    /// Why the constraint cannot have been enforced: the reply left it, though the engine took the request.
    pub ignored: Option<String>,
}

/// Judges a reply.
pub fn judge(asked: &Constraint, told: &Told) -> Judgement {
    let text = told.reply();
    let mut out = Judgement { complete: !told.is_cut(), ..Judgement::default() };
    match asked {
        Constraint::Tag(tag) => tagged(tag, text, &mut out),
        Constraint::JsonMode | Constraint::Schema { .. } => {
            json(&asked.schema().unwrap_or_default(), text, &mut out);
            follow(asked, text, &mut out);
        }
        _ => {
            let ended = follow(asked, text, &mut out);
            if let Some(ended) = ended {
                let broken = out.first_impossible.is_some();
                out.valid = if broken { Some(false) } else { out.complete.then_some(ended) };
            }
        }
    }
    out.ignored = ignored(asked, &out);
    out
}

/// Follows the text byte by byte; whether it may end where it does.
fn follow(asked: &Constraint, text: &str, out: &mut Judgement) -> Option<bool> {
    let mut matcher = Matcher::new(&asked.grammar()?).ok()?;
    matcher.push(text.as_bytes());
    if matcher.lost().is_some() {
        return None;
    }
    out.conforming = Some(matcher.conforming());
    out.first_impossible = matcher.first_impossible();
    Some(matcher.may_end())
}

fn json(schema: &Value, text: &str, out: &mut Judgement) {
    match serde_json::from_str::<Value>(text.trim()) {
        Ok(value) => match Schema::new(schema) {
            Ok(ready) => {
                out.errors = ready.faults(&value);
                out.valid = Some(out.errors.is_empty());
                out.complete = true;
            }
            Err(why) => out.errors.push(Fault::own("", why)),
        },
        // A text that may go on is not wrong yet.
        Err(error) if error.is_eof() && !out.complete => {}
        Err(error) => {
            out.errors.push(Fault::own("", format!("it is no JSON: {error}")));
            out.valid = Some(false);
        }
    }
}

/// Judges what stands between tags; free text may be anything.
fn tagged(tag: &Value, text: &str, out: &mut Judgement) {
    let (mut found, mut faults) = (0, Vec::new());
    for (begin, end, schema) in tags(tag) {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once(begin) {
            found += 1;
            let Some((inner, after)) = after.split_once(end) else {
                if out.complete {
                    faults.push(Fault::own("", format!("{begin} has no {end}")));
                }
                break;
            };
            match serde_json::from_str::<Value>(inner.trim()) {
                Ok(value) => faults.extend(Schema::new(schema).map(|ready| ready.faults(&value)).unwrap_or_default()),
                Err(error) => {
                    faults.push(Fault::own("", format!("after {begin} stands no JSON: {error}")));
                }
            }
            rest = after;
        }
    }
    let wanted = tag.pointer("/format/at_least_one").and_then(Value::as_bool) == Some(true);
    if wanted && found == 0 && out.complete {
        faults.push(Fault::own("", "no tag stands in it, and one is asked for"));
    }
    out.valid = if faults.is_empty() { out.complete.then_some(true) } else { Some(false) };
    out.errors = faults;
}

/// Begin, end and schema of each tag, of both forms.
fn tags(tag: &Value) -> Vec<(&str, &str, &Value)> {
    let mut out = Vec::new();
    let lists = [(tag.get("structures"), "/schema"), (tag.pointer("/format/tags"), "/content/json_schema")];
    for (list, path) in lists {
        for one in list.and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| one.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            if let (Some(begin), Some(end), Some(schema)) = (text("begin"), text("end"), one.pointer(path)) {
                out.push((begin, end, schema));
            }
        }
    }
    out
}

/// A reply that an engine cannot have written under the constraint. A JSON text that leaves it and still obeys has its members
/// in another order; one whose value is wrong can be the work of a keyword that the back end does not do.
fn ignored(asked: &Constraint, out: &Judgement) -> Option<String> {
    let at = out.first_impossible?;
    let (kind, json) = (asked.kind().title(), matches!(asked.kind(), Kind::JsonMode | Kind::Schema));
    if json && (out.valid == Some(true) || !out.errors.iter().any(|fault| fault.why.contains("no JSON")) && at > 0) {
        return None;
    }
    Some(format!("the engine took the request and did not enforce the {kind}: byte {at} cannot stand there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(text: &str, finish: &str) -> Told {
        Told { text: text.to_owned(), finish: Some(finish.to_owned()), ..Told::default() }
    }

    fn schema() -> Constraint {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"], "additionalProperties": false});
        Constraint::Schema { name: "n".into(), schema }
    }

    #[test]
    fn replies_are_judged() {
        let choice = Constraint::Choice(vec!["yes".into(), "no".into()]);
        let tag = Constraint::Tag(json!({"format": {"type": "triggered_tags", "at_least_one": true, "tags": [
            {"begin": "<c>", "content": {"type": "json_schema", "json_schema": {"type": "object"}}, "end": "</c>"}]}}));
        for (asked, text, finish, valid, first, ignored) in [
            (schema(), "{\"a\": 1, \"b\": 2}", "stop", Some(true), None, false),
            (schema(), "{\"b\": 1, \"a\": 2}", "stop", Some(true), Some(2), false),
            (schema(), "{\"a\": 1", "length", None, None, false),
            (schema(), "{\"a\": 1", "stop", Some(false), None, false),
            (schema(), "Sure! Here", "stop", Some(false), Some(0), true),
            (schema(), "Sure! Here", "length", Some(false), Some(0), true),
            (schema(), "{\"a\": \"x\", \"b\": 2}", "stop", Some(false), Some(6), false),
            (choice.clone(), "yes", "stop", Some(true), None, false),
            (choice.clone(), "ye", "length", None, None, false),
            (choice.clone(), "maybe", "stop", Some(false), Some(0), true),
            (Constraint::Regex("[0-9]{3}".into()), "12x", "stop", Some(false), Some(2), true),
            (tag.clone(), "hi <c>{}</c>", "stop", Some(true), None, false),
            (tag.clone(), "hi", "stop", Some(false), None, false),
            (tag.clone(), "hi <c>3</c>", "stop", Some(false), None, false),
            (tag, "hi <c>{", "length", None, None, false),
        ] {
            let out = judge(&asked, &told(text, finish));
            assert_eq!((out.valid, out.first_impossible), (valid, first), "{text}: {out:?}");
            assert_eq!(out.ignored.is_some(), ignored, "{text}: {out:?}");
        }
    }
}
