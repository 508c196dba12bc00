//! What a model answered at one turn, and what is said of it.

use serde::{Deserialize, Serialize};

/// A call as the server returned it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MadeCall {
    /// The function's name.
    pub name: String,
    /// The arguments as JSON text.
    pub arguments: String,
}

/// One answer, as far as it is known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// The text for the reader.
    pub content: Option<String>,
    /// The reasoning.
    pub reasoning: Option<String>,
    /// The calls that the server found.
    pub calls: Vec<MadeCall>,
    /// What the model wrote before the server took it apart; `None` where the server does not show it.
    pub raw: Option<String>,
    /// The token that ended it, where one is known: some calls are whole only with it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub raw_end: String,
    /// Why it ended, in the server's word: `stop`, `tool_calls`, `length`.
    pub finish: Option<String>,
    /// Why there is no answer, where the request itself failed.
    pub failure: Option<String>,
    /// As which that counts, where it is known better: refused by the engine, or not offered by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_as: Option<Label>,
    /// Whether the engine had no such constraint and was asked for the same as JSON.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub as_json: bool,
    /// Times and tokens.
    pub figures: Figures,
}

/// Times in seconds since the request was sent, and tokens as the server counts them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Until the first token.
    pub first_token_seconds: Option<f64>,
    /// Until the first call was there in full.
    pub first_call_seconds: Option<f64>,
    /// Until the end.
    pub seconds: Option<f64>,
    /// Tokens of the prompt.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer.
    pub completion_tokens: Option<u64>,
}

impl Figures {
    /// Adds a later turn: times of the whole and tokens are summed, those until the first token or call stay the first turn's.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        let both = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a + b).or(a).or(b);
        let tokens = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a.saturating_add(b)).or(a).or(b);
        Self {
            first_token_seconds: self.first_token_seconds.or(later.first_token_seconds),
            first_call_seconds: self.first_call_seconds.or(later.first_call_seconds),
            seconds: both(self.seconds, later.seconds),
            prompt_tokens: tokens(self.prompt_tokens, later.prompt_tokens),
            completion_tokens: tokens(self.completion_tokens, later.completion_tokens),
        }
    }
}

/// What an answer is; of several faults the first in this order names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// As wanted.
    Right,
    /// The request failed; it says nothing about the model and is not counted.
    Failed,
    /// The engine has no such constraint; it says nothing about the model and is not counted.
    NotOffered,
    /// The engine refuses the request because of its constraint: without it, it answers.
    Refused,
    /// Cut off at the limit of tokens.
    Truncated,
    /// The raw text holds a call that the server did not return.
    ParserLoss,
    /// Neither text nor call.
    NoAnswer,
    /// A text that the constraint rules out: the engine took it and did not hold the model to it.
    NotEnforced,
    /// A call of a tool that was not offered.
    HallucinatedName,
    /// Arguments or text that break their schema.
    SchemaViolation,
    /// A text that breaks a keyword of its schema which some back ends pass over.
    Invalid,
    /// Another tool than the right one.
    WrongName,
    /// The right tool with a wrong argument.
    WrongArgument,
    /// A call lacks.
    MissingCall,
    /// A call too many.
    ExtraCall,
    /// The right calls in a wrong order.
    WrongOrder,
    /// The text does not hold what it must.
    WrongText,
    /// A text that obeys its constraint and says something wrong.
    WrongValue,
}

impl Label {
    /// Whether it says something about who was asked.
    pub fn counts(self) -> bool {
        !matches!(self, Self::Failed | Self::NotOffered)
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Failed => "request failed",
            Self::NotOffered => "not offered by the engine",
            Self::Refused => "refused by the engine",
            Self::Truncated => "truncated",
            Self::ParserLoss => "parser loss",
            Self::NoAnswer => "no answer",
            Self::NotEnforced => "not enforced",
            Self::HallucinatedName => "hallucinated name",
            Self::SchemaViolation => "schema violation",
            Self::Invalid => "invalid",
            Self::WrongName => "wrong name",
            Self::WrongArgument => "wrong argument",
            Self::MissingCall => "missing call",
            Self::ExtraCall => "extra call",
            Self::WrongOrder => "wrong order",
            Self::WrongText => "wrong text",
            Self::WrongValue => "wrong value",
        }
    }
}

/// One thing that is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Of which kind.
    pub label: Label,
    /// Where: the tool's name and the JSON pointer within its arguments; empty for the whole.
    #[serde(default)]
    pub at: String,
    /// In words.
    pub why: String,
}

/// What is counted of an answer, right or wrong; of a case with several turns their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Turns that were graded.
    pub turns: u32,
    /// Turns that wanted a call and had one.
    pub called_rightly: u32,
    /// Turns that wanted a call and had none.
    pub silent: u32,
    /// Turns that wanted none and had one.
    pub called_wrongly: u32,
    /// Calls, and texts under a schema or constraint.
    pub emitted: u32,
    /// Those of them that obey their schema or constraint; calls of unknown tools do not.
    pub valid: u32,
    /// Texts that obey their constraint, where the right value is known.
    #[serde(skip_serializing_if = "is_none")]
    pub known: u32,
    /// Those of them that say the right value.
    #[serde(skip_serializing_if = "is_none")]
    pub known_right: u32,
    /// Texts whose keys come in another order than the schema names them.
    #[serde(skip_serializing_if = "is_none")]
    pub order_differs: u32,
    /// Calls that were made.
    pub calls: u32,
    /// Calls of tools that were not offered.
    pub hallucinated: u32,
    /// Turns whose text was there to be searched for calls that the server dropped.
    pub searched: u32,
    /// Turns in which such a call was found.
    pub lost: u32,
    /// Turns with such a call that would have been right had the server returned it.
    pub lost_but_right: u32,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

impl Facts {
    /// The sum.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let add = u32::saturating_add;
        Self {
            turns: add(self.turns, other.turns),
            called_rightly: add(self.called_rightly, other.called_rightly),
            silent: add(self.silent, other.silent),
            called_wrongly: add(self.called_wrongly, other.called_wrongly),
            emitted: add(self.emitted, other.emitted),
            valid: add(self.valid, other.valid),
            known: add(self.known, other.known),
            known_right: add(self.known_right, other.known_right),
            order_differs: add(self.order_differs, other.order_differs),
            calls: add(self.calls, other.calls),
            hallucinated: add(self.hallucinated, other.hallucinated),
            searched: add(self.searched, other.searched),
            lost: add(self.lost, other.lost),
            lost_but_right: add(self.lost_but_right, other.lost_but_right),
        }
    }
}

/// The verdict on one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Graded {
    /// What it is.
    pub label: Label,
    /// Everything that is wrong; empty where it is right.
    pub reasons: Vec<Reason>,
    /// What is counted of it.
    pub facts: Facts,
    /// For each wanted call the number of the one that was made.
    pub pairs: Vec<Option<usize>>,
}
