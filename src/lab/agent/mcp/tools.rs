//! What an MCP server lists and answers, as definitions and text.

use crate::lab::agent::definition::{Definition, Imported};
use crate::lab::agent::run::{Limits, Outcome, Runner};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Tools of a server that are taken.
const MOST: usize = 2048;
/// Bytes of a description; the model pays for each.
const WORDS: usize = 8 * 1024;
/// Characters of a tool's name.
const NAME: usize = 64;

/// The tools that a server lists (`name`, `description`, `inputSchema`), to be called there by their own names. A name that no
/// model could be offered is mapped to one that can, and told; a tool whose schema cannot be used, such as one with a
/// reference that leads out of it, is left out and told.
pub fn definitions(server: &str, listed: &[Value]) -> Imported {
    let (mut out, mut names) = (Imported::default(), BTreeSet::new());
    if listed.len() > MOST {
        out.told.push(format!("{} tools are listed; the first {MOST} are taken", listed.len()));
    }
    for entry in listed.iter().take(MOST) {
        let own = entry.get("name").and_then(Value::as_str).unwrap_or_default();
        if own.is_empty() {
            out.told.push("a tool without a name is left out".to_owned());
            continue;
        }
        let name = free(&valid(own), &names);
        let tool = definition(server, own, &name, entry);
        if let Some(fault) = tool.faults().first() {
            out.told.push(format!("{} is left out: {fault}", short(own)));
            continue;
        }
        if name != own {
            out.told.push(format!("{} is offered as {name}", short(own)));
        }
        names.insert(name);
        out.tools.push(tool);
    }
    out
}

fn definition(server: &str, own: &str, name: &str, entry: &Value) -> Definition {
    let words = entry.get("description").or_else(|| entry.get("title")).and_then(Value::as_str).unwrap_or_default();
    let schema = entry.get("inputSchema").or_else(|| entry.get("input_schema")).filter(|schema| !schema.is_null());
    let mut parameters = schema.cloned().unwrap_or_else(|| json!({}));
    if let Some(all) = parameters.as_object_mut() {
        all.remove("$schema");
        all.entry("type").or_insert_with(|| "object".into());
        all.entry("properties").or_insert_with(|| Map::new().into());
    }
    Definition {
        name: name.to_owned(),
        description: head(words.trim(), WORDS),
        parameters,
        strict: None,
        run: Runner::Mcp { server: server.to_owned(), tool: own.to_owned() },
        limits: Limits::default(),
    }
}

/// The name with what no name may have replaced by `_`.
fn valid(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.chars().take(NAME).map(|c| if plain(c) { c } else { '_' }).collect()
}

fn free(name: &str, taken: &BTreeSet<String>) -> String {
    if !taken.contains(name) {
        return name.to_owned();
    }
    let numbered = (2..).map(|count| {
        let end = format!("_{count}");
        format!("{}{end}", head(name, NAME - end.len()))
    });
    numbered.into_iter().find(|one| !taken.contains(one)).unwrap_or_default()
}

fn head(text: &str, most: usize) -> String {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

fn short(name: &str) -> String {
    format!("{:?}", name.chars().take(80).collect::<String>())
}

/// One piece of what a tool answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text.
    Text(String),
    /// Something that is no text.
    Other {
        /// What it is, such as `image`.
        what: String,
        /// Its content type.
        kind: String,
        /// Bytes as they were sent (in base64: 4 for 3).
        encoded: usize,
    },
    /// A resource that is named and not sent.
    Link(String),
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answered {
    /// Its pieces in order.
    pub content: Vec<Content>,
    /// The same as JSON, where the server gives it.
    pub structured: Option<Value>,
    /// The server calls it an error.
    pub error: bool,
}

/// The answer as an outcome: text joined by lines, everything else told by kind and size, JSON where there is no text.
pub fn answer(answered: &Answered) -> Outcome {
    let each = answered.content.iter().map(|one| match one {
        Content::Text(text) => text.clone(),
        Content::Other { what, kind, encoded } => {
            format!("[{what} {kind}, {} bytes: no text, not shown]", encoded / 4 * 3)
        }
        Content::Link(uri) => format!("[resource {uri}: named, not sent]"),
    });
    let text = match (&answered.structured, answered.content.is_empty()) {
        (Some(value), true) => value.to_string(),
        _ => each.collect::<Vec<_>>().join("\n"),
    };
    match answered.error {
        true if text.trim().is_empty() => {
            Outcome::Failed("the server calls it an error and does not say why".to_owned())
        }
        true => Outcome::Failed(text),
        false => Outcome::Answered(text.into_bytes()),
    }
}
