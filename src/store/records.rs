//! Rows as they lie in the database. Structured parts are JSON text that only their owner (`lab::chat`) reads.

use std::ops::Range;

/// One conversation without its turns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConversationRow {
    /// Identity, given by who creates it (microseconds since the Unix epoch).
    pub id: i64,
    /// Title.
    pub title: String,
    /// System prompt; empty for none.
    pub system_prompt: String,
    /// Model last used.
    pub model: Option<String>,
    /// Base URL last used.
    pub endpoint: Option<String>,
    /// The turn that the active path ends with.
    pub leaf: Option<i64>,
    /// Seconds since the Unix epoch.
    pub created_at: f64,
    /// Seconds since the Unix epoch of the last change.
    pub updated_at: f64,
}

/// How far a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnState {
    /// Being written by the process that owns the row.
    Streaming,
    /// Whole.
    Finished,
    /// Stopped by the person.
    Cancelled,
    /// Cut off.
    Failed,
}

impl TurnState {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// From the word in the database; an unknown word counts as cut off.
    pub fn from_word(word: &str) -> Self {
        match word {
            "streaming" => Self::Streaming,
            "finished" => Self::Finished,
            "cancelled" => Self::Cancelled,
            _ => Self::Failed,
        }
    }
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnRow {
    /// The conversation it belongs to.
    pub conversation: i64,
    /// Identity within the conversation.
    pub id: i64,
    /// The turn it follows.
    pub parent: Option<i64>,
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// How far it is.
    pub state: TurnState,
    /// Finish reason, or why it was cut off.
    pub reason: String,
    /// JSON array of the answers.
    pub choices: String,
    /// Which answer the conversation goes on with.
    pub chosen: usize,
    /// JSON of the sampling settings.
    pub settings: Option<String>,
    /// Model it was made with.
    pub model: Option<String>,
    /// JSON of times and counts.
    pub figures: String,
    /// The text that search looks through.
    pub plain: String,
    /// Seconds since the Unix epoch.
    pub created_at: f64,
}

/// Text that arrived for one answer of a turn being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PieceRow {
    /// Position in the stream; grows by one per piece of a turn.
    pub seq: i64,
    /// Index of the answer.
    pub choice: u32,
    /// More of the answer.
    pub text: String,
    /// More of the reasoning.
    pub reasoning: String,
    /// JSON of what else came (tool calls, log probabilities).
    pub rest: Option<String>,
}

/// A turn as loaded: its row, and the pieces that were not yet folded into it.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedTurn {
    /// The row.
    pub row: TurnRow,
    /// Pieces by position.
    pub pieces: Vec<PieceRow>,
}

/// A conversation as loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedConversation {
    /// The conversation.
    pub row: ConversationRow,
    /// Its turns by identity.
    pub turns: Vec<LoadedTurn>,
}

/// A conversation in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationSummary {
    /// The conversation.
    pub row: ConversationRow,
    /// How many turns it has, all branches counted.
    pub turns: u64,
}

/// What is written together: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// The conversation, when it is new or changed.
    pub conversation: Option<ConversationRow>,
    /// Turns, new or changed, parents before children.
    pub turns: Vec<TurnRow>,
}

/// Part of a text with the places that matched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snippet {
    /// The text; `…` where it was cut. Not yet cleaned for the terminal.
    pub text: String,
    /// Byte ranges of `text` that matched, in order.
    pub marks: Vec<Range<usize>>,
}

/// One place that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The conversation.
    pub conversation: i64,
    /// Its title.
    pub title: String,
    /// The turn.
    pub turn: i64,
    /// Who speaks there.
    pub role: String,
    /// What matched.
    pub snippet: Snippet,
    /// Seconds since the Unix epoch.
    pub created_at: f64,
}
