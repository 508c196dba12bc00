//! A JSON object being filled: unknown is `null`, with the reason in a sibling that ends in `_unknown`.

use crate::base::{Reading, Unknown};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The object.
#[derive(Debug, Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// Sets a field.
    pub fn put(&mut self, key: &str, value: impl Serialize) -> &mut Self {
        self.0.insert(key.to_owned(), json!(value));
        self
    }

    /// The value, or `null` and why.
    pub fn tell<T: Serialize>(&mut self, key: &str, reading: &Reading<T>) -> &mut Self {
        match reading {
            Ok(value) => self.put(key, value),
            Err(Unknown { why }) => self.put(key, Value::Null).put(&format!("{key}_unknown"), why),
        }
    }

    /// All fields; empties it.
    pub fn take(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.0)
    }
}
