//! Messages with tool calls made into messages that any template takes.

use super::{Place, Prompt};
use crate::lab::agent::definition::Definition;
use serde_json::{Map, Value, json};

impl Prompt {
    /// A conversation in OpenAI's shape as text alone: instructions in their place, calls of the assistant as it would write
    /// them, results as text of the user, those of one turn together.
    pub fn convert(&self, messages: &[Value], tools: &[Definition]) -> Vec<Value> {
        let mut out: Vec<Value> = Vec::with_capacity(messages.len() + 1);
        let mut results = false;
        for message in messages {
            let is_result = message.get("role").is_some_and(|role| role == "tool");
            let one = if is_result { self.told(message, messages) } else { self.spoken(message) };
            match out.last_mut().filter(|_| is_result && results) {
                Some(last) => join(last, &one, "\n"),
                None => out.push(one),
            }
            results = is_result;
        }
        if !tools.is_empty() {
            self.place(&mut out, &self.instruct(tools));
        }
        if self.alternate { alternate(out) } else { out }
    }

    /// A result as a user's turn.
    fn told(&self, message: &Value, all: &[Value]) -> Value {
        let id = message.get("tool_call_id");
        let calls = all.iter().filter_map(|one| one.get("tool_calls")?.as_array()).flatten();
        let by_id = || {
            calls.filter(|call| id.is_some() && call.get("id") == id).find_map(|call| call.pointer("/function/name"))
        };
        let name = message.get("name").or_else(by_id).and_then(Value::as_str).unwrap_or("tool");
        json!({"role": "user", "content": self.result(name, &text(message.get("content")))})
    }

    /// A turn of anybody else, its calls as text.
    fn spoken(&self, message: &Value) -> Value {
        let mut out = message.clone();
        let Some(fields) = out.as_object_mut() else { return out };
        fields.remove("reasoning_content");
        fields.remove("reasoning");
        let Some(Value::Array(calls)) = fields.remove("tool_calls") else { return out };
        let read = calls.iter().map(|call| {
            let name = call.pointer("/function/name").and_then(Value::as_str).unwrap_or_default();
            let arguments = match call.pointer("/function/arguments") {
                Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
                Some(Value::Object(all)) => all.clone(),
                _ => Map::new(),
            };
            (name.to_owned(), arguments)
        });
        let calls = self.calls(&read.collect::<Vec<_>>());
        let content = text(fields.get("content"));
        let whole = if content.trim().is_empty() { calls } else { format!("{content}\n{calls}") };
        fields.insert("content".to_owned(), whole.into());
        out
    }

    fn place(&self, out: &mut Vec<Value>, words: &str) {
        let first = |role: &str| out.iter().position(|one| one.get("role").is_some_and(|is| is == role));
        let (role, at) = match self.place {
            Place::System => ("system", first("system")),
            Place::User => ("user", first("user")),
        };
        let told = json!({"role": role, "content": words});
        match (at, self.place) {
            (None, _) => out.insert(0, told),
            (Some(at), Place::System) => join(&mut out[at], &told, "\n\n"),
            (Some(at), Place::User) => {
                let said = std::mem::replace(&mut out[at], told);
                join(&mut out[at], &said, "\n\n");
            }
        }
    }
}

/// System turns become part of the user's turn that follows, and turns of one role in a row become one.
fn alternate(messages: Vec<Value>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::with_capacity(messages.len());
    for mut message in messages {
        if message.get("role").is_some_and(|role| role == "system") {
            message["role"] = "user".into();
        }
        match out.last_mut().filter(|last| last.get("role") == message.get("role")) {
            Some(last) => join(last, &message, "\n\n"),
            None => out.push(message),
        }
    }
    out
}

/// Puts the content of a message behind that of another; parts such as pictures stay parts.
fn join(first: &mut Value, second: &Value, between: &str) {
    let parts = |value: Option<&Value>| match value {
        Some(Value::Array(parts)) => parts.clone(),
        other => vec![json!({"type": "text", "text": text(other)})],
    };
    let (one, two) = (first.get("content"), second.get("content"));
    let plain = |value: Option<&Value>| !value.is_some_and(Value::is_array);
    let joined = if plain(one) && plain(two) {
        Value::from(format!("{}{between}{}", text(one), text(two)))
    } else {
        Value::from([parts(one), parts(two)].concat())
    };
    if let Some(fields) = first.as_object_mut() {
        fields.insert("content".to_owned(), joined);
    }
}

fn text(content: Option<&Value>) -> String {
    match content {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().join("\n")
        }
        Some(other) => other.to_string(),
    }
}
