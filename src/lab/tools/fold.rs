//! The result of a whole text: what is text, what is reasoning, and the calls.

use super::compiled::Compiled;
use super::definition::Tools;
use super::event::{Call, Event, Span};
use super::parser::Parser;
use std::sync::Arc;

/// What the bytes of a place are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text for the reader.
    Content,
    /// The model's reasoning.
    Reasoning,
    /// A call.
    Call,
    /// A marker, or white space between markers.
    Marker,
}

/// The result of reading a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// The name of the format by which it was read.
    pub format: String,
    /// The text for the reader; `None` where there is none, or only white space beside calls or reasoning.
    pub content: Option<String>,
    /// The reasoning without white space around it; `None` where there is none.
    pub reasoning: Option<String>,
    /// The calls in order.
    pub calls: Vec<Call>,
    /// What is wrong with the text, in words.
    pub problems: Vec<String>,
    /// Every byte of the text by what it is, in order and without gaps.
    pub segments: Vec<(Kind, Span)>,
}

/// Gathers the events of a parser, and the text itself.
#[derive(Debug)]
pub struct Reading {
    parser: Parser,
    raw: Vec<u8>,
    /// Name and arguments of the call that is being told.
    name: String,
    text: String,
    out: Parsed,
}

impl Reading {
    /// Begins to read a text.
    pub fn new(parser: Parser, format: &str) -> Self {
        let out = Parsed { format: format.to_owned(), ..Parsed::default() };
        Self { parser, raw: Vec::new(), name: String::new(), text: String::new(), out }
    }

    /// Takes more of the text.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        let events = self.parser.feed(bytes);
        self.gather(events);
    }

    /// Takes a whole text in chunks of this many bytes (0: of a size that is fast).
    pub fn feed_all(&mut self, text: &[u8], chunk: usize) {
        text.chunks(if chunk == 0 { PIECE } else { chunk }).for_each(|bytes| self.feed(bytes));
    }

    /// The text has ended.
    pub fn finish(mut self) -> Parsed {
        let events = self.parser.finish();
        self.gather(events);
        let mut out = self.out;
        let raw = &self.raw;
        let text = |kind: Kind| {
            let places = out.segments.iter().filter(move |(one, _)| *one == kind).map(|(_, span)| span.clone());
            places.map(|span| String::from_utf8_lossy(raw.get(span).unwrap_or_default()))
        };
        let thoughts = text(Kind::Reasoning).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let thought = thoughts.collect::<Vec<_>>().join("\n");
        let content: String = text(Kind::Content).collect();
        let beside = !out.calls.is_empty() || out.segments.iter().any(|(kind, _)| *kind == Kind::Reasoning);
        out.reasoning = (!thought.is_empty()).then_some(thought);
        let nothing = if beside { content.trim().is_empty() } else { content.is_empty() };
        out.content = (!nothing).then_some(content);
        out
    }

    fn gather(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Content { span, .. } => self.mark(Kind::Content, span),
                Event::Reasoning { span, .. } => self.mark(Kind::Reasoning, span),
                Event::Marker { span } => self.mark(Kind::Marker, span),
                Event::CallBegin { name, .. } => self.name = name,
                Event::Arguments { text, .. } => self.text.push_str(&text),
                Event::CallEnd { arguments, complete, span, known, .. } => {
                    self.mark(Kind::Call, span.clone());
                    let (name, arguments_text) = (std::mem::take(&mut self.name), std::mem::take(&mut self.text));
                    self.out.calls.push(Call { name, arguments, arguments_text, complete, span, known });
                }
                Event::WasReasoning { span } => {
                    self.out.calls.retain(|call| call.span.start < span.start);
                    self.out.segments.retain(|(_, place)| place.start < span.start);
                    // A marker before the reasoning and one at its start are one segment by now.
                    if let Some((_, place)) = self.out.segments.last_mut() {
                        place.end = place.end.min(span.start);
                    }
                    self.mark(Kind::Reasoning, span);
                }
                Event::Problem(text) => self.problem(text),
            }
        }
    }

    /// A text that is wrong throughout says so a hundred times, not a million.
    fn problem(&mut self, text: String) {
        match self.out.problems.len() {
            0..MOST_PROBLEMS => self.out.problems.push(text),
            MOST_PROBLEMS => self.out.problems.push("further problems are not told".to_owned()),
            _ => {}
        }
    }

    fn mark(&mut self, kind: Kind, span: Span) {
        if span.is_empty() {
            return;
        }
        match self.out.segments.last_mut() {
            Some((last, place)) if *last == kind && kind != Kind::Call && place.end == span.start => {
                place.end = span.end
            }
            _ => self.out.segments.push((kind, span)),
        }
    }
}

/// Problems that are told of one text.
const MOST_PROBLEMS: usize = 100;
/// Bytes that are fed at a time where it makes no difference: few enough that the events of one piece stay few.
const PIECE: usize = 64 * 1024;

/// Reads a whole text, fed in chunks of this many bytes (0: of a size that is fast).
pub fn parse(text: &[u8], format: &Arc<Compiled>, tools: &Arc<Tools>, chunk: usize) -> Parsed {
    let mut reading = Reading::new(Parser::new(Arc::clone(format), Arc::clone(tools)), format.name());
    reading.feed_all(text, chunk);
    reading.finish()
}
