//! What a stream of a chat completion says, one event at a time, the same for every dialect.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event of a streamed (or whole) chat completion.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEvent {
    /// The server answered and named the completion.
    Opened {
        /// The completion's id.
        id: String,
        /// The model as the server names it.
        model: String,
    },
    /// More of one choice. A chunk may carry several tokens: never count tokens by deltas.
    Delta(Delta),
    /// One choice is complete.
    Finished {
        /// Index of the choice.
        choice: u32,
        /// `stop`, `length`, `tool_calls`, … as the server says.
        reason: String,
    },
    /// What the server showed of the text behind its answer, where it was asked to.
    Seen(super::raw::Seen),
    /// Token counts, as the server says.
    Usage(Usage),
    /// The server reported an error inside the stream, or the stream broke; what came before stays valid.
    Failed(crate::base::Problem),
    /// The stream ended in good order (`[DONE]`, or the end of a whole answer).
    Done,
}

/// New pieces of one choice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Delta {
    /// Index of the choice.
    pub choice: u32,
    /// More of the answer; raw text of the model, not yet cleaned.
    pub content: String,
    /// More of the reasoning, whatever the field was called.
    pub reasoning: String,
    /// Pieces of tool calls.
    pub tool_calls: Vec<ToolCallDelta>,
    /// Log probabilities of the tokens in this piece, where asked for.
    pub logprobs: Vec<TokenLogprob>,
}

/// A piece of a tool call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ToolCallDelta {
    /// Position among the calls of the choice.
    pub index: u32,
    /// The call's id, in the first piece.
    pub id: Option<String>,
    /// The function's name, in the first piece.
    pub name: Option<String>,
    /// More of the arguments' text.
    pub arguments: String,
}

/// One token with its log probability and the alternatives the server listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text.
    pub token: String,
    /// Natural logarithm of its probability.
    pub logprob: f64,
    /// Alternatives, most probable first (sorted by us: servers do not always).
    pub top: Vec<(String, f64)>,
}

/// Token counts of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens generated, over all choices.
    pub completion_tokens: u64,
    /// Prompt tokens taken from the prefix cache, where the server says.
    pub cached_tokens: Option<u64>,
    /// Generated tokens that were reasoning, where the server says.
    pub reasoning_tokens: Option<u64>,
}

/// A chat request before it is written in a dialect: messages and fields are already those of the OpenAI API.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChatRequest {
    /// Messages in OpenAI's shape (`{"role":…,"content":…}`).
    pub messages: Vec<Value>,
    /// Sampling and other top-level fields, as the lab made them for the dialect at hand.
    pub fields: Vec<(String, Value)>,
    /// Whether to stream.
    pub stream: bool,
}
