//! What engines do to the turns of a request before the template gets them.

use crate::base::Problem;
use serde_json::{Map, Value};

/// The turns as the template gets them, and what was changed, in words: arguments of calls as objects, no missing contents,
/// texts in parts joined where the template knows no parts, reasoning under both of its names.
///
/// # Errors
/// Usage, when a turn is no object.
pub(super) fn turns(messages: &[Value], source: &str) -> Result<(Vec<Value>, Vec<String>), Problem> {
    let mut notes = Notes::default();
    let mut out = Vec::with_capacity(messages.len());
    for (at, message) in messages.iter().enumerate() {
        let Some(turn) = message.as_object() else {
            let why = format!("message {} is no JSON object", at + 1);
            return Err(Problem::usage("the conversation cannot be rendered", why, "give {\"role\", \"content\"}"));
        };
        let mut turn = turn.clone();
        calls(&mut turn, at + 1, &mut notes);
        content(&mut turn, at + 1, source, &mut notes);
        reasoning(&mut turn, at + 1, &mut notes);
        out.push(Value::Object(turn));
    }
    Ok((out, notes.told()))
}

/// OpenAI's requests hold arguments as JSON in a text, templates expect the object.
fn calls(turn: &mut Map<String, Value>, at: usize, notes: &mut Notes) {
    if turn.get("tool_calls").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        turn.shift_remove("tool_calls");
    }
    let all = turn.get_mut("tool_calls").and_then(Value::as_array_mut);
    for call in all.into_iter().flatten() {
        let holder =
            if call.get("function").is_some_and(Value::is_object) { call.get_mut("function") } else { Some(call) };
        let Some(arguments) = holder.and_then(|holder| holder.get_mut("arguments")) else { continue };
        let parsed = match &*arguments {
            Value::Null => Value::Object(Map::new()),
            Value::String(text) if text.trim().is_empty() => Value::Object(Map::new()),
            Value::String(text) => match serde_json::from_str::<Value>(text) {
                Ok(parsed) if parsed.is_object() => parsed,
                _ => {
                    notes.add(at, "arguments of a call are no JSON object: the template gets their text");
                    continue;
                }
            },
            _ => continue,
        };
        *arguments = parsed;
        notes.add(at, "arguments of a call came as text: the template gets the object");
    }
}

fn content(turn: &mut Map<String, Value>, at: usize, source: &str, notes: &mut Notes) {
    match turn.get("content") {
        None | Some(Value::Null) => {
            turn.insert("content".to_owned(), "".into());
            notes.add(at, "has no content: the template gets an empty text");
        }
        Some(Value::Array(parts)) => {
            let texts: Option<Vec<&str>> = parts.iter().map(text_of).collect();
            let knows_parts = turn.get("role").is_none_or(|role| role != "tool") && takes_parts(source);
            match texts.filter(|_| !knows_parts).map(|texts| texts.join("\n")) {
                Some(text) => {
                    turn.insert("content".to_owned(), text.into());
                    notes.add(at, "its parts were joined to one text");
                }
                None => notes.add(at, "its content has parts: the template gets them as they are"),
            }
        }
        Some(_) => {}
    }
}

fn text_of(part: &Value) -> Option<&str> {
    let is_text = part.get("type").is_none_or(|kind| kind == "text");
    part.get("text").filter(|_| is_text)?.as_str()
}

/// Templates that take parts tell the ones with text by their type.
fn takes_parts(source: &str) -> bool {
    source.contains("'text'") || source.contains("\"text\"")
}

const BOTH: (&str, &str) =
    ("its reasoning is given as reasoning_content, too", "its reasoning_content is given as reasoning, too");

/// What was done, each kind told once, with the first message and how many more.
#[derive(Default)]
struct Notes(Vec<(&'static str, usize, usize)>);

impl Notes {
    fn add(&mut self, at: usize, what: &'static str) {
        match self.0.iter_mut().find(|(known, ..)| *known == what) {
            Some((.., more)) => *more += 1,
            None => self.0.push((what, at, 0)),
        }
    }

    fn told(&self) -> Vec<String> {
        let more = |count: usize| if count == 0 { String::new() } else { format!(" ({count} more alike)") };
        self.0.iter().map(|(what, at, count)| format!("message {at}: {what}{}", more(*count))).collect()
    }
}

/// Some templates read `reasoning_content`, some `reasoning`; servers give both.
fn reasoning(turn: &mut Map<String, Value>, at: usize, notes: &mut Notes) {
    for (here, there) in [("reasoning", "reasoning_content"), ("reasoning_content", "reasoning")] {
        let text = turn.get(here).filter(|text| text.is_string()).cloned();
        if let (Some(text), false) = (text, turn.contains_key(there)) {
            turn.insert(there.to_owned(), text);
            notes.add(at, if here == "reasoning" { BOTH.0 } else { BOTH.1 });
        }
    }
}
