//! Ollama's own routes.

use super::drive::start;
use super::engine::Engine;
use super::gate::answer;
use super::openai::{parse, refuse};
use super::shelf::{disk_size, tagged};
use super::stream::{Framing, Writer, stream};
use crate::engines::simulated::dialect::{NativeWriter, ollama_entry};
use crate::engines::simulated::logs::rfc3339;
use crate::engines::simulated::request::{self, Generate, Refusal};
use crate::engines::simulated::{NAME, SimDialect};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use futures_util::stream::unfold;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

type Shared = State<Arc<Engine>>;

/// How many steps a pretended download has, and the time between them.
const PULL_STEPS: u64 = 20;
const PULL_PAUSE: Duration = Duration::from_millis(30);

/// Adds the routes.
pub fn add_to(router: Router<Arc<Engine>>) -> Router<Arc<Engine>> {
    router
        .route("/", get(|| async { "Ollama is running" }))
        .route("/api/version", get(|| async { axum::Json(json!({"version": NAME})) }))
        .route("/api/status", get(|| async { axum::Json(json!({"cloud": {"disabled": true, "source": NAME}})) }))
        .route("/api/tags", get(tags))
        .route("/api/ps", get(ps))
        .route("/api/show", post(show))
        .route("/api/chat", post(chat))
        .route("/api/generate", post(generate))
        .route("/api/pull", post(pull))
        .route("/api/create", post(create))
        .route("/api/copy", post(copy))
        .route("/api/delete", delete(remove))
}

fn now(engine: &Engine) -> String {
    rfc3339(engine.log.clock().epoch)
}

async fn tags(State(engine): Shared) -> axum::Json<Value> {
    let config = &engine.config;
    let modified = rfc3339(Duration::from_secs(engine.created));
    let models = engine.shelf.names().into_iter().map(|name| {
        let mut entry = ollama_entry(&name, disk_size(config, &name), config.max_model_len, config.reasoning);
        entry["modified_at"] = json!(modified);
        entry
    });
    axum::Json(json!({"models": models.collect::<Vec<_>>()}))
}

async fn ps(State(engine): Shared) -> axum::Json<Value> {
    let models = engine.shelf.seen().into_iter().map(|seen| {
        let mut entry = ollama_entry(&seen.name, seen.size, seen.context, engine.config.reasoning);
        // "For ever" is a date far away there.
        entry["expires_at"] = json!(rfc3339(seen.expires.unwrap_or(Duration::from_secs(10_413_792_000))));
        entry["size_vram"] = json!(seen.size.0);
        entry["context_length"] = json!(seen.context);
        entry
    });
    axum::Json(json!({"models": models.collect::<Vec<_>>()}))
}

async fn show(State(engine): Shared, bytes: Bytes) -> Response {
    let body = match parse(SimDialect::Ollama, &bytes) {
        Ok(body) => body,
        Err(why) => return refuse(&engine, &why, true),
    };
    let name = named(&body);
    if !engine.shelf.has(&name) {
        let why = format!("model '{}' not found", tagged(&name));
        return refuse(&engine, &Refusal::new(404, "not_found_error", why, None), true);
    }
    let config = &engine.config;
    let name = tagged(&name);
    let entry = ollama_entry(&name, disk_size(config, &name), config.max_model_len, config.reasoning);
    let body = json!({
        "modelfile": format!("# {NAME}\nFROM {name}\n"), "parameters": "", "template": "", "license": "simulated",
        "details": entry["details"], "capabilities": entry["capabilities"],
        "model_info": {
            "general.architecture": "simulated", "general.parameter_count": config.assumed().params as u64,
            "simulated.context_length": config.max_model_len,
        },
        "modified_at": now(&engine),
    });
    answer(200, &body)
}

async fn chat(State(engine): Shared, bytes: Bytes) -> Response {
    respond(engine, &bytes, Generate::Chat).await
}

async fn generate(State(engine): Shared, bytes: Bytes) -> Response {
    respond(engine, &bytes, Generate::Prompt).await
}

async fn respond(engine: Arc<Engine>, bytes: &Bytes, route: Generate) -> Response {
    match answer_to(&engine, bytes, route).await {
        Ok(response) => response,
        Err(mut why) => {
            if why.kind == "exceed_context_size_error" {
                // The error of the engine below, as text inside the error.
                let (_, inner) = crate::engines::simulated::dialect::refusal(SimDialect::LlamaCpp, &why, false);
                why.message = inner.to_string();
            }
            refuse(&engine, &why, true)
        }
    }
}

async fn answer_to(engine: &Arc<Engine>, bytes: &Bytes, route: Generate) -> Result<Response, Refusal> {
    let body = parse(SimDialect::Ollama, bytes)?;
    let ask = request::native(route, &body)?;
    let keep = keep_alive(&body);
    let context = body.get("options").and_then(|o| o.get("num_ctx")).and_then(Value::as_u64);
    let model = ask.model.clone();
    if ask.turns.is_empty() && keep == Some(0.0) {
        engine.shelf.unload(engine, &model);
        return Ok(answer(200, &only(engine, route, &model, "unload")));
    }
    let seen = engine.shelf.load(engine, &model, context, keep).await?;
    if ask.turns.is_empty() {
        return Ok(answer(200, &only(engine, route, &model, "load")));
    }
    let streams = ask.stream;
    let mut writer = NativeWriter::new(route, model, engine.numbers());
    let mut running = start(engine, ask, seen.context)?;
    if streams {
        return Ok(stream(engine, running, Writer::Native(writer, seen.seconds), Framing::Lines, true));
    }
    while let Some(event) = running.next().await {
        writer.note(&event);
    }
    Ok(answer(200, &writer.last(&now(engine), &running.counts, seen.seconds, true)))
}

/// The answer to a request that only loads or unloads.
fn only(engine: &Engine, route: Generate, model: &str, reason: &str) -> Value {
    let mut body = json!({"model": model, "created_at": now(engine), "done": true, "done_reason": reason});
    match route {
        Generate::Chat => body["message"] = json!({"role": "assistant", "content": ""}),
        Generate::Prompt => body["response"] = json!(""),
    }
    body
}

/// Seconds; a number, or text such as `5m`, `30s`, `-1`.
fn keep_alive(body: &Map<String, Value>) -> Option<f64> {
    match body.get("keep_alive")? {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => {
            let unit = |end: &str, seconds: f64| text.strip_suffix(end)?.parse::<f64>().ok().map(|n| n * seconds);
            let plain = || text.parse().ok();
            unit("ms", 0.001)
                .or_else(|| unit("s", 1.0))
                .or_else(|| unit("m", 60.0))
                .or_else(|| unit("h", 3600.0))
                .or_else(plain)
        }
        _ => None,
    }
}

fn named(body: &Map<String, Value>) -> String {
    let name = body.get("model").or_else(|| body.get("name")).and_then(Value::as_str);
    name.unwrap_or_default().to_owned()
}

/// Pretends to fetch a model from a registry that does not exist and says so.
async fn pull(State(engine): Shared, bytes: Bytes) -> Response {
    let body = match parse(SimDialect::Ollama, &bytes) {
        Ok(body) => body,
        Err(why) => return refuse(&engine, &why, true),
    };
    let name = named(&body);
    let total = disk_size(&engine.config, &tagged(&name)).0;
    let mut lines = vec![json!({"status": "pulling manifest from the simulated registry (nothing is downloaded)"})];
    for step in 0..=PULL_STEPS {
        let completed = total / PULL_STEPS * step;
        let digest = "sha256:simulated";
        lines.push(json!({"status": "pulling simulated", "digest": digest, "total": total, "completed": completed}));
    }
    for status in ["verifying sha256 digest", "writing manifest", "success"] {
        lines.push(json!({"status": status}));
    }
    if body.get("stream").and_then(Value::as_bool) == Some(false) {
        engine.shelf.install(&name);
        return answer(200, &json!({"status": "success"}));
    }
    progress(engine, name, lines)
}

async fn create(State(engine): Shared, bytes: Bytes) -> Response {
    let body = match parse(SimDialect::Ollama, &bytes) {
        Ok(body) => body,
        Err(why) => return refuse(&engine, &why, true),
    };
    let words = ["parsing simulated model", "writing manifest", "success"];
    progress(engine, named(&body), words.iter().map(|status| json!({"status": status})).collect())
}

/// Lines one after the other; the model is there after the last one.
fn progress(engine: Arc<Engine>, name: String, lines: Vec<Value>) -> Response {
    let state = (engine, name, lines.into_iter());
    let body = Body::from_stream(unfold(state, |(engine, name, mut lines)| async move {
        let line = lines.next()?;
        tokio::time::sleep(PULL_PAUSE).await;
        if lines.len() == 0 {
            engine.shelf.install(&name);
        }
        Some((Ok::<_, std::io::Error>(Bytes::from(format!("{line}\n"))), (engine, name, lines)))
    }));
    ([(header::CONTENT_TYPE, Framing::Lines.kind())], body).into_response()
}

async fn copy(State(engine): Shared, bytes: Bytes) -> Response {
    let body = parse(SimDialect::Ollama, &bytes).unwrap_or_default();
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (source, destination) = (text("source"), text("destination"));
    if !engine.shelf.has(&source) {
        let why = format!("model '{source}' not found");
        return refuse(&engine, &Refusal::new(404, "not_found_error", why, None), true);
    }
    engine.shelf.install(&destination);
    StatusCode::OK.into_response()
}

async fn remove(State(engine): Shared, bytes: Bytes) -> Response {
    let body = parse(SimDialect::Ollama, &bytes).unwrap_or_default();
    let name = named(&body);
    if engine.shelf.remove(&name) {
        return StatusCode::OK.into_response();
    }
    let why = format!("model '{name}' not found");
    refuse(&engine, &Refusal::new(404, "not_found_error", why, None), true)
}
