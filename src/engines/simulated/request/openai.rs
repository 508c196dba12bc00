//! The OpenAI bodies: `/v1/chat/completions` and `/v1/completions`.

use super::fields::Fields;
use super::{Ask, Refusal, Tool, ToolChoice, Turn, limits};
use crate::engines::simulated::SimDialect;
use crate::engines::simulated::constrain::Rule;
use crate::engines::simulated::sampling::{Order, Settings};
use serde_json::{Map, Value};

/// Reads a chat request.
pub fn chat(dialect: SimDialect, body: &Map<String, Value>, max_model_len: u64) -> Result<Ask, Refusal> {
    let fields = Fields { dialect, map: body };
    let turns = turns(&fields)?;
    if turns.is_empty() && dialect == SimDialect::Vllm {
        let why = "Cannot apply chat template to an empty conversation. Provide at least one message.";
        return Err(Refusal::vllm(why, None));
    }
    let mut ask = common(&fields, turns)?;
    ask.logprobs = match fields.switch("logprobs")? {
        true => Some(fields.whole("top_logprobs")?.unwrap_or(0).max(0) as usize),
        false => None,
    };
    ask.tools = tools(&fields);
    ask.tool_choice = tool_choice(&fields);
    ask.parallel = fields.get("parallel_tool_calls").and_then(Value::as_bool).unwrap_or(true);
    if dialect == SimDialect::Ollama {
        // Ollama's /v1 knows none of these and drops them without a word.
        (ask.n, ask.parallel, ask.tool_choice, ask.settings.min_p) = (1, true, ToolChoice::Auto, 0.0);
    }
    ask.think = think(&fields);
    check(&fields, ask, max_model_len)
}

/// Reads a plain completion request.
pub fn completion(dialect: SimDialect, body: &Map<String, Value>, max_model_len: u64) -> Result<Ask, Refusal> {
    let fields = Fields { dialect, map: body };
    let prompt = match fields.get("prompt") {
        Some(Value::Array(parts)) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(""),
        Some(Value::String(text)) => text.clone(),
        _ => return Err(Refusal::invalid("prompt must be a string or a list of strings")),
    };
    let turn = Turn { role: "user".to_owned(), text: prompt, name: None };
    let mut ask = common(&fields, vec![turn])?;
    ask.raw = true;
    ask.think = Some(false);
    ask.logprobs = fields.whole("logprobs")?.map(|n| n.max(0) as usize);
    if dialect == SimDialect::Vllm && ask.max_tokens.is_none() {
        ask.max_tokens = Some(16);
    }
    check(&fields, ask, max_model_len)
}

fn check(fields: &Fields<'_>, ask: Ask, max_model_len: u64) -> Result<Ask, Refusal> {
    if fields.dialect == SimDialect::Vllm {
        let n = fields.whole("n")?.unwrap_or(1);
        limits::vllm(&ask, max_tokens(fields)?, n, max_model_len)?;
    }
    Ok(ask)
}

fn max_tokens(fields: &Fields<'_>) -> Result<Option<i64>, Refusal> {
    for name in ["max_completion_tokens", "max_tokens", "n_predict"] {
        if let Some(n) = fields.whole(name)? {
            return Ok(Some(n));
        }
    }
    Ok(None)
}

fn common(fields: &Fields<'_>, turns: Vec<Turn>) -> Result<Ask, Refusal> {
    let options = fields.get("stream_options");
    let option = |name: &str| options.and_then(|o| o.get(name)).and_then(Value::as_bool).unwrap_or(false);
    let beam = fields.dialect == SimDialect::Vllm && fields.switch("use_beam_search")?;
    Ok(Ask {
        model: fields.text("model")?.unwrap_or_default(),
        turns,
        raw: false,
        settings: settings(fields)?,
        seed: fields.whole("seed")?.filter(|&seed| seed != -1).map(|seed| seed as u64),
        n: fields.whole("n")?.unwrap_or(1).clamp(1, 64) as u32,
        max_tokens: max_tokens(fields)?.filter(|&n| n >= 0).map(|n| n as u64),
        stop: fields.strings("stop"),
        keep_stop: fields.switch("include_stop_str_in_output")?,
        logprobs: None,
        rule: rule(fields)?,
        tools: Vec::new(),
        tool_choice: ToolChoice::None,
        parallel: true,
        think: None,
        beam: if beam { Some(fields.number("length_penalty")?.unwrap_or(1.0) as f32) } else { None },
        stream: fields.switch("stream")?,
        usage: option("include_usage"),
        usage_always: option("include_usage") && option("continuous_usage_stats"),
    })
}

/// The dialect's defaults with what was sent laid over them.
pub fn settings(fields: &Fields<'_>) -> Result<Settings, Refusal> {
    let mut s = defaults(fields.dialect);
    for (name, slot) in [
        ("temperature", &mut s.temperature),
        ("top_p", &mut s.top_p),
        ("min_p", &mut s.min_p),
        ("typical_p", &mut s.typical_p),
        ("presence_penalty", &mut s.presence),
        ("frequency_penalty", &mut s.frequency),
        ("repetition_penalty", &mut s.repetition),
    ] {
        if let Some(value) = fields.number(name)? {
            *slot = value as f32;
        }
    }
    if let Some(value) = fields.number("repeat_penalty")? {
        s.repetition = value as f32;
    }
    if let Some(k) = fields.whole("top_k")? {
        s.top_k = k.max(0) as usize;
    }
    if let Some(n) = fields.whole("repeat_last_n")? {
        s.last_n = usize::try_from(n).ok();
    }
    s.min_tokens = fields.whole("min_tokens")?.unwrap_or(0).max(0) as usize;
    s.ignore_eos = fields.switch("ignore_eos")?;
    if let Some(Value::Object(bias)) = fields.get("logit_bias") {
        let pair = |(token, value): (&String, &Value)| Some((token.parse().ok()?, value.as_f64()? as f32));
        s.bias = bias.iter().filter_map(pair).collect();
    }
    Ok(s)
}

fn defaults(dialect: SimDialect) -> Settings {
    let cut = |top_p, min_p| Settings {
        temperature: 0.8,
        top_k: 40,
        top_p,
        min_p,
        last_n: Some(64),
        order: Order::TemperatureLast,
        ..Settings::default()
    };
    match dialect {
        SimDialect::Vllm => Settings::default(),
        SimDialect::LlamaCpp => cut(0.95, 0.05),
        SimDialect::Ollama => cut(0.9, 0.0),
    }
}

fn turns(fields: &Fields<'_>) -> Result<Vec<Turn>, Refusal> {
    let list = match fields.get("messages") {
        Some(Value::Array(list)) => list,
        _ if fields.dialect == SimDialect::Vllm => {
            return Err(Refusal::new(400, "Bad Request", "1 validation error: 'messages' is a required list", None));
        }
        _ => return Err(Refusal::invalid("'messages' is required")),
    };
    Ok(list.iter().map(turn).collect())
}

/// One message of any dialect.
pub fn turn(message: &Value) -> Turn {
    let text = |name: &str| message.get(name).and_then(Value::as_str).map(str::to_owned);
    let content = match message.get("content") {
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|p| p.get("text").and_then(Value::as_str)).collect::<Vec<_>>().join("\n")
        }
        Some(Value::String(content)) => content.clone(),
        _ => String::new(),
    };
    let name = text("name").or_else(|| text("tool_name"));
    Turn { role: text("role").unwrap_or_else(|| "user".to_owned()), text: content, name }
}

/// Tools in OpenAI's shape; entries without a name are left out.
pub fn tools(fields: &Fields<'_>) -> Vec<Tool> {
    let Some(Value::Array(list)) = fields.get("tools") else { return Vec::new() };
    list.iter()
        .filter_map(|entry| entry.get("function"))
        .filter_map(|function| {
            Some(Tool {
                name: function.get("name")?.as_str()?.to_owned(),
                description: function.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
                parameters: function
                    .get("parameters")
                    .cloned()
                    .unwrap_or_else(|| serde_json::json!({"type": "object"})),
            })
        })
        .collect()
}

fn tool_choice(fields: &Fields<'_>) -> ToolChoice {
    match fields.get("tool_choice") {
        Some(Value::String(word)) if word == "none" => ToolChoice::None,
        Some(Value::String(word)) if word == "required" => ToolChoice::Required,
        // llama.cpp takes only the words and goes on as if nothing had been said.
        Some(Value::Object(choice)) if fields.dialect == SimDialect::Vllm => {
            let name = choice.get("function").and_then(|f| f.get("name")).and_then(Value::as_str);
            name.map_or(ToolChoice::Auto, |name| ToolChoice::Named(name.to_owned()))
        }
        _ => ToolChoice::Auto,
    }
}

fn think(fields: &Fields<'_>) -> Option<bool> {
    let template = fields.get("chat_template_kwargs").and_then(|k| k.get("enable_thinking")).and_then(Value::as_bool);
    let effort = fields.get("reasoning_effort").and_then(Value::as_str).map(|effort| effort != "none");
    template.or(effort)
}

fn rule(fields: &Fields<'_>) -> Result<Option<Rule>, Refusal> {
    let native = match fields.dialect {
        SimDialect::Vllm => structured_outputs(fields)?,
        SimDialect::LlamaCpp => {
            let grammar = fields.text("grammar")?.filter(|g| !g.is_empty()).map(Rule::Grammar);
            grammar.or_else(|| fields.get("json_schema").cloned().map(Rule::Schema))
        }
        SimDialect::Ollama => None,
    };
    if native.is_some() {
        return Ok(native);
    }
    let Some(format) = fields.get("response_format") else { return Ok(None) };
    Ok(match format.get("type").and_then(Value::as_str) {
        Some("json_object") => Some(format.get("schema").cloned().map_or(Rule::JsonObject, Rule::Schema)),
        Some("json_schema") => format.get("json_schema").and_then(|s| s.get("schema")).cloned().map(Rule::Schema),
        _ => None,
    })
}

fn structured_outputs(fields: &Fields<'_>) -> Result<Option<Rule>, Refusal> {
    let Some(outputs) = fields.get("structured_outputs").and_then(Value::as_object) else { return Ok(None) };
    let kinds = ["json", "regex", "choice", "grammar", "json_object"];
    let given: Vec<(&str, &Value)> =
        kinds.iter().filter_map(|kind| Some((*kind, outputs.get(*kind).filter(|v| !v.is_null())?))).collect();
    match given.as_slice() {
        [] => {
            let keys = kinds.map(|kind| format!("'{kind}': None")).join(", ");
            let why = "You must use one kind of structured outputs constraint but none are specified";
            Err(Refusal::vllm(format!("{why}: {{{keys}}}"), None))
        }
        [(kind, value)] => Ok(one_kind(kind, value)),
        _ => {
            let why = "You can only use one kind of constraints for structured outputs ('json', 'regex' or 'choice').";
            Err(Refusal::vllm(why, None))
        }
    }
}

fn one_kind(kind: &str, value: &Value) -> Option<Rule> {
    let text = || value.as_str().map(str::to_owned);
    match kind {
        "json" => match value {
            // The schema may be sent as text.
            Value::String(text) => serde_json::from_str(text).ok().map(Rule::Schema),
            schema => Some(Rule::Schema(schema.clone())),
        },
        "regex" => text().map(Rule::Regex),
        "choice" => {
            let words = value.as_array()?.iter().filter_map(|v| v.as_str().map(str::to_owned));
            Some(Rule::Choice(words.collect()))
        }
        "grammar" => text().map(Rule::Grammar),
        _ => value.as_bool().filter(|on| *on).map(|_| Rule::JsonObject),
    }
}
