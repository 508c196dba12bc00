//! Connections: one pool a kind of way, made when first needed, since reading the trusted certificates takes time.

use crate::base::Problem;
use crate::wire::fault::{self, Asked, Broke, Refusal};
use crate::wire::{Endpoint, fault::from_transport};
use reqwest::{RequestBuilder, Response, header};
use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest time for one question that is no chat.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes read of the body of a refusal.
const REFUSAL: usize = 64 << 10;

/// The pools. Loopback goes round every proxy; plain http to loopback also goes without reading certificates.
#[derive(Debug, Default)]
pub(super) struct Pools {
    loopback: OnceLock<Result<reqwest::Client, String>>,
    loopback_tls: OnceLock<Result<reqwest::Client, String>>,
    elsewhere: OnceLock<Result<reqwest::Client, String>>,
}

impl Pools {
    /// The pool for a URL.
    pub(super) fn of(&self, url: &str) -> Result<&reqwest::Client, Problem> {
        let here = is_loopback(url);
        let (slot, certificates) = match (here, url.starts_with("https://")) {
            (true, false) => (&self.loopback, false),
            (true, true) => (&self.loopback_tls, true),
            (false, _) => (&self.elsewhere, true),
        };
        slot.get_or_init(|| build(here, certificates)).as_ref().map_err(|why| {
            Problem::failed(
                "TLS cannot be prepared",
                fault::excerpt(why),
                "install the system's certificates (package ca-certificates), or use http",
            )
        })
    }
}

/// A client for questions that are no chat, by its address: one for the whole program a kind of way. It follows no redirects
/// and sets no time-out but for connecting; clones share connections.
///
/// # Errors
/// When TLS cannot be prepared.
pub fn plain_client(url: &str) -> Result<reqwest::Client, Problem> {
    static POOLS: Pools =
        Pools { loopback: OnceLock::new(), loopback_tls: OnceLock::new(), elsewhere: OnceLock::new() };
    POOLS.of(url).cloned()
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn build(direct: bool, certificates: bool) -> Result<reqwest::Client, String> {
    // Fails only when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        // Engines close idle connections after 5 s; a request must not race that.
        .pool_idle_timeout(Duration::from_secs(2))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("vramdeck/", env!("CARGO_PKG_VERSION")));
    let builder = if direct { builder.no_proxy() } else { builder };
    let builder = if certificates { builder } else { builder.tls_certs_only([]) };
    builder.build().map_err(|error| chain(&error))
}

/// Adds the key, where there is one.
pub(super) fn with_key(request: RequestBuilder, endpoint: &Endpoint) -> RequestBuilder {
    match &endpoint.key {
        Some(key) => request.bearer_auth(key.expose()),
        None => request,
    }
}

/// The problem of a request that got no answer.
pub(super) fn unsent(url: &str, error: &reqwest::Error) -> Problem {
    if error.is_builder() {
        return Problem::usage(format!("{url} cannot be asked"), fault::excerpt(&chain(error)), "check URL and key");
    }
    let broke = match () {
        () if error.is_connect() => Broke::Connecting,
        () if error.is_timeout() => Broke::Silent(PATIENCE.as_secs()),
        () => Broke::NoAnswer,
    };
    from_transport(url, broke, &chain(error))
}

/// The answer itself when its status is 2xx, else the problem in the server's words.
pub(super) async fn accepted(response: Response, endpoint: &Endpoint, url: &str) -> Result<Response, Problem> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let refusal = Refusal { status, retry_after: text(header::RETRY_AFTER), location: text(header::LOCATION) };
    let asked = Asked { url, model: &endpoint.model, with_key: endpoint.key.is_some() };
    let body = tokio::time::timeout(CONNECT, start_of(response, REFUSAL)).await.unwrap_or_default();
    Err(fault::from_answer(asked, refusal, &body))
}

/// At most `most` bytes of a body, as far as it comes.
pub(super) async fn start_of(mut response: Response, most: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < most {
        match response.chunk().await {
            Ok(Some(bytes)) => body.extend_from_slice(&bytes[..bytes.len().min(most - body.len())]),
            _ => break,
        }
    }
    body
}

/// An error with all its causes.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known() {
        for (url, here) in [
            ("http://127.0.0.1:8000", true),
            ("http://127.9.9.9/x", true),
            ("http://localhost:1", true),
            ("https://[::1]:8443", true),
            ("http://192.168.0.2", false),
            ("http://localhost.example.org", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_loopback(url), here, "{url}");
        }
    }
}
