//! The answer: planned (reason, prose, tool calls), then made token by token.

mod choice;
mod generation;
mod merge;
mod plan;
mod tools;
mod utf8;

pub use generation::{Generation, Knowledge};
pub use merge::Merger;

/// One event of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// More text.
    Text {
        /// Index of the answer.
        choice: u32,
        /// Whether it is reasoning.
        reasoning: bool,
        /// The text; may be empty while a character or a stop string is not whole.
        text: String,
        /// The tokens of it, where log probabilities were asked for.
        tokens: Vec<Token>,
        /// How many tokens it took.
        count: u64,
    },
    /// A tool call begins.
    Call {
        /// Index of the answer.
        choice: u32,
        /// Which call of the answer.
        index: u32,
        /// The function's name.
        name: String,
        /// How many tokens it took.
        count: u64,
    },
    /// More of a call's arguments.
    Arguments {
        /// Index of the answer.
        choice: u32,
        /// Which call of the answer.
        index: u32,
        /// The text.
        text: String,
        /// How many tokens it took.
        count: u64,
    },
    /// An answer is over.
    End {
        /// Index of the answer.
        choice: u32,
        /// Why.
        reason: Reason,
        /// The stop string that ended it.
        stop: Option<String>,
    },
}

impl Event {
    /// How many tokens the event stands for.
    pub fn count(&self) -> u64 {
        match self {
            Self::Text { count, .. } | Self::Call { count, .. } | Self::Arguments { count, .. } => *count,
            Self::End { .. } => 0,
        }
    }
}

/// Why an answer is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// By itself or by a stop string.
    Stop,
    /// The limit of tokens was reached.
    Length,
    /// It calls tools.
    ToolCalls,
}

/// A token with its log probability before penalties, constraints and filters.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Number in the vocabulary.
    pub id: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// The likeliest tokens, likeliest first; empty in their own entries.
    pub top: Vec<Token>,
}

#[cfg(test)]
mod tests;
