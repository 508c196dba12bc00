//! Reading typed fields of a JSON body; a wrong type is refused in the dialect's own manner.

use super::Refusal;
use crate::engines::simulated::SimDialect;
use serde_json::{Map, Value};

/// A body with the dialect that words its errors.
pub struct Fields<'a> {
    /// The dialect.
    pub dialect: SimDialect,
    /// The fields.
    pub map: &'a Map<String, Value>,
}

impl Fields<'_> {
    /// The field, if it is there and not null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A number.
    pub fn number(&self, name: &str) -> Result<Option<f64>, Refusal> {
        self.typed(name, "number", Value::as_f64)
    }

    /// A whole number.
    pub fn whole(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let whole = |v: &Value| v.as_i64().or_else(|| v.as_f64().filter(|f| f.fract() == 0.0).map(|f| f as i64));
        self.typed(name, "integer", whole)
    }

    /// A switch; false where absent.
    pub fn switch(&self, name: &str) -> Result<bool, Refusal> {
        Ok(self.typed(name, "boolean", Value::as_bool)?.unwrap_or(false))
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.typed(name, "string", |v| v.as_str().map(str::to_owned))
    }

    /// One string or a list of them.
    pub fn strings(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        }
    }

    fn typed<T>(&self, name: &str, kind: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(self.wrong_type(name, kind, value)),
        }
    }

    fn wrong_type(&self, name: &str, kind: &str, value: &Value) -> Refusal {
        match self.dialect {
            SimDialect::Vllm => pydantic(name, kind, value),
            SimDialect::LlamaCpp => Refusal::invalid(format!(
                "Field '{name}': [json.exception.type_error.302] type must be {kind}, but is {}",
                kind_of(value)
            )),
            SimDialect::Ollama => {
                Refusal::invalid(format!("json: cannot unmarshal {} into field {name} of type {kind}", kind_of(value)))
            }
        }
    }
}

fn pydantic(name: &str, kind: &str, value: &Value) -> Refusal {
    let (code, what) = match kind {
        "number" => ("float_parsing", "a valid number, unable to parse string as a number"),
        "integer" => ("int_parsing", "a valid integer, unable to parse string as an integer"),
        "boolean" => ("bool_parsing", "a valid boolean, unable to interpret input"),
        _ => ("string_type", "a valid string"),
    };
    let input = value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'"));
    let at = format!("body.{name}");
    let message = format!(
        "1 validation error:\n  {{'type': '{code}', 'loc': '{at}', 'msg': 'Input should be {what}', 'input': {input}}}"
    );
    Refusal::new(400, "Bad Request", message, Some(&at))
}

/// The JSON type of a value.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
