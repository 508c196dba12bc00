//! vLLM's `structured_outputs` and `response_format`.

use super::{Options, Request, Shape, plain_name, response_format};
use crate::base::Problem;
use crate::lab::structured::{Constraint, Syntax};
use serde_json::{Map, Value, json};

/// vLLM 0.32 takes these of a request and does not read them; what it reads is the server's configuration.
const UNREAD: &str = "vLLM 0.32 takes it of a request and does not read it; start the server with \
                      --structured-outputs-config '{\"backend\": \"xgrammar\", \"disable_any_whitespace\": true}'";

pub(super) fn request(constraint: &Constraint, options: &Options) -> Result<Request, Problem> {
    let extra = extra(options);
    let format = match constraint {
        Constraint::Tag(tag) => Some(typed(tag)),
        other => response_format(other),
    };
    match (options.shape, format) {
        (Shape::ResponseFormat, None) => Err(Problem::usage(
            "the constraint cannot be written as response_format",
            "vLLM's response_format holds JSON mode, JSON Schema and structural tag",
            "leave the shape out: structured_outputs holds all kinds",
        )),
        (Shape::ResponseFormat, Some(format)) => {
            let request = Request::of(constraint, "response_format", format);
            let note = "options beside the constraint go with structured_outputs alone: not sent";
            Ok(if extra.is_empty() { request } else { request.noted(note) })
        }
        (Shape::Auto, Some(format)) if extra.is_empty() => Ok(Request::of(constraint, "response_format", format)),
        _ => Ok(own(constraint, extra)),
    }
}

fn own(constraint: &Constraint, extra: Map<String, Value>) -> Request {
    let (name, value) = match constraint {
        Constraint::JsonMode => ("json_object", json!(true)),
        Constraint::Schema { schema, .. } => ("json", schema.clone()),
        Constraint::Regex(text) => ("regex", json!(text)),
        Constraint::Choice(all) => ("choice", json!(all)),
        Constraint::Grammar { text, .. } => ("grammar", json!(text)),
        // Here vLLM wants the object as a text.
        Constraint::Tag(tag) => ("structural_tag", typed(tag).to_string().into()),
    };
    let unread: Vec<String> = extra.keys().map(|key| format!("`{key}` has no effect: {UNREAD}")).collect();
    let mut fields = Map::new();
    fields.insert(name.to_owned(), value);
    fields.extend(extra);
    let mut request = Request::of(constraint, "structured_outputs", Value::Object(fields));
    request.notes = unread;
    if matches!(constraint, Constraint::Schema { schema, .. } if schema.is_boolean()) {
        request.notes.push("a schema that is true or false holds no rule".to_owned());
    }
    match constraint {
        Constraint::Grammar { syntax: Syntax::Gbnf, .. } => {
            request.noted("vLLM reads it as xgrammar's EBNF, which is GBNF but for a few escapes")
        }
        Constraint::Grammar { syntax: Syntax::Lark, .. } => {
            request.noted("xgrammar turns Lark into EBNF where it can, guidance reads it as it is")
        }
        _ => request,
    }
}

fn extra(options: &Options) -> Map<String, Value> {
    let mut extra = Map::new();
    for (name, on) in [
        ("disable_any_whitespace", options.disable_any_whitespace),
        ("disable_additional_properties", options.disable_additional_properties),
    ] {
        if on {
            extra.insert(name.to_owned(), true.into());
        }
    }
    if let Some(pattern) = &options.whitespace_pattern {
        extra.insert("whitespace_pattern".to_owned(), pattern.clone().into());
    }
    extra
}

/// A structural tag with its `type`.
fn typed(tag: &Value) -> Value {
    let mut out = Map::new();
    out.insert("type".to_owned(), "structural_tag".into());
    for (key, value) in tag.as_object().into_iter().flatten() {
        if key == "name" {
            out.insert(key.clone(), plain_name(value.as_str().unwrap_or_default()).into());
        } else if key != "type" {
            out.insert(key.clone(), value.clone());
        }
    }
    Value::Object(out)
}
