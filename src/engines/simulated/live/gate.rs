//! In front of every route: the key, the script's own answers, the name in the headers, the line in the log.

use super::engine::Engine;
use crate::engines::simulated::dialect::{refusal, unauthorized};
use crate::engines::simulated::logs::Note;
use crate::engines::simulated::request::Refusal;
use crate::engines::simulated::script::Canned;
use crate::engines::simulated::{NAME, SimDialect};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// Routes that write text; the script's answers count these.
const WRITING: [&str; 7] = [
    "/v1/chat/completions",
    "/v1/completions",
    "/chat/completions",
    "/completion",
    "/completions",
    "/api/chat",
    "/api/generate",
];

/// Lets a request through, or answers in its place.
pub async fn gate(State(engine): State<Arc<Engine>>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match refused(&engine, &request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    let name = HeaderValue::from_static(NAME);
    response.headers_mut().insert(header::SERVER, name.clone());
    response.headers_mut().insert("x-engine", name);
    let method = if method == Method::POST {
        "POST"
    } else if method == Method::DELETE {
        "DELETE"
    } else {
        "GET"
    };
    if !matches!(path.as_str(), "/health" | "/metrics" | "/slots" | "/api/ps") {
        engine.log.say(&Note::Request(method, path, response.status().as_u16()));
    }
    response
}

fn refused(engine: &Engine, request: &Request) -> Option<Response> {
    let path = request.uri().path();
    if !has_key(engine, request, path) {
        return Some(answer(401, &unauthorized(engine.config.dialect)));
    }
    if !engine.is_ready() && engine.config.dialect == SimDialect::LlamaCpp {
        let body = json!({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}});
        return Some(answer(503, &body));
    }
    if request.method() == Method::POST && WRITING.contains(&path) {
        let number = engine.count_request();
        return engine.config.script.canned(number).map(|canned| scripted(engine, canned, path));
    }
    None
}

fn has_key(engine: &Engine, request: &Request, path: &str) -> bool {
    let Some(key) = &engine.config.api_key else { return true };
    let open = match engine.config.dialect {
        SimDialect::Vllm => !path.starts_with("/v1/"),
        SimDialect::LlamaCpp => matches!(path, "/health" | "/v1/health" | "/models" | "/v1/models" | "/"),
        SimDialect::Ollama => path == "/",
    };
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    open || sent.and_then(|value| value.strip_prefix("Bearer ")) == Some(key.expose())
}

fn scripted(engine: &Engine, canned: &Canned, path: &str) -> Response {
    let status = StatusCode::from_u16(canned.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = canned.content_type.clone().unwrap_or_else(|| "application/json".to_owned());
    let body = canned.body.clone().unwrap_or_else(|| {
        let kind = match canned.status {
            404 => "NotFoundError",
            429 => "RateLimitError",
            400..=499 => "BadRequestError",
            _ => "InternalServerError",
        };
        let why = Refusal::new(canned.status, kind, "Scripted by the simulated engine.", None);
        refusal(engine.config.dialect, &why, path.starts_with("/api/")).1.to_string()
    });
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

/// A JSON answer.
pub fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], Body::from(body.to_string())).into_response()
}
