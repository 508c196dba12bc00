//! What earlier starts took.

use super::{StageKind, Stages};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one stage of a start took, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Took {
    /// Which.
    pub kind: StageKind,
    /// Seconds.
    pub seconds: f64,
    /// The longest time without movement, seconds.
    pub still: f64,
}

/// What one stage took before.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PastStage {
    /// Seconds last time.
    pub seconds: f64,
    /// The longest time without movement that a start was ever seen to survive, seconds.
    pub still: f64,
}

/// What earlier starts took.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Past {
    /// How many starts are known.
    pub runs: u64,
    /// Seconds of the last one from start to ready.
    pub total: f64,
    /// By stage.
    pub stages: BTreeMap<StageKind, PastStage>,
}

impl Past {
    /// Of earlier starts, newest first; `None` where there is none.
    pub fn of(starts: &[Vec<Took>]) -> Option<Self> {
        let last = starts.first()?;
        let mut past = Self { runs: starts.len() as u64, ..Self::default() };
        for took in last {
            past.stages.insert(took.kind, PastStage { seconds: sound(took.seconds), still: sound(took.still) });
            past.total += sound(took.seconds);
        }
        for took in starts.iter().skip(1).flatten() {
            if let Some(stage) = past.stages.get_mut(&took.kind) {
                stage.still = stage.still.max(sound(took.still));
            }
        }
        Some(past)
    }

    /// Seconds that the last start fetched files for; 0 where it fetched none.
    pub fn download(&self) -> f64 {
        self.stages.get(&StageKind::Download).map_or(0.0, |stage| stage.seconds)
    }
}

/// A time that can be: what lies in a file may be anything.
fn sound(seconds: f64) -> f64 {
    if seconds.is_finite() { seconds.clamp(0.0, 1e7) } else { 0.0 }
}

impl Stages {
    /// What is kept of a start that became ready.
    pub fn took(&self) -> Vec<Took> {
        let ended = self.ready_at.unwrap_or(self.moved_at);
        self.list
            .iter()
            .map(|stage| Took { kind: stage.kind, seconds: stage.seconds(ended), still: stage.still })
            .collect()
    }
}
