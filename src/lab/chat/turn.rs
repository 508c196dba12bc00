//! One turn of a conversation, as it is kept and shown.

use super::image::Image;
use crate::lab::sampling::Settings;
use crate::wire::{TokenLogprob, Usage};
use serde::{Deserialize, Serialize};

/// Identity of a conversation in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationId(pub i64);

/// Identity of a turn in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnId(pub i64);

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions before the conversation.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TurnEnd {
    /// Being written right now. Found in the database at start, it means that vramdeck ended meanwhile.
    Streaming,
    /// Whole, with the server's finish reason.
    Finished {
        /// `stop`, `length`, …
        reason: String,
    },
    /// The person stopped it; what came is kept.
    Cancelled,
    /// Cut off by an error; what came is kept.
    Failed {
        /// What failed and why, in one line.
        why: String,
    },
}

/// A tool call as assembled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToolCall {
    /// The server's id for it.
    pub id: String,
    /// Function name.
    pub name: String,
    /// Arguments' text, complete or not.
    pub arguments: String,
}

/// One answer among the `n` of an assistant turn (a user turn has exactly one).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Choice {
    /// Text as the source has it.
    pub text: String,
    /// Images said beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// Reasoning, kept apart.
    pub reasoning: String,
    /// Tool calls.
    pub tool_calls: Vec<ToolCall>,
    /// Log probabilities, where asked for.
    pub logprobs: Vec<TokenLogprob>,
    /// The server's finish reason, once there.
    pub finish: Option<String>,
}

/// Measured times and counts of an assistant turn.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct TurnFigures {
    /// Seconds from sending to the first token.
    pub first_token_seconds: Option<f64>,
    /// Seconds from the first to the last token.
    pub decode_seconds: Option<f64>,
    /// Seconds from sending to the last piece of reasoning, where there was any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_seconds: Option<f64>,
    /// Token counts as the server said.
    pub usage: Option<Usage>,
    /// Of the prompt's tokens, what its images took: those of the whole prompt less those of the same one without images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_tokens: Option<u64>,
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Identity.
    pub id: TurnId,
    /// The turn it follows; none for the first.
    pub parent: Option<TurnId>,
    /// Who speaks.
    pub role: Role,
    /// The answers; one but for `n > 1`.
    pub choices: Vec<Choice>,
    /// Which of them the conversation goes on with.
    pub chosen: usize,
    /// How it ended.
    pub end: TurnEnd,
    /// The sampling settings it was made with (assistant turns).
    pub settings: Option<Settings>,
    /// Model and endpoint it was made with, for the transcript.
    pub model: Option<String>,
    /// Times and counts.
    pub figures: TurnFigures,
    /// Seconds since the Unix epoch.
    pub created_at: f64,
}
