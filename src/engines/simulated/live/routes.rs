//! The routes of each dialect.

use super::engine::Engine;
use super::gate::{answer, gate};
use super::{native, openai};
use crate::engines::simulated::dialect::{llama_props, llama_slots, models, not_found};
use crate::engines::simulated::{NAME, SimDialect};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::sync::Arc;

type Shared = State<Arc<Engine>>;

/// All routes of the engine's dialect.
pub fn router(engine: &Arc<Engine>) -> Router {
    let common = Router::new()
        .route("/v1/models", get(list_models))
        .route("/v1/chat/completions", post(openai::chat))
        .route("/v1/completions", post(openai::text))
        .fallback(unknown);
    let router = match engine.config.dialect {
        SimDialect::Vllm => common
            .route("/health", get(|| async { StatusCode::OK }))
            .route("/ping", get(|| async { StatusCode::OK }))
            .route("/version", get(|| async { axum::Json(json!({"version": NAME})) }))
            .route("/load", get(load))
            .route("/metrics", get(metrics))
            .route("/tokenize", post(tokenize))
            .route("/detokenize", post(detokenize)),
        SimDialect::LlamaCpp => common
            .route("/health", get(|| async { axum::Json(json!({"status": "ok"})) }))
            .route("/v1/health", get(|| async { axum::Json(json!({"status": "ok"})) }))
            .route("/models", get(list_models))
            .route("/chat/completions", post(openai::chat))
            .route("/completions", post(openai::text))
            .route("/completion", post(openai::text))
            .route("/props", get(|State(e): Shared| async move { axum::Json(llama_props(&e.config)) }))
            .route("/slots", get(slots))
            .route("/metrics", get(metrics))
            .route("/tokenize", post(tokenize))
            .route("/detokenize", post(detokenize)),
        SimDialect::Ollama => native::add_to(common),
    };
    let gate = axum::middleware::from_fn_with_state(Arc::clone(engine), gate);
    router.layer(gate).with_state(Arc::clone(engine))
}

async fn unknown(State(engine): Shared) -> Response {
    match not_found(engine.config.dialect) {
        Some(body) => answer(404, &body),
        None => (StatusCode::NOT_FOUND, "404 page not found").into_response(),
    }
}

async fn list_models(State(engine): Shared) -> axum::Json<Value> {
    let vocabulary = engine.knowledge.model.vocab().len();
    axum::Json(models(&engine.config, &engine.shelf.names(), engine.created, vocabulary))
}

async fn load(State(engine): Shared) -> axum::Json<Value> {
    let running = engine.metrics().running;
    axum::Json(json!({"server_load": running}))
}

async fn slots(State(engine): Shared) -> axum::Json<Value> {
    let (busy, tokens) = {
        let counted = engine.metrics();
        (counted.running as usize, counted.cached_tokens)
    };
    axum::Json(llama_slots(&engine.config, busy, tokens))
}

async fn metrics(State(engine): Shared) -> Response {
    let capacity = engine.capacity();
    let text = engine.metrics().text(engine.config.dialect, &engine.config.served, capacity);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// The body as JSON; an empty object where it is none.
fn body_of(bytes: &Bytes) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!({}))
}

async fn tokenize(State(engine): Shared, bytes: Bytes) -> Response {
    let body = body_of(&bytes);
    let vocab = engine.knowledge.model.vocab();
    if engine.config.dialect == SimDialect::LlamaCpp {
        let tokens = vocab.encode(body["content"].as_str().unwrap_or_default().as_bytes());
        let piece = |t: &u32| String::from_utf8_lossy(vocab.bytes(*t)).into_owned();
        let list: Vec<Value> = match body["with_pieces"].as_bool() {
            Some(true) => tokens.iter().map(|t| json!({"id": t, "piece": piece(t)})).collect(),
            _ => tokens.iter().map(|t| json!(t)).collect(),
        };
        return answer(200, &json!({"tokens": list}));
    }
    let tokens = match (body["prompt"].as_str(), body.as_object()) {
        (Some(prompt), _) => vocab.encode(prompt.as_bytes()),
        (None, Some(map)) => match crate::engines::simulated::request::chat(SimDialect::Vllm, map, u64::MAX) {
            Ok(ask) => engine.knowledge.prompt(&ask),
            Err(why) => return openai::refuse(&engine, &why, false),
        },
        _ => Vec::new(),
    };
    let strings = body["return_token_strs"].as_bool().unwrap_or(false);
    let strings = strings.then(|| tokens.iter().map(|t| String::from_utf8_lossy(vocab.bytes(*t))).collect::<Vec<_>>());
    let body = json!({
        "count": tokens.len(), "max_model_len": engine.config.max_model_len, "tokens": tokens, "token_strs": strings,
    });
    answer(200, &body)
}

async fn detokenize(State(engine): Shared, bytes: Bytes) -> Response {
    let body = body_of(&bytes);
    let tokens: Vec<u32> =
        body["tokens"].as_array().into_iter().flatten().filter_map(|t| t.as_u64().map(|t| t as u32)).collect();
    let text = String::from_utf8_lossy(&engine.knowledge.model.vocab().decode(&tokens)).into_owned();
    let field = if engine.config.dialect == SimDialect::LlamaCpp { "content" } else { "prompt" };
    answer(200, &json!({ field: text }))
}
