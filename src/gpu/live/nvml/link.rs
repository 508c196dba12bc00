//! PCIe throughput. The driver measures it for about 20 ms while the caller waits, so it is asked for in turn: one
//! direction of one card in a while, and the last answer stands until its turn comes again.

use super::words::Ear;
use crate::base::{Reading, Unknown};
use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::PcieUtilCounter;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// At the most one measurement in this time.
const EVERY: Duration = Duration::from_secs(1);

/// KiB/s towards the card and from it.
#[derive(Debug, Clone)]
pub(super) struct Throughput {
    pub(super) rx: Reading<u32>,
    pub(super) tx: Reading<u32>,
}

/// Whose turn it is, and the last answers.
#[derive(Debug, Default)]
pub(super) struct Turns {
    next: u32,
    measured: Option<Instant>,
    answers: BTreeMap<(u32, bool), Reading<u32>>,
}

impl Turns {
    /// Measures the next one where it is time, or all of them.
    pub(super) fn measure(&mut self, nvml: &Nvml, cards: u32, all: bool) {
        let slots = cards.saturating_mul(2);
        if all {
            (0..slots).for_each(|slot| self.ask(nvml, slot));
        } else if slots > 0 && self.measured.is_none_or(|at| at.elapsed() >= EVERY) {
            // A card that does not support it costs no time: go on to one that does.
            for _ in 0..slots {
                let slot = self.next % slots;
                self.next = (slot + 1) % slots;
                self.ask(nvml, slot);
                if self.answers.get(&(slot / 2, slot.is_multiple_of(2))).is_some_and(Result::is_ok) {
                    break;
                }
            }
        } else {
            return;
        }
        self.measured = Some(Instant::now());
    }

    fn ask(&mut self, nvml: &Nvml, slot: u32) {
        let (card, receive) = (slot / 2, slot.is_multiple_of(2));
        let counter = if receive { PcieUtilCounter::Receive } else { PcieUtilCounter::Send };
        let answer = nvml.device_by_index(card).and_then(|device| device.pcie_throughput(counter));
        self.answers.insert((card, receive), Ear::default().hear(answer));
    }

    /// The last answers of a card.
    pub(super) fn of(&self, card: u32) -> Throughput {
        let answer = |receive| {
            let known = self.answers.get(&(card, receive)).cloned();
            known.unwrap_or(Err(Unknown::because("not measured yet")))
        };
        Throughput { rx: answer(true), tx: answer(false) }
    }
}
