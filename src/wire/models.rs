//! What an endpoint says about itself: its models, and whose server it is.

use super::Dialect;
use serde_json::Value;

/// A model an endpoint serves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelInfo {
    /// The name to put into requests.
    pub id: String,
    /// Who owns it, as the server says: `vllm`, `llamacpp`, `library` (Ollama), …
    pub owner: String,
    /// Context length in tokens, where the server says.
    pub context_tokens: Option<u64>,
}

/// What was found at an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectedEngine {
    /// Whose dialect it speaks.
    pub dialect: Dialect,
    /// The server's version, where it says.
    pub version: Option<String>,
    /// Its models.
    pub models: Vec<ModelInfo>,
}

impl DetectedEngine {
    /// Context length in tokens of a model, where the server says.
    pub fn context_tokens(&self, model: &str) -> Option<u64> {
        self.models.iter().find(|known| known.id == model)?.context_tokens
    }
}

/// The models in an answer to `/v1/models`; `None` when it is not of that shape.
pub fn models(answer: &Value) -> Option<Vec<ModelInfo>> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = answer.get("data")?.as_array()?;
    let model = |entry: &Value| {
        let tokens = entry
            .get("max_model_len")
            .or_else(|| entry.pointer("/meta/n_ctx"))
            .or_else(|| entry.get("context_length"))
            .and_then(Value::as_u64);
        Some(ModelInfo {
            id: entry.get("id")?.as_str()?.to_owned(),
            owner: text(entry.get("owned_by")),
            context_tokens: tokens.filter(|n| *n > 0),
        })
    };
    Some(list.iter().filter_map(model).collect())
}

/// Whose server lists these models, as far as the list itself says.
pub fn dialect_of(models: &[ModelInfo]) -> Option<Dialect> {
    models.iter().find_map(|model| match model.owner.as_str() {
        "vllm" => Some(Dialect::Vllm),
        "llamacpp" => Some(Dialect::LlamaCpp),
        "library" => Some(Dialect::Ollama),
        _ => None,
    })
}

/// Context lengths of the loaded models in Ollama's `/api/ps`, put into the list.
pub fn add_loaded(models: &mut [ModelInfo], ps: &Value) {
    for loaded in ps.get("models").and_then(Value::as_array).into_iter().flatten() {
        let name = loaded.get("name").or_else(|| loaded.get("model")).and_then(Value::as_str);
        let tokens = loaded.get("context_length").and_then(Value::as_u64);
        if let Some(model) = models.iter_mut().find(|model| Some(model.id.as_str()) == name) {
            model.context_tokens = tokens.or(model.context_tokens);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_each_list() {
        let list = json!({"object": "list", "data": [
            {"id": "a", "owned_by": "vllm", "max_model_len": 2048},
            {"id": "b", "owned_by": "llamacpp", "meta": {"n_ctx": 4096}},
            {"id": "c:latest", "owned_by": "library"},
            {"no": "id"},
        ]});
        let mut found = models(&list).unwrap();
        assert_eq!(found.iter().map(|m| m.context_tokens).collect::<Vec<_>>(), [Some(2048), Some(4096), None]);
        assert_eq!(dialect_of(&found), Some(Dialect::Vllm));
        assert_eq!(dialect_of(&found[2..]), Some(Dialect::Ollama));
        add_loaded(&mut found, &json!({"models": [{"name": "c:latest", "context_length": 8192}]}));
        assert_eq!(found[2].context_tokens, Some(8192));
        assert_eq!(models(&json!({"data": {}})), None);
        assert_eq!(models(&json!([])), None);
    }
}
