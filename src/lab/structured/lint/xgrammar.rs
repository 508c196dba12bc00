//! xgrammar as vLLM gates it: what the gate finds is refused with a fixed back end, and goes to another one with `auto`.

use super::walk::Place;
use super::{Effect, Notes};
use serde_json::Value;

/// The values of `format` that xgrammar knows.
const FORMATS: [&str; 14] = [
    "email",
    "date",
    "time",
    "date-time",
    "duration",
    "ipv4",
    "ipv6",
    "hostname",
    "uuid",
    "uri",
    "uri-reference",
    "uri-template",
    "json-pointer",
    "relative-json-pointer",
];
const LENGTHS: [&str; 2] = ["minLength", "maxLength"];
/// Keywords that have no effect where no type is named.
const TYPED: [&str; 13] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "propertyNames",
    "patternProperties",
    "maxItems",
    "required",
];
const GATE: &str = "vLLM's gate refuses it with a fixed xgrammar and hands it to another back end with `auto`";

pub(super) fn look(place: &Place<'_>, notes: &mut Notes) {
    numbers_and_lists(place, notes);
    strings(place, notes);
    objects(place, notes);
    combined(place, notes);
    references(place, notes);
    untyped(place, notes);
}

/// The gate looks where the type is named; elsewhere xgrammar itself passes the keyword over.
fn gated(place: &Place<'_>, of: &[&str]) -> (Effect, String) {
    if of.iter().any(|name| place.is(name)) {
        (Effect::Refused, format!("xgrammar does not do it: {GATE}"))
    } else {
        (
            Effect::Ignored,
            "xgrammar does not do it, and vLLM's gate looks for it only where the type is named".to_owned(),
        )
    }
}

fn numbers_and_lists(place: &Place<'_>, notes: &mut Notes) {
    if place.may_be("integer") || place.may_be("number") {
        let (effect, why) = gated(place, &["integer", "number"]);
        notes.each(place, &["multipleOf"], effect, &why);
    }
    if place.may_be("array") {
        let (effect, why) = gated(place, &["array"]);
        notes.each(place, &["uniqueItems", "contains", "minContains", "maxContains"], effect, &why);
    }
}

fn bounded_and_shaped(schema: &Value) -> bool {
    let has = |keyword: &str| schema.get(keyword).is_some();
    (has("pattern") || has("format")) && LENGTHS.into_iter().any(has)
}

fn strings(place: &Place<'_>, notes: &mut Notes) {
    if !place.may_be("string") {
        return;
    }
    let (effect, why) = gated(place, &["string"]);
    if let Some(format) = place.get("format")
        && !format.as_str().is_some_and(|format| FORMATS.contains(&format))
    {
        notes.add(place, "format", effect, format!("xgrammar does not know the format {format}: {why}"));
    }
    if bounded_and_shaped(place.schema) {
        let why = format!("a length beside pattern or format: {why}");
        notes.each(place, &["pattern", "format", "minLength", "maxLength"], effect, &why);
    }
}

fn objects(place: &Place<'_>, notes: &mut Notes) {
    if !place.may_be("object") {
        return;
    }
    let (effect, why) = gated(place, &["object"]);
    if let Some(names) = place.get("propertyNames") {
        let beside = place.has("patternProperties")
            || place.has("properties")
            || place.get("unevaluatedProperties").is_some_and(|value| *value != Value::Bool(true));
        if beside || bounded_and_shaped(names) {
            notes.add(place, "propertyNames", effect, format!("beside properties, or with pattern and length: {why}"));
        }
    }
    if let Some(patterns) = place.members("patternProperties")
        && (place.has("properties") || patterns.len() > 1)
    {
        notes.add(place, "patternProperties", effect, format!("beside properties, or more than one pattern: {why}"));
    }
    for keyword in ["unevaluatedProperties", "unevaluatedItems"] {
        if place.get(keyword).is_some_and(|value| *value != Value::Bool(true)) {
            let why = "xgrammar does not follow what other branches evaluate: it bounds the members named beside it";
            notes.add(place, keyword, Effect::Differs, why);
        }
    }
}

fn combined(place: &Place<'_>, notes: &mut Notes) {
    if place.get("allOf").and_then(Value::as_array).is_some_and(|all| all.len() > 1) {
        notes.add(place, "allOf", Effect::Refused, format!("xgrammar takes any JSON for several branches: {GATE}"));
    }
    let why = "xgrammar does not enforce it, and vLLM's gate lets it through: the reply may break it";
    let passed = ["not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies"];
    notes.each(place, &passed, Effect::Ignored, why);
    for keyword in ["oneOf", "anyOf"] {
        let beside = place.beside(&["oneOf", "anyOf"]);
        if !place.has(keyword) {
            continue;
        }
        if !beside.is_empty() {
            let why =
                format!("xgrammar takes the branches alone and drops what stands beside them: {}", beside.join(", "));
            notes.add(place, keyword, Effect::Ignored, why);
        } else if keyword == "oneOf" {
            let why = "taken as anyOf: a reply may match several branches, unless they exclude each other";
            notes.add(place, keyword, Effect::Differs, why);
        }
    }
}

fn references(place: &Place<'_>, notes: &mut Notes) {
    for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
        if !place.has(keyword) {
            continue;
        }
        if keyword != "$ref" || place.leads_away().is_some() {
            let why = "xgrammar follows only #/… into the schema itself: any JSON is taken there";
            notes.add(place, keyword, Effect::Ignored, why);
        } else {
            let beside = place.beside(&["$ref"]);
            if !beside.is_empty() {
                let why = format!("xgrammar takes what it refers to alone and drops {}", beside.join(", "));
                notes.add(place, keyword, Effect::Ignored, why);
            }
        }
    }
}

/// Where neither `type` nor another keyword says what the value is.
fn untyped(place: &Place<'_>, notes: &mut Notes) {
    let told = [
        "type",
        "enum",
        "const",
        "$ref",
        "anyOf",
        "oneOf",
        "allOf",
        "properties",
        "additionalProperties",
        "items",
        "prefixItems",
    ];
    let bare = !told.iter().any(|keyword| place.has(keyword));
    if bare && place.holder != "propertyNames" {
        notes.each(place, &TYPED, Effect::Ignored, "xgrammar looks at it only where `type` stands beside it");
    }
}
