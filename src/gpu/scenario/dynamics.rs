//! What a simulated card's gauges show for what happens on it. Simple laws, said here: utilisation is the sum of what
//! keeps the card busy, at most 100 %; power and clocks follow utilisation at once; temperature follows with the
//! delay of a heat sink.

use super::{Scenario, Shares};
use crate::base::Unknown;
use crate::gpu::{Card, Memory, Partition, Pcie};
use std::time::Duration;

/// Seconds until a heat sink has gone about two thirds of the way to its new temperature.
const HEAT_SECONDS: f64 = 25.0;

/// What one claim on the card does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Activity {
    /// Whether it computes now.
    pub busy: bool,
    /// How long it has been so.
    pub since: Duration,
}

impl Activity {
    /// How warm it keeps the card: 0 (at rest long enough) to 1 (busy long enough).
    fn heat(self) -> f64 {
        let cooled = (-self.since.as_secs_f64() / HEAT_SECONDS).exp();
        if self.busy { 1.0 - cooled } else { cooled }
    }
}

/// The gauges of one card. Processes are left empty, for the caller to list. `None` for a card that does not exist.
pub fn card_at(scenario: &Scenario, index: usize, shares: &Shares<'_>, activities: &[Activity]) -> Option<Card> {
    let spec = scenario.cards.get(index)?;
    let desktop = shares.held.iter().map(|held| held.busy / 100.0).sum::<f64>().min(1.0);
    let busy = activities.iter().filter(|activity| activity.busy).count();
    let load = (desktop + busy as f64 * 0.96).min(1.0);
    let heat = activities.iter().map(|activity| activity.heat()).fold(desktop, f64::max).min(1.0);
    let between = |(rest, full): (f64, f64), part: f64| rest + (full - rest) * part;
    let clock = |(rest, full): (u32, u32), part: f64| between((f64::from(rest), f64::from(full)), part) as u32;
    // A card leaves its resting clocks as soon as anything runs, long before it is fully busy.
    let awake = (load * 4.0).min(1.0);
    let index_u32 = u32::try_from(index).unwrap_or(u32::MAX);
    Some(Card {
        name: Ok(spec.name.clone()),
        uuid: Ok(format!("GPU-51a0{index:04x}-0000-0000-0000-000000000000")),
        compute_capability: Ok(spec.compute_capability),
        memory: Ok(Memory { total: shares.total, used: shares.used, free: shares.free, reserved: Ok(shares.reserved) }),
        utilization_gpu: Ok((load * 100.0).round() as u32),
        utilization_memory: Ok((load * 55.0).round() as u32),
        temperature: Ok(between(spec.celsius, heat).round() as u32),
        power_watts: Ok((between(spec.watts, load * 0.94) * 10.0).round() / 10.0),
        power_limit_watts: Ok(spec.watts.1),
        clock_graphics_mhz: Ok(clock(spec.clock_mhz, awake)),
        clock_memory_mhz: Ok(if awake > 0.0 { spec.memory_clock_mhz.1 } else { spec.memory_clock_mhz.0 }),
        throttle: Ok(Vec::new()),
        fan_percent: Ok(if heat < 0.2 { 0 } else { between((30.0, 70.0), heat) as u32 }),
        pcie: Pcie {
            generation: Ok(if awake > 0.0 { spec.pcie.0 } else { 1 }),
            width: Ok(spec.pcie.1),
            rx_kib_s: Err(Unknown::because("the simulated card has no PCIe traffic")),
            tx_kib_s: Err(Unknown::because("the simulated card has no PCIe traffic")),
        },
        performance_state: Ok(if awake >= 1.0 { 0 } else { 8 - (awake * 7.0) as u32 }),
        partition: Partition::Whole,
        processes: Ok(Vec::new()),
        ..Card::unread(index_u32, Unknown::because("the simulated card does not describe it"))
    })
}
