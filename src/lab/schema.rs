//! Whether a value obeys a JSON Schema, in words with the path of each fault. Nothing is fetched: a remote reference is refused.

use jsonschema::Validator;
use serde_json::Value;

/// Faults that are told of one value.
const MOST_FAULTS: usize = 20;

/// One fault of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer to the value at fault; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

/// A schema, ready to check values.
#[derive(Debug)]
pub struct Schema(Option<Validator>);

impl Schema {
    /// Makes a schema ready; null stands for one that accepts everything.
    ///
    /// # Errors
    /// Why the schema cannot be used, in words.
    pub fn new(schema: &Value) -> Result<Self, String> {
        if schema.is_null() {
            return Ok(Self(None));
        }
        jsonschema::options().offline().build(schema).map(|ready| Self(Some(ready))).map_err(|error| error.to_string())
    }

    /// The faults of a value; none where it obeys.
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        let Some(ready) = &self.0 else { return Vec::new() };
        let told = ready.iter_errors(value).take(MOST_FAULTS);
        told.map(|error| Fault { path: error.instance_path().to_string(), why: error.masked().to_string() }).collect()
    }
}

/// The name of a value's type; whole numbers are integers.
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn faults_have_paths_and_remote_references_are_refused() {
        let schema = Schema::new(&json!({
            "type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {"a": {"type": "array", "items": {"enum": ["x", "y"]}}}
        }))
        .unwrap();
        assert!(schema.faults(&json!({"a": ["x"]})).is_empty());
        let paths = |value| schema.faults(&value).into_iter().map(|fault| fault.path).collect::<Vec<_>>();
        assert_eq!(paths(json!({"a": ["x", "z"]})), ["/a/1"]);
        assert_eq!(paths(json!({})), [""]);
        assert!(Schema::new(&json!({"$ref": "https://example.com/other.json"})).is_err());
        assert!(Schema::new(&json!({"type": 7})).is_err());
        assert!(Schema::new(&Value::Null).unwrap().faults(&json!(1)).is_empty());
    }
}
