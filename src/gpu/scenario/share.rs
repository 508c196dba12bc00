//! Sharing out a simulated card's memory: claims hold what they were given, the scenario's processes get what is
//! left in the order they are written, as an application that finds the card full makes do with less.

use super::{Scenario, ScenarioProcess};
use crate::base::{Bytes, units::MIB};
use std::time::Duration;

/// A process of the scenario with what it really holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Held<'a> {
    /// Its simulated id.
    pub pid: u32,
    /// The process.
    pub process: &'a ScenarioProcess,
    /// Bytes it holds.
    pub bytes: Bytes,
    /// Percent of the card it keeps busy.
    pub busy: f64,
}

/// A card shared out. `reserved + used + free = total`.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares<'a> {
    /// All memory.
    pub total: Bytes,
    /// Kept by the driver.
    pub reserved: Bytes,
    /// Held by claims, scenario processes and the unattributed rest together.
    pub used: Bytes,
    /// Left.
    pub free: Bytes,
    /// The scenario's processes.
    pub held: Vec<Held<'a>>,
}

/// Shares out one card of which claims hold `claimed` bytes. `None` for a card that does not exist.
pub fn share(scenario: &Scenario, card: usize, elapsed: Duration, claimed: Bytes) -> Option<Shares<'_>> {
    let spec = scenario.cards.get(card)?;
    let total = Bytes(spec.memory_mib * MIB);
    let reserved = Bytes(spec.reserved_mib * MIB).min(total);
    let mut free = total.minus(reserved).minus(claimed);
    let mut take = |wanted: Bytes| {
        let given = wanted.min(free);
        free = free.minus(given);
        given
    };
    take(Bytes(spec.unattributed_mib * MIB));
    let held = scenario
        .holders_at(card, elapsed)
        .into_iter()
        .map(|wish| Held { pid: wish.pid, process: wish.process, bytes: take(wish.bytes), busy: wish.busy })
        .filter(|held| held.bytes > Bytes(0))
        .collect();
    Some(Shares { total, reserved, used: total.minus(reserved).minus(free), free, held })
}
