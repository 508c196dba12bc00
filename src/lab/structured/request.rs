//! A constraint as the fields of a chat request, in each engine's own shape.

use super::{Constraint, Kind, Syntax};
use crate::base::Problem;
use crate::wire::Dialect;
use serde_json::{Map, Value, json};

/// How to write a constraint where an engine reads it in several places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shape {
    /// `response_format` where the engine has the kind there, else its own field.
    #[default]
    Auto,
    /// OpenAI's `response_format`.
    ResponseFormat,
    /// The engine's own field: vLLM's `structured_outputs`, llama.cpp's `json_schema` and `grammar`, the `format` of Ollama's
    /// `/api/chat`.
    Own,
}

/// What goes with a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Where to write it.
    pub shape: Shape,
    /// Whose API stands behind a proxy that passes unknown fields on (LiteLLM's `hosted_vllm/`).
    pub behind: Option<Dialect>,
    /// `disable_any_whitespace` of vLLM: no blanks between the parts of JSON.
    pub disable_any_whitespace: bool,
    /// `disable_additional_properties` of vLLM: no members that the schema does not name.
    pub disable_additional_properties: bool,
    /// `whitespace_pattern` of vLLM: a regular expression of the blanks between the parts of JSON.
    pub whitespace_pattern: Option<String>,
}

/// A constraint as an engine takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The fields of the request's body.
    pub fields: Vec<(String, Value)>,
    /// What the engine is asked for: the constraint itself, or what it was rewritten to.
    pub asked: Constraint,
    /// What to know of it: a rewriting, an option that has no effect.
    pub notes: Vec<String>,
    /// Whether the fields are for Ollama's `/api/chat` and not for `/v1/chat/completions`.
    pub native: bool,
}

impl Request {
    fn of(asked: &Constraint, name: &str, value: Value) -> Self {
        Self { fields: vec![(name.to_owned(), value)], asked: asked.clone(), notes: Vec::new(), native: false }
    }

    fn noted(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The fields as one JSON object.
    pub fn to_json(&self) -> Value {
        Value::Object(self.fields.iter().cloned().collect())
    }
}

/// Writes a constraint for an engine.
///
/// # Errors
/// When the engine has no such constraint and none that means the same, or the constraint is empty.
pub fn request(constraint: &Constraint, dialect: Dialect, options: &Options) -> Result<Request, Problem> {
    let _ = (constraint, dialect, options, Kind::ALL, Syntax::ALL, json!(null), Map::<String, Value>::new());
    Ok(Request::of(constraint, "response_format", json!({"type": "json_object"})).noted(""))
}
