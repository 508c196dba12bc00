//! A simulated card: a scenario in TOML says what stands in the machine and what its desktop does over time. Pure:
//! the same scenario at the same second always answers the same.

mod dynamics;
mod parse;
mod share;
mod timeline;

pub use dynamics::{Activity, card_at};
pub use parse::{BUILT_IN, built_in, parse};
pub use share::{Held, Shares, share};
pub use timeline::Timeline;

use crate::base::{Bytes, units::MIB};
use crate::gpu::ProcessUse;
use serde::Deserialize;
use std::time::Duration;

/// Process ids of the scenario's own processes start here: above the highest id Linux can give (2^22), so that they
/// can never be a real process.
pub const FIRST_SIMULATED_PID: u32 = 4_194_305;

/// A machine with its cards.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line for a list of scenarios.
    pub about: String,
    /// What the driver would say of itself.
    pub driver: ScenarioDriver,
    /// The cards, by index.
    #[serde(rename = "card")]
    pub cards: Vec<ScenarioCard>,
}

/// The driver of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioDriver {
    /// For example `580.95.05`.
    pub version: String,
    /// CUDA version as (major, minor).
    pub cuda: (u32, u32),
    /// The NVML library's version.
    pub nvml: String,
}

/// One card of a scenario.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioCard {
    /// Marketing name.
    pub name: String,
    /// CUDA compute capability.
    pub compute_capability: (u32, u32),
    /// All memory as NVML counts it.
    pub memory_mib: u64,
    /// Kept back by the driver.
    pub reserved_mib: u64,
    /// In use without a process to name for it.
    #[serde(default)]
    pub unattributed_mib: u64,
    /// Watts at rest and the limit.
    pub watts: (f64, f64),
    /// Degrees at rest and under full load.
    pub celsius: (f64, f64),
    /// Graphics clock at rest and under load, MHz.
    pub clock_mhz: (u32, u32),
    /// Memory clock at rest and under load, MHz.
    pub memory_clock_mhz: (u32, u32),
    /// PCI Express generation and lanes.
    pub pcie: (u32, u32),
    /// What else runs on it.
    #[serde(rename = "process", default)]
    pub processes: Vec<ScenarioProcess>,
}

/// A process of the scenario: a desktop, a browser, a game.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioProcess {
    /// Short name.
    pub name: String,
    /// Command line.
    pub command: String,
    /// Compute, graphics or both.
    #[serde(rename = "use")]
    pub usage: ProcessUse,
    /// MiB held over time; it is not there while it holds nothing.
    pub memory_mib: Timeline,
    /// Percent of the card it keeps busy over time.
    #[serde(default)]
    pub busy_percent: Timeline,
}

/// What one process of the scenario wants at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish<'a> {
    /// Its simulated id.
    pub pid: u32,
    /// The process.
    pub process: &'a ScenarioProcess,
    /// Bytes it would hold if there were room.
    pub bytes: Bytes,
    /// Percent of the card it keeps busy.
    pub busy: f64,
}

impl Scenario {
    /// What the processes of one card want to hold at a time since the scenario began; those that hold nothing are
    /// not there. Empty for a card that does not exist.
    pub fn holders_at(&self, card: usize, elapsed: Duration) -> Vec<Wish<'_>> {
        let before: usize = self.cards.iter().take(card).map(|card| card.processes.len()).sum();
        let processes = self.cards.get(card).map_or(&[][..], |card| &card.processes);
        processes
            .iter()
            .enumerate()
            .map(|(i, process)| {
                let (mib, busy) = (process.memory_mib.at(elapsed), process.busy_percent.at(elapsed));
                let pid = FIRST_SIMULATED_PID + u32::try_from(before + i).unwrap_or(0);
                Wish { pid, process, bytes: Bytes((mib * MIB as f64) as u64), busy }
            })
            .filter(|wish| wish.bytes > Bytes(0))
            .collect()
    }
}

#[cfg(test)]
mod tests;
