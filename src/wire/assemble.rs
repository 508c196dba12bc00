//! Events folded into one reply.

use super::raw::Seen;
use super::{Delta, StreamEvent, TokenLogprob, ToolCallDelta, Usage};
use crate::base::Problem;
use serde::{Deserialize, Serialize};

/// What came of an answer so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    /// The completion's id; the first one where a gateway gives each chunk its own.
    pub id: String,
    /// The model as the server names it.
    pub model: String,
    /// The choices, by index.
    pub choices: Vec<ReplyChoice>,
    /// Token counts, once the server said them.
    pub usage: Option<Usage>,
    /// What the server showed of the text behind the answer.
    pub seen: Seen,
    /// Why the stream broke, if it did; what came before stays.
    pub failed: Option<Problem>,
    /// Whether the stream ended in good order.
    pub done: bool,
}

/// One choice of a reply.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ReplyChoice {
    /// Index of the choice, as the server counts.
    pub index: u32,
    /// The answer's text, raw.
    pub text: String,
    /// The reasoning, raw.
    pub reasoning: String,
    /// Tool calls in the order they began.
    pub tool_calls: Vec<ReplyToolCall>,
    /// Log probabilities of all tokens, where asked for.
    pub logprobs: Vec<TokenLogprob>,
    /// The server's finish reason, once there.
    pub finish: Option<String>,
}

/// A tool call put together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReplyToolCall {
    /// The index the server gave it.
    pub index: u32,
    /// The server's id for it; empty where it gave none.
    pub id: String,
    /// Function name.
    pub name: String,
    /// Arguments' text, complete or not.
    pub arguments: String,
}

impl Reply {
    /// Takes one event in.
    pub fn apply(&mut self, event: StreamEvent) {
        match event {
            StreamEvent::Opened { id, model } => {
                self.id = id;
                self.model = model;
            }
            StreamEvent::Delta(delta) => self.choice_mut(delta.choice).extend(delta),
            StreamEvent::Finished { choice, reason } => self.choice_mut(choice).finish = Some(reason),
            StreamEvent::Seen(seen) => self.seen.extend(seen),
            StreamEvent::Usage(usage) => self.usage = Some(usage),
            StreamEvent::Failed(problem) => self.failed = Some(problem),
            StreamEvent::Done => self.done = true,
        }
    }

    fn choice_mut(&mut self, index: u32) -> &mut ReplyChoice {
        let at = match self.choices.binary_search_by_key(&index, |choice| choice.index) {
            Ok(at) => at,
            Err(at) => {
                self.choices.insert(at, ReplyChoice { index, ..ReplyChoice::default() });
                at
            }
        };
        &mut self.choices[at]
    }
}

impl FromIterator<StreamEvent> for Reply {
    fn from_iter<I: IntoIterator<Item = StreamEvent>>(events: I) -> Self {
        let mut reply = Self::default();
        events.into_iter().for_each(|event| reply.apply(event));
        reply
    }
}

impl ReplyChoice {
    fn extend(&mut self, delta: Delta) {
        append(&mut self.text, delta.content);
        append(&mut self.reasoning, delta.reasoning);
        self.logprobs.extend(delta.logprobs);
        delta.tool_calls.into_iter().for_each(|piece| self.extend_call(piece));
    }

    /// A piece belongs to the latest call of its index, unless it brings another id: some servers give every call the
    /// index 0.
    fn extend_call(&mut self, piece: ToolCallDelta) {
        let same = |call: &&mut ReplyToolCall| {
            call.index == piece.index && piece.id.as_ref().is_none_or(|id| call.id.is_empty() || *id == call.id)
        };
        let call = match self.tool_calls.iter_mut().rev().find(|call| call.index == piece.index).filter(same) {
            Some(call) => call,
            None => {
                self.tool_calls.push(ReplyToolCall { index: piece.index, ..ReplyToolCall::default() });
                let last = self.tool_calls.len() - 1;
                &mut self.tool_calls[last]
            }
        };
        if let Some(id) = piece.id {
            call.id = id;
        }
        if let Some(name) = piece.name {
            call.name = name;
        }
        append(&mut call.arguments, piece.arguments);
    }
}

fn append(text: &mut String, more: String) {
    if text.is_empty() {
        *text = more;
    } else {
        text.push_str(&more);
    }
}
