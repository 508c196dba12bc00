//! A question asked under a constraint, and what came of it.

use super::Request;
use crate::base::Problem;
use crate::wire::{ChatRequest, Dialect, Usage, request};
use serde_json::{Map, Value, json};

/// A question.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// The conversation, in OpenAI's shape.
    pub messages: Vec<Value>,
    /// Sampling and other fields, in OpenAI's names.
    pub fields: Vec<(String, Value)>,
    /// The constraint as the engine takes it; `None` asks without one.
    pub constraint: Option<Request>,
    /// Whether to stream.
    pub stream: bool,
}

/// What has just come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard<'a> {
    /// More of the text; empty where only reasoning came.
    pub text: &'a str,
    /// More of the reasoning.
    pub reasoning: &'a str,
    /// Tokens generated so far, where the server counts them on the way.
    pub tokens: Option<u64>,
    /// Pieces so far; one may hold several tokens.
    pub pieces: u64,
    /// Seconds since it was sent.
    pub seconds: f64,
}

/// What to do after a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onward {
    /// Go on.
    On,
    /// Stop the engine, for this reason.
    Stop(String),
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Told {
    /// The text.
    pub text: String,
    /// The reasoning.
    pub reasoning: String,
    /// The server's finish reason.
    pub finish: Option<String>,
    /// Token counts, by the server.
    pub usage: Option<Usage>,
    /// Pieces in which it came.
    pub pieces: u64,
    /// Seconds from sending to the first piece; `None` where it was not streamed.
    pub first_token_seconds: Option<f64>,
    /// Seconds from sending to the first piece of text, after all reasoning.
    pub first_text_seconds: Option<f64>,
    /// Seconds from sending to the end.
    pub seconds: f64,
    /// Why it was stopped from here.
    pub stopped: Option<String>,
    /// Why it broke off; what came before stays.
    pub failed: Option<Problem>,
}

impl Question {
    /// The fields of the request beside model, messages and whether to stream.
    pub fn all_fields(&self) -> Vec<(String, Value)> {
        let constraint = self.constraint.iter().flat_map(|request| request.fields.clone());
        self.fields.iter().cloned().chain(constraint).collect()
    }

    /// Whether it goes to Ollama's `/api/chat`.
    pub fn is_native(&self) -> bool {
        self.constraint.as_ref().is_some_and(|request| request.native)
    }

    /// The request as it goes to `/v1/chat/completions`.
    pub fn openai(&self, dialect: Dialect) -> ChatRequest {
        let mut fields = self.all_fields();
        if self.stream && dialect == Dialect::Vllm {
            // The count stands on each piece, so that it is known where an answer is stopped.
            fields.push(("stream_options".to_owned(), json!({"include_usage": true, "continuous_usage_stats": true})));
        }
        ChatRequest { messages: self.messages.clone(), fields, stream: self.stream }
    }

    /// The body as it is sent.
    pub fn body(&self, model: &str, dialect: Dialect) -> Value {
        match self.is_native() {
            true => self.native_body(model),
            false => request::body(model, &self.openai(dialect)),
        }
    }

    /// The body of a request to Ollama's `/api/chat`: sampling stands in `options`, under Ollama's names.
    pub fn native_body(&self, model: &str) -> Value {
        let mut options = Map::new();
        for (name, value) in &self.fields {
            let name = match name.as_str() {
                "max_tokens" | "max_completion_tokens" => "num_predict",
                "repetition_penalty" => "repeat_penalty",
                "stream_options" => continue,
                other => other,
            };
            options.insert(name.to_owned(), value.clone());
        }
        let mut body = json!({"model": model, "messages": self.messages, "stream": self.stream});
        for (name, value) in self.constraint.iter().flat_map(|request| &request.fields) {
            body[name] = value.clone();
        }
        if !options.is_empty() {
            body["options"] = Value::Object(options);
        }
        body
    }
}

impl Told {
    /// Tokens a second from the first piece to the end, the first token left out; `None` where too few or too fast to measure.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let sample = super::cost::Sample {
            first_token_seconds: self.first_token_seconds,
            seconds: self.seconds,
            tokens: self.usage.map(|usage| usage.completion_tokens),
            ..super::cost::Sample::default()
        };
        sample.tokens_per_second()
    }

    /// Whether the reply lies in the reasoning and no text came: the server's reasoning parser took all of it, as it does for a
    /// model that marks no end of its reasoning. A model that was cut off while it reasoned has no reply.
    pub fn is_misplaced(&self) -> bool {
        let json = self.reasoning.trim_start().starts_with(['{', '[']);
        self.text.trim().is_empty() && !self.reasoning.trim().is_empty() && (json || !self.is_cut())
    }

    /// Whether it was cut off before the reply began, while the model still reasoned.
    pub fn is_reasoning(&self) -> bool {
        self.text.trim().is_empty() && !self.reasoning.trim().is_empty() && !self.is_misplaced()
    }

    /// The reply: the text, or what lies in its place in the reasoning.
    pub fn reply(&self) -> &str {
        if self.is_misplaced() { &self.reasoning } else { &self.text }
    }

    /// Whether it ended because of its length.
    pub fn is_cut(&self) -> bool {
        self.finish.as_deref() == Some("length") || self.stopped.is_some() || self.failed.is_some()
    }
}

/// A refusal that is about the constraint is told as one; others stay as they are.
pub fn refusal(problem: Problem, question: &Question) -> Problem {
    let Some(request) = &question.constraint else { return problem };
    let words = problem.why.to_ascii_lowercase();
    let about = [
        "grammar",
        "schema",
        "structured",
        "response_format",
        "regex",
        "guided",
        "xgrammar",
        "guidance",
        "json mode",
        "constraint",
        "failed to parse",
        "unable to generate parser",
    ];
    // A stream that opened with 200 tells it as its first and only event.
    let refused = ["refused", "failed while answering"].iter().any(|word| problem.what.contains(word));
    if !refused || !about.iter().any(|word| words.contains(word)) {
        return problem;
    }
    let hint = match request.asked {
        super::Constraint::Schema { .. } => "vramdeck structured lint tells which keywords the back ends refuse",
        _ => "correct what the engine's words name, or try another kind of constraint",
    };
    let kind = request.asked.kind().title();
    Problem { what: format!("the engine refused the {kind}"), hint: hint.to_owned(), ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::structured::{Constraint, Options, Shape, request};
    use crate::wire::Dialect;

    fn question(dialect: Dialect, shape: Shape) -> Question {
        let constraint = Constraint::Schema { name: "n".into(), schema: json!({"type": "object"}) };
        let options = Options { shape, ..Options::default() };
        Question {
            messages: vec![json!({"role": "user", "content": "x"})],
            fields: vec![("temperature".into(), json!(0)), ("max_tokens".into(), json!(9))],
            constraint: Some(request(&constraint, dialect, &options).unwrap()),
            stream: true,
        }
    }

    #[test]
    fn ollamas_own_api_has_names_of_its_own() {
        let question = question(Dialect::Ollama, Shape::Own);
        assert!(question.is_native());
        assert_eq!(
            question.native_body("m"),
            json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": true,
                "format": {"type": "object"}, "options": {"temperature": 0, "num_predict": 9}})
        );
    }

    #[test]
    fn refusals_of_the_constraint_are_told_apart() {
        let question = question(Dialect::Vllm, Shape::Auto);
        let problem = |why: &str| Problem::failed("the engine refused the request", why, "");
        assert_eq!(refusal(problem("Grammar error: x"), &question).what, "the engine refused the JSON Schema");
        let streamed = Problem::failed("the engine failed while answering", "Grammar error: x", "");
        assert_eq!(refusal(streamed, &question).what, "the engine refused the JSON Schema");
        let other = problem("temperature must be in [0, 2]");
        assert_eq!(refusal(other.clone(), &question), other);
        let none = Question { constraint: None, ..question };
        assert_eq!(refusal(problem("Grammar error"), &none).what, "the engine refused the request");
    }

    #[test]
    fn a_reply_in_the_reasoning_is_seen() {
        let told = Told { reasoning: "{}".into(), finish: Some("stop".into()), ..Told::default() };
        assert!(told.is_misplaced() && told.reply() == "{}" && !told.is_cut());
        assert!(!Told { text: "a".into(), ..told.clone() }.is_misplaced());
        let cut = Told { finish: Some("length".into()), ..told };
        assert!(cut.is_cut() && cut.is_misplaced());
        let thinks = Told { reasoning: "well, ".into(), ..cut };
        assert!(thinks.is_reasoning() && thinks.reply().is_empty());
    }
}
