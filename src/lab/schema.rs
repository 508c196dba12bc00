//! Whether a value obeys a JSON Schema, in words with the path of each fault. Nothing is fetched: a remote reference is refused.

use crate::base::Problem;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ReferencingError, Registry, ValidationError, Validator};
use serde_json::Value;
use std::sync::Arc;

/// Faults that are told of one value.
const MOST_FAULTS: usize = 20;
/// Steps after which a pattern that has to be tried backwards and forwards is given up.
const STEPS: usize = 100_000;

/// One fault of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer to the value at fault; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

/// A schema, ready to check values.
#[derive(Debug, Clone)]
pub struct Schema {
    validator: Option<Arc<Validator>>,
    value: Arc<Value>,
}

impl Schema {
    /// Makes a schema ready; null stands for one that accepts everything. The draft is that of its `$schema`, else 2020-12.
    /// Patterns are matched in time that grows with the text alone; those that cannot be (with look-around or references back)
    /// give up after a number of steps.
    ///
    /// # Errors
    /// Why the schema cannot be used, in words.
    pub fn new(schema: &Value) -> Result<Self, String> {
        let shared = Arc::new(schema.clone());
        if schema.is_null() {
            return Ok(Self { validator: None, value: Arc::new(Value::Bool(true)) });
        }
        let validator = build(schema, |linear| if linear { options() } else { stepwise() });
        Ok(Self { validator: Some(Arc::new(validator?)), value: shared })
    }

    /// Makes a schema ready that a person gave.
    ///
    /// # Errors
    /// When it is no schema, or refers to one elsewhere: nothing is fetched.
    pub fn read(schema: &Value) -> Result<Self, Problem> {
        if !schema.is_object() && !schema.is_boolean() {
            let why = "a JSON Schema is an object, or true or false";
            return Err(Problem::failed("the schema cannot be used", why, "give a JSON Schema"));
        }
        Self::new(schema).map_err(|why| Problem::failed("the schema cannot be used", why, "mend it and try again"))
    }

    /// A part of a schema that a registry holds; nothing where it cannot be used alone.
    pub fn part(schema: &Value, registry: &Registry<'_>) -> Option<Self> {
        let make = |linear: bool| if linear { options() } else { stepwise() }.with_registry(registry);
        let validator = make(true).build(schema).or_else(|_| make(false).build(schema)).ok()?;
        Some(Self { validator: Some(Arc::new(validator)), value: Arc::new(schema.clone()) })
    }

    /// The schema itself.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The schema itself, shared.
    pub fn shared(&self) -> Arc<Value> {
        Arc::clone(&self.value)
    }

    /// The faults of a value; none where it obeys.
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        let Some(ready) = &self.validator else { return Vec::new() };
        ready.iter_errors(value).take(MOST_FAULTS).map(|error| Fault::of(&error)).collect()
    }

    /// The faults of a value, each with the keyword of the schema that it breaks.
    pub fn broken_keywords(&self, value: &Value) -> Vec<(Fault, String)> {
        let Some(ready) = &self.validator else { return Vec::new() };
        let each = ready.iter_errors(value).take(MOST_FAULTS);
        each.map(|error| (Fault::of(&error), error.kind().keyword().to_owned())).collect()
    }

    /// The first fault of a value.
    pub fn first_fault(&self, value: &Value) -> Option<Fault> {
        let ready = self.validator.as_ref().filter(|ready| !ready.is_valid(value))?;
        ready.iter_errors(value).next().map(|error| Fault::of(&error))
    }
}

impl Fault {
    fn of(error: &ValidationError<'_>) -> Self {
        Self { path: error.instance_path().to_string(), why: words(error) }
    }
}

type Options<'a> = jsonschema::ValidationOptions<'a>;

fn options<'a>() -> Options<'a> {
    jsonschema::options().offline().with_pattern_options(PatternOptions::regex())
}

fn stepwise<'a>() -> Options<'a> {
    jsonschema::options().offline().with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(STEPS))
}

fn build(schema: &Value, make: impl Fn(bool) -> Options<'static>) -> Result<Validator, String> {
    make(true).build(schema).or_else(|_| make(false).build(schema)).map_err(|error| refused(&error))
}

/// Why a schema cannot be used.
fn refused(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Referencing(ReferencingError::Unretrievable { uri, .. }) => {
            format!("it refers to {uri}, which is not in it; nothing is fetched")
        }
        _ => {
            let at = error.instance_path().to_string();
            let why: String = error.to_string().chars().take(300).collect();
            if at.is_empty() { why } else { format!("{why} (at {at})") }
        }
    }
}

/// What is wrong with a value: short, with what the schema asks, without the value itself.
fn words(error: &ValidationError<'_>) -> String {
    let more: String = error.masked().to_string().chars().take(300).collect();
    more
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
