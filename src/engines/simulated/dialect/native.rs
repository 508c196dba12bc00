//! Ollama's own lines: `/api/chat` and `/api/generate`.

use super::{Assembled, Counts, reason_word, shown};
use crate::engines::simulated::answer::{Event, Reason, Token};
use crate::engines::simulated::request::Generate;
use crate::engines::simulated::rng::Rng;
use serde_json::{Value, json};

/// Writes the answer to one native request.
#[derive(Debug)]
pub struct NativeWriter {
    route: Generate,
    model: String,
    ids: Rng,
    answer: Assembled,
}

impl NativeWriter {
    /// A writer.
    pub fn new(route: Generate, model: String, ids: Rng) -> Self {
        Self { route, model, ids, answer: Assembled::default() }
    }

    /// Notes an event, for an answer sent whole.
    pub fn note(&mut self, event: &Event) {
        let id = self.ids.word(32);
        self.answer.add(event, || id);
    }

    /// The line of an event, `now` as RFC 3339. Calls come with the last line.
    pub fn event(&mut self, event: &Event, now: &str) -> Option<Value> {
        self.note(event);
        match event {
            Event::Text { text, .. } if text.is_empty() => None,
            Event::Text { reasoning, text, tokens, .. } => {
                let (content, thinking) = if *reasoning { ("", text.as_str()) } else { (text.as_str(), "") };
                let mut line = self.line(now, content, thinking);
                line["done"] = json!(false);
                if !tokens.is_empty() {
                    line["logprobs"] = logprobs(tokens);
                }
                Some(line)
            }
            _ => None,
        }
    }

    /// The last line of a stream, or the whole answer. `load_seconds` is the time it took to load the model.
    pub fn last(&self, now: &str, counts: &Counts, load_seconds: f64, whole: bool) -> Value {
        let answer = &self.answer;
        let mut line = if whole { self.line(now, &answer.content, &answer.reasoning) } else { self.line(now, "", "") };
        if !answer.calls.is_empty() && self.route == Generate::Chat {
            line["message"]["tool_calls"] = json!(self.calls());
        }
        if whole && !answer.tokens.is_empty() {
            line["logprobs"] = logprobs(&answer.tokens);
        }
        let reason = match answer.reason {
            Some(Reason::Length) => reason_word(Reason::Length),
            // Calls too end with `stop` here.
            _ => reason_word(Reason::Stop),
        };
        let nanos = |seconds: f64| (seconds * 1e9) as u64;
        line["done"] = json!(true);
        line["done_reason"] = json!(reason);
        line["total_duration"] = json!(nanos(load_seconds + counts.prompt_seconds + counts.decode_seconds));
        line["load_duration"] = json!(nanos(load_seconds));
        line["prompt_eval_count"] = json!(counts.prompt);
        line["prompt_eval_duration"] = json!(nanos(counts.prompt_seconds));
        line["eval_count"] = json!(counts.completion);
        line["eval_duration"] = json!(nanos(counts.decode_seconds));
        line
    }

    fn line(&self, now: &str, content: &str, thinking: &str) -> Value {
        let mut line = json!({"model": self.model, "created_at": now});
        match self.route {
            Generate::Chat => {
                line["message"] = json!({"role": "assistant", "content": content});
                if !thinking.is_empty() {
                    line["message"]["thinking"] = json!(thinking);
                }
            }
            Generate::Prompt => {
                line["response"] = json!(content);
                if !thinking.is_empty() {
                    line["thinking"] = json!(thinking);
                }
            }
        }
        line
    }

    fn calls(&self) -> Vec<Value> {
        let calls = self.answer.calls.iter().enumerate();
        calls
            .filter_map(|(index, (id, name, arguments))| {
                // Arguments are an object here, not text; a call cut off in the middle is left out.
                let arguments: Value = serde_json::from_str(arguments).ok()?;
                Some(json!({"id": id, "function": {"index": index, "name": name, "arguments": arguments}}))
            })
            .collect()
    }
}

fn logprobs(tokens: &[Token]) -> Value {
    let bare = |t: &Token| json!({"token": shown(t), "logprob": t.logprob, "bytes": t.bytes});
    let entry = |t: &Token| {
        let mut entry = bare(t);
        entry["top_logprobs"] = t.top.iter().map(bare).collect();
        entry
    };
    tokens.iter().map(entry).collect()
}
