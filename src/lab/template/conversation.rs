//! What is rendered: turns, tools, and how; and the conversations that are shipped.

use crate::base::Problem;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

const SHIPPED: &str = include_str!("../../../presets/tools/conversations.jsonl");
/// Conversations that one file may hold.
const MOST: usize = 4096;

/// One conversation to make a prompt of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conversation {
    /// By which it is told.
    pub name: String,
    /// Its turns in OpenAI's shape.
    pub messages: Vec<Value>,
    /// The tools offered, in OpenAI's shape; `None` and none are the same.
    pub tools: Option<Vec<Value>>,
    /// Whether the prompt ends where the model's answer begins.
    pub add_generation_prompt: bool,
    /// Further variables of the template, such as `enable_thinking`.
    pub extra: Map<String, Value>,
}

impl Conversation {
    /// The same without tools.
    pub fn bare(&self) -> Self {
        Self { tools: None, ..self.clone() }
    }

    /// As [`Self::read`] takes it.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name, "messages": self.messages, "tools": self.tools, "extra": self.extra,
            "add_generation_prompt": self.add_generation_prompt,
        })
    }

    /// Reads an object with `messages`, and where wanted `name`, `tools`, `add_generation_prompt` (true without it) and
    /// `extra`.
    ///
    /// # Errors
    /// When a key is not known or of the wrong kind.
    pub fn read(value: &Value) -> Result<Self, Problem> {
        let keys = value.as_object().ok_or_else(|| refused("a conversation is a JSON object with messages"))?;
        let mut out = Self { add_generation_prompt: true, ..Self::default() };
        for (key, value) in keys {
            let wrong = || refused(&format!("`{key}` is of the wrong kind"));
            match key.as_str() {
                "name" => out.name = value.as_str().ok_or_else(wrong)?.to_owned(),
                "messages" => out.messages = messages_of(value)?,
                "tools" if value.is_null() => {}
                "tools" => out.tools = Some(tools_of(value)?),
                "add_generation_prompt" => out.add_generation_prompt = value.as_bool().ok_or_else(wrong)?,
                "extra" => out.extra = value.as_object().ok_or_else(wrong)?.clone(),
                _ => return Err(refused(&format!("`{key}` is not known"))),
            }
        }
        if out.messages.is_empty() {
            return Err(refused("it has no messages"));
        }
        Ok(out)
    }
}

/// The conversations that come with vramdeck: one for each thing that templates treat apart.
pub fn shipped() -> &'static [Conversation] {
    static ALL: LazyLock<Vec<Conversation>> = LazyLock::new(|| conversations(SHIPPED).unwrap_or_default());
    &ALL
}

/// Reads conversations, one JSON object a line. Those without a name get their line's number.
///
/// # Errors
/// When a line cannot be used; its number is told.
pub fn conversations(text: &str) -> Result<Vec<Conversation>, Problem> {
    let mut out: Vec<Conversation> = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let placed = |problem: Problem| Problem { why: format!("line {}: {}", at + 1, problem.why), ..problem };
        let value = serde_json::from_str(line).map_err(|error| placed(refused(&error.to_string())))?;
        let mut one = Conversation::read(&value).map_err(placed)?;
        if one.name.is_empty() {
            one.name = format!("line {}", at + 1);
        }
        out.push(one);
        if out.len() > MOST {
            return Err(refused(&format!("there are more than {MOST}")));
        }
    }
    if out.is_empty() { Err(refused("there is none")) } else { Ok(out) }
}

/// Reads turns: a JSON array of messages, or an object whose `messages` it is.
///
/// # Errors
/// When the text is neither.
pub fn messages(text: &str) -> Result<Vec<Value>, Problem> {
    let value: Value = serde_json::from_str(text).map_err(|error| refused(&error.to_string()))?;
    let turns = messages_of(value.get("messages").unwrap_or(&value))?;
    if turns.is_empty() { Err(refused("it has no messages")) } else { Ok(turns) }
}

/// Reads tools: a JSON array in OpenAI's shape or of bare functions, one of them alone, or an object whose `tools` is the
/// array.
///
/// # Errors
/// When the text is no such JSON, or a tool has no name.
pub fn tools(text: &str) -> Result<Vec<Value>, Problem> {
    let value: Value = serde_json::from_str(text).map_err(|error| no_tools(&error.to_string()))?;
    tools_of(&value)
}

fn messages_of(value: &Value) -> Result<Vec<Value>, Problem> {
    let all = value.as_array().ok_or_else(|| refused("its messages are no JSON array"))?;
    for (at, turn) in all.iter().enumerate() {
        if turn.get("role").and_then(Value::as_str).is_none() {
            return Err(refused(&format!("message {} is no object with a role", at + 1)));
        }
    }
    Ok(all.clone())
}

fn tools_of(value: &Value) -> Result<Vec<Value>, Problem> {
    let value = value.get("tools").filter(|tools| tools.is_array()).unwrap_or(value);
    let one = std::slice::from_ref(value);
    let all = match value {
        Value::Array(all) => all.as_slice(),
        Value::Object(_) => one,
        _ => return Err(no_tools("they are no JSON array")),
    };
    all.iter()
        .enumerate()
        .map(|(at, tool)| in_shape(tool).ok_or_else(|| no_tools(&format!("tool {} has no name", at + 1))))
        .collect()
}

/// A tool in OpenAI's shape; what vramdeck runs for it is no part of that.
fn in_shape(tool: &Value) -> Option<Value> {
    let mut tool = tool.clone();
    let is_wrapped = tool.get("function").is_some_and(Value::is_object);
    let function = if is_wrapped { tool.get("function")? } else { &tool };
    function.get("name")?.as_str().filter(|name| !name.is_empty())?;
    let all = tool.as_object_mut()?;
    all.shift_remove("run");
    if is_wrapped {
        return Some(tool);
    }
    if let Some(schema) = all.shift_remove("inputSchema") {
        all.insert("parameters".to_owned(), schema);
    }
    Some(json!({"type": "function", "function": tool}))
}

fn refused(why: &str) -> Problem {
    let hint = "give messages as OpenAI's API has them: [{\"role\": \"user\", \"content\": \"Hello\"}]";
    Problem::usage("the conversation cannot be used", why, hint)
}

fn no_tools(why: &str) -> Problem {
    let hint = "give an array of {\"type\": \"function\", \"function\": {\"name\", \"parameters\"}}";
    Problem::usage("the tools cannot be used", why, hint)
}
