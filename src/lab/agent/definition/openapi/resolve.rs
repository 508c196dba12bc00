//! References within a file, put in place.

use serde_json::{Map, Value};

/// Values that one operation may come to.
const VALUES: usize = 20_000;
/// References and levels within each other.
const DEPTH: usize = 48;

/// Puts references in place for one operation; what it may come to is bounded over all of it.
pub(super) struct Resolver<'a> {
    root: &'a Value,
    left: usize,
    /// References that are being followed: one that comes again runs in a circle.
    open: Vec<String>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self { root, left: VALUES, open: Vec::new() }
    }

    /// The value with every reference replaced by what it names; a circle ends in a schema that allows everything.
    pub(super) fn whole(&mut self, value: &Value) -> Result<Value, String> {
        self.at(value, 0)
    }

    fn at(&mut self, value: &Value, depth: usize) -> Result<Value, String> {
        self.left = self.left.checked_sub(1).ok_or_else(|| format!("it comes to more than {VALUES} values"))?;
        if depth > DEPTH {
            return Err(format!("it is nested more than {DEPTH} deep"));
        }
        match value {
            Value::Object(all) => match all.get("$ref") {
                Some(Value::String(path)) => self.follow(path, depth),
                _ => self.members(all, depth),
            },
            Value::Array(all) => all.iter().map(|one| self.at(one, depth + 1)).collect(),
            other => Ok(other.clone()),
        }
    }

    fn follow(&mut self, path: &str, depth: usize) -> Result<Value, String> {
        let short: String = path.chars().take(200).collect();
        let inner = path.strip_prefix('#').ok_or_else(|| format!("a reference leads out of the file, to {short}"))?;
        if self.open.iter().any(|one| one == path) {
            return Ok(Value::Object(Map::new()));
        }
        let target =
            self.root.pointer(inner).ok_or_else(|| format!("a reference leads to {short}, which is not there"))?;
        self.open.push(path.to_owned());
        let found = self.at(target, depth + 1);
        self.open.pop();
        found
    }

    fn members(&mut self, all: &Map<String, Value>, depth: usize) -> Result<Value, String> {
        let mut out = Map::new();
        for (name, one) in all {
            // What stands only in OpenAPI is of no use to a model.
            if matches!(name.as_str(), "example" | "examples" | "xml" | "externalDocs" | "discriminator")
                || name.starts_with("x-")
            {
                // As names of members they are names like any other.
                if one.get("type").is_none() && one.get("$ref").is_none() {
                    continue;
                }
            }
            out.insert(name.clone(), self.at(one, depth + 1)?);
        }
        Ok(Value::Object(out))
    }
}
