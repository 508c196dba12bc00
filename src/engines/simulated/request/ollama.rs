//! Ollama's native bodies: `/api/chat` and `/api/generate`.

use super::fields::{Fields, kind_of};
use super::openai::{settings, tools, turn};
use super::{Ask, Refusal, ToolChoice, Turn};
use crate::engines::simulated::SimDialect;
use crate::engines::simulated::constrain::Rule;
use serde_json::{Map, Value};

/// Which of the two native routes a body was sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generate {
    /// `/api/chat`.
    Chat,
    /// `/api/generate`.
    Prompt,
}

/// Reads a native request. An absent `stream` means that it is wanted.
pub fn native(route: Generate, body: &Map<String, Value>) -> Result<Ask, Refusal> {
    let fields = Fields { dialect: SimDialect::Ollama, map: body };
    let empty = Map::new();
    let options = body.get("options").and_then(Value::as_object).unwrap_or(&empty);
    check_options(options)?;
    let drawn = Fields { dialect: SimDialect::Ollama, map: options };
    let text = |role: &str, text: String| Turn { role: role.to_owned(), text, name: None };
    let (turns, raw) = match route {
        Generate::Chat => {
            let list = body.get("messages").and_then(Value::as_array);
            (list.map(|list| list.iter().map(turn).collect()).unwrap_or_default(), false)
        }
        Generate::Prompt => {
            let prompt = fields.text("prompt")?.unwrap_or_default();
            let system = fields.text("system")?.map(|system| text("system", system));
            let turns = system.into_iter().chain(Some(text("user", prompt)).filter(|t| !t.text.is_empty()));
            (turns.collect(), fields.switch("raw")?)
        }
    };
    let logprobs = fields.switch("logprobs")?;
    Ok(Ask {
        model: fields.text("model")?.unwrap_or_default(),
        turns,
        raw,
        settings: settings(&drawn)?,
        seed: drawn.whole("seed")?.map(|seed| seed as u64),
        n: 1,
        max_tokens: drawn.whole("num_predict")?.filter(|&n| n > 0).map(|n| n as u64),
        stop: drawn.strings("stop"),
        keep_stop: false,
        logprobs: logprobs.then_some(fields.whole("top_logprobs")?.unwrap_or(0).max(0) as usize),
        rule: format(&fields),
        tools: tools(&fields),
        tool_choice: ToolChoice::Auto,
        parallel: true,
        think: match fields.get("think") {
            Some(Value::Bool(on)) => Some(*on),
            Some(Value::String(_)) => Some(true),
            _ => None,
        },
        beam: None,
        stream: fields.get("stream").and_then(Value::as_bool).unwrap_or(true),
        usage: true,
        usage_always: false,
    })
}

fn format(fields: &Fields<'_>) -> Option<Rule> {
    match fields.get("format")? {
        Value::String(word) if word == "json" => Some(Rule::JsonObject),
        Value::Object(schema) => Some(Rule::Schema(Value::Object(schema.clone()))),
        _ => None,
    }
}

fn check_options(options: &Map<String, Value>) -> Result<(), Refusal> {
    let expected = [
        ("temperature", "number", "float32"),
        ("top_p", "number", "float32"),
        ("min_p", "number", "float32"),
        ("typical_p", "number", "float32"),
        ("repeat_penalty", "number", "float32"),
        ("presence_penalty", "number", "float32"),
        ("frequency_penalty", "number", "float32"),
        ("top_k", "number", "integer"),
        ("num_predict", "number", "integer"),
        ("num_ctx", "number", "integer"),
        ("seed", "number", "integer"),
        ("stop", "array", "array"),
    ];
    for (name, json, go) in expected {
        if options.get(name).is_some_and(|value| kind_of(value) != json) {
            let why = format!("option \"{name}\" must be of type {go}");
            return Err(Refusal::new(500, "api_error", why, None));
        }
    }
    Ok(())
}
