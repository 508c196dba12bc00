//! The words of the server itself, found in whatever shape it wrapped them.

use crate::base::text::clean;
use serde_json::Value;

/// Most characters of a server's words that are kept.
const MOST: usize = 500;

/// The server's own words in an error body of any shape: OpenAI's object, a string, FastAPI's `detail`, JSON inside
/// a string, JSON inside LiteLLM's text, a web page's title, plain text. Cleaned, on one line, bounded.
pub fn own_words(body: &str) -> Option<String> {
    let found = search(body, 0).unwrap_or_else(|| plain(body));
    let words = bounded(&without_wrapping(&found));
    (!words.is_empty()).then_some(words)
}

/// The start of a text, cleaned, on one line, at most 200 characters.
pub fn excerpt(text: &str) -> String {
    cut(text, 200)
}

fn bounded(text: &str) -> String {
    cut(text, MOST)
}

fn cut(text: &str, most: usize) -> String {
    // Only so much is looked at: a body may be megabytes of blanks.
    let head: String = text.chars().take(most * 4).collect();
    let cleaned = clean(&head);
    let line = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most && head.len() == text.len() {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}

/// Looks for a message in JSON, at most four wrappings deep.
fn search(text: &str, depth: u8) -> Option<String> {
    if depth > 4 {
        return None;
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return in_value(&value, depth);
    }
    let at = ["{\"error\"", "{\"message\"", "{\"detail\"", "{\"object\":\"error\""]
        .iter()
        .filter_map(|start| text.find(start))
        .min()?;
    let value = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>().next()?.ok()?;
    in_value(&value, depth)
}

fn in_value(value: &Value, depth: u8) -> Option<String> {
    match value {
        Value::String(text) => Some(search(text, depth + 1).unwrap_or_else(|| text.clone())),
        Value::Object(map) => ["error", "message", "detail", "reason", "msg"]
            .iter()
            .filter_map(|name| map.get(*name))
            .find_map(|inner| in_value(inner, depth)),
        Value::Array(list) => {
            let all: Vec<String> = list.iter().take(4).filter_map(|inner| in_detail(inner, depth)).collect();
            (!all.is_empty()).then(|| all.join("; "))
        }
        _ => None,
    }
}

/// One entry of FastAPI's `detail` list: where, and what.
fn in_detail(value: &Value, depth: u8) -> Option<String> {
    let message = in_value(value, depth)?;
    let place: Vec<String> = value
        .get("loc")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
        .collect();
    Some(if place.is_empty() { message } else { format!("{}: {message}", place.join(".")) })
}

fn plain(body: &str) -> String {
    let low = body.get(..body.len().min(4096)).unwrap_or_default().to_ascii_lowercase();
    if let Some(title) = low.find("<title>").and_then(|start| {
        let end = low[start..].find("</title>")?;
        body.get(start + 7..start + end)
    }) {
        return title.trim().to_owned();
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok() && body.trim_start().starts_with(['{', '[']) {
        return String::new();
    }
    body.trim().to_owned()
}

/// LiteLLM stacks the names of its exceptions before the message, and advice after it.
fn without_wrapping(text: &str) -> String {
    if !text.starts_with("litellm.") {
        return text.to_owned();
    }
    let inner = text.split_once("xception - ").map_or(text, |(_, inner)| inner);
    let end = ["\nmodel=", "\n\nLiteLLM:", "\n\nSet '", " model="].iter().filter_map(|tail| inner.find(tail)).min();
    inner[..end.unwrap_or(inner.len())].to_owned()
}
