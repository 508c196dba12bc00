//! What the state machine may know of the world: the time and settings that do not change while it runs.

use std::time::{Duration, SystemTime};

/// Passed to every update and to the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Env {
    /// Wall-clock time.
    pub now: SystemTime,
    /// Time since vramdeck started; never goes backwards.
    pub uptime: Duration,
}

impl Env {
    /// Seconds since the Unix epoch.
    pub fn unix(&self) -> f64 {
        self.now.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
    }
}
