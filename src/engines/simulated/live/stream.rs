//! A streamed answer: frames as the dialect sends them, and the script's faults in their midst.

use super::drive::Running;
use super::engine::Engine;
use crate::engines::simulated::answer::Event;
use crate::engines::simulated::dialect::{ChatWriter, Counts, NativeWriter, TextWriter};
use crate::engines::simulated::logs::rfc3339;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde_json::Value;
use std::io;
use std::sync::Arc;

/// How frames are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events, ended by `[DONE]`.
    Events,
    /// One JSON value a line.
    Lines,
}

impl Framing {
    fn frame(self, value: &Value) -> Vec<u8> {
        match self {
            Self::Events => format!("data: {value}\n\n").into_bytes(),
            Self::Lines => format!("{value}\n").into_bytes(),
        }
    }

    /// The content type.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Events => "text/event-stream; charset=utf-8",
            Self::Lines => "application/x-ndjson",
        }
    }
}

/// Writes one of the three kinds of answer.
pub enum Writer {
    /// `chat.completion`.
    Chat(ChatWriter),
    /// `text_completion`.
    Text(TextWriter),
    /// Ollama's own, with the seconds it took to load the model.
    Native(NativeWriter, f64),
}

impl Writer {
    /// Notes an event, for an answer sent whole.
    pub fn note(&mut self, event: &Event) {
        match self {
            Self::Chat(writer) => writer.note(event),
            Self::Text(writer) => writer.note(event),
            Self::Native(writer, _) => writer.note(event),
        }
    }

    /// The whole answer; Ollama's own is written with [`NativeWriter::last`] instead.
    pub fn whole(&self, counts: &Counts) -> Value {
        match self {
            Self::Chat(writer) => writer.whole(counts),
            Self::Text(writer) => writer.whole(counts),
            Self::Native(writer, seconds) => writer.last("", counts, *seconds, true),
        }
    }

    fn open(&self, counts: &Counts) -> Vec<Value> {
        match self {
            Self::Chat(writer) => writer.open(counts),
            _ => Vec::new(),
        }
    }

    fn event(&mut self, event: &Event, counts: &Counts, now: &str) -> Vec<Value> {
        match self {
            Self::Chat(writer) => writer.event(event, counts),
            Self::Text(writer) => writer.event(event).into_iter().collect(),
            Self::Native(writer, _) => writer.event(event, now).into_iter().collect(),
        }
    }

    fn close(&self, counts: &Counts, usage: bool, now: &str) -> Option<Value> {
        match self {
            Self::Chat(writer) => usage.then(|| writer.usage(counts)),
            Self::Text(writer) => usage.then(|| writer.usage(counts)),
            Self::Native(writer, seconds) => Some(writer.last(now, counts, *seconds, false)),
        }
    }
}

struct State {
    engine: Arc<Engine>,
    running: Running,
    writer: Writer,
    framing: Framing,
    usage: bool,
    opened: bool,
    over: bool,
    sent: u64,
    cut: bool,
}

/// Streams an answer.
pub fn stream(engine: &Arc<Engine>, running: Running, writer: Writer, framing: Framing, usage: bool) -> Response {
    let engine = Arc::clone(engine);
    let state = State { engine, running, writer, framing, usage, opened: false, over: false, sent: 0, cut: false };
    let body = Body::from_stream(unfold(state, |mut state| async move {
        let bytes = state.next().await?;
        Some((bytes, state))
    }));
    ([(header::CONTENT_TYPE, framing.kind()), (header::CACHE_CONTROL, "no-cache")], body).into_response()
}

impl State {
    /// The next piece of the body; an error cuts the connection.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.cut {
            return Some(Err(io::Error::other("cut by the script")));
        }
        loop {
            if self.over {
                return None;
            }
            let mut out = Vec::new();
            match self.running.next().await {
                Some(event) => self.write(&event, &mut out),
                None => self.end(&mut out),
            }
            if !out.is_empty() || self.cut {
                return Some(self.send(out));
            }
        }
    }

    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        let now = rfc3339(self.engine.log.clock().epoch);
        let script = &self.engine.config.script;
        if !self.opened {
            self.opened = true;
            if let Some(size) = script.huge_line {
                out.extend(b": ".iter().copied().chain(std::iter::repeat_n(b'x', size)).chain(*b"\n\n"));
            }
            // The role comes before any token is counted.
            let before = Counts { completion: 0, reasoning: 0, ..self.running.counts };
            for value in self.writer.open(&before) {
                out.extend(self.framing.frame(&value));
            }
            out.extend(script.raw.iter().flatten());
        }
        for value in self.writer.event(event, &self.running.counts, &now) {
            out.extend(self.framing.frame(&value));
        }
        if script.cut_after_tokens.is_some_and(|most| self.running.counts.completion >= most) {
            self.cut = true;
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.over = true;
        let now = rfc3339(self.engine.log.clock().epoch);
        if let Some(value) = self.writer.close(&self.running.counts, self.usage, &now) {
            out.extend(self.framing.frame(&value));
        }
        if self.framing == Framing::Events {
            out.extend(b"data: [DONE]\n\n");
        }
    }

    fn send(&mut self, mut out: Vec<u8>) -> io::Result<Bytes> {
        if let Some(most) = self.engine.config.script.cut_after_bytes {
            let room = most.saturating_sub(self.sent) as usize;
            if out.len() >= room {
                out.truncate(room);
                self.cut = true;
                self.over = false;
            }
        }
        self.sent += out.len() as u64;
        if out.is_empty() { Err(io::Error::other("cut by the script")) } else { Ok(Bytes::from(out)) }
    }
}
