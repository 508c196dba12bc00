//! How far a download is, and how fast.

use std::collections::VecDeque;
use std::time::Duration;

/// What a download does at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Another program downloads the same file: its end is awaited.
    Waiting,
    /// Bytes come in.
    Fetching,
    /// The connection broke; it is tried again after this time.
    Retrying(Duration),
    /// The content is compared with its checksum.
    Checking,
    /// All files are there.
    Done,
}

/// How far a download is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// What it does.
    pub stage: Stage,
    /// The file at hand.
    pub file: String,
    /// Its bytes that are there.
    pub file_bytes: u64,
    /// Its bytes in all.
    pub file_total: u64,
    /// Bytes of all files that are there.
    pub bytes: u64,
    /// Bytes of all files.
    pub total: u64,
    /// Bytes per second of the last seconds; `None` until there is something to measure.
    pub rate: Option<f64>,
    /// Time left at that rate.
    pub left: Option<Duration>,
}

/// For how long back the rate is measured.
const WINDOW: Duration = Duration::from_secs(10);
/// The shortest time that gives a rate.
const LEAST: Duration = Duration::from_millis(500);
/// The least time between two samples that are kept.
const STEP: Duration = Duration::from_millis(100);

/// Measures a rate over the last seconds.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    samples: VecDeque<(Duration, u64)>,
}

impl Meter {
    /// Notes that `bytes` have come in all at a moment (since any fixed start).
    pub fn note(&mut self, at: Duration, bytes: u64) {
        let before = self.samples.len().checked_sub(2).and_then(|index| self.samples.get(index));
        if before.is_some_and(|(from, _)| at.saturating_sub(*from) < STEP) {
            self.samples.pop_back();
        }
        self.samples.push_back((at, bytes));
        let old = |sample: &(Duration, u64)| at.saturating_sub(sample.0) > WINDOW;
        while self.samples.len() > 2 && self.samples.front().is_some_and(old) {
            self.samples.pop_front();
        }
    }

    /// Bytes per second.
    pub fn rate(&self) -> Option<f64> {
        let ((from, before), (to, after)) = (self.samples.front()?, self.samples.back()?);
        let time = to.saturating_sub(*from);
        (time >= LEAST).then(|| after.saturating_sub(*before) as f64 / time.as_secs_f64())
    }

    /// Time that `bytes` more need.
    pub fn left(&self, bytes: u64) -> Option<Duration> {
        let seconds = bytes as f64 / self.rate().filter(|rate| *rate >= 1.0)?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}
