//! Text of a stream gathered into pieces, so that the disk is asked a few times a second and not per token.

use super::fold;
use super::turn::Choice;
use crate::base::Problem;
use crate::store::PieceRow;
use crate::wire::{Delta, TokenLogprob, ToolCallDelta};
use serde::{Deserialize, Serialize};

/// Seconds that text may wait.
const SECONDS: f64 = 0.25;
/// Bytes that may wait.
const BYTES: usize = 4096;

/// What is neither text nor reasoning.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Rest {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCallDelta>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    logprobs: Vec<TokenLogprob>,
}

/// Gathers what comes and gives it out as rows when enough waits. Rows that could not be written come back with
/// [`PieceBuffer::put_back`]; writing a row twice does no harm.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PieceBuffer {
    waiting: Vec<Delta>,
    unsaved: Vec<PieceRow>,
    since: Option<f64>,
    bytes: usize,
    next: i64,
}

impl PieceBuffer {
    /// Takes a piece that came at `now` (seconds on any steady clock).
    pub fn push(&mut self, now: f64, delta: &Delta) {
        self.since.get_or_insert(now);
        self.bytes += delta.content.len() + delta.reasoning.len() + 32 * delta.logprobs.len();
        self.bytes += delta.tool_calls.iter().map(|call| call.arguments.len() + 16).sum::<usize>();
        match self.waiting.iter_mut().find(|waiting| waiting.choice == delta.choice) {
            Some(waiting) => {
                waiting.content.push_str(&delta.content);
                waiting.reasoning.push_str(&delta.reasoning);
                waiting.tool_calls.extend(delta.tool_calls.iter().cloned());
                waiting.logprobs.extend(delta.logprobs.iter().cloned());
            }
            None => self.waiting.push(delta.clone()),
        }
    }

    /// Whether enough waits to be written.
    pub fn due(&self, now: f64) -> bool {
        self.bytes >= BYTES || self.due_at().is_some_and(|at| now >= at)
    }

    /// When what waits is to be written at the latest, on the clock of [`PieceBuffer::push`].
    pub fn due_at(&self) -> Option<f64> {
        self.since.map(|since| since + SECONDS)
    }

    /// What waits, as rows to append.
    pub fn take(&mut self) -> Vec<PieceRow> {
        let mut rows = std::mem::take(&mut self.unsaved);
        for delta in std::mem::take(&mut self.waiting) {
            let rest = Rest { tool_calls: delta.tool_calls, logprobs: delta.logprobs };
            let rest = (rest != Rest::default()).then(|| serde_json::to_string(&rest).unwrap_or_default());
            let row = PieceRow {
                seq: self.next,
                choice: delta.choice,
                text: delta.content,
                reasoning: delta.reasoning,
                rest,
            };
            rows.push(row);
            self.next += 1;
        }
        (self.since, self.bytes) = (None, 0);
        rows
    }

    /// Keeps rows whose writing failed; they go with the next ones.
    pub fn put_back(&mut self, now: f64, rows: Vec<PieceRow>) {
        self.since.get_or_insert(now);
        self.unsaved.extend(rows);
        self.unsaved.sort_by_key(|row| row.seq);
    }
}

/// Puts pieces found in the database into the answers they belong to.
///
/// # Errors
/// When what came with a piece cannot be read; its text is in the answer all the same.
pub(super) fn fold_pieces(choices: &mut Vec<Choice>, pieces: &[PieceRow]) -> Result<(), Problem> {
    let mut broken = None;
    for piece in pieces {
        let rest = piece.rest.as_deref().map_or(Ok(Rest::default()), serde_json::from_str::<Rest>);
        let rest = rest.unwrap_or_else(|error| {
            broken = Some(error);
            Rest::default()
        });
        let delta = Delta {
            choice: piece.choice,
            content: piece.text.clone(),
            reasoning: piece.reasoning.clone(),
            tool_calls: rest.tool_calls,
            logprobs: rest.logprobs,
        };
        fold::apply_delta(choices, &delta);
    }
    broken.map_or(Ok(()), |error| {
        let what = "part of an answer cut off earlier cannot be read";
        Err(Problem::failed(what, error.to_string(), "its text is shown; tool calls or probabilities may be missing"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_due_by_time_or_by_size() {
        let mut buffer = PieceBuffer::default();
        assert!(!buffer.due(9.0), "nothing waits");
        buffer.push(1.0, &Delta { content: "a".into(), ..Delta::default() });
        assert!(!buffer.due(1.2));
        assert!(buffer.due(1.25));
        let rows = buffer.take();
        assert!(!buffer.due(9.0));
        buffer.put_back(2.0, rows.clone());
        assert!(buffer.due(2.3), "a failed row is tried again");
        assert_eq!(buffer.take(), rows);
        buffer.push(3.0, &Delta { content: "x".repeat(5000), ..Delta::default() });
        assert!(buffer.due(3.0));
    }

    proptest! {
        /// However the stream is cut and whatever failed meanwhile, folding gives what the stream gave.
        #[test]
        fn folding_gives_the_stream_back(
            stream in proptest::collection::vec((0u32..3, "\\PC{0,4}", "[a-z]{0,3}", 0u8..4, any::<bool>()), 0..40)
        ) {
            let mut buffer = PieceBuffer::default();
            let (mut whole, mut written) = (Vec::new(), Vec::new());
            for (choice, content, reasoning, deed, failed) in stream {
                let call = ToolCallDelta { index: 1, id: None, name: None, arguments: content.clone() };
                let tool_calls = if deed == 0 { vec![call] } else { vec![] };
                let delta = Delta { choice, content, reasoning, tool_calls, logprobs: vec![] };
                fold::apply_delta(&mut whole, &delta);
                buffer.push(0.0, &delta);
                if deed == 1 {
                    let rows = buffer.take();
                    if failed { buffer.put_back(0.0, rows) } else { written.extend(rows) }
                }
            }
            written.extend(buffer.take());
            let mut folded = Vec::new();
            fold_pieces(&mut folded, &written).unwrap();
            prop_assert_eq!(folded, whole);
        }
    }
}
