//! JSON as values of the template engine.

use minijinja::Value;
use serde_json::Value as Json;

/// The same value; the members of an object keep their order.
pub(super) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(truth) => Value::from(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(whole)) => Value::from(whole),
            (None, None) => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(all) => Value::from(all.iter().map(value).collect::<Vec<_>>()),
        Json::Object(all) => Value::from_pairs(all.iter().map(|(key, json)| (key.as_str(), value(json)))),
    }
}

/// The value as a number with a fraction, `None` where it is none.
pub(super) fn fraction(value: &Value) -> Option<f64> {
    (value.is_number() && !value.is_integer()).then(|| f64::try_from(value.clone()).ok()).flatten()
}
