//! Small HTTP questions to engines.

use crate::base::{Problem, Secret};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use std::time::Duration;

/// A client that never uses a proxy for what runs on this machine.
///
/// # Errors
/// When no TLS can be set up.
pub(super) fn client(timeout: Duration) -> Result<Client, Problem> {
    // Only the first of a process installs it; later ones find it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().connect_timeout(timeout).read_timeout(timeout).build().map_err(|error| {
        Problem::failed("no HTTP client can be made", error.to_string(), "check the system's certificates")
    })
}

/// A client for the loopback interface or a named host, as the URL needs.
pub(super) fn client_for(url: &str, timeout: Duration) -> Result<Client, Problem> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    if !(url.contains("127.0.0.1") || url.contains("localhost") || url.contains("[::1]")) {
        return client(timeout);
    }
    Client::builder().no_proxy().connect_timeout(timeout).read_timeout(timeout).build().map_err(|error| {
        Problem::failed("no HTTP client can be made", error.to_string(), "check the system's certificates")
    })
}

/// Adds the bearer token.
pub(super) fn with_key(request: RequestBuilder, key: Option<&Secret>) -> RequestBuilder {
    match key {
        Some(key) => request.bearer_auth(key.expose()),
        None => request,
    }
}

/// The chain of an error's causes in one line: reqwest hides the telling one at the bottom.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let more = inner.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = inner.source();
    }
    crate::base::text::clean_line(&text)
}

/// What a server says went wrong, in its own words: `{"error": "…"}`, `{"error": {"message": "…"}}`, or the text.
pub(super) fn own_words(body: &str) -> String {
    let value: Option<Value> = serde_json::from_str(body).ok();
    let error = value.as_ref().and_then(|value| value.get("error"));
    let words = error.and_then(|error| error.as_str().or_else(|| error.get("message")?.as_str()));
    crate::base::text::fit(&crate::base::text::clean_line(words.unwrap_or(body).trim()), 400).into_owned()
}

/// Bytes read of one answer, at most; vLLM's metrics, the longest, have under 100 KB.
const MOST: usize = 4 << 20;

/// The text of an answer, whatever its status.
///
/// # Errors
/// When it cannot be read to its end, or has none: what runs here may be anything.
pub(super) async fn text(mut response: Response) -> Result<String, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| chain(&error))? {
        if body.len() + chunk.len() > MOST {
            return Err(format!("it answers with more than {} MiB", MOST >> 20));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// The body of a successful answer, or the failure in the server's own words.
///
/// # Errors
/// When the status is not 2xx or the body cannot be read.
pub(super) async fn body(response: Response, what: &str) -> Result<String, Problem> {
    let status = response.status();
    let text = text(response).await.map_err(|why| Problem::failed(what, why, "try again"))?;
    if status.is_success() {
        return Ok(text);
    }
    let hint = match status.as_u16() {
        401 | 403 => "check the key",
        404 => "check the name and the URL",
        503 => "the server is busy or still loading: try again",
        _ => "look into the server's log",
    };
    Err(Problem::failed(what, format!("HTTP {}: {}", status.as_u16(), own_words(&text)), hint))
}
