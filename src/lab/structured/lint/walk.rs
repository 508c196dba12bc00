//! The places of a schema where a schema stands.

use serde_json::{Map, Value};
use std::collections::HashSet;

/// Places that are looked at.
const MOST: usize = 50_000;

/// Keywords whose values hold a schema by each name.
const NAMED: [&str; 6] =
    ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];
/// Keywords whose value is a schema, or a list of them.
const DIRECT: [&str; 17] = [
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "contains",
    "additionalItems",
    "unevaluatedItems",
    "not",
    "if",
    "then",
    "else",
    "contentSchema",
    "items",
    "prefixItems",
    "allOf",
    "anyOf",
    "oneOf",
    "extends",
];

/// One place.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    /// JSON pointer to it.
    pub(super) path: String,
    /// The schema that stands there.
    pub(super) schema: &'a Value,
    /// The whole schema, for references.
    pub(super) root: &'a Value,
    /// The keyword that holds it; empty at the root.
    pub(super) holder: &'a str,
}

/// All places, each once, those that are only referred to as well; the order is that of reading.
pub(super) fn places(root: &Value) -> Vec<Place<'_>> {
    let (mut out, mut seen): (Vec<Place<'_>>, HashSet<*const Value>) = (Vec::new(), HashSet::new());
    let mut waiting = vec![Place { path: String::new(), schema: root, root, holder: "" }];
    while let Some(place) = waiting.pop() {
        if out.len() >= MOST || !seen.insert(std::ptr::from_ref(place.schema)) {
            continue;
        }
        let mut below = Vec::new();
        if let Value::Object(map) = place.schema {
            for (keyword, value) in map {
                inner(&place, keyword, value, &mut below);
            }
            below.extend(referred(&place, map));
        }
        waiting.extend(below.into_iter().rev());
        out.push(place);
    }
    out
}

fn inner<'a>(place: &Place<'a>, keyword: &'a str, value: &'a Value, out: &mut Vec<Place<'a>>) {
    let at = |name: &str, schema: &'a Value| Place {
        path: format!("{}/{}{}", place.path, escaped(keyword), name),
        schema,
        root: place.root,
        holder: keyword,
    };
    let stands = |value: &Value| value.is_object() || value.is_boolean();
    match value {
        Value::Object(map) if NAMED.contains(&keyword) => {
            let each = map.iter().filter(|(_, value)| stands(value));
            out.extend(each.map(|(name, value)| at(&format!("/{}", escaped(name)), value)));
        }
        Value::Array(list) if DIRECT.contains(&keyword) => {
            let each = list.iter().enumerate().filter(|(_, value)| stands(value));
            out.extend(each.map(|(nth, value)| at(&format!("/{nth}"), value)));
        }
        value if DIRECT.contains(&keyword) && stands(value) => out.push(at("", value)),
        _ => {}
    }
}

/// What a local reference leads to.
fn referred<'a>(place: &Place<'a>, map: &'a Map<String, Value>) -> Option<Place<'a>> {
    let pointer = pointer(map.get("$ref")?.as_str()?)?;
    let schema = place.root.pointer(&pointer).filter(|value| value.is_object())?;
    Some(Place { path: pointer, schema, root: place.root, holder: "$ref" })
}

/// The JSON pointer of a local reference; `None` where it leads elsewhere, or to an anchor.
pub(super) fn pointer(reference: &str) -> Option<String> {
    let rest = reference.strip_prefix('#')?;
    (rest.is_empty() || rest.starts_with('/')).then(|| unpercent(rest))
}

fn unpercent(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *byte == b'%') {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A name as a part of a JSON pointer (RFC 6901).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl<'a> Place<'a> {
    /// The value of a keyword.
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.schema.get(keyword)
    }

    /// Whether the keyword stands here.
    pub(super) fn has(&self, keyword: &str) -> bool {
        self.get(keyword).is_some()
    }

    /// The types that `type` names; none where it is missing.
    pub(super) fn types(&self) -> Vec<&'a str> {
        match self.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the value may be of this type, by `type` alone.
    pub(super) fn may_be(&self, name: &str) -> bool {
        let types = self.types();
        types.is_empty() || types.contains(&name)
    }

    /// Whether `type` names this type.
    pub(super) fn is(&self, name: &str) -> bool {
        self.types().contains(&name)
    }

    /// The text of a keyword.
    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword)?.as_str()
    }

    /// The members of a keyword's object.
    pub(super) fn members(&self, keyword: &str) -> Option<&'a Map<String, Value>> {
        self.get(keyword)?.as_object()
    }

    /// The keywords here that hold rules of their own, but for those named and `type`.
    pub(super) fn beside(&self, but: &[&str]) -> Vec<&'a str> {
        const RULES: [&str; 40] = [
            "$ref",
            "additionalItems",
            "additionalProperties",
            "allOf",
            "anyOf",
            "const",
            "contains",
            "dependencies",
            "dependentRequired",
            "dependentSchemas",
            "else",
            "enum",
            "exclusiveMaximum",
            "exclusiveMinimum",
            "format",
            "if",
            "items",
            "maxContains",
            "maxItems",
            "maxLength",
            "maxProperties",
            "maximum",
            "minContains",
            "minItems",
            "minLength",
            "minProperties",
            "minimum",
            "multipleOf",
            "not",
            "oneOf",
            "pattern",
            "patternProperties",
            "prefixItems",
            "properties",
            "propertyNames",
            "required",
            "then",
            "unevaluatedItems",
            "unevaluatedProperties",
            "uniqueItems",
        ];
        let all = self.schema.as_object().into_iter().flat_map(|map| map.keys());
        all.map(String::as_str).filter(|key| RULES.contains(key) && !but.contains(key)).collect()
    }

    /// Where a reference leads that is none into this schema by a pointer.
    pub(super) fn leads_away(&self) -> Option<&'a str> {
        self.text("$ref").filter(|reference| pointer(reference).is_none())
    }
}
