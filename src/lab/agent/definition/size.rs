//! How large definitions are, without a tokenizer.

use super::Definition;
use serde_json::Value;

/// Figures that need no tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Bytes of the definition as compact JSON in OpenAI's shape.
    pub bytes: usize,
    /// Arguments on the first level.
    pub arguments: usize,
    /// Those of them that are required.
    pub required: usize,
    /// Levels of objects and lists among the arguments; 1 where all are plain.
    pub depth: usize,
}

impl Definition {
    /// How large it is.
    pub fn size(&self) -> Size {
        let bytes = self.to_openai().to_string().len();
        let count = |key: &str| match self.parameters.get(key) {
            Some(Value::Object(all)) => all.len(),
            Some(Value::Array(all)) => all.len(),
            _ => 0,
        };
        let (arguments, required) = (count("properties"), count("required"));
        Size { bytes, arguments, required, depth: depth(&self.parameters, 0) }
    }
}

fn depth(schema: &Value, at: usize) -> usize {
    if at > 64 {
        return at;
    }
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|all| all.values());
    let inner = properties.chain(schema.get("items")).map(|one| depth(one, at + 1)).max();
    inner.unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures() {
        let parameters = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "string"}, "b": {"type": "array", "items": {"properties": {"c": {}}}}}});
        let tool = Definition::read(&json!({"name": "t", "parameters": parameters})).unwrap();
        let size = tool.size();
        assert_eq!((size.arguments, size.required, size.depth), (2, 1, 3));
        assert_eq!(size.bytes, tool.to_openai().to_string().len());
        assert_eq!(Definition::read(&json!({"name": "t"})).unwrap().size().depth, 0);
    }
}
