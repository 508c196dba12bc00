//! A chat over HTTP: a bounded channel of events; dropping or cancelling it closes the connection, which is what makes
//! an engine stop.

use super::http::{self, Pools};
use crate::base::Problem;
use crate::wire::fault::{self, Broke};
use crate::wire::{BodyKind, ChatRequest, Endpoint, MAX_LINE, StreamEvent, StreamReader, request};
use reqwest::{Response, header};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Events that wait in a channel; a full one stops reading the socket.
const WAITING: usize = 256;
/// The longest silence of an engine by default: long prompts and the first request with log probabilities take time.
const IDLE: Duration = Duration::from_secs(300);
/// Most bytes of a whole, not streamed answer.
const WHOLE: usize = 64 << 20;

/// An event and when its bytes came.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed {
    /// When the piece that completed the event was read from the socket.
    pub at: Instant,
    /// The event.
    pub event: StreamEvent,
}

/// The HTTP client. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) pools: Arc<Pools>,
    pub(super) idle: Duration,
}

impl Default for Client {
    fn default() -> Self {
        Self { pools: Arc::default(), idle: IDLE }
    }
}

impl Client {
    /// A client; connections are prepared when first needed.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same client with another longest silence (300 s by default), before the first byte and between two.
    pub fn with_idle_timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Sends a chat request and gives its events as they come: at most 256 wait, then the socket is no longer read.
    ///
    /// The last event is `Done` or `Failed`. When `cancel` fires, or the receiver is dropped, the connection is closed
    /// and the channel ends without either. Must be called within a Tokio runtime.
    pub fn chat(&self, endpoint: &Endpoint, request: ChatRequest, cancel: CancellationToken) -> mpsc::Receiver<Timed> {
        self.send(endpoint, request::CHAT_PATH, request::body(&endpoint.model, &request), cancel)
    }

    /// Lets the model go on with a text, as it stands: no template is laid over it. Else as [`Self::chat`].
    pub fn complete(
        &self,
        endpoint: &Endpoint,
        text: &str,
        fields: &[(String, Value)],
        stream: bool,
        cancel: CancellationToken,
    ) -> mpsc::Receiver<Timed> {
        self.send(endpoint, request::TEXT_PATH, request::text_body(&endpoint.model, text, fields, stream), cancel)
    }

    /// Sends a body as it is to a path below the base URL, such as Ollama's `/api/chat`. Else as [`Self::chat`].
    pub fn send(
        &self,
        endpoint: &Endpoint,
        path: &'static str,
        body: Value,
        cancel: CancellationToken,
    ) -> mpsc::Receiver<Timed> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let exchange = Exchange { client: self.clone(), endpoint: endpoint.clone(), path, body, sender };
        tokio::spawn(async move {
            let left = exchange.sender.clone();
            tokio::select! {
                () = cancel.cancelled() => {}
                () = left.closed() => {}
                () = exchange.run() => {}
            }
        });
        receiver
    }
}

struct Exchange {
    client: Client,
    endpoint: Endpoint,
    path: &'static str,
    body: Value,
    sender: mpsc::Sender<Timed>,
}

impl Exchange {
    async fn run(self) {
        if let Err(problem) = self.ask().await {
            self.say(Instant::now(), vec![StreamEvent::Failed(problem)]).await;
        }
    }

    async fn ask(&self) -> Result<(), Problem> {
        let url = format!("{}{}", self.endpoint.base_url, self.path);
        let asked = http::with_key(self.client.pools.of(&url)?.post(&url).json(&self.body), &self.endpoint);
        let answer = self.in_time(asked.send()).await?.map_err(|error| http::unsent(&url, &error))?;
        let answer = http::accepted(answer, &self.endpoint, &url).await?;
        self.read(answer, &url).await
    }

    async fn read(&self, mut answer: Response, url: &str) -> Result<(), Problem> {
        let content_type = header_text(&answer, &header::CONTENT_TYPE);
        let mut kind = BodyKind::of(&content_type);
        let mut reader = None;
        let mut events = Vec::new();
        loop {
            let piece = self.in_time(answer.chunk()).await?;
            let at = Instant::now();
            let bytes = match piece {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                Err(error) => return Err(fault::from_transport(url, Broke::Midway, &http::chain(&error))),
            };
            kind = kind.or_else(|| BodyKind::sniff(&bytes));
            let Some(kind) = kind else {
                let mut body = bytes.to_vec();
                body.extend(http::start_of(answer, 4096).await);
                return Err(fault::not_an_answer(url, &content_type, &body));
            };
            let reader = reader.get_or_insert_with(|| StreamReader::new(kind, limit(kind)));
            reader.feed(&bytes, &mut events);
            if !self.say(at, std::mem::take(&mut events)).await || reader.over() {
                return Ok(());
            }
        }
        let Some(mut reader) = reader else { return Err(fault::not_an_answer(url, &content_type, b"")) };
        reader.finish(&mut events);
        self.say(Instant::now(), events).await;
        Ok(())
    }

    /// Sends events on; false when nobody listens any more.
    async fn say(&self, at: Instant, events: Vec<StreamEvent>) -> bool {
        for event in events {
            if self.sender.send(Timed { at, event }).await.is_err() {
                return false;
            }
        }
        true
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Problem> {
        tokio::time::timeout(self.client.idle, work)
            .await
            .map_err(|_| fault::from_transport(&self.endpoint.base_url, Broke::Silent(self.client.idle.as_secs()), ""))
    }
}

fn limit(kind: BodyKind) -> usize {
    if kind == BodyKind::Whole { WHOLE } else { MAX_LINE }
}

fn header_text(answer: &Response, name: &header::HeaderName) -> String {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
