//! A schema out of something else: an example value, or a type of TypeScript or Rust.

mod example;
mod rust;
mod tokens;
mod typescript;

pub use example::{from_example, from_examples};

use super::read::Mistake;
use serde_json::{Map, Value, json};

/// Levels of a type that are read.
const DEEPEST: usize = 40;

/// A schema out of a type: TypeScript where `interface` or `type` begins it, Rust where `struct` or `enum` does. The first type
/// is the whole, others become `$defs`.
///
/// # Errors
/// With the place of the first thing that is not understood.
pub fn from_type(text: &str) -> Result<Value, Mistake> {
    let all = tokens::tokens(text)?;
    let words = all.iter().find_map(|token| match token.text {
        "struct" | "enum" | "pub" => Some(true),
        "interface" | "type" | "export" => Some(false),
        _ => None,
    });
    let reader = tokens::Reader::new(text, all);
    let types = if words == Some(true) { rust::types(reader)? } else { typescript::types(reader)? };
    Ok(whole(types))
}

/// Types by name, in order.
type Types = Vec<(String, Value)>;

/// The first type as the schema, the others as its definitions; a type that refers to itself stays a definition.
fn whole(types: Types) -> Value {
    let Some((first, schema)) = types.first().cloned() else { return json!({}) };
    let used = |name: &str| types.iter().any(|(_, schema)| refers(schema, name));
    let mut root = if used(&first) { json!({"$ref": reference(&first)}) } else { schema };
    let mut defs = Map::new();
    for (name, schema) in types.iter().filter(|(name, _)| used(name)) {
        defs.insert(name.clone(), schema.clone());
    }
    if let (Value::Object(map), false) = (&mut root, defs.is_empty()) {
        map.insert("$defs".to_owned(), Value::Object(defs));
    }
    root
}

fn reference(name: &str) -> String {
    format!("#/$defs/{name}")
}

fn refers(schema: &Value, name: &str) -> bool {
    match schema {
        Value::Object(map) => {
            map.get("$ref").and_then(Value::as_str) == Some(&reference(name))
                || map.values().any(|one| refers(one, name))
        }
        Value::Array(all) => all.iter().any(|one| refers(one, name)),
        _ => false,
    }
}

/// An object of members, each with whether it is required.
fn object(members: Vec<(String, Value, bool)>, description: &str) -> Value {
    let required: Vec<&String> = members.iter().filter(|(_, _, required)| *required).map(|(name, ..)| name).collect();
    let mut out = json!({"type": "object", "properties": {}, "required": required, "additionalProperties": false});
    for (name, schema, _) in members {
        out["properties"][name] = schema;
    }
    described(out, description)
}

fn described(mut schema: Value, description: &str) -> Value {
    if let (Value::Object(map), false) = (&mut schema, description.is_empty()) {
        map.insert("description".to_owned(), description.into());
    }
    schema
}

/// Several alternatives as the plainest schema: one enum of literals, a list of plain types, else `anyOf`.
fn union(all: Vec<Value>) -> Value {
    let literals: Option<Vec<Value>> = all.iter().map(|one| one.get("const").cloned()).collect();
    if let (Some(literals), true) = (literals, all.len() > 1) {
        let texts = literals.iter().all(Value::is_string);
        return if texts { json!({"type": "string", "enum": literals}) } else { json!({"enum": literals}) };
    }
    let plain = |one: &Value| one.as_object().filter(|map| map.len() == 1).and_then(|map| map.get("type")).cloned();
    let types: Option<Vec<Value>> = all.iter().map(plain).collect();
    match (types, all.len()) {
        (_, 1) => all.into_iter().next().unwrap_or_default(),
        (Some(types), _) => json!({"type": types}),
        _ => json!({"anyOf": all}),
    }
}

#[cfg(test)]
mod tests;
