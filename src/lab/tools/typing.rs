//! Gives the text of an argument the type that its tool's schema asks for.

use super::definition::{Tool, Tools};
use super::{json, python};
use serde_json::{Map, Number, Value};

/// How text becomes values for the arguments of one call.
pub(super) struct Typing<'a> {
    tool: Option<&'a Tool>,
}

impl<'a> Typing<'a> {
    pub(super) fn new(tools: &'a Tools, name: &str) -> Self {
        Self { tool: tools.get(name) }
    }

    /// The value of the text of argument `key`. Without a type it stays text, or with `json` becomes what it is as JSON.
    /// Of several types the narrowest that the text has wins, as in vLLM: null, integer, number, boolean, object, array, text.
    pub(super) fn value(&self, key: &str, text: String, json: bool) -> Value {
        let types = self.tool.and_then(|tool| Some(tool.types(tool.parameter(key)?))).unwrap_or_default();
        if types.is_empty() {
            return if json { free(text) } else { Value::String(text) };
        }
        let has = |name: &str| types.contains(name);
        let bare = text.trim();
        let found = (has("null") && bare.eq_ignore_ascii_case("null"))
            .then_some(Value::Null)
            .or_else(|| has("integer").then(|| integer(bare)).flatten())
            .or_else(|| has("number").then(|| number(bare)).flatten())
            .or_else(|| has("boolean").then(|| boolean(bare)).flatten())
            .or_else(|| (has("object") || has("array")).then(|| nested(bare)).flatten());
        match found {
            Some(value) => value,
            None if has("string") => Value::String(text),
            None => json::read(bare.as_bytes()).unwrap_or(Value::String(text)),
        }
    }

    /// A value that has been read by itself: only where the schema wants text or a number of it does it change.
    pub(super) fn settled(&self, key: &str, value: Value) -> Value {
        let Some((tool, schema)) = self.tool.and_then(|tool| Some((tool, tool.parameter(key)?))) else { return value };
        settle(tool, schema, value)
    }

    /// The name of the argument that stands at this place.
    pub(super) fn at(&self, place: usize) -> Option<&'a str> {
        self.tool?.keys().get(place).copied()
    }
}

/// The value that the text is as JSON, or the list or dictionary that it is in Python, else the text.
fn free(text: String) -> Value {
    let nested = || python::literal(&text).filter(|value| value.is_object() || value.is_array());
    let value = json::read(text.trim().as_bytes()).or_else(nested);
    value.unwrap_or(Value::String(text))
}

fn settle(tool: &Tool, schema: &Value, value: Value) -> Value {
    let types = tool.types(schema);
    let number = types.contains("number") || types.contains("integer");
    let as_text = |fits: bool| !fits && types.contains("string");
    match value {
        Value::Object(map) if types.contains("object") => Value::Object(settle_all(tool, schema, map)),
        Value::Array(items) => match schema.get("items") {
            Some(inner) => Value::Array(items.into_iter().map(|item| settle(tool, inner, item)).collect()),
            None => Value::Array(items),
        },
        Value::Number(_) if as_text(number) => Value::String(value.to_string()),
        Value::Bool(_) if as_text(types.contains("boolean")) => Value::String(value.to_string()),
        other => other,
    }
}

fn settle_all(tool: &Tool, schema: &Value, map: Map<String, Value>) -> Map<String, Value> {
    let inner = |key: &str| schema.get("properties").and_then(|all| all.get(key));
    let each = map.into_iter().map(|(key, value)| match inner(&key) {
        Some(schema) => (key, settle(tool, schema, value)),
        None => (key, value),
    });
    each.collect()
}

fn integer(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.parse::<i64>().map(Value::from).or_else(|_| digits.parse::<u64>().map(Value::from)).ok()
}

fn number(text: &str) -> Option<Value> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    let value = || text.parse().ok().filter(|_| plain).and_then(Number::from_f64).map(Value::Number);
    integer(text).or_else(value)
}

fn boolean(text: &str) -> Option<Value> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(Value::Bool(true)),
        "false" | "0" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn nested(text: &str) -> Option<Value> {
    json::read(text.as_bytes()).or_else(|| python::literal(text)).filter(|value| value.is_object() || value.is_array())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tools() -> Tools {
        let parameters = json!({"properties": {
            "s": {"type": "string"}, "i": {"type": "integer"}, "n": {"type": "number"}, "b": {"type": "boolean"},
            "o": {"type": "object", "properties": {"t": {"type": "string"}}}, "sn": {"type": ["string", "null"]}, "any": {},
        }});
        Tools::read(&json!([{"name": "f", "parameters": parameters}]).to_string()).unwrap()
    }

    #[test]
    fn the_schema_decides() {
        let tools = tools();
        let typing = Typing::new(&tools, "f");
        let table = [
            ("s", "42", json!("42")),
            ("s", "\"x\"", json!("\"x\"")),
            ("i", " 42 ", json!(42)),
            ("i", "4.5", json!(4.5)),
            ("i", "many", json!("many")),
            ("n", "1e3", json!(1000.0)),
            ("n", "inf", json!("inf")),
            ("b", "True", json!(true)),
            ("b", "0", json!(false)),
            ("b", "None", json!("None")),
            ("i", "0x10", json!("0x10")),
            ("o", "{'a': None}", json!({"a": null})),
            ("o", "{\"a\": 1}", json!({"a": 1})),
            ("sn", "null", json!(null)),
            ("sn", "nul", json!("nul")),
            ("any", "42", json!("42")),
            ("none", "42", json!("42")),
        ];
        for (key, text, expected) in table {
            assert_eq!(typing.value(key, text.to_owned(), false), expected, "{key} {text}");
        }
        assert_eq!(typing.value("none", "42".to_owned(), true), json!(42));
        assert_eq!(typing.value("none", "x".to_owned(), true), json!("x"));
        assert_eq!(typing.settled("s", json!(4)), json!("4"));
        assert_eq!(typing.settled("sn", json!(true)), json!("true"));
        assert_eq!(typing.settled("sn", json!(null)), json!(null));
        assert_eq!(typing.settled("o", json!({"t": 4, "u": 4})), json!({"t": "4", "u": 4}));
        assert_eq!(typing.at(1), Some("i"));
    }
}
