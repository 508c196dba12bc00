//! Definitions of tools as a request offers them, and the types that their parameters have.

use crate::base::Problem;
use crate::lab::schema::type_of;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// How often a reference within a schema is followed.
const FOLLOWED: usize = 8;

/// One tool: its name and the JSON Schema of its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// By which a model calls it.
    pub name: String,
    /// The schema of the object that holds its arguments; null where none was given.
    pub parameters: Value,
}

/// The tools that were offered to a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tools {
    tools: Vec<Tool>,
}

impl Tools {
    /// Reads an array in OpenAI's shape (`{"type": "function", "function": {…}}`) or of bare functions.
    ///
    /// # Errors
    /// When the text is no JSON array, or one of its tools has no name.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let refuse = |why: String| {
            let hint = "give an array of {\"type\": \"function\", \"function\": {\"name\", \"parameters\"}}";
            Problem::failed("the tools cannot be used", why, hint)
        };
        let value: Value = serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
        let Value::Array(entries) = value else { return Err(refuse("they are no JSON array".to_owned())) };
        let mut tools = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let inner = entry.get("function").filter(|function| function.is_object()).unwrap_or(entry);
            let name = inner.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
            let Some(name) = name else { return Err(refuse(format!("tool {} has no name", at + 1))) };
            let parameters = inner.get("parameters").or_else(|| inner.get("inputSchema")).cloned();
            tools.push(Tool { name: name.to_owned(), parameters: parameters.unwrap_or_default() });
        }
        Ok(Self { tools })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// The tool of this name.
    pub fn get(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// Whether the name is offered; `None` where it is not known which tools were.
    pub fn knows(&self, name: &str) -> Option<bool> {
        (!self.is_empty()).then(|| self.get(name).is_some())
    }
}

impl Tool {
    /// The schema of one argument.
    pub fn parameter(&self, key: &str) -> Option<&Value> {
        self.properties()?.get(key)
    }

    /// The names of the arguments in the order of the schema.
    pub fn keys(&self) -> Vec<&str> {
        self.properties().map(|all| all.keys().map(String::as_str).collect()).unwrap_or_default()
    }

    fn properties(&self) -> Option<&Map<String, Value>> {
        self.parameters.get("properties")?.as_object()
    }

    /// The types that a schema allows, by JSON Schema's names; none where it does not say.
    pub fn types(&self, schema: &Value) -> BTreeSet<&'static str> {
        let mut out = BTreeSet::new();
        self.gather(schema, FOLLOWED, &mut out);
        out
    }

    fn gather(&self, schema: &Value, depth: usize, out: &mut BTreeSet<&'static str>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|path| self.local(path)) {
            self.gather(target, depth, out);
        }
        match schema.get("type") {
            Some(Value::String(name)) => out.extend(standard(name)),
            Some(Value::Array(names)) => out.extend(names.iter().filter_map(Value::as_str).filter_map(standard)),
            _ => {}
        }
        let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const"));
        out.extend(values.map(type_of));
        for key in ["anyOf", "oneOf", "allOf"] {
            let choices = schema.get(key).and_then(Value::as_array).into_iter().flatten();
            choices.for_each(|choice| self.gather(choice, depth, out));
        }
    }

    /// What a reference within this tool's schema points to; others are not followed.
    fn local(&self, path: &str) -> Option<&Value> {
        self.parameters.pointer(path.strip_prefix('#')?)
    }
}

/// JSON Schema's name of a type, also where a schema uses a language's own.
fn standard(name: &str) -> Option<&'static str> {
    Some(match name.trim().to_ascii_lowercase().as_str() {
        "null" | "none" => "null",
        "boolean" | "bool" => "boolean",
        "integer" | "int" | "int32" | "int64" | "uint" | "uint32" | "uint64" | "long" | "short" | "unsigned" => {
            "integer"
        }
        "number" | "float" | "float32" | "float64" | "double" => "number",
        "string" | "str" | "text" | "varchar" | "char" | "enum" => "string",
        "array" | "arr" | "list" | "sequence" | "tuple" => "array",
        "object" | "dict" | "map" => "object",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_shapes_are_read() {
        let text = r#"[{"type": "function", "function": {"name": "a", "parameters": {"properties": {"x": {}}}}}, {"name": "b"}]"#;
        let tools = Tools::read(text).unwrap();
        assert_eq!(tools.get("a").map(Tool::keys), Some(vec!["x"]));
        assert_eq!((tools.knows("b"), tools.knows("c")), (Some(true), Some(false)));
        assert_eq!(Tools::default().knows("c"), None);
        for bad in ["{}", "[{}]", "nope", "[{\"name\": \"\"}]"] {
            assert_eq!(Tools::read(bad).map_err(|problem| problem.exit_code()), Err(1), "{bad}");
        }
    }

    #[test]
    fn types_are_gathered_also_over_references() {
        let parameters = json!({"$defs": {"n": {"type": "int"}, "loop": {"$ref": "#/$defs/loop"}}});
        let tool = Tool { name: "t".to_owned(), parameters };
        let types = |schema: Value| tool.types(&schema).into_iter().collect::<Vec<_>>();
        assert_eq!(types(json!({"type": ["string", "null"]})), ["null", "string"]);
        assert_eq!(
            types(json!({"anyOf": [{"$ref": "#/$defs/n"}, {"enum": [1.5, true]}]})),
            ["boolean", "integer", "number"]
        );
        assert!(types(json!({"$ref": "#/$defs/loop"})).is_empty());
        assert!(types(json!({})).is_empty());
    }
}
