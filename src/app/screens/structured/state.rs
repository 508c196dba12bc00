//! State of the Structured screen.

use crate::app::scores::Scores;
use crate::lab::suite::Family;

/// Everything the screen holds.
#[derive(Debug, Clone)]
pub struct State {
    /// Scores of suites.
    pub scores: Scores,
}

impl Default for State {
    fn default() -> Self {
        Self { scores: Scores::of(Family::Structured) }
    }
}
