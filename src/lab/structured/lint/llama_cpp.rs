//! llama.cpp's converter of schemas to grammars, and so Ollama's.

use super::walk::Place;
use super::{Effect, Notes};
use serde_json::Value;

/// Keywords that the converter passes over.
const IGNORED: [&str; 18] = [
    "multipleOf",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "patternProperties",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
    "unevaluatedItems",
    "minProperties",
    "maxProperties",
    "$dynamicRef",
];
/// The values of `format` that it knows.
const FORMATS: [&str; 9] = ["date", "time", "date-time", "uuid", "uuid1", "uuid2", "uuid3", "uuid4", "uuid5"];
const BOUNDS: [&str; 4] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
const PASSED: &str = "llama.cpp passes it over: the reply may break it";

pub(super) fn look(place: &Place<'_>, notes: &mut Notes) {
    if place.schema.is_boolean() {
        return boolean(place, notes);
    }
    notes.each(place, &IGNORED, Effect::Ignored, PASSED);
    if place.get("uniqueItems") == Some(&Value::Bool(true)) {
        notes.add(place, "uniqueItems", Effect::Ignored, PASSED);
    }
    strings(place, notes);
    if place.may_be("number") {
        let why = "llama.cpp bounds integers only: a number may be anything";
        notes.each(place, &BOUNDS, Effect::Ignored, why);
    }
    lists(place, notes);
    combined(place, notes);
    references(place, notes);
    required(place, notes);
}

/// The converter wants an object wherever a value is described.
fn boolean(place: &Place<'_>, notes: &mut Notes) {
    let described = ["", "properties", "items", "prefixItems", "allOf", "anyOf", "oneOf", "$ref"];
    if described.contains(&place.holder) {
        let (path, last) = place.path.rsplit_once('/').unwrap_or(("", ""));
        let parent = Place { path: path.to_owned(), ..place.clone() };
        // The pointer's last part is kept as it stands.
        let name = last.replace("~1", "/").replace("~0", "~");
        notes.add(&parent, &name, Effect::Refused, "llama.cpp refuses schemas that are true or false");
    }
}

fn strings(place: &Place<'_>, notes: &mut Notes) {
    if !place.may_be("string") {
        return;
    }
    let mut shaped = false;
    if let Some(pattern) = place.text("pattern") {
        shaped = true;
        if let Some(why) = unread(pattern) {
            notes.add(place, "pattern", Effect::Ignored, why);
        }
    } else if let Some(format) = place.text("format") {
        shaped = FORMATS.contains(&format);
        if !shaped {
            let why = format!("llama.cpp knows date, time, date-time and uuid; a text of {format} may be anything");
            notes.add(place, "format", Effect::Ignored, why);
        }
    }
    if shaped {
        let why = "beside pattern or format llama.cpp passes the length over";
        notes.each(place, &["minLength", "maxLength"], Effect::Ignored, why);
    }
}

/// Why a pattern is not done: the text may then be anything.
fn unread(pattern: &str) -> Option<String> {
    let any = "so that the text may be anything";
    if !pattern.starts_with('^') || !pattern.ends_with('$') || pattern.ends_with("\\$") {
        return Some(format!("llama.cpp takes only patterns from ^ to $, {any}"));
    }
    if pattern.contains("(?=") || pattern.contains("(?!") || pattern.contains("(?<") {
        return Some(format!("llama.cpp does not look around, {any}"));
    }
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            match chars.next() {
                Some(class) if class.is_ascii_alphanumeric() && !matches!(class, 'n' | 'r' | 't' | 'x' | 'u') => {
                    return Some(format!(
                        "llama.cpp does not know \\{class}, {any}: write [0-9] for \\d, [A-Za-z0-9_] for \\w"
                    ));
                }
                Some('/') => return Some(format!("llama.cpp does not know \\/, {any}: write / alone")),
                _ => {}
            }
        }
    }
    None
}

fn lists(place: &Place<'_>, notes: &mut Notes) {
    if place.has("prefixItems") && place.may_be("array") {
        let why = if place.has("items") {
            "llama.cpp takes `items` alone and passes it over"
        } else {
            "llama.cpp makes a list of exactly these items of it: none may be missing or follow"
        };
        notes.add(place, "prefixItems", Effect::Differs, why);
    }
}

fn combined(place: &Place<'_>, notes: &mut Notes) {
    let branches = place.get("allOf").and_then(Value::as_array);
    if let Some(branches) = branches {
        let plain = |branch: &Value| {
            let target = branch.get("$ref").and_then(Value::as_str).and_then(super::walk::pointer);
            let branch = target.and_then(|pointer| place.root.pointer(&pointer)).unwrap_or(branch);
            branch.get("properties").is_some()
        };
        if !branches.iter().all(plain) {
            let why = "llama.cpp merges the members of objects only: other branches make an empty object of it, or are dropped";
            notes.add(place, "allOf", Effect::Differs, why);
        } else if branches.len() > 1 {
            let why = "llama.cpp merges the branches and requires every member of them";
            notes.add(place, "allOf", Effect::Differs, why);
        }
    }
    for keyword in ["oneOf", "anyOf"] {
        let beside = place.beside(&["oneOf", "anyOf"]);
        if !place.has(keyword) {
            continue;
        }
        if !beside.is_empty() {
            let why =
                format!("llama.cpp takes the branches alone and drops what stands beside them: {}", beside.join(", "));
            notes.add(place, keyword, Effect::Ignored, why);
        } else if keyword == "oneOf"
            && !place.get(keyword).and_then(Value::as_array).is_some_and(|all| super::guidance::apart(all))
        {
            let why = "taken as anyOf: a reply may match several branches";
            notes.add(place, keyword, Effect::Differs, why);
        }
    }
}

fn references(place: &Place<'_>, notes: &mut Notes) {
    if let Some(reference) = place.leads_away() {
        let why = format!("llama.cpp follows only #/… into the schema itself and refuses {reference}");
        return notes.add(place, "$ref", Effect::Refused, why);
    }
    let beside = place.beside(&["$ref"]);
    if place.has("$ref") && !beside.is_empty() {
        let why = format!("llama.cpp takes what it refers to alone and drops {}", beside.join(", "));
        notes.add(place, "$ref", Effect::Ignored, why);
    }
}

/// Names that are required and not described.
fn required(place: &Place<'_>, notes: &mut Notes) {
    let Some(names) = place.get("required").and_then(Value::as_array) else { return };
    let combined = ["allOf", "anyOf", "oneOf", "$ref"].iter().any(|keyword| place.has(keyword));
    let described = place.members("properties");
    let lost =
        names.iter().filter_map(Value::as_str).find(|name| !described.is_some_and(|all| all.contains_key(*name)));
    if let (Some(name), false) = (lost, combined) {
        let why = format!("llama.cpp requires only members that `properties` describes: {name} may be missing");
        notes.add(place, "required", Effect::Ignored, why);
    }
}
