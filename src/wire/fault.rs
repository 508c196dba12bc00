//! What a server said when it refused or broke, as a [`Problem`] with its own words, cleaned and bounded.

mod words;

pub use words::{excerpt, own_words};

use crate::base::Problem;
use serde_json::{Map, Value};

/// What was asked, for the sentences.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The URL.
    pub url: &'a str,
    /// The model's name; empty where none was part of the question.
    pub model: &'a str,
    /// Whether a key was sent.
    pub with_key: bool,
}

/// What the answer said besides its body.
#[derive(Debug, Clone, Copy, Default)]
pub struct Refusal<'a> {
    /// HTTP status.
    pub status: u16,
    /// The header `retry-after`.
    pub retry_after: Option<&'a str>,
    /// The header `location`.
    pub location: Option<&'a str>,
}

/// The kinds of refusal, told apart by status and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    Context,
    Model,
    NotFound,
    Busy,
    Loading,
    Broken,
    Gateway,
    Moved,
    Request,
}

/// A problem from an answer whose status is not 2xx.
pub fn from_answer(asked: Asked<'_>, refusal: Refusal<'_>, body: &[u8]) -> Problem {
    let text = String::from_utf8_lossy(body);
    let words = own_words(&text);
    let why = match (&words, refusal.status) {
        (Some(words), status) => format!("{words} (HTTP {status})"),
        (None, status) => format!("HTTP {status}, no reason given"),
    };
    let kind = kind(refusal.status, words.as_deref().unwrap_or_default(), &text);
    Problem::failed(what(kind, asked), why, hint(kind, asked, refusal))
}

fn kind(status: u16, words: &str, body: &str) -> Kind {
    let words = words.to_ascii_lowercase();
    let says = |list: &[&str]| list.iter().any(|text| words.contains(text));
    if matches!(status, 401 | 403) || body.contains("no_db_connection") {
        return Kind::Key;
    }
    if says(&["maximum context length", "available context size", "context length exceeded", "context window"]) {
        return Kind::Context;
    }
    let names_model = words.contains("model") && says(&["does not exist", "not found", "invalid model name"]);
    match status {
        300..=399 => Kind::Moved,
        400 | 404 if names_model => Kind::Model,
        404 | 405 | 410 => Kind::NotFound,
        429 => Kind::Busy,
        503 if says(&["loading"]) => Kind::Loading,
        503 => Kind::Busy,
        502 | 504 => Kind::Gateway,
        500.. => Kind::Broken,
        _ => Kind::Request,
    }
}

fn what(kind: Kind, asked: Asked<'_>) -> String {
    let Asked { url, model, with_key } = asked;
    match kind {
        Kind::Key if with_key => format!("{url} refuses the key"),
        Kind::Key => format!("{url} wants a key"),
        Kind::Context => "the conversation is longer than the model's context".into(),
        Kind::Model if model.is_empty() => format!("{url} does not know the model"),
        Kind::Model => format!("{url} does not serve a model named {model}"),
        Kind::NotFound => format!("{url} is not there"),
        Kind::Busy => format!("{url} is too busy to answer"),
        Kind::Loading => "the engine is still loading its model".into(),
        Kind::Broken => "the engine failed while answering".into(),
        Kind::Gateway => format!("the server behind {url} does not answer"),
        Kind::Moved => format!("{url} answers from elsewhere"),
        Kind::Request => "the engine refused the request".into(),
    }
}

fn hint(kind: Kind, asked: Asked<'_>, refusal: Refusal<'_>) -> String {
    match kind {
        Kind::Key if asked.with_key => "check the key".into(),
        Kind::Key => "give it with --key, or in VRAMDECK_API_KEY".into(),
        Kind::Context => "shorten the conversation, or start the engine with a longer context".into(),
        Kind::Model => "use a name that /v1/models of this server lists".into(),
        Kind::NotFound => "give the server's base URL, without /v1; it must serve /v1/chat/completions".into(),
        Kind::Busy => match refusal.retry_after {
            Some(after) => format!("try again after {}", retry(after)),
            None => "try again in a moment".into(),
        },
        Kind::Loading => "wait until the engine is ready".into(),
        Kind::Broken => "look at the last lines of the engine's log".into(),
        Kind::Gateway => "check that the server behind it runs".into(),
        Kind::Moved => match refusal.location {
            Some(location) => format!("use {}", excerpt(location)),
            None => "use the URL it moved to".into(),
        },
        Kind::Request => "change what the engine's words name".into(),
    }
}

/// `retry-after` is a number of seconds or a date.
fn retry(after: &str) -> String {
    if after.trim().parse::<u64>().is_ok() { format!("{} s", after.trim()) } else { excerpt(after) }
}

/// A problem from an object that came inside a stream, when it is an error: `{"error":…}`, `{"object":"error",…}`,
/// `{"detail":…}` beside nothing that belongs to an answer.
pub fn in_object(chunk: &Map<String, Value>) -> Option<Problem> {
    let error = chunk.get("error").filter(|error| !error.is_null());
    if let Some(error) = error {
        return Some(in_stream(error));
    }
    let is_error = chunk.get("object").and_then(Value::as_str) == Some("error")
        || (chunk.contains_key("detail") && !chunk.contains_key("choices"));
    is_error.then(|| in_stream(&Value::Object(chunk.clone())))
}

/// A problem from the value of an error inside a stream: an object, or a text.
pub fn in_stream(error: &Value) -> Problem {
    let text = match error {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let why = own_words(&text).unwrap_or_else(|| "no reason given".into());
    let status = error.get("code").and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let kind = kind(status.and_then(|code| u16::try_from(code).ok()).unwrap_or(500), &why, "");
    let what = match kind {
        Kind::Broken | Kind::Request => "the engine failed while answering".to_owned(),
        kind => what(kind, Asked { url: "the engine", ..Asked::default() }),
    };
    Problem::failed(what, why, hint(kind, Asked::default(), Refusal::default()))
}

/// An answer with status 2xx that is not what was asked for.
pub fn not_an_answer(url: &str, content_type: &str, body: &[u8]) -> Problem {
    let text = String::from_utf8_lossy(body);
    let start = text.trim_start().get(..15).unwrap_or_default().to_ascii_lowercase();
    let why = if start.starts_with("<!doctype html") || start.starts_with("<html") || content_type.contains("html") {
        "it answered with a web page".to_owned()
    } else if text.trim().is_empty() {
        "it answered with nothing".to_owned()
    } else if serde_json::from_str::<Value>(&text).is_ok() {
        "it answered with JSON of another shape".to_owned()
    } else {
        "its answer is not JSON".to_owned()
    };
    let hint = "give the base URL of an OpenAI-compatible server, without /v1";
    let problem = Problem::failed(format!("{url} is not an OpenAI-compatible endpoint"), why, hint);
    if text.trim().is_empty() {
        problem
    } else {
        problem.with_detail([own_words(&text).unwrap_or_else(|| excerpt(&text))])
    }
}

/// How a connection failed before or during an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broke {
    /// No connection within the time-out, refused, host unknown, no TLS.
    Connecting,
    /// The connection was made, and closed without an answer.
    NoAnswer,
    /// Nothing came for too long; the time-out in seconds.
    Silent(u64),
    /// The connection was cut while the answer came.
    Midway,
}

/// Why there is no answer, where a server closed a connection that it had kept open.
pub const CLOSED: &str = "the server closed the connection without an answer";

/// A problem from a failed connection; `chain` is the text of the error and of its sources.
pub fn from_transport(url: &str, broke: Broke, chain: &str) -> Problem {
    let low = chain.to_ascii_lowercase();
    let says = |text: &str| low.contains(text);
    let (why, hint) = match broke {
        Broke::Silent(seconds) => {
            return Problem::failed(
                "the engine fell silent",
                format!("nothing came from {url} for {seconds} s"),
                "look at the engine's log; ask again",
            );
        }
        Broke::Midway => {
            return Problem::failed(
                "the answer was cut off",
                "the connection broke while the answer came",
                "look whether the engine still runs; ask again",
            )
            .with_detail([excerpt(chain)]);
        }
        Broke::NoAnswer => (CLOSED, "look at the engine's log; ask again"),
        _ if says("connection refused") => ("nothing listens there", "start the engine, or check host and port"),
        _ if says("dns error") || says("lookup address") => ("the host's name is not known", "check the host name"),
        _ if says("certificate") || says("unknownissuer") => {
            ("its TLS certificate is not trusted", "install its authority on this machine, or use http on loopback")
        }
        _ if says("corrupt message") || says("invalidcontenttype") || says("tls") || says("handshake") => {
            ("TLS could not be agreed on", "check whether the server speaks http instead of https")
        }
        _ if url.starts_with("https://") && says("timed out") => {
            ("no TLS connection within 5 s", "check host and port, and whether the server speaks http instead of https")
        }
        _ if says("timed out") || says("timeout") => ("no connection within 5 s", "check host, port and firewall"),
        _ if says("unreachable") => ("the network does not lead there", "check the network and the address"),
        _ => ("the connection failed", "check the URL, and whether the server runs"),
    };
    Problem::failed(format!("cannot reach {url}"), why, hint).with_detail([excerpt(chain)])
}
