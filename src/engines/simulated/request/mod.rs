//! What a client asks for, read from the bodies of the three dialects into one shape.

mod fields;
mod limits;
mod ollama;
mod openai;
mod refusal;

pub use ollama::{Generate, native};
pub use openai::{chat, completion};
pub use refusal::Refusal;

use super::constrain::Rule;
use super::sampling::Settings;
use serde_json::Value;

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// `system`, `user`, `assistant` or `tool`, as sent.
    pub role: String,
    /// Its text; parts of other kinds are left out.
    pub text: String,
    /// The name of the tool, in a tool's turn, where sent.
    pub name: Option<String>,
}

/// A tool offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// The function's name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The schema of its arguments.
    pub parameters: Value,
}

/// Whether tools are to be called.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// Never.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(String),
}

/// A request for text, after reading and before the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The model's name as sent; empty where absent.
    pub model: String,
    /// The conversation; one user turn for a plain prompt.
    pub turns: Vec<Turn>,
    /// Whether the prompt is continued as it stands, without turns.
    pub raw: bool,
    /// How tokens are drawn.
    pub settings: Settings,
    /// The seed, where sent.
    pub seed: Option<u64>,
    /// How many answers.
    pub n: u32,
    /// Most tokens of an answer, where sent.
    pub max_tokens: Option<u64>,
    /// Strings that end an answer.
    pub stop: Vec<String>,
    /// Whether the stop string stays in the text.
    pub keep_stop: bool,
    /// How many alternatives to report for each token; reporting is off where absent.
    pub logprobs: Option<usize>,
    /// What the answer has to obey.
    pub rule: Option<Rule>,
    /// Tools offered.
    pub tools: Vec<Tool>,
    /// Whether to call them.
    pub tool_choice: ToolChoice,
    /// Whether several calls are welcome.
    pub parallel: bool,
    /// Whether to reason first; the engine's own setting where absent.
    pub think: Option<bool>,
    /// Beam search with this length penalty instead of drawing.
    pub beam: Option<f32>,
    /// Whether to stream.
    pub stream: bool,
    /// Whether a stream ends with the counts.
    pub usage: bool,
    /// Whether every chunk carries the counts so far.
    pub usage_always: bool,
}

impl Ask {
    /// The last thing the person said.
    pub fn last_user_text(&self) -> &str {
        self.turns.iter().rev().find(|t| t.role == "user").map_or("", |t| t.text.as_str())
    }
}

#[cfg(test)]
mod tests;
