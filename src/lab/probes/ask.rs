//! What a probe asks, and what it hears.

use crate::wire::TokenLogprob;
use serde_json::{Map, Value};

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// A chat.
    Chat {
        /// The messages.
        messages: Vec<Value>,
        /// Every other field.
        fields: Map<String, Value>,
        /// Whether to stream.
        stream: bool,
    },
    /// How many tokens the engine counts in a conversation.
    Count {
        /// The messages.
        messages: Vec<Value>,
        /// Further fields.
        fields: Map<String, Value>,
    },
    /// The numbers of the tokens of a text.
    Ids(String),
}

/// Questions that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// What they are for; the same words are asked once a card.
    pub key: String,
    /// The questions.
    pub asks: Vec<Ask>,
    /// Whether each waits for the one before: other requests beside it change an engine's sums.
    pub alone: bool,
}

/// A tool call of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Call {
    /// The function.
    pub name: String,
    /// Its arguments as text.
    pub arguments: String,
    /// In how many pieces the arguments came; 0 where it was not streamed.
    pub pieces: u32,
}

/// One choice of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    /// The text.
    pub text: String,
    /// The reasoning, where it came apart.
    pub reasoning: String,
    /// The calls.
    pub calls: Vec<Call>,
    /// `stop`, `length`, …
    pub finish: String,
    /// The tokens with their alternatives, where they were asked for.
    pub logprobs: Vec<TokenLogprob>,
}

impl Choice {
    /// All that was written, whichever field it came in.
    pub fn whole(&self) -> String {
        let mut all = format!("{}{}", self.reasoning, self.text);
        for call in &self.calls {
            all.push_str(&format!("\u{1}{}\u{2}{}", call.name, call.arguments));
        }
        all
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// Its choices, by index.
    pub choices: Vec<Choice>,
    /// Tokens of the prompt, where it says.
    pub prompt_tokens: Option<u64>,
    /// Tokens generated, where it says.
    pub completion_tokens: Option<u64>,
}

impl Said {
    /// The first choice's text and calls.
    pub fn whole(&self) -> String {
        self.choices.first().map(Choice::whole).unwrap_or_default()
    }

    /// The first choice's text.
    pub fn text(&self) -> &str {
        self.choices.first().map_or("", |choice| &choice.text)
    }

    /// Why the first choice ended.
    pub fn finish(&self) -> &str {
        self.choices.first().map_or("", |choice| &choice.finish)
    }

    /// The first choice's calls.
    pub fn calls(&self) -> &[Call] {
        self.choices.first().map_or(&[], |choice| &choice.calls)
    }
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// An answer.
    Said(Said),
    /// The engine refused the request, in its words.
    Refused(String),
    /// There was no answer for another reason.
    Failed(String),
    /// How many tokens.
    Count(u64),
    /// The numbers of tokens.
    Ids(Vec<u32>),
}

impl Answer {
    /// The answer, where it is one of a chat.
    pub fn said(&self) -> Option<&Said> {
        match self {
            Self::Said(said) => Some(said),
            _ => None,
        }
    }
}
