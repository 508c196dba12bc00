//! One moment of one card, small enough to keep thousands.

use crate::base::Bytes;
use crate::gpu::Card;

/// What a chart can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Bytes in use on the card.
    Used,
    /// Bytes held by vramdeck's runs.
    Runs,
    /// Bytes in use by everyone else.
    Foreign,
    /// Percent.
    Utilization,
    /// Watts.
    Power,
    /// Degrees Celsius.
    Temperature,
}

impl Metric {
    /// All of them, in the order of their values.
    pub const ALL: [Self; 6] =
        [Self::Used, Self::Runs, Self::Foreign, Self::Utilization, Self::Power, Self::Temperature];

    /// Whether its unit is bytes.
    pub fn is_memory(self) -> bool {
        matches!(self, Self::Used | Self::Runs | Self::Foreign)
    }
}

/// A moment: its time in seconds since the Unix epoch, and each metric where known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: f64,
    values: [Option<f64>; Metric::ALL.len()],
}

impl Point {
    pub(super) fn gap(at: f64) -> Self {
        Self { at, values: [None; Metric::ALL.len()] }
    }

    pub(super) fn of(card: &Card, at: f64) -> Self {
        let used = card.memory.as_ref().ok().map(|memory| memory.used);
        let runs = runs(card);
        let foreign = used.zip(runs).map(|(used, runs)| used.minus(runs));
        let bytes = |bytes: Option<Bytes>| bytes.map(|bytes| bytes.0 as f64);
        Self {
            at,
            values: [
                bytes(used),
                bytes(runs),
                bytes(foreign),
                card.utilization_gpu.as_ref().ok().map(|percent| f64::from(*percent)),
                card.power_watts.as_ref().ok().copied(),
                card.temperature.as_ref().ok().map(|degrees| f64::from(*degrees)),
            ],
        }
    }

    pub(super) fn is_gap(&self) -> bool {
        self.values.iter().all(Option::is_none)
    }

    pub(super) fn value(&self, metric: Metric) -> Option<f64> {
        self.values[metric as usize]
    }
}

/// Bytes of all runs; unknown when the processes are, or when a run's process hides its bytes.
fn runs(card: &Card) -> Option<Bytes> {
    let processes = card.processes.as_ref().ok()?;
    processes.iter().filter(|process| process.run.is_some()).map(|process| process.used.clone().ok()).sum()
}
