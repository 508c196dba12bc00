//! What to know of a constraint before it is sent, beside what single keywords come to: [`super::lint`] tells those.

use super::{Constraint, Kind};
use crate::wire::Dialect;
use serde_json::Value;

/// Models below this many parameters are prone to fill white space without end.
const SMALL: u64 = 3_000_000_000;
/// Values of a schema that are looked at.
const MOST: usize = 200_000;

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// A short name: `remote`, `recursion`, `open`, `order`, `reasoning`, `blanks`.
    pub name: &'static str,
    /// JSON pointer into the schema; empty where it is not about a place.
    pub path: String,
    /// What is so.
    pub why: String,
    /// What to do.
    pub hint: String,
}

/// What is known of where the constraint goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Situation {
    /// Whose API.
    pub dialect: Option<Dialect>,
    /// The server's reasoning parser, where it has one.
    pub reasoning_parser: Option<String>,
    /// Whether the constraint holds within the reasoning as well (`enable_in_reasoning`).
    pub enable_in_reasoning: bool,
    /// Whether the request keeps the model from reasoning.
    pub no_reasoning: bool,
    /// Parameters of the model.
    pub parameters: Option<u64>,
    /// Whether the server writes no blanks between the parts of JSON.
    pub no_whitespace: bool,
}

/// What to know of a constraint.
pub fn advise(constraint: &Constraint, situation: &Situation) -> Vec<Advice> {
    let mut out = Vec::new();
    if let Constraint::Schema { schema, .. } = constraint {
        out.extend(of_schema(schema, situation));
    }
    let json = matches!(constraint.kind(), Kind::JsonMode | Kind::Schema);
    out.extend(reasoning(situation, json));
    if json && situation.dialect == Some(Dialect::Vllm) && !situation.no_whitespace {
        let small = situation.parameters.is_some_and(|count| count < SMALL);
        if small {
            out.push(Advice {
                name: "blanks",
                path: String::new(),
                why: "small models can fill the white space between parts of JSON until no tokens are left".to_owned(),
                hint: "start vLLM with --structured-outputs-config '{\"backend\": \"xgrammar\", \"disable_any_whitespace\": true}'; \
                       the same option of a request has no effect"
                    .to_owned(),
            });
        }
    }
    out
}

fn reasoning(situation: &Situation, json: bool) -> Option<Advice> {
    let (why, hint) = match situation.dialect {
        Some(Dialect::Vllm) if !situation.enable_in_reasoning => {
            let parser = situation.reasoning_parser.as_ref()?;
            let why = format!(
                "with --reasoning-parser {parser} the constraint holds only after the reasoning; of a model that marks no \
                 end of it the whole reply comes as reasoning"
            );
            (
                why,
                "leave the parser out for models that do not reason, or set --structured-outputs-config.enable_in_reasoning",
            )
        }
        Some(Dialect::LlamaCpp) if json && !situation.no_reasoning => {
            let why = "llama-server lets a model whose template knows <think> reason freely before the JSON";
            (why.to_owned(), "allow tokens for it, or send reasoning_format none")
        }
        _ => return None,
    };
    Some(Advice { name: "reasoning", path: String::new(), why, hint: hint.to_owned() })
}

fn of_schema(schema: &Value, situation: &Situation) -> Vec<Advice> {
    let mut out = Vec::new();
    let mut add = |name, path: &str, why: &str, hint: &str| {
        out.push(Advice { name, path: path.to_owned(), why: why.to_owned(), hint: hint.to_owned() });
    };
    let seen = look(schema);
    if let Some(path) = &seen.remote {
        let why = "a reference leads out of the schema; nothing is fetched, here or by the engines";
        add("remote", path, why, "put what it refers to into $defs and refer to #/$defs/…");
    }
    if let Some(path) = &seen.recursive {
        let why = "the schema refers to itself: a reply may nest until no tokens are left";
        add("recursion", path, why, "bound lists with maxItems, or the depth by hand");
    }
    if let Some(path) = &seen.open {
        let why = "additionalProperties is not said: guidance then allows further members, llama.cpp and xgrammar none";
        add("open", path, why, "add \"additionalProperties\": false");
    }
    if seen.object && situation.dialect == Some(Dialect::Ollama) {
        let why = "Ollama's replies were seen with their members in alphabetical order";
        add("order", "", why, "do not rely on the schema's order");
    }
    out
}

#[derive(Debug, Default)]
struct Seen {
    remote: Option<String>,
    recursive: Option<String>,
    open: Option<String>,
    object: bool,
}

/// Looks through all places of a schema.
fn look(schema: &Value) -> Seen {
    let mut seen = Seen::default();
    for place in super::lint::places(schema).into_iter().take(MOST) {
        let Some(map) = place.schema.as_object() else { continue };
        if map.contains_key("properties") {
            seen.object = true;
            let said = ["additionalProperties", "unevaluatedProperties"].iter().any(|name| map.contains_key(*name));
            if !said && seen.open.is_none() {
                seen.open = Some(place.path.clone());
            }
        }
        let Some(reference) = map.get("$ref").and_then(Value::as_str) else { continue };
        let here = format!("{}/$ref", place.path);
        match reference.strip_prefix('#') {
            None => seen.remote = seen.remote.or(Some(here)),
            // A place below its own target goes round.
            Some(target) if place.path == target || place.path.starts_with(&format!("{target}/")) => {
                seen.recursive = seen.recursive.or(Some(here));
            }
            Some(_) => {}
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(schema: Value, situation: &Situation) -> Vec<(&'static str, String)> {
        let constraint = Constraint::Schema { name: "n".into(), schema };
        advise(&constraint, situation).into_iter().map(|one| (one.name, one.path)).collect()
    }

    #[test]
    fn what_is_not_about_a_keyword_is_told() {
        let plain = Situation::default();
        let closed = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
        assert_eq!(names(closed.clone(), &plain), []);
        assert_eq!(names(json!({"properties": {}}), &plain), [("open", String::new())]);
        assert_eq!(names(json!({"$ref": "https://a.b/c"}), &plain), [("remote", "/$ref".to_owned())]);
        let tree = json!({"$ref": "#/$defs/n", "$defs": {"n": {"type": "array", "items": {"$ref": "#/$defs/n"}}}});
        assert_eq!(names(tree, &plain), [("recursion", "/$defs/n/items/$ref".to_owned())]);
        let itself = json!({"type": "array", "items": {"$ref": "#"}});
        assert_eq!(names(itself, &plain), [("recursion", "/items/$ref".to_owned())]);
        let vllm = Situation {
            dialect: Some(Dialect::Vllm),
            reasoning_parser: Some("qwen3".into()),
            parameters: Some(600_000_000),
            ..plain.clone()
        };
        let told: Vec<_> = names(closed.clone(), &vllm).into_iter().map(|(name, _)| name).collect();
        assert_eq!(told, ["reasoning", "blanks"]);
        let set = Situation { enable_in_reasoning: true, no_whitespace: true, ..vllm };
        assert_eq!(names(closed.clone(), &set), []);
        let llama = Situation { dialect: Some(Dialect::LlamaCpp), ..plain.clone() };
        assert_eq!(names(closed.clone(), &llama), [("reasoning", String::new())]);
        assert!(advise(&Constraint::Regex("a".into()), &llama).is_empty());
        let ollama = Situation { dialect: Some(Dialect::Ollama), ..plain };
        assert_eq!(names(closed, &ollama), [("order", String::new())]);
    }
}
