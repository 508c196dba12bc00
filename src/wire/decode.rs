//! From the JSON of a chunk, or of a whole answer, to [`StreamEvent`]s, the same for every dialect.
//!
//! Nothing is demanded of the JSON but that it be an object: what is missing or of another type is passed over.

use super::tokens::{self, logprobs};
use super::{Delta, StreamEvent, ToolCallDelta};
use super::{fault, raw};
use crate::base::Problem;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Turns the JSON texts of one answer into events.
#[derive(Debug, Default)]
pub struct Decoder {
    opened: bool,
    done: bool,
    failed: bool,
    unfinished: BTreeSet<u32>,
    finished: bool,
}

impl Decoder {
    /// Adds the events of one SSE payload or one JSON line to `out`.
    pub fn chunk(&mut self, text: &str, out: &mut Vec<StreamEvent>) {
        let text = text.trim();
        if self.over() || text.is_empty() {
            return;
        }
        if text == "[DONE]" {
            return self.end(out);
        }
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(chunk)) => self.object(&chunk, out),
            Ok(Value::String(words)) => self.fail(fault::in_stream(&Value::String(words)), out),
            _ => self.fail(unreadable(text), out),
        }
    }

    /// Adds the events of a whole, not streamed answer to `out`, the end included.
    pub fn whole(&mut self, text: &str, out: &mut Vec<StreamEvent>) {
        self.chunk(text, out);
        if !self.over() && !self.opened {
            self.fail(unreadable(text), out);
        }
        if !self.over() {
            self.end(out);
        }
    }

    /// Adds the failure in the payload of an event named `error`.
    pub fn error(&mut self, text: &str, out: &mut Vec<StreamEvent>) {
        if !self.over() {
            let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
            self.fail(fault::in_stream(&value), out);
        }
    }

    /// Says how the stream ended, where it did not say so itself: in good order when every choice was finished, else
    /// cut off.
    pub fn finish(&mut self, out: &mut Vec<StreamEvent>) {
        if self.over() {
            return;
        }
        if self.finished && self.unfinished.is_empty() {
            return self.end(out);
        }
        let why = match self.opened {
            true => "the connection closed before the engine said that the answer is complete",
            false => "the connection closed before the first token",
        };
        self.fail(
            Problem::failed("the answer was cut off", why, "ask again; look at the engine's log if it recurs"),
            out,
        );
    }

    /// Whether the end, good or bad, was said.
    pub fn over(&self) -> bool {
        self.done || self.failed
    }

    fn end(&mut self, out: &mut Vec<StreamEvent>) {
        self.done = true;
        out.push(StreamEvent::Done);
    }

    /// Ends the stream with a problem.
    pub(super) fn fail(&mut self, problem: Problem, out: &mut Vec<StreamEvent>) {
        self.failed = true;
        out.push(StreamEvent::Failed(problem));
    }

    fn object(&mut self, chunk: &Map<String, Value>, out: &mut Vec<StreamEvent>) {
        if let Some(problem) = fault::in_object(chunk) {
            return self.fail(problem, out);
        }
        if let Some(choices) = chunk.get("choices").and_then(Value::as_array) {
            self.open(chunk, out);
            for (at, choice) in choices.iter().enumerate() {
                self.choice(at, choice, out);
            }
        } else if chunk.contains_key("message") || chunk.contains_key("response") {
            self.open(chunk, out);
            self.ollama(chunk, out);
        }
        if let Some(seen) = raw::seen_in(chunk) {
            out.push(StreamEvent::Seen(seen));
        }
        if let Some(usage) = tokens::usage(chunk) {
            out.push(StreamEvent::Usage(usage));
        }
        if chunk.get("done") == Some(&Value::Bool(true)) {
            self.end(out);
        }
    }

    fn open(&mut self, chunk: &Map<String, Value>, out: &mut Vec<StreamEvent>) {
        if !std::mem::replace(&mut self.opened, true) {
            out.push(StreamEvent::Opened { id: string(chunk.get("id")), model: string(chunk.get("model")) });
        }
    }

    /// One entry of `choices`: streamed (`delta`), whole (`message`) or of the text completion API (`text`).
    fn choice(&mut self, at: usize, choice: &Value, out: &mut Vec<StreamEvent>) {
        let index = number(choice.get("index")).unwrap_or(at as u32);
        let mut delta = Delta { choice: index, ..Delta::default() };
        if let Some(part) = choice.get("delta").or_else(|| choice.get("message")).and_then(Value::as_object) {
            fill(&mut delta, part);
        }
        if let Some(text) = choice.get("text").and_then(Value::as_str) {
            delta.content.push_str(text);
        }
        delta.logprobs = logprobs(choice.get("logprobs"));
        self.say(delta, choice.get("finish_reason"), out);
    }

    /// A line of Ollama's native API.
    fn ollama(&mut self, line: &Map<String, Value>, out: &mut Vec<StreamEvent>) {
        let mut delta = Delta::default();
        if let Some(message) = line.get("message").and_then(Value::as_object) {
            fill(&mut delta, message);
        }
        if let Some(text) = line.get("response").and_then(Value::as_str) {
            delta.content.push_str(text);
            delta.reasoning.push_str(line.get("thinking").and_then(Value::as_str).unwrap_or_default());
        }
        delta.logprobs = logprobs(line.get("logprobs"));
        let done = line.get("done") == Some(&Value::Bool(true));
        self.say(delta, line.get("done_reason").filter(|_| done), out);
    }

    fn say(&mut self, delta: Delta, reason: Option<&Value>, out: &mut Vec<StreamEvent>) {
        let choice = delta.choice;
        let empty = delta.content.is_empty()
            && delta.reasoning.is_empty()
            && delta.tool_calls.is_empty()
            && delta.logprobs.is_empty();
        if !empty {
            self.unfinished.insert(choice);
            out.push(StreamEvent::Delta(delta));
        }
        if let Some(reason) = reason.and_then(Value::as_str).filter(|reason| !reason.is_empty()) {
            self.unfinished.remove(&choice);
            self.finished = true;
            out.push(StreamEvent::Finished { choice, reason: reason.to_owned() });
        }
    }
}

/// The pieces of a delta or a message.
fn fill(delta: &mut Delta, part: &Map<String, Value>) {
    delta.content = content(part.get("content"));
    let reasoning = ["reasoning", "reasoning_content", "thinking"].into_iter();
    delta.reasoning = reasoning
        .filter_map(|name| part.get(name)?.as_str())
        .find(|text| !text.is_empty())
        .unwrap_or_default()
        .to_owned();
    if let Some(calls) = part.get("tool_calls").and_then(Value::as_array) {
        delta.tool_calls = calls.iter().enumerate().map(|(at, call)| tool_call(at, call)).collect();
    } else if let Some(function) = part.get("function_call").filter(|call| call.is_object()) {
        delta.tool_calls = vec![tool_call(0, &serde_json::json!({ "function": function }))];
    }
}

/// Content is a text, null, or a list of parts of which the texts count.
fn content(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect(),
        _ => String::new(),
    }
}

fn tool_call(at: usize, call: &Value) -> ToolCallDelta {
    let function = call.get("function").unwrap_or(&Value::Null);
    let named =
        |value: Option<&Value>| value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    ToolCallDelta {
        index: number(call.get("index")).or_else(|| number(function.get("index"))).unwrap_or(at as u32),
        id: named(call.get("id")),
        name: named(function.get("name")),
        arguments: match function.get("arguments") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        },
    }
}

fn string(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: Option<&Value>) -> Option<u32> {
    value.and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok())
}

fn unreadable(text: &str) -> Problem {
    Problem::failed(
        "the answer cannot be read",
        "what came is not a chat completion in JSON",
        "check that the URL is that of an OpenAI-compatible server",
    )
    .with_detail([fault::excerpt(text)])
}
