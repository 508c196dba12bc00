//! An answer on its way: its clock, its counts, and what of it is not yet saved.

use crate::base::Problem;
use crate::lab::chat::{ConversationId, Figures, PieceBuffer, TurnId};
use crate::wire::{Delta, StreamEvent};
use std::time::Duration;

/// A request and its answer. Each has a generation of its own, so that what a stopped one still sends is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// Grows with each request.
    pub generation: u64,
}

/// An answer on its way. Its times are seconds since the request left.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// Which.
    pub id: StreamId,
    /// The turn that is being written.
    pub turn: TurnId,
    /// Uptime when it was asked for.
    pub asked: Duration,
    /// Times and counts.
    pub figures: Figures,
    /// Seconds to the first and the last piece of reasoning.
    pub thought: Option<(f64, f64)>,
    /// What is not yet handed to the store.
    pub pieces: PieceBuffer,
    /// Why it broke off.
    pub failed: Option<Problem>,
    /// Whether it ended.
    pub over: bool,
}

impl Stream {
    /// A stream just asked for.
    pub fn new(id: StreamId, turn: TurnId, figures: Figures, uptime: Duration) -> Self {
        Self {
            id,
            turn,
            asked: uptime,
            figures,
            thought: None,
            pieces: PieceBuffer::default(),
            failed: None,
            over: false,
        }
    }

    /// Takes the times and counts of an event in.
    pub fn take(&mut self, seconds: f64, event: &StreamEvent) {
        self.figures.take(seconds, event);
        match event {
            StreamEvent::Delta(delta) => {
                if !delta.reasoning.is_empty() {
                    let first = self.thought.map_or(seconds, |(first, _)| first);
                    self.thought = Some((first, seconds));
                }
                if *delta != (Delta { choice: delta.choice, ..Delta::default() }) {
                    self.pieces.push(seconds, delta);
                }
            }
            StreamEvent::Failed(problem) => {
                self.failed = Some(problem.clone());
                self.over = true;
            }
            StreamEvent::Done => self.over = true,
            _ => {}
        }
    }
}
