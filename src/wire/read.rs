//! The body of an answer, whatever its kind, as events.

use super::{Decoder, JsonLines, LineTooLong, SseEvent, SseParser, StreamEvent};
use crate::base::Problem;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// Server-sent events.
    Sse,
    /// A JSON document a line.
    JsonLines,
    /// One JSON document.
    Whole,
}

impl BodyKind {
    /// From the header `content-type`; `None` when it is of another kind, or not given.
    pub fn of(content_type: &str) -> Option<Self> {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/event-stream" => Some(Self::Sse),
            "application/x-ndjson" | "application/jsonl" | "application/json-seq" => Some(Self::JsonLines),
            "application/json" => Some(Self::Whole),
            _ => None,
        }
    }

    /// From the first bytes, where the header does not say.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        let is = |prefix: &[u8]| start.starts_with(prefix);
        if is(b"data:") || is(b"event:") || is(b":") || is(b"id:") || is(b"retry:") || is(b"error:") {
            return Some(Self::Sse);
        }
        is(b"{").then_some(Self::Whole)
    }
}

/// Reads one body: bytes in, events out.
#[derive(Debug)]
pub struct StreamReader {
    body: Body,
    decoder: Decoder,
}

#[derive(Debug)]
enum Body {
    Sse(SseParser, Vec<SseEvent>),
    JsonLines(JsonLines, Vec<String>),
    Whole(Vec<u8>, usize),
}

impl StreamReader {
    /// A reader that holds at most `limit` bytes of a line, of an event, or of a whole body.
    pub fn new(kind: BodyKind, limit: usize) -> Self {
        let body = match kind {
            BodyKind::Sse => Body::Sse(SseParser::with_limit(limit), Vec::new()),
            BodyKind::JsonLines => Body::JsonLines(JsonLines::with_limit(limit), Vec::new()),
            BodyKind::Whole => Body::Whole(Vec::new(), limit),
        };
        Self { body, decoder: Decoder::default() }
    }

    /// Takes bytes, cut anywhere, and adds the events they complete to `out`. After `Done` or `Failed` nothing more
    /// comes.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<StreamEvent>) {
        if self.over() {
            return;
        }
        let fed = match &mut self.body {
            Body::Sse(parser, events) => parser.feed(bytes, events),
            Body::JsonLines(lines, texts) => lines.feed(bytes, texts),
            Body::Whole(held, limit) if held.len() + bytes.len() > *limit => Err(LineTooLong { limit: *limit }),
            Body::Whole(held, _) => {
                held.extend_from_slice(bytes);
                Ok(())
            }
        };
        self.decode(out);
        if let Err(error) = fed
            && !self.over()
        {
            self.fail(error, out);
        }
    }

    /// Says how the body ended.
    pub fn finish(&mut self, out: &mut Vec<StreamEvent>) {
        match &mut self.body {
            Body::Sse(parser, events) => parser.finish(events),
            Body::JsonLines(lines, texts) => lines.finish(texts),
            Body::Whole(held, _) => {
                let text = String::from_utf8_lossy(held).into_owned();
                self.decoder.whole(&text, out);
            }
        }
        self.decode(out);
        self.decoder.finish(out);
    }

    /// Whether `Done` or `Failed` was said.
    pub fn over(&self) -> bool {
        self.decoder.over()
    }

    fn decode(&mut self, out: &mut Vec<StreamEvent>) {
        match &mut self.body {
            Body::Sse(_, events) => events.drain(..).for_each(|event| match event.name.as_str() {
                "error" => self.decoder.error(&event.data, out),
                _ => self.decoder.chunk(&event.data, out),
            }),
            Body::JsonLines(_, texts) => texts.drain(..).for_each(|text| self.decoder.chunk(&text, out)),
            Body::Whole(..) => {}
        }
    }

    fn fail(&mut self, error: LineTooLong, out: &mut Vec<StreamEvent>) {
        let problem = Problem::failed(
            "the answer cannot be read",
            format!("{error}; such a line is not kept in memory"),
            "check that the URL is that of an OpenAI-compatible server",
        );
        self.decoder.fail(problem, out);
    }
}
