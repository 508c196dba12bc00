//! Questions to the Hub. Redirects are followed here, not by the library: the token goes to the Hub's own address only.

use crate::base::{Problem, text};
use crate::models::hub::{Access, Answered, Asked, Fault, Repository};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LOCATION, RANGE, RETRY_AFTER};
use reqwest::{Client, Response, Url, redirect};
use std::error::Error;
use std::time::{Duration, Instant};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence.
const SILENCE: Duration = Duration::from_secs(30);
/// The most redirects that are followed.
const HOPS: usize = 5;
/// Seconds in which an answer may come at any pace, and bytes per second that are the least afterwards.
const GRACE: u64 = 60;
const LEAST: u64 = 1024;
/// The longest answer of the API, bytes.
const ANSWER: u64 = 32 << 20;

/// The Hub.
#[derive(Debug, Clone)]
pub struct Hub {
    /// How it is reached.
    pub(super) access: Access,
    client: Client,
    base: Url,
}

/// A part of a file: from a byte to another (inclusive), or to the end; with the tag that it must still have.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub from: u64,
    pub to: Option<u64>,
    pub tag: Option<String>,
}

impl Hub {
    /// A client for the Hub.
    ///
    /// # Errors
    /// Usage, when its address is none; failed, when no TLS can be set up.
    pub fn new(access: Access) -> Result<Self, Problem> {
        Self::with_patience(access, SILENCE)
    }

    /// As [`Hub::new`], giving up after so long a silence.
    ///
    /// # Errors
    /// As [`Hub::new`].
    pub fn with_patience(access: Access, silence: Duration) -> Result<Self, Problem> {
        // An address may carry a password: it is not repeated.
        let wrong =
            |why: String| Problem::usage("HF_ENDPOINT is no address of a hub", why, "correct or unset HF_ENDPOINT");
        let base = Url::parse(&access.endpoint).map_err(|error| wrong(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() || !is_bare(&base) {
            return Err(wrong("it is not of the form https://HOST, with no password and no question in it".to_owned()));
        }
        // Only the first of a process installs it; later ones find it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(silence)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("vramdeck/", env!("CARGO_PKG_VERSION")));
        let builder = if is_loopback(&base) { builder.no_proxy() } else { builder };
        let builder = if base.scheme() == "http" && is_loopback(&base) { builder.tls_certs_only([]) } else { builder };
        let client = builder.build().map_err(|error| {
            let hint = "install the system's certificates (package ca-certificates)";
            Problem::failed("TLS cannot be prepared", chain(&error), hint)
        })?;
        Ok(Self { access, client, base })
    }

    /// How the Hub is reached.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// What the Hub says about a repository.
    pub(super) async fn repository(&self, asked: &Asked) -> Result<Repository, Fault> {
        let mut url = self.url(["api", "models"].into_iter().chain(asked.repo.split('/')))?;
        if let Ok(mut parts) = url.path_segments_mut() {
            // A slash in a branch's name is part of it.
            parts.push("revision").push(&asked.revision);
        }
        url.set_query(Some("blobs=true"));
        let body = whole(self.get(url, &Part::default()).await?, ANSWER).await?;
        Repository::parse(&body, &asked.repo).map_err(Fault::Nonsense)
    }

    /// A file, or a part of it, as an answer whose body is still to come.
    pub(super) async fn file(&self, repository: &Repository, path: &str, part: &Part) -> Result<Response, Fault> {
        let names = repository.name.split('/').chain(["resolve", &repository.commit]).chain(path.split('/'));
        self.get(self.url(names)?, part).await
    }

    /// An answer of the API to a question with words.
    pub(super) async fn question<'a>(
        &self,
        path: impl IntoIterator<Item = &'a str>,
        words: &[(&str, &str)],
    ) -> Result<Response, Fault> {
        let mut url = self.url(path.into_iter())?;
        url.query_pairs_mut().extend_pairs(words);
        self.get(url, &Part::default()).await
    }

    fn url<'a>(&self, parts: impl Iterator<Item = &'a str>) -> Result<Url, Fault> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| Fault::Nonsense("no address".to_owned()))?.pop_if_empty().extend(parts);
        Ok(url)
    }

    /// Asks, following redirects. Only answers of status 2xx come back.
    async fn get(&self, mut url: Url, part: &Part) -> Result<Response, Fault> {
        if let Some(variable) = self.access.offline {
            return Err(Fault::Offline(variable));
        }
        for _ in 0..=HOPS {
            let own = self.is_own(&url);
            let answer = self.request(url.clone(), part, own).send().await.map_err(|error| cut(&error))?;
            if !answer.status().is_redirection() {
                return if answer.status().is_success() { Ok(answer) } else { Err(self.refused(&answer, own)) };
            }
            url = onward(&url, answer.headers())?;
        }
        Err(Fault::Nonsense(format!("it leads on and on, more than {HOPS} times")))
    }

    fn request(&self, url: Url, part: &Part, own: bool) -> reqwest::RequestBuilder {
        // Only the bytes as they are can be counted and resumed.
        let mut request = self.client.get(url).header("accept-encoding", "identity");
        if part.from > 0 || part.to.is_some() {
            let to = part.to.map(|to| to.to_string()).unwrap_or_default();
            request = request.header(RANGE, format!("bytes={}-{to}", part.from));
            if let Some(tag) = &part.tag {
                request = request.header(IF_RANGE, tag);
            }
        }
        match &self.access.token {
            Some(token) if own => request.bearer_auth(token.secret.expose()),
            _ => request,
        }
    }

    /// Whether an address is the Hub's: scheme, host and port. Nothing else ever sees the token.
    fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    fn refused(&self, answer: &Response, own: bool) -> Fault {
        let text = |name: &str| header(answer.headers(), name).unwrap_or_default();
        let answered = Answered {
            status: answer.status().as_u16(),
            code: text("x-error-code"),
            message: text("x-error-message"),
            retry_after: header(answer.headers(), RETRY_AFTER.as_str()).and_then(|text| text.trim().parse().ok()),
        };
        match answered.status {
            // Another host that refuses is no word of the Hub's about names or rights.
            401 | 403 | 404 if !own => Fault::Broken(answered.status, "the file's own server refused it".to_owned()),
            _ => Fault::of(&answered, self.access.token.is_some()),
        }
    }
}

/// Where a redirect leads.
fn onward(from: &Url, headers: &HeaderMap) -> Result<Url, Fault> {
    let nonsense = |why: &str| Fault::Nonsense(why.to_owned());
    let place = header(headers, LOCATION.as_str()).ok_or_else(|| nonsense("it leads nowhere"))?;
    let to = from.join(&place).map_err(|_| nonsense("it leads to no address"))?;
    let safe = to.scheme() == "https" || to.scheme() == "http" && from.scheme() == "http";
    if safe { Ok(to) } else { Err(nonsense("it leads away from https")) }
}

/// A header as text.
pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The strong tag of an answer.
pub(super) fn tag(answer: &Response) -> Option<String> {
    header(answer.headers(), ETAG.as_str()).filter(|tag| tag.starts_with('"'))
}

/// Where a partial answer begins, and how long the whole file is where it says so.
pub(super) fn begins(answer: &Response) -> Option<(u64, Option<u64>)> {
    let text = header(answer.headers(), CONTENT_RANGE.as_str())?;
    let (range, whole) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.trim().parse().ok()?, whole.trim().parse().ok()))
}

/// A body whole, up to `most` bytes; more is refused.
pub(super) async fn whole(mut answer: Response, most: u64) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    let begun = Instant::now();
    while let Some(bytes) = answer.chunk().await.map_err(|error| cut(&error))? {
        if body.len() as u64 + bytes.len() as u64 > most {
            return Err(Fault::Nonsense(format!("it is longer than {most} bytes")));
        }
        body.extend_from_slice(&bytes);
        keeps_up(begun, body.len())?;
    }
    Ok(body)
}

/// Refuses a server that sends so slowly that nobody would wait for the end: a few bytes each time before the silence
/// counts. Files that are downloaded have all the time they need.
pub(super) fn keeps_up(begun: Instant, bytes: usize) -> Result<(), Fault> {
    let seconds = begun.elapsed().as_secs();
    let slow = seconds > GRACE && (bytes as u64) < seconds.saturating_mul(LEAST);
    if slow { Err(Fault::Cut("it answers too slowly".to_owned())) } else { Ok(()) }
}

/// A failure of the connection, in words; addresses are left out, since those of a CDN carry signatures.
pub(super) fn cut(error: &reqwest::Error) -> Fault {
    match () {
        () if error.is_timeout() && error.is_connect() => Fault::Cut("no connection came about in time".to_owned()),
        () if error.is_timeout() => Fault::Cut("it fell silent".to_owned()),
        // Without a cause below it the error's own words are the address.
        () if error.source().is_none() => Fault::Cut("the connection failed".to_owned()),
        () => Fault::Cut(text::clean_line(&chain(error))),
    }
}

fn chain(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    last.to_string()
}

/// Whether an address holds nothing that must not be shown.
fn is_bare(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
