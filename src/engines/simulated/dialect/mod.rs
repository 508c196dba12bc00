//! Bodies as the engines write them.

mod chat;
mod errors;
mod listing;
mod native;
mod text;

pub use chat::ChatWriter;
pub use errors::{not_found, refusal, unauthorized};
pub use listing::{llama_props, llama_slots, models, ollama_entry};
pub use native::NativeWriter;
pub use text::TextWriter;

use super::answer::{Event, Reason, Token};
use serde_json::{Value, json};

/// Token counts of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Of the prompt.
    pub prompt: u64,
    /// Written.
    pub completion: u64,
    /// Written as reasoning.
    pub reasoning: u64,
    /// Seconds on the prompt.
    pub prompt_seconds: f64,
    /// Seconds of writing.
    pub decode_seconds: f64,
}

impl Counts {
    /// Takes an event into account.
    pub fn note(&mut self, event: &Event) {
        self.completion += event.count();
        if let Event::Text { reasoning: true, count, .. } = event {
            self.reasoning += count;
        }
    }

    /// llama.cpp's `timings`.
    pub fn timings(&self) -> Value {
        let per = |n: u64, seconds: f64| if seconds > 0.0 { n as f64 / seconds } else { 0.0 };
        json!({
            "cache_n": 0, "prompt_n": self.prompt, "prompt_ms": self.prompt_seconds * 1e3,
            "prompt_per_token_ms": self.prompt_seconds * 1e3 / self.prompt.max(1) as f64,
            "prompt_per_second": per(self.prompt, self.prompt_seconds),
            "predicted_n": self.completion, "predicted_ms": self.decode_seconds * 1e3,
            "predicted_per_token_ms": self.decode_seconds * 1e3 / self.completion.max(1) as f64,
            "predicted_per_second": per(self.completion, self.decode_seconds),
        })
    }
}

/// One whole answer, put together from events.
#[derive(Debug, Clone, Default)]
pub struct Assembled {
    /// Its text.
    pub content: String,
    /// Its reasoning.
    pub reasoning: String,
    /// Its calls: id, name, arguments.
    pub calls: Vec<(String, String, String)>,
    /// Tokens of the text, where reported.
    pub tokens: Vec<Token>,
    /// Why it is over.
    pub reason: Option<Reason>,
    /// The stop string that ended it.
    pub stop: Option<String>,
}

impl Assembled {
    /// Adds an event of this answer; `id` names a call that begins.
    pub fn add(&mut self, event: &Event, id: impl FnOnce() -> String) {
        match event {
            Event::Text { reasoning: true, text, .. } => self.reasoning.push_str(text),
            Event::Text { text, tokens, .. } => {
                self.content.push_str(text);
                self.tokens.extend(tokens.iter().cloned());
            }
            Event::Call { name, .. } => self.calls.push((id(), name.clone(), String::new())),
            Event::Arguments { text, .. } => {
                if let Some(call) = self.calls.last_mut() {
                    call.2.push_str(text);
                }
            }
            Event::End { reason, stop, .. } => (self.reason, self.stop) = (Some(*reason), stop.clone()),
        }
    }
}

/// Index of the answer an event belongs to.
pub fn choice_of(event: &Event) -> u32 {
    match event {
        Event::Text { choice, .. }
        | Event::Call { choice, .. }
        | Event::Arguments { choice, .. }
        | Event::End { choice, .. } => *choice,
    }
}

fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::Stop => "stop",
        Reason::Length => "length",
        Reason::ToolCalls => "tool_calls",
    }
}

/// The text of a token in a list of log probabilities.
fn shown(token: &Token) -> String {
    String::from_utf8_lossy(&token.bytes).into_owned()
}

#[cfg(test)]
mod tests;
