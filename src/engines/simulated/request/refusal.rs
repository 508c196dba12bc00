//! Why a request is refused, before a dialect words it.

use serde_json::Value;

/// A refusal: status and the parts that the dialects put into their error bodies.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The error's type, as the dialect names it.
    pub kind: &'static str,
    /// What is wrong.
    pub message: String,
    /// The field at fault, where the dialect says it.
    pub param: Option<String>,
    /// Fields added to the error object.
    pub extra: Vec<(&'static str, Value)>,
}

impl Refusal {
    /// A 400 of vLLM.
    pub fn vllm(message: impl Into<String>, param: Option<&str>) -> Self {
        Self::new(400, "BadRequestError", message, param)
    }

    /// A 400 of llama.cpp and of Ollama's `/v1`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", message, None)
    }

    /// Any refusal.
    pub fn new(status: u16, kind: &'static str, message: impl Into<String>, param: Option<&str>) -> Self {
        Self { status, kind, message: message.into(), param: param.map(str::to_owned), extra: Vec::new() }
    }
}
