//! Requests from older examples, rewritten to the fields of today.
//!
//! vLLM removed the `guided_*` fields in 0.12: they are answered with 200 and have no effect but a warning in the server's log.

use crate::base::Problem;
use crate::base::text::clean_line;
use serde_json::{Map, Value};

/// Bytes of a request that is read.
const MOST: usize = 8 << 20;

/// A field that was rewritten or taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewriting {
    /// The old field.
    pub from: String,
    /// The field that takes its place; `None` where there is none.
    pub to: Option<String>,
    /// Why.
    pub why: String,
}

const GONE: &str = "removed in vLLM 0.12: answered with 200 and ignored, so that the reply is not constrained";

/// The old fields of constraints and their names within `structured_outputs`.
const GUIDED: [(&str, &str); 6] = [
    ("guided_json", "json"),
    ("guided_regex", "regex"),
    ("guided_choice", "choice"),
    ("guided_grammar", "grammar"),
    ("guided_json_object", "json_object"),
    ("structural_tag", "structural_tag"),
];

/// Rewrites the body of a request, fields within `extra_body` as well; other fields stay as they are, in their order. Without
/// old fields the list is empty and the request unchanged.
///
/// # Errors
/// When it is no JSON object, or is asked for two constraints at once.
pub fn rewrite(text: &str) -> Result<(Value, Vec<Rewriting>), Problem> {
    let refuse = |why: String| {
        Problem::usage(
            "the request cannot be rewritten",
            why,
            "give the JSON body of a request, such as {\"guided_json\": {…}}",
        )
    };
    if text.len() > MOST {
        return Err(refuse(format!("it is larger than {} MiB", MOST >> 20)));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(body)) => rewrite_body(body),
        Ok(_) => Err(refuse("it is no JSON object".to_owned())),
        Err(error) => Err(refuse(clean_line(&error.to_string()))),
    }
}

fn rewrite_body(body: Map<String, Value>) -> Result<(Value, Vec<Rewriting>), Problem> {
    let (mut out, mut notes, mut constraints) = (Map::new(), Vec::new(), Map::new());
    for (name, value) in body {
        match (name.as_str(), value) {
            // The field of OpenAI's Python client; its members are fields of the body.
            ("extra_body", Value::Object(inner)) => {
                let mut left = Map::new();
                for (name, value) in inner {
                    field(name, value, &mut left, &mut constraints, &mut notes);
                }
                if !left.is_empty() {
                    out.insert("extra_body".to_owned(), Value::Object(left));
                }
            }
            (_, value) => field(name, value, &mut out, &mut constraints, &mut notes),
        }
    }
    if constraints.is_empty() {
        return Ok((Value::Object(out), notes));
    }
    let mut whole = match out.remove("structured_outputs") {
        Some(Value::Object(known)) => known,
        _ => Map::new(),
    };
    whole.extend(constraints);
    let kinds: Vec<&str> = GUIDED.iter().map(|(_, to)| *to).filter(|to| whole.contains_key(*to)).collect();
    if kinds.len() > 1 {
        let why = format!("it asks for {} at once, and vLLM takes one", kinds.join(" and "));
        return Err(Problem::usage("the request cannot be rewritten", why, "leave one of them"));
    }
    if kinds.is_empty() {
        notes.push(Rewriting {
            from: whole.keys().next().cloned().unwrap_or_default(),
            to: None,
            why: "an option without a constraint: vLLM refuses structured_outputs without one, so it is left out"
                .to_owned(),
        });
    } else {
        out.insert("structured_outputs".to_owned(), Value::Object(whole));
    }
    Ok((Value::Object(out), notes))
}

/// Puts one field where it belongs today.
fn field(
    name: String,
    value: Value,
    out: &mut Map<String, Value>,
    constraints: &mut Map<String, Value>,
    notes: &mut Vec<Rewriting>,
) {
    let mut note = |to: Option<String>, why: String| notes.push(Rewriting { from: name.clone(), to, why });
    let guided = GUIDED.iter().find(|(old, _)| *old == name).map(|(_, to)| *to);
    match (guided, name.as_str()) {
        (Some(_), _) if value.is_null() => note(None, "it is null and asks for nothing".to_owned()),
        (Some(to), _) => {
            note(Some(format!("structured_outputs.{to}")), GONE.to_owned());
            constraints.insert(to.to_owned(), parsed(to, value));
        }
        (None, "guided_whitespace_pattern") => {
            let why = "removed in vLLM 0.12; the option of today is taken of a request and not read by vLLM 0.32";
            note(Some("structured_outputs.whitespace_pattern".to_owned()), why.to_owned());
            constraints.insert("whitespace_pattern".to_owned(), value);
        }
        (None, "guided_decoding_backend") => {
            let given = value.as_str().unwrap_or("auto");
            let backend = given.split(':').next().unwrap_or_default();
            let why = format!(
                "a request cannot choose the back end any more: start the server with --structured-outputs-config.backend {}",
                clean_line(backend)
            );
            note(None, why);
            if given.contains("disable-any-whitespace") || given.contains("no-additional-properties") {
                let why = "its options are the server's as well: --structured-outputs-config '{\"backend\": \"xgrammar\", \"disable_any_whitespace\": true}'";
                note(None, why.to_owned());
            }
        }
        (None, "best_of") => {
            let why = "gone from vLLM's requests and ignored: ask for n answers with logprobs and choose the best, as `vramdeck chat --best-of` does";
            note(None, why.to_owned());
        }
        (None, _) => {
            out.insert(name.clone(), value);
        }
    }
}

/// Schemas were also given as texts.
fn parsed(to: &str, value: Value) -> Value {
    match (to, &value) {
        ("json", Value::String(text)) => serde_json::from_str(text).ok().filter(Value::is_object).unwrap_or(value),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rewritten(body: Value) -> (Value, Vec<(String, Option<String>)>) {
        let (value, notes) = rewrite(&body.to_string()).unwrap();
        (value, notes.into_iter().map(|note| (note.from, note.to)).collect())
    }

    #[test]
    fn old_fields_become_those_of_today() {
        let schema = json!({"type": "object"});
        for (old, value, name) in [
            ("guided_json", schema.clone(), "json"),
            ("guided_regex", json!("[0-9]+"), "regex"),
            ("guided_choice", json!(["a", "b"]), "choice"),
            ("guided_grammar", json!("root ::= \"a\""), "grammar"),
        ] {
            let (body, notes) = rewritten(json!({"model": "m", old: value, "temperature": 0}));
            assert_eq!(body, json!({"model": "m", "temperature": 0, "structured_outputs": {name: value}}));
            assert_eq!(notes, [(old.to_owned(), Some(format!("structured_outputs.{name}")))]);
        }
        let (body, notes) = rewritten(json!({
            "extra_body": {"guided_json": schema.to_string(), "guided_decoding_backend": "xgrammar:disable-any-whitespace", "top_k": 3},
            "guided_whitespace_pattern": " ?", "best_of": 4, "n": 1
        }));
        assert_eq!(
            body,
            json!({"extra_body": {"top_k": 3}, "n": 1, "structured_outputs": {"json": {"type": "object"}, "whitespace_pattern": " ?"}})
        );
        assert_eq!(notes.len(), 5, "{notes:?}");
        let plain = json!({"model": "m", "structured_outputs": {"regex": "a"}});
        assert_eq!(rewritten(plain.clone()), (plain, Vec::new()));
    }

    #[test]
    fn what_cannot_be_rewritten_is_refused() {
        for (text, why) in [
            ("", "EOF"),
            ("[]", "no JSON object"),
            ("{\"guided_json\": {}, \"guided_regex\": \"a\"}", "json and regex at once"),
            ("{\"guided_json\": {}, \"structured_outputs\": {\"choice\": []}}", "json and choice at once"),
        ] {
            let problem = rewrite(text).unwrap_err();
            assert!(problem.exit_code() == 2 && problem.why.contains(why), "{text}: {problem}");
        }
        let (body, notes) = rewrite("{\"guided_whitespace_pattern\": \" \", \"guided_json\": null}").unwrap();
        assert_eq!((body, notes.len()), (json!({}), 3));
    }
}
