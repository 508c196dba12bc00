//! Whether arguments keep to the schema of a tool: the keywords that tools use in words that a model can act on, the others as
//! a validator of JSON Schema tells them.

use crate::lab::schema::Schema;
use serde_json::Value;

/// References and levels that are followed.
const DEPTH: usize = 32;
/// Places that are looked at in all; what references in circles would go on to beyond it counts as allowed.
const PLACES: usize = 50_000;
/// Entries of a list that are looked at; a longer one is refused.
const ENTRIES: usize = 10_000;
/// Faults that are told of one call.
const TOLD: usize = 8;

/// What is wrong with a value under a schema, each with the path of its place; nothing where it keeps to it. Looked at are
/// `type`, `enum`, `const`, `required`, `properties`, `additionalProperties`, `items`, `anyOf`, `oneOf`, `allOf`, local
/// `$ref`, bounds of numbers, and lengths of texts (in characters) and lists; where they find nothing, every other keyword by
/// a validator, unless the schema has references, which may lead in circles.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    Check { root: schema, left: PLACES, out: &mut out }.look(schema, value, "", DEPTH);
    if out.is_empty() && is_plain(schema, DEPTH) {
        // A schema that the validator cannot use was refused before, when the tool was taken in.
        let told = Schema::new(schema).map(|ready| ready.faults(value)).unwrap_or_default();
        out.extend(told.into_iter().take(TOLD).map(|fault| format!("{}: {}", place(&fault.path), fault.why)));
    }
    out
}

/// Whether a schema has no references and is not nested too deep for a validator.
fn is_plain(schema: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match schema {
        Value::Object(all) => {
            !["$ref", "$dynamicRef", "$recursiveRef"].iter().any(|key| all.contains_key(*key))
                && all.values().all(|one| is_plain(one, depth))
        }
        Value::Array(all) => all.iter().all(|one| is_plain(one, depth)),
        _ => true,
    }
}

/// A JSON pointer as the other faults name their place: `days[1].from`.
fn place(pointer: &str) -> String {
    let mut out = String::new();
    for part in pointer.split('/').skip(1) {
        match part.parse::<usize>() {
            Ok(_) => out += &format!("[{part}]"),
            Err(_) if out.is_empty() => out += part,
            Err(_) => out += &format!(".{part}"),
        }
    }
    if out.is_empty() { "arguments".to_owned() } else { out }
}

struct Check<'a> {
    root: &'a Value,
    left: usize,
    out: &'a mut Vec<String>,
}

impl Check<'_> {
    fn tell(&mut self, at: &str, words: &str) {
        if self.out.len() < TOLD {
            let at = if at.is_empty() { "arguments" } else { at };
            self.out.push(format!("{at}: {words}"));
        }
    }

    fn look(&mut self, schema: &Value, value: &Value, at: &str, depth: usize) {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.checked_sub(1)) else { return };
        self.left = left;
        if schema == &Value::Bool(false) {
            return self.tell(at, "nothing is allowed here");
        }
        let path = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
        if let Some(target) = path.and_then(|path| self.root.pointer(path)) {
            self.look(target, value, at, depth);
        }
        if !self.kind(schema, value, at) {
            return;
        }
        self.values(schema, value, at);
        self.bounds(schema, value, at);
        match value {
            Value::Object(_) => self.members(schema, value, at, depth),
            Value::Array(items) => {
                if let Some(inner) = schema.get("items") {
                    if items.len() > ENTRIES {
                        self.tell(at, &format!("has {} entries, {ENTRIES} are the most", items.len()));
                    }
                    for (place, item) in items.iter().enumerate().take(ENTRIES) {
                        self.look(inner, item, &format!("{at}[{place}]"), depth);
                    }
                }
            }
            _ => {}
        }
        self.choices(schema, value, at, depth);
    }

    fn kind(&mut self, schema: &Value, value: &Value, at: &str) -> bool {
        let names: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let fine = names.is_empty() || names.iter().any(|name| is(name, value));
        if !fine {
            self.tell(at, &format!("must be {}, not {}", names.join(" or "), named(value)));
        }
        fine
    }

    fn values(&mut self, schema: &Value, value: &Value, at: &str) {
        if let Some(values) = schema.get("enum").and_then(Value::as_array)
            && !values.iter().any(|one| same(one, value))
        {
            let told: Vec<String> = values.iter().take(12).map(Value::to_string).collect();
            self.tell(at, &format!("must be one of {}", told.join(", ")));
        }
        if let Some(only) = schema.get("const").filter(|only| !same(only, value)) {
            self.tell(at, &format!("must be {only}"));
        }
    }

    fn bounds(&mut self, schema: &Value, value: &Value, at: &str) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        let (figure, least, most, what) = match value {
            Value::Number(number) => (number.as_f64(), "minimum", "maximum", ""),
            Value::String(text) => (Some(text.chars().count() as f64), "minLength", "maxLength", " characters"),
            Value::Array(items) => (Some(items.len() as f64), "minItems", "maxItems", " entries"),
            _ => return,
        };
        let Some(figure) = figure else { return };
        if let Some(least) = bound(least).filter(|least| figure < *least) {
            self.tell(at, &format!("must have at least {least}{what}, not {figure}"));
        }
        if let Some(most) = bound(most).filter(|most| figure > *most) {
            self.tell(at, &format!("must have at most {most}{what}, not {figure}"));
        }
        if !value.is_number() {
            return;
        }
        if let Some(over) = bound("exclusiveMinimum").filter(|over| figure <= *over) {
            self.tell(at, &format!("must be more than {over}, not {figure}"));
        }
        if let Some(below) = bound("exclusiveMaximum").filter(|below| figure >= *below) {
            self.tell(at, &format!("must be less than {below}, not {figure}"));
        }
    }

    fn members(&mut self, schema: &Value, value: &Value, at: &str, depth: usize) {
        let Some(all) = value.as_object() else { return };
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in required.filter(|name| !all.contains_key(*name)) {
            self.tell(at, &format!("`{name}` is missing"));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let more = schema.get("additionalProperties");
        for (name, inner) in all {
            let place = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            match (properties.and_then(|all| all.get(name)), more) {
                (Some(one), _) => self.look(one, inner, &place, depth),
                (None, Some(Value::Bool(false))) => self.tell(at, &format!("`{name}` is no argument of this tool")),
                (None, Some(one)) => self.look(one, inner, &place, depth),
                (None, None) => {}
            }
        }
    }

    fn fits(&mut self, schema: &Value, value: &Value, depth: usize) -> bool {
        let mut out = Vec::new();
        let mut check = Check { root: self.root, left: self.left, out: &mut out };
        check.look(schema, value, "", depth);
        self.left = check.left;
        out.is_empty()
    }

    fn choices(&mut self, schema: &Value, value: &Value, at: &str, depth: usize) {
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.look(part, value, at, depth);
        }
        for key in ["anyOf", "oneOf"] {
            let Some(parts) = schema.get(key).and_then(Value::as_array).filter(|parts| !parts.is_empty()) else {
                continue;
            };
            let count = parts.iter().filter(|part| self.fits(part, value, depth)).count();
            match (key, count) {
                (_, 0) => self.tell(at, "keeps to none of the forms that are allowed"),
                ("oneOf", 2..) => self.tell(at, "keeps to several forms of which only one is allowed"),
                _ => {}
            }
        }
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" | "float" => value.is_number(),
        "string" => value.is_string(),
        "array" | "tuple" => value.is_array(),
        "object" | "dict" => value.is_object(),
        _ => true,
    }
}

fn same(one: &Value, other: &Value) -> bool {
    one == other || (one.is_number() && one.as_f64() == other.as_f64())
}

fn named(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn faults_name_their_place() {
        let schema = json!({"type": "object", "required": ["city"], "additionalProperties": false,
            "$defs": {"day": {"type": "integer", "minimum": 1, "exclusiveMaximum": 8}},
            "properties": {"city": {"type": "string", "minLength": 1}, "unit": {"enum": ["c", "f"]},
                "days": {"type": "array", "items": {"$ref": "#/$defs/day"}, "maxItems": 3},
                "any": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["x"]}]},
                "one": {"oneOf": [{"type": "number"}, {"type": "integer"}]},
                "all": {"allOf": [{"type": "number"}, {"maximum": 4}]}, "k": {"const": 1}}});
        let table = [
            (
                json!({"city": "Ulm", "unit": "c", "days": [1, 7.0], "any": {"x": 1}, "one": 1.5, "all": 4, "k": 1.0}),
                "",
            ),
            (json!({}), "arguments: `city` is missing"),
            (json!([]), "arguments: must be object, not an array"),
            (json!({"city": 4}), "city: must be string, not a number"),
            (json!({"city": ""}), "city: must have at least 1 characters, not 0"),
            (json!({"city": "a", "unit": "k"}), "unit: must be one of \"c\", \"f\""),
            (json!({"city": "a", "days": [1, 0]}), "days[1]: must have at least 1, not 0"),
            (json!({"city": "a", "days": [8]}), "days[0]: must be less than 8, not 8"),
            (json!({"city": "a", "days": [1, 1, 1, 1]}), "days: must have at most 3 entries, not 4"),
            (json!({"city": "a", "any": {}}), "any: keeps to none of the forms that are allowed"),
            (json!({"city": "a", "one": 1}), "one: keeps to several forms of which only one is allowed"),
            (json!({"city": "a", "all": 5}), "all: must have at most 4, not 5"),
            (json!({"city": "a", "k": 2}), "k: must be 1"),
            (json!({"city": "a", "x": 2}), "arguments: `x` is no argument of this tool"),
        ];
        for (value, expected) in table {
            assert_eq!(faults(&schema, &value).join("; "), expected, "{value}");
        }
    }

    #[test]
    fn other_keywords_count_too() {
        let schema = json!({"properties": {"day": {"type": "string", "pattern": "^[0-9]{4}-"}, "n": {"multipleOf": 5},
            "all": {"items": {"type": "integer"}, "uniqueItems": true}}, "minProperties": 1});
        assert_eq!(faults(&schema, &json!({"day": "2026-11-22", "n": 10, "all": [1, 2]})), Vec::<String>::new());
        for (value, at) in [
            (json!({"day": "today"}), "day: "),
            (json!({"n": 7}), "n: "),
            (json!({"all": [1, 1]}), "all: "),
            (json!({}), "arguments: "),
        ] {
            let found = faults(&schema, &value);
            assert!(found.len() == 1 && found[0].starts_with(at), "{value}: {found:?}");
        }
        assert_eq!(place("/days/1/from"), "days[1].from");
    }

    #[test]
    fn schemas_that_run_in_circles_end() {
        let schema = json!({"$ref": "#", "anyOf": [{"$ref": "#"}, {"$ref": "#"}]});
        assert_eq!(faults(&schema, &json!({})), Vec::<String>::new());
        for key in ["allOf", "anyOf", "oneOf"] {
            let refs = vec![json!({"$ref": "#"}); 40];
            let _ = faults(&json!({key: refs, "items": {"$ref": "#"}}), &json!([[[1, 2], 3], 4]));
        }
        assert_eq!(faults(&json!({"items": {"type": "null"}}), &json!(vec![1; 100])).len(), TOLD);
        let long = faults(&json!({"items": {"type": "integer"}}), &json!(vec![1; 10_001]));
        assert_eq!(
            long,
            ["arguments: has 10001 entries, 10000 are the most"],
            "what is not looked at does not count as right"
        );
    }
}
