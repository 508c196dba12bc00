//! `text_completion` and its chunks.

use super::{Assembled, Counts, choice_of, reason_word, shown};
use crate::engines::simulated::SimDialect;
use crate::engines::simulated::answer::{Event, Reason, Token};
use crate::engines::simulated::request::Ask;
use crate::engines::simulated::rng::Rng;
use serde_json::{Map, Value, json};

/// Writes the answers to one plain completion request.
#[derive(Debug)]
pub struct TextWriter {
    dialect: SimDialect,
    id: String,
    created: u64,
    model: String,
    logprobs: bool,
    answers: Vec<Assembled>,
}

impl TextWriter {
    /// A writer; `created` in seconds since the Unix epoch.
    pub fn new(dialect: SimDialect, ask: &Ask, model: String, created: u64, mut ids: Rng) -> Self {
        let id = match dialect {
            SimDialect::Vllm => format!("cmpl-{}", ids.hex(16)),
            _ => format!("chatcmpl-{}", ids.word(32)),
        };
        let answers = vec![Assembled::default(); ask.n as usize];
        Self { dialect, id, created, model, logprobs: ask.logprobs.is_some(), answers }
    }

    /// Notes an event, for an answer sent whole.
    pub fn note(&mut self, event: &Event) {
        if let Some(answer) = self.answers.get_mut(choice_of(event) as usize) {
            answer.add(event, String::new);
        }
    }

    /// The chunk of an event.
    pub fn event(&mut self, event: &Event) -> Option<Value> {
        self.note(event);
        let (text, tokens, finish) = match event {
            Event::Text { text, tokens, .. } if !text.is_empty() || !tokens.is_empty() => {
                (text.as_str(), &tokens[..], None)
            }
            Event::End { reason, .. } => ("", &[][..], Some(reason_word(*reason))),
            _ => return None,
        };
        let index = choice_of(event);
        let choice = json!({"index": index, "text": text, "logprobs": self.logprobs(tokens), "finish_reason": finish});
        Some(self.body(vec![choice]))
    }

    /// The chunk of counts.
    pub fn usage(&self, counts: &Counts) -> Value {
        let mut body = self.body(Vec::new());
        body["usage"] = usage(counts);
        body
    }

    /// The whole answer at once.
    pub fn whole(&self, counts: &Counts) -> Value {
        let choices = self.answers.iter().enumerate().map(|(index, answer)| {
            let reason = reason_word(answer.reason.unwrap_or(Reason::Stop));
            let mut choice = json!({
                "index": index, "text": answer.content, "logprobs": self.logprobs(&answer.tokens),
                "finish_reason": reason,
            });
            if self.dialect == SimDialect::Vllm {
                choice["stop_reason"] = json!(answer.stop);
            }
            choice
        });
        let mut body = self.body(choices.collect());
        body["usage"] = usage(counts);
        if self.dialect == SimDialect::LlamaCpp {
            body["timings"] = counts.timings();
        }
        body
    }

    fn body(&self, choices: Vec<Value>) -> Value {
        json!({
            "id": self.id, "object": "text_completion", "created": self.created, "model": self.model,
            "choices": choices, "system_fingerprint": "vramdeck-simulated",
        })
    }

    fn logprobs(&self, tokens: &[Token]) -> Value {
        if !self.logprobs || tokens.is_empty() {
            return Value::Null;
        }
        let top = tokens.iter().map(|t| {
            let pairs: Map<String, Value> = t.top.iter().map(|o| (shown(o), json!(o.logprob))).collect();
            Value::Object(pairs)
        });
        json!({
            "tokens": tokens.iter().map(shown).collect::<Vec<_>>(),
            "token_logprobs": tokens.iter().map(|t| t.logprob).collect::<Vec<_>>(),
            "top_logprobs": top.collect::<Vec<_>>(),
        })
    }
}

fn usage(counts: &Counts) -> Value {
    let Counts { prompt, completion, .. } = counts;
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
}
