//! What the view asks of the world, and what the world tells it.

use crate::app::screens::chat::target::Resolved;
use crate::base::Problem;
use crate::lab::samples::{Branch, Place, Plan, Step};
use std::sync::Arc;

/// What this view asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask all requests of a plan.
    Ask {
        /// The flight that it belongs to.
        flight: u64,
        /// Whom to ask.
        target: Box<Resolved>,
        /// What to ask.
        plan: Arc<Plan>,
        /// Requests at a time.
        at_once: usize,
    },
    /// Go on with a branch of an answer.
    GoOn {
        /// The flight that it belongs to.
        flight: u64,
        /// Whom to ask.
        target: Box<Resolved>,
        /// What was asked.
        plan: Arc<Plan>,
        /// The branch.
        branch: Box<Branch>,
        /// Where the answer goes.
        place: Place,
    },
    /// Stop all that is on its way for a flight.
    Stop(u64),
}

/// Messages to this view.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// What has happened since the last one, at most once a frame.
    Steps {
        /// The flight.
        flight: u64,
        /// What happened, in order.
        steps: Vec<Step>,
    },
    /// All requests of a plan have ended.
    Over {
        /// The flight.
        flight: u64,
        /// Whether it was stopped.
        stopped: bool,
        /// Why nothing could be asked.
        problem: Option<Problem>,
    },
    /// A branch has ended.
    Branched {
        /// The flight.
        flight: u64,
        /// Where its answer went.
        place: Place,
        /// Why it could not be gone on with.
        problem: Option<Problem>,
    },
}
