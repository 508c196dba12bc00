//! Constraints on the text: an answer that no model gives by itself, in every field by which engines take a constraint.

use crate::lab::probes::ask::Said;
use crate::lab::probes::bench::{Bench, HELLO, Need};
use crate::lab::probes::rule::Marked;
use crate::lab::probes::stats::TREATED;
use crate::lab::probes::verdict::Finding;
use serde_json::{Value, json};

type Found = Result<Finding, Need>;

fn held(bench: &Bench, name: &str, (field, value): (&str, Value), mark: &dyn Fn(&Said) -> Option<bool>) -> Found {
    let control = bench.greedy_pool()?;
    let mut with = bench.greedy()?;
    with.insert(field.to_owned(), value);
    let treated = bench.chats(&format!("{name}, greedy"), TREATED, HELLO, with)?;
    Ok(Marked { treated, control, mark, strict: true, says: "obey" }.finding())
}

/// Whether a text is one of these, blanks between its words aside; a text that was cut off by its length is where it begins one.
/// `None` where there is no text to judge.
fn one_of(said: &Said, wanted: &[String]) -> Option<bool> {
    let blank = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let text = blank(said.text());
    match (text.is_empty(), said.finish()) {
        // All of it went into the reasoning, or into blanks.
        (true, "length") => None,
        (false, "length") => Some(wanted.iter().any(|whole| blank(whole).starts_with(&text))),
        _ => Some(wanted.iter().any(|whole| blank(whole) == text)),
    }
}

fn words(bench: &Bench) -> [String; 3] {
    [1, 2, 3].map(|which| bench.word(which))
}

/// One field of one name with one of two values: few tokens, and no model writes it by itself.
fn schema(bench: &Bench) -> (Value, Vec<String>) {
    let [name, first, second] = words(bench);
    let schema = json!({
        "type": "object", "properties": {name.clone(): {"type": "string", "enum": [first, second]}}, "required": [name],
        "additionalProperties": false,
    });
    let wanted = [first, second].map(|value| json!({name.clone(): value}).to_string());
    (schema, wanted.to_vec())
}

/// `response_format` of the kind `json_object`.
pub(in crate::lab::probes) fn json_object(bench: &Bench) -> Found {
    let mark = |said: &Said| {
        let text = said.text().trim();
        match (said.finish(), text.is_empty()) {
            ("length", true) => None,
            ("length", false) => Some(text.starts_with(['{', '['])),
            _ => Some(serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object() || value.is_array())),
        }
    };
    held(bench, "response_format json_object", ("response_format", json!({"type": "json_object"})), &mark)
}

/// `response_format` of the kind `json_schema`.
pub(in crate::lab::probes) fn json_schema(bench: &Bench) -> Found {
    let (schema, wanted) = schema(bench);
    let format = json!({"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema": schema}});
    held(bench, "response_format json_schema", ("response_format", format), &|said| one_of(said, &wanted))
}

fn structured(bench: &Bench, kind: &str, value: Value, wanted: &[String]) -> Found {
    let field = ("structured_outputs", json!({kind: value}));
    held(bench, &format!("structured_outputs.{kind}"), field, &|said| one_of(said, wanted))
}

/// vLLM's `structured_outputs` with a schema.
pub(in crate::lab::probes) fn outputs_json(bench: &Bench) -> Found {
    let (schema, wanted) = schema(bench);
    structured(bench, "json", schema, &wanted)
}

/// vLLM's `structured_outputs` with a regular expression.
pub(in crate::lab::probes) fn outputs_regex(bench: &Bench) -> Found {
    let [_, first, second] = words(bench);
    structured(bench, "regex", format!("({first}|{second})").into(), &[first, second])
}

/// vLLM's `structured_outputs` with a choice.
pub(in crate::lab::probes) fn outputs_choice(bench: &Bench) -> Found {
    let [_, first, second] = words(bench);
    structured(bench, "choice", json!([first, second]), &[first, second])
}

fn grammar_text(bench: &Bench) -> (String, [String; 2]) {
    let [_, first, second] = words(bench);
    (format!("root ::= \"{first}\" | \"{second}\""), [first, second])
}

/// vLLM's `structured_outputs` with a grammar.
pub(in crate::lab::probes) fn outputs_grammar(bench: &Bench) -> Found {
    let (grammar, wanted) = grammar_text(bench);
    structured(bench, "grammar", grammar.into(), &wanted)
}

/// llama-server's `grammar`.
pub(in crate::lab::probes) fn grammar(bench: &Bench) -> Found {
    let (grammar, wanted) = grammar_text(bench);
    held(bench, "grammar", ("grammar", grammar.into()), &|said| one_of(said, &wanted))
}

/// llama-server's `json_schema`.
pub(in crate::lab::probes) fn own_schema(bench: &Bench) -> Found {
    let (schema, wanted) = schema(bench);
    held(bench, "json_schema", ("json_schema", schema), &|said| one_of(said, &wanted))
}

/// Ollama's `format`, which its `/v1` lacks.
pub(in crate::lab::probes) fn format(bench: &Bench) -> Found {
    let (schema, wanted) = schema(bench);
    held(bench, "format", ("format", schema), &|said| one_of(said, &wanted))
}

/// The field that vLLM removed in 0.12, and that old examples still send.
pub(in crate::lab::probes) fn guided_json(bench: &Bench) -> Found {
    let (schema, wanted) = schema(bench);
    held(bench, "guided_json", ("guided_json", schema), &|said| one_of(said, &wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::probes::ask::Choice;

    #[test]
    fn texts_are_judged_as_far_as_they_go() {
        let wanted = [r#"{"abc2":"xyz3"}"#.to_owned()];
        for (text, finish, verdict) in [
            (r#"{"abc2": "xyz3"}"#, "stop", Some(true)),
            ("{\"abc2\"\n   :", "length", Some(true)),
            ("Hello", "length", Some(false)),
            ("{\"abc2\"", "stop", Some(false)),
            ("", "length", None),
            (" \n ", "length", None),
            ("", "stop", Some(false)),
        ] {
            let choice = Choice { text: text.into(), finish: finish.into(), ..Choice::default() };
            let said = Said { choices: vec![choice], ..Said::default() };
            assert_eq!(one_of(&said, &wanted), verdict, "{text:?} {finish}");
        }
    }
}
