//! Error bodies.

use crate::engines::simulated::SimDialect;
use crate::engines::simulated::request::Refusal;
use serde_json::{Value, json};

/// A refusal's status and body; `native` for Ollama's own routes.
pub fn refusal(dialect: SimDialect, refusal: &Refusal, native: bool) -> (u16, Value) {
    let Refusal { status, kind, message, param, extra } = refusal;
    let body = match dialect {
        SimDialect::Vllm => json!({"error": {"message": message, "type": kind, "param": param, "code": status}}),
        SimDialect::LlamaCpp => {
            let mut error = json!({"code": status, "message": message, "type": kind});
            for (name, value) in extra {
                error[*name] = value.clone();
            }
            json!({"error": error})
        }
        SimDialect::Ollama if native => json!({"error": message}),
        SimDialect::Ollama => json!({"error": {"message": message, "type": kind, "param": null, "code": null}}),
    };
    (*status, body)
}

/// The body of a wrong or missing key.
pub fn unauthorized(dialect: SimDialect) -> Value {
    match dialect {
        SimDialect::Vllm => json!({"error": "Unauthorized"}),
        SimDialect::LlamaCpp => {
            json!({"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}})
        }
        SimDialect::Ollama => json!({"error": "unauthorized"}),
    }
}

/// The body of an unknown route; text for Ollama.
pub fn not_found(dialect: SimDialect) -> Option<Value> {
    match dialect {
        SimDialect::Vllm => Some(json!({"detail": "Not Found"})),
        SimDialect::LlamaCpp => {
            Some(json!({"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}}))
        }
        SimDialect::Ollama => None,
    }
}
