//! guidance: what llguidance 1.9 says of itself that it does not implement, and what vLLM's gate keeps from it.

use super::walk::Place;
use super::{Effect, Notes};
use serde_json::Value;

/// The values of `format` that llguidance knows.
const FORMATS: [&str; 11] =
    ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "unknown"];
const MISSING: [&str; 16] = [
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "$dynamicRef",
    "$recursiveRef",
];

pub(super) fn look(place: &Place<'_>, notes: &mut Notes) {
    notes.each(place, &MISSING, Effect::Refused, "llguidance does not implement it and refuses the schema");
    if place.has("patternProperties") {
        let why = "llguidance does it, vLLM's gate keeps such schemas from it: with `auto` they go to outlines";
        notes.add(place, "patternProperties", Effect::Refused, why);
    }
    if place.may_be("string") {
        if let Some(format) = place.text("format").filter(|format| !FORMATS.contains(format)) {
            notes.add(place, "format", Effect::Refused, format!("llguidance does not know the format {format}"));
        }
        if let Some(why) = place.text("pattern").and_then(unreadable) {
            notes.add(place, "pattern", Effect::Refused, why);
        }
    }
    if place.leads_away().is_some_and(|reference| !reference.starts_with('#')) {
        notes.add(
            place,
            "$ref",
            Effect::Refused,
            "nothing is fetched: the schema it refers to must be part of this one",
        );
    }
    if let Some(branches) = place.get("oneOf").and_then(Value::as_array)
        && !apart(branches)
    {
        let why = "llguidance takes oneOf only where the branches exclude each other for certain";
        notes.add(place, "oneOf", Effect::Refused, why);
    }
    let optional = place.members("properties").is_some_and(|all| {
        let required = place.get("required").and_then(Value::as_array);
        all.keys().any(|name| !required.is_some_and(|list| list.iter().any(|one| one == name.as_str())))
    });
    if optional {
        let why = "llguidance counts members only where all that are named are required";
        notes.each(place, &["minProperties", "maxProperties"], Effect::Refused, why);
    }
}

/// Why llguidance cannot read a pattern.
fn unreadable(pattern: &str) -> Option<String> {
    let hir = match regex_syntax::parse(pattern) {
        Ok(hir) => hir,
        Err(error) => {
            let words = error.to_string();
            let last = words.lines().last().unwrap_or_default().trim_start_matches("error: ");
            return Some(format!("llguidance cannot read it: {last}"));
        }
    };
    let anchors = |look: regex_syntax::hir::Look| !matches!(look.as_repr(), 1..=32);
    let looks = hir.properties().look_set().iter().any(anchors);
    looks.then(|| "llguidance does not look at word boundaries".to_owned())
}

/// Whether branches plainly exclude each other: by type, or by a required member with constant values.
pub(super) fn apart(branches: &[Value]) -> bool {
    let types = |branch: &Value| match branch.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let meet = |a: &str, b: &str| a == b || matches!((a, b), ("integer", "number") | ("number", "integer"));
    let pair = |a: &Value, b: &Value| {
        let (left, right) = (types(a), types(b));
        let by_type =
            !left.is_empty() && !right.is_empty() && !left.iter().any(|one| right.iter().any(|other| meet(one, other)));
        by_type || by_value(a, b) || tagged(a, b)
    };
    let few = branches.len() <= 64;
    few && branches.iter().enumerate().all(|(at, a)| branches[at + 1..].iter().all(|b| pair(a, b)))
}

fn values(schema: &Value) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum").and_then(Value::as_array)) {
        (Some(one), _) => Some(vec![one]),
        (None, Some(all)) => Some(all.iter().collect()),
        _ => None,
    }
}

fn by_value(a: &Value, b: &Value) -> bool {
    let (Some(left), Some(right)) = (values(a), values(b)) else { return false };
    left.len() + right.len() <= 256 && !left.iter().any(|one| right.contains(one))
}

/// Members that both require, with constant values that differ.
fn tagged(a: &Value, b: &Value) -> bool {
    let required = |schema: &Value, name: &str| {
        schema.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == name))
    };
    let (Some(left), Some(right)) = (a.get("properties"), b.get("properties")) else { return false };
    left.as_object().into_iter().flatten().any(|(name, one)| {
        required(a, name) && required(b, name) && right.get(name).is_some_and(|other| by_value(one, other))
    })
}
