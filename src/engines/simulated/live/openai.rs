//! `/v1/chat/completions` and `/v1/completions`.

use super::drive::start;
use super::engine::Engine;
use super::gate::answer;
use super::stream::{Framing, Writer, stream};
use crate::engines::simulated::SimDialect;
use crate::engines::simulated::dialect::{ChatWriter, TextWriter, refusal};
use crate::engines::simulated::request::{self, Ask, Refusal};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Answers a conversation.
pub async fn chat(State(engine): State<Arc<Engine>>, bytes: Bytes) -> Response {
    respond(engine, &bytes, true).await
}

/// Continues a text.
pub async fn text(State(engine): State<Arc<Engine>>, bytes: Bytes) -> Response {
    respond(engine, &bytes, false).await
}

/// A refusal as the dialect writes it.
pub fn refuse(engine: &Engine, why: &Refusal, native: bool) -> Response {
    let (status, body) = refusal(engine.config.dialect, why, native);
    answer(status, &body)
}

async fn respond(engine: Arc<Engine>, bytes: &Bytes, chat: bool) -> Response {
    match answer_to(&engine, bytes, chat).await {
        Ok(response) => response,
        Err(why) => refuse(&engine, &why, false),
    }
}

async fn answer_to(engine: &Arc<Engine>, bytes: &Bytes, chat: bool) -> Result<Response, Refusal> {
    let config = &engine.config;
    let body = parse(config.dialect, bytes)?;
    let limit = config.max_model_len;
    let read = if chat { request::chat } else { request::completion };
    let ask = read(config.dialect, &body, limit)?;
    let model = model_of(engine, &ask)?;
    let context = match config.dialect {
        SimDialect::Ollama => engine.shelf.load(engine, &ask.model, None, None).await?.context,
        _ => limit,
    };
    let (streams, usage) = (ask.stream, ask.usage);
    let numbers = engine.numbers();
    let mut writer = if chat {
        Writer::Chat(ChatWriter::new(config.dialect, &ask, model, engine.log.clock().epoch.as_secs(), numbers))
    } else {
        Writer::Text(TextWriter::new(config.dialect, &ask, model, engine.log.clock().epoch.as_secs(), numbers))
    };
    let mut running = start(engine, ask, context)?;
    if streams {
        return Ok(stream(engine, running, writer, Framing::Events, usage));
    }
    while let Some(event) = running.next().await {
        writer.note(&event);
    }
    Ok(answer(200, &writer.whole(&running.counts)))
}

fn model_of(engine: &Engine, ask: &Ask) -> Result<String, Refusal> {
    let served = &engine.config.served;
    match engine.config.dialect {
        SimDialect::Vllm if !ask.model.is_empty() && ask.model != *served => {
            let why = format!("The model `{}` does not exist. Valid aliases: {served}.", ask.model);
            Err(Refusal::new(404, "NotFoundError", why, Some("model")))
        }
        SimDialect::Ollama if !engine.shelf.has(&ask.model) => {
            Err(Refusal::new(404, "not_found_error", format!("model '{}' not found", ask.model), None))
        }
        SimDialect::Ollama => Ok(ask.model.clone()),
        _ => Ok(served.clone()),
    }
}

/// The body as an object, or what the dialect says when it is none.
pub fn parse(dialect: SimDialect, bytes: &Bytes) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Refusal::invalid("the body must be a JSON object")),
        Err(error) => Err(match dialect {
            SimDialect::Vllm => {
                let at = format!("body.{}", error.column());
                let message = format!(
                    "1 validation error:\n  {{'type': 'json_invalid', 'loc': '{at}', 'msg': 'JSON decode error', 'ctx': {{'error': '{error}'}}}}"
                );
                Refusal::new(400, "Bad Request", message, Some(&at))
            }
            SimDialect::LlamaCpp => Refusal::invalid(format!("[json.exception.parse_error.101] parse error: {error}")),
            SimDialect::Ollama => {
                Refusal::invalid(if error.is_eof() { "unexpected EOF".to_owned() } else { error.to_string() })
            }
        }),
    }
}
