//! `chat.completion` and its chunks in the three dialects.

use super::{Assembled, Counts, choice_of, reason_word, shown};
use crate::engines::simulated::SimDialect;
use crate::engines::simulated::answer::{Event, Reason, Token};
use crate::engines::simulated::request::{Ask, ToolChoice};
use crate::engines::simulated::rng::Rng;
use serde_json::{Value, json};

/// Writes the answers to one chat request.
#[derive(Debug)]
pub struct ChatWriter {
    dialect: SimDialect,
    id: String,
    created: u64,
    model: String,
    named: bool,
    logprobs: bool,
    usage_always: bool,
    ids: Rng,
    answers: Vec<Assembled>,
    /// Whether the next chunk of an answer is its first (Ollama puts the role there).
    fresh: Vec<bool>,
}

impl ChatWriter {
    /// A writer; `created` in seconds since the Unix epoch, `ids` for the ids of the request and its calls.
    pub fn new(dialect: SimDialect, ask: &Ask, model: String, created: u64, mut ids: Rng) -> Self {
        let id = match dialect {
            SimDialect::Vllm => format!("chatcmpl-{}", ids.hex(16)),
            SimDialect::LlamaCpp => format!("chatcmpl-{}", ids.word(32)),
            SimDialect::Ollama => format!("chatcmpl-{}", ids.next() % 1000),
        };
        let n = ask.n as usize;
        Self {
            dialect,
            id,
            created,
            model,
            named: matches!(ask.tool_choice, ToolChoice::Named(_)),
            logprobs: ask.logprobs.is_some(),
            usage_always: ask.usage_always,
            ids,
            answers: vec![Assembled::default(); n],
            fresh: vec![true; n],
        }
    }

    /// The chunks that open a stream.
    pub fn open(&self, counts: &Counts) -> Vec<Value> {
        let n = self.answers.len();
        match self.dialect {
            SimDialect::Vllm => (0..n)
                .map(|i| {
                    let delta = json!({"role": "assistant", "content": ""});
                    let choice = json!({"index": i, "delta": delta, "logprobs": null, "finish_reason": null});
                    self.chunk(vec![choice], counts)
                })
                .collect(),
            SimDialect::LlamaCpp => (0..n)
                .map(|i| {
                    let delta = json!({"role": "assistant", "content": null});
                    self.chunk(vec![json!({"finish_reason": null, "index": i, "delta": delta})], counts)
                })
                .collect(),
            SimDialect::Ollama => Vec::new(),
        }
    }

    /// The chunks of an event. `counts` are those after it.
    pub fn event(&mut self, event: &Event, counts: &Counts) -> Vec<Value> {
        let id = self.call_id();
        let at = choice_of(event) as usize;
        let Some(answer) = self.answers.get_mut(at) else { return Vec::new() };
        answer.add(event, || id.clone());
        let deltas = match self.dialect {
            SimDialect::Ollama => self.ollama_deltas(event, at),
            _ => self.openai_deltas(event, id),
        };
        deltas.into_iter().map(|choice| self.chunk(vec![choice], counts)).collect()
    }

    /// The chunk of counts.
    pub fn usage(&self, counts: &Counts) -> Value {
        let mut chunk = self.chunk(Vec::new(), counts);
        chunk["usage"] = self.usage_body(counts);
        if self.dialect == SimDialect::LlamaCpp {
            chunk["timings"] = counts.timings();
        }
        chunk
    }

    /// The whole answer at once, from the events noted so far.
    pub fn whole(&self, counts: &Counts) -> Value {
        let choices: Vec<Value> = (0..self.answers.len()).map(|at| self.whole_choice(at)).collect();
        let mut body = json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "choices": choices, "usage": self.usage_body(counts), "system_fingerprint": self.fingerprint(),
        });
        match self.dialect {
            SimDialect::Vllm => {
                for name in ["service_tier", "prompt_logprobs", "prompt_token_ids", "kv_transfer_params"] {
                    body[name] = Value::Null;
                }
            }
            SimDialect::LlamaCpp => body["timings"] = counts.timings(),
            SimDialect::Ollama => {}
        }
        body
    }

    /// Notes an event without writing a chunk, for an answer sent whole.
    pub fn note(&mut self, event: &Event) {
        let id = self.call_id();
        if let Some(answer) = self.answers.get_mut(choice_of(event) as usize) {
            answer.add(event, || id);
        }
    }

    fn call_id(&mut self) -> String {
        match self.dialect {
            SimDialect::Vllm => format!("chatcmpl-tool-{}", self.ids.hex(16)),
            _ => self.ids.word(32),
        }
    }

    fn fingerprint(&self) -> &'static str {
        "vramdeck-simulated"
    }

    fn chunk(&self, choices: Vec<Value>, counts: &Counts) -> Value {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "system_fingerprint": self.fingerprint(), "choices": choices,
        });
        if self.usage_always && self.dialect == SimDialect::Vllm {
            chunk["usage"] = self.usage_body(counts);
        }
        chunk
    }

    fn finish_word(&self, reason: Reason) -> &'static str {
        match reason {
            // vLLM reports a call that was asked for by name as an ordinary stop.
            Reason::ToolCalls if self.named && self.dialect == SimDialect::Vllm => "stop",
            reason => reason_word(reason),
        }
    }

    fn openai_deltas(&self, event: &Event, id: String) -> Vec<Value> {
        let vllm = self.dialect == SimDialect::Vllm;
        let plain = |choice: u32, delta: Value, logprobs: Value| {
            let mut out = json!({"index": choice, "delta": delta, "finish_reason": null});
            if vllm || !logprobs.is_null() {
                out["logprobs"] = logprobs;
            }
            out
        };
        match event {
            Event::Text { choice, reasoning, text, tokens, .. } => {
                if text.is_empty() && tokens.is_empty() && !self.usage_always {
                    return Vec::new();
                }
                let field = match (reasoning, vllm) {
                    (false, _) => "content",
                    (true, true) => "reasoning",
                    (true, false) => "reasoning_content",
                };
                vec![plain(*choice, json!({ field: text }), self.logprobs(tokens))]
            }
            Event::Call { choice, index, name, .. } => {
                let function = if vllm { json!({"name": name}) } else { json!({"name": name, "arguments": ""}) };
                let call = json!({"index": index, "id": id, "type": "function", "function": function});
                vec![plain(*choice, tool_delta(vllm, call), Value::Null)]
            }
            Event::Arguments { choice, index, text, .. } => {
                let call = json!({"index": index, "function": {"arguments": text}});
                vec![plain(*choice, tool_delta(vllm, call), Value::Null)]
            }
            Event::End { choice, reason, stop } => {
                let mut out = json!({"index": choice, "delta": {}, "finish_reason": self.finish_word(*reason)});
                if vllm {
                    out["logprobs"] = Value::Null;
                    out["stop_reason"] = json!(stop);
                }
                vec![out]
            }
        }
    }

    /// Ollama sends tool calls whole, in one delta, when the answer is over.
    fn ollama_deltas(&mut self, event: &Event, at: usize) -> Vec<Value> {
        let mut delta = match event {
            Event::Text { text, .. } if text.is_empty() => return Vec::new(),
            Event::Text { reasoning: true, text, .. } => json!({"content": "", "reasoning": text}),
            Event::Text { text, .. } => json!({"content": text}),
            Event::Call { .. } | Event::Arguments { .. } => return Vec::new(),
            Event::End { .. } => json!({}),
        };
        let mut out = Vec::new();
        let fresh = std::mem::replace(&mut self.fresh[at], false);
        if let Event::End { reason, .. } = event {
            if *reason == Reason::ToolCalls {
                let calls = self.calls(&self.answers[at]);
                let delta = json!({"role": "assistant", "content": "", "tool_calls": calls});
                out.push(json!({"index": at, "delta": delta, "finish_reason": null}));
            }
            out.push(json!({"index": at, "delta": delta, "finish_reason": self.finish_word(*reason)}));
            return out;
        }
        if fresh {
            delta["role"] = json!("assistant");
        }
        vec![json!({"index": at, "delta": delta, "finish_reason": null})]
    }

    fn calls(&self, answer: &Assembled) -> Vec<Value> {
        let calls = answer.calls.iter().enumerate();
        calls
            .map(|(index, (id, name, arguments))| {
                let function = json!({"name": name, "arguments": arguments});
                match self.dialect {
                    SimDialect::Ollama => json!({"id": id, "index": index, "type": "function", "function": function}),
                    _ => json!({"id": id, "type": "function", "function": function}),
                }
            })
            .collect()
    }

    fn whole_choice(&self, at: usize) -> Value {
        let answer = &self.answers[at];
        let reason = answer.reason.unwrap_or(Reason::Stop);
        let cut = reason == Reason::Length && !answer.calls.is_empty();
        let mut message = json!({"role": "assistant", "content": answer.content});
        if cut && self.dialect == SimDialect::Vllm {
            // A call that was cut off is no call: vLLM shows what the model wrote.
            let raw = answer
                .calls
                .iter()
                .map(|(_, name, arguments)| format!("<tool_call>\n{{\"name\": \"{name}\", \"arguments\": {arguments}"));
            message["content"] = json!(raw.collect::<String>());
        } else if !answer.calls.is_empty() {
            message["tool_calls"] = json!(self.calls(answer));
            if self.dialect == SimDialect::Vllm && !self.named {
                message["content"] = Value::Null;
            }
        }
        self.reasoning_field(&mut message, answer);
        let mut choice = json!({"index": at, "message": message, "finish_reason": self.finish_word(reason)});
        let logprobs = self.logprobs(&answer.tokens);
        if self.dialect == SimDialect::Vllm {
            for name in ["refusal", "annotations", "audio", "function_call"] {
                choice["message"][name] = Value::Null;
            }
            choice["logprobs"] = logprobs;
            choice["stop_reason"] = json!(answer.stop);
        } else if !logprobs.is_null() {
            choice["logprobs"] = logprobs;
        }
        choice
    }

    fn reasoning_field(&self, message: &mut Value, answer: &Assembled) {
        let there = !answer.reasoning.is_empty();
        match self.dialect {
            SimDialect::Vllm => message["reasoning"] = if there { json!(answer.reasoning) } else { Value::Null },
            SimDialect::LlamaCpp if there => message["reasoning_content"] = json!(answer.reasoning),
            SimDialect::Ollama if there => message["reasoning"] = json!(answer.reasoning),
            _ => {}
        }
    }

    fn usage_body(&self, counts: &Counts) -> Value {
        let mut usage = json!({
            "prompt_tokens": counts.prompt, "total_tokens": counts.prompt + counts.completion,
            "completion_tokens": counts.completion,
        });
        match self.dialect {
            SimDialect::Vllm if counts.reasoning > 0 => {
                usage["completion_tokens_details"] = json!({"reasoning_tokens": counts.reasoning});
            }
            SimDialect::LlamaCpp => usage["prompt_tokens_details"] = json!({"cached_tokens": 0}),
            _ => {}
        }
        usage
    }

    fn logprobs(&self, tokens: &[Token]) -> Value {
        if !self.logprobs || tokens.is_empty() {
            return Value::Null;
        }
        let bare = |t: &Token| {
            let mut entry = json!({"token": shown(t), "logprob": t.logprob, "bytes": t.bytes});
            if self.dialect == SimDialect::LlamaCpp {
                entry["id"] = json!(t.id);
            }
            entry
        };
        let entry = |t: &Token| {
            let mut top: Vec<Value> = Vec::new();
            if self.dialect == SimDialect::Vllm && !t.top.is_empty() {
                // vLLM puts the drawn token first, wherever it ranks.
                top.push(bare(t));
                top.extend(t.top.iter().filter(|o| o.id != t.id).take(t.top.len() - 1).map(bare));
            } else {
                top.extend(t.top.iter().map(bare));
            }
            let mut entry = bare(t);
            entry["top_logprobs"] = json!(top);
            entry
        };
        json!({"content": tokens.iter().map(entry).collect::<Vec<_>>()})
    }
}

fn tool_delta(vllm: bool, call: Value) -> Value {
    if vllm { json!({"content": null, "tool_calls": [call]}) } else { json!({"tool_calls": [call]}) }
}
