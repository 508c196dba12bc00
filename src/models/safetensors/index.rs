//! `model.safetensors.index.json`: which tensor is in which file.

use crate::base::text::{clean_line, fit};
use serde_json::Value;
use std::collections::BTreeSet;

/// The index of a repository whose weights are in several files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// The files that it names, each once, in the order of their names.
    pub files: Vec<String>,
    /// How many tensors it names.
    pub tensors: u64,
    /// Bytes of all tensors as it states them (`metadata.total_size`); a copy of a tied head may be missing in it.
    pub total_size: Option<u64>,
}

impl Index {
    /// Reads an index.
    ///
    /// # Errors
    /// In words, when it is no index, or names a file that is no plain name beside it.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(json).map_err(|error| clean_line(&error.to_string()))?;
        let map = value.get("weight_map").and_then(Value::as_object).ok_or("it has no `weight_map`")?;
        let mut files = BTreeSet::new();
        for file in map.values() {
            let file = file.as_str().ok_or("its `weight_map` names something that is no file")?;
            if !is_plain_name(file) {
                return Err(format!("it names {}, which is no file beside it", fit(&clean_line(file), 80)));
            }
            files.insert(file);
        }
        let size = value.get("metadata").and_then(|metadata| metadata.get("total_size"));
        Ok(Self {
            files: files.into_iter().map(str::to_owned).collect(),
            tensors: map.len() as u64,
            // Some writers state it as a float.
            total_size: size.and_then(|size| size.as_u64().or_else(|| size.as_f64().map(|size| size as u64))),
        })
    }
}

/// A name of one part that leads nowhere else.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('.')
        && !name.contains(['/', '\\'])
        && !name.contains(char::is_control)
}
