//! A request for a call: bounded in time and in what is read, and never led to another host.

use crate::lab::agent::run::{Limits, Outcome, cut};
use crate::wire::live::plain_client;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};

/// Redirects within the same host that are followed.
const REDIRECTS: usize = 5;
/// Bytes of the body of a refusal that are told.
const REFUSAL: usize = 1024;

/// A request as it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its whole address: `http` or `https`.
    pub url: &'a str,
    /// Its headers.
    pub headers: &'a [(String, String)],
    /// Its body, which is JSON.
    pub body: Option<&'a str>,
}

/// Sends a request and gives the body of its answer, at most a piece more than the limit of it. A `GET` or `HEAD` follows
/// redirects within its host, everything else none. A status of 400 and above is a failure with the beginning of the body;
/// what is no text is told by its kind and size. Dropping the future closes the connection.
pub async fn request(sent: Sent<'_>, limits: Limits) -> Outcome {
    match tokio::time::timeout(limits.time(), exchange(sent, limits)).await {
        Ok(Ok(bytes)) => Outcome::Answered(bytes),
        Ok(Err(why)) => Outcome::Failed(why),
        Err(_) => Outcome::TimedOut(limits.seconds),
    }
}

async fn exchange(sent: Sent<'_>, limits: Limits) -> Result<Vec<u8>, String> {
    let method = Method::from_bytes(sent.method.as_bytes()).map_err(|_| format!("{} is no method", sent.method))?;
    let mut url = Url::parse(sent.url).map_err(|error| format!("the address cannot be used: {error}"))?;
    let headers = headers(sent.headers)?;
    for _ in 0..=REDIRECTS {
        let response = ask(&method, &url, &headers, sent.body).await?;
        if !response.status().is_redirection() {
            return read(response, limits.bytes).await;
        }
        let next = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(|text| url.join(text));
        let Some(Ok(next)) = next else { return Err(format!("{} without an address", words(response.status()))) };
        let safe = matches!(method, Method::GET | Method::HEAD);
        if !safe || next.origin() != url.origin() {
            return Err(format!("the server leads to {next}, which was not allowed"));
        }
        url = next;
    }
    Err(format!("the server leads on more than {REDIRECTS} times"))
}

async fn ask(method: &Method, url: &Url, headers: &HeaderMap, body: Option<&str>) -> Result<Response, String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{} addresses are not asked", url.scheme()));
    }
    let client = plain_client(url.as_str()).map_err(|problem| format!("{}: {}", problem.what, problem.why))?;
    let mut request = client.request(method.clone(), url.clone());
    if let Some(body) = body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.to_owned());
    }
    // Headers of the tool replace those that are set here.
    request.headers(headers.clone()).send().await.map_err(|error| format!("it cannot be asked: {}", causes(&error)))
}

fn headers(all: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut out = HeaderMap::new();
    for (name, value) in all {
        let refuse = || format!("the header {name} cannot be sent");
        let mut text = HeaderValue::from_str(value).map_err(|_| refuse())?;
        text.set_sensitive(true);
        out.append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?, text);
    }
    Ok(out)
}

async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, String> {
    let status = response.status();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, length) = (header(CONTENT_TYPE).to_owned(), header(CONTENT_LENGTH).to_owned());
    if status.as_u16() >= 400 {
        let body = start(&mut response, REFUSAL).await.unwrap_or_default();
        let (said, _) = cut(&body, REFUSAL);
        return Err(format!("{}: {}", words(status), said.trim()).trim_end_matches([':', ' ']).to_owned());
    }
    if is_binary(&kind) {
        return Ok(told(&kind, &length));
    }
    let body = start(&mut response, most.saturating_add(1)).await?;
    let text = cut(&body, most).0;
    // Bytes that call themselves text and are none.
    if text.starts_with('[') && !body.starts_with(b"[") { Ok(told(&kind, &length)) } else { Ok(body) }
}

/// At most so many bytes of a body; the rest is not read.
async fn start(response: &mut Response, most: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while body.len() < most {
        match response.chunk().await {
            Ok(Some(piece)) => {
                body.extend_from_slice(piece.get(..piece.len().min(most - body.len())).unwrap_or_default())
            }
            Ok(None) => break,
            Err(error) => return Err(format!("its answer broke off after {} bytes: {}", body.len(), causes(&error))),
        }
    }
    Ok(body)
}

/// Whether a content type is no text; where none is told, the bytes decide.
fn is_binary(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let text = ["json", "xml", "javascript", "yaml", "csv", "x-www-form-urlencoded", "toml", "graphql", "markdown"];
    !kind.is_empty() && !kind.starts_with("text/") && !text.iter().any(|part| kind.contains(part))
}

fn told(kind: &str, length: &str) -> Vec<u8> {
    let kind = if kind.is_empty() { "no kind told" } else { kind };
    let size = if length.is_empty() { "size not told".to_owned() } else { format!("{length} bytes") };
    format!("[{kind}, {size}: no text, not read]").into_bytes()
}

fn words(status: StatusCode) -> String {
    format!("the server answers {status}")
}

/// The causes of an error without the address, which may hold a key.
fn causes(error: &reqwest::Error) -> String {
    let mut out = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        out.push(error.to_string());
        cause = error.source();
    }
    if out.is_empty() { "no cause is told".to_owned() } else { out.join(": ") }
}
