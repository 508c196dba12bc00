//! What the person wants kept of a card for the desktop: for a monitor, a browser, a game.
//!
//! # The rule
//! A reserve of R bytes says: the desktop may hold R, whatever models do. What it holds now, D, counts toward R; only the
//! rest must stay free. So models are judged by `free − max(0, R − D)`, and what they may take does not change when a game
//! comes or goes within its reserve. D is what display server, compositor and every other process that draws hold, runs
//! left out; a process that only computes is no desktop. Bytes that nobody reports (WSL) count as none: rather too little
//! for models than too little for the screen. A card without a process that draws keeps the whole of R.

use super::holders::is_desktop;
use super::{Card, GpuProcess, ProcessUse, Sample};
use crate::base::units::MIB;
use crate::base::{Bytes, Reading};
use std::collections::{BTreeMap, BTreeSet};

/// What the desktop holds of a card, as far as the driver tells.
pub fn desktop_use(card: &Card) -> Bytes {
    sum(card, |process| process.usage != ProcessUse::Compute)
}

fn sum(card: &Card, counts: impl Fn(&GpuProcess) -> bool) -> Bytes {
    let processes = card.processes.as_deref().unwrap_or_default().iter();
    let own = processes.filter(|process| process.run.is_none() && counts(process));
    own.filter_map(|process| process.used.as_ref().ok().copied()).sum()
}

/// What must still stay free of a card.
pub fn kept(card: &Card, reserve: Bytes) -> Bytes {
    reserve.minus(desktop_use(card))
}

/// What is free for models.
///
/// # Errors
/// When the card's memory is unknown.
pub fn free_for_models(card: &Card, reserve: Bytes) -> Reading<Bytes> {
    let memory = card.memory.as_ref().map_err(Clone::clone)?;
    Ok(memory.free.minus(kept(card, reserve)))
}

/// A foreign process has grown into the reserve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intrusion {
    /// The card, by [`Card::key`].
    pub card: String,
    /// Process id.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub held: Bytes,
    /// By how much it has grown since the reserve was last whole.
    pub grown: Bytes,
    /// What is free of the card now.
    pub left: Bytes,
}

/// Growth that is told, at least: less is a window that was opened.
const TOLD: Bytes = Bytes(64 * MIB);

/// Watches whether foreign processes grow into the reserve. Each is told once until the reserve is whole again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Guard {
    cards: BTreeMap<String, Watched>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Watched {
    /// What each foreign process held when the reserve was last whole.
    whole: BTreeMap<u32, Bytes>,
    told: BTreeSet<u32>,
}

impl Guard {
    /// Takes a reading. The reserve is whole while free memory and what display server and compositor hold are no less
    /// than it; where it is not, the foreign process that has grown most since it was whole is told.
    pub fn look(&mut self, sample: &Sample, reserve: Bytes) -> Vec<Intrusion> {
        if reserve == Bytes(0) {
            self.cards.clear();
            return Vec::new();
        }
        sample.cards.iter().filter_map(|card| self.card(card, reserve)).collect()
    }

    /// Whether nobody is told to be in the reserve of a card, by [`Card::key`].
    pub fn is_whole(&self, card: &str) -> bool {
        self.cards.get(card).is_none_or(|watched| watched.told.is_empty())
    }

    fn card(&mut self, card: &Card, reserve: Bytes) -> Option<Intrusion> {
        let left = card.memory.as_ref().ok()?.free;
        let foreign = |process: &&GpuProcess| process.run.is_none() && !is_desktop(process);
        let listed = card.processes.as_ref().ok()?.iter().filter(foreign);
        let held: Vec<(&GpuProcess, Bytes)> =
            listed.filter_map(|process| Some((process, process.used.clone().ok()?))).collect();
        let watched = self.cards.entry(card.key()).or_default();
        if left + sum(card, is_desktop) >= reserve {
            watched.whole = held.iter().map(|(process, bytes)| (process.pid, *bytes)).collect();
            watched.told.clear();
            return None;
        }
        let grown = |process: &GpuProcess, bytes: Bytes| {
            bytes.minus(watched.whole.get(&process.pid).copied().unwrap_or_default())
        };
        let most = held.into_iter().map(|(process, bytes)| (grown(process, bytes), process, bytes));
        let (grown, process, held) = most.max_by_key(|(grown, process, _)| (*grown, std::cmp::Reverse(process.pid)))?;
        if grown < TOLD || !watched.told.insert(process.pid) {
            return None;
        }
        let name = process.name.clone().unwrap_or_else(|_| format!("pid {}", process.pid));
        Some(Intrusion { card: card.key(), pid: process.pid, name, held, grown, left })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Unknown;
    use crate::base::units::GIB;
    use crate::gpu::sample::samples;
    use proptest::prelude::*;

    fn process(pid: u32, name: &str, usage: ProcessUse, gib: f64, run: Option<&str>) -> GpuProcess {
        let (used, run) = (Ok(Bytes::from_gib(gib)), run.map(str::to_owned));
        GpuProcess { used, usage, run, ..samples::process(pid, name) }
    }

    fn card(used: f64, processes: Vec<GpuProcess>) -> Card {
        Card { processes: Ok(processes), ..samples::card(16 * GIB, Bytes::from_gib(used).0, 0) }
    }

    #[test]
    fn what_the_desktop_holds_counts_toward_its_reserve() {
        use ProcessUse::{Compute, Graphics};
        let desktop = |game: f64| {
            let free_of_game = 10.5 + game;
            let processes = vec![
                process(1, "Xorg", Graphics, 0.5, None),
                process(2, "game", Graphics, game, None),
                process(3, "trainer", Compute, 2.0, None),
                process(4, "VLLM", Compute, 8.0, Some("qwen")),
            ];
            card(free_of_game, processes)
        };
        let reserve = Bytes::from_gib(3.0);
        for (game, free) in [(0.0, 3.0), (1.0, 3.0), (2.5, 3.0), (4.0, 1.5)] {
            let left = free_for_models(&desktop(game), reserve).map(Bytes::gib);
            assert_eq!(left, Ok(free), "with a game of {game} GiB");
        }
        assert_eq!(free_for_models(&desktop(0.0), Bytes(0)).map(Bytes::gib), Ok(5.5));
        let hidden = GpuProcess { used: Err(Unknown::because("WSL")), ..process(2, "game", Graphics, 0.0, None) };
        assert_eq!(kept(&card(1.0, vec![hidden]), reserve), reserve);
        assert!(free_for_models(&Card::unread(0, Unknown::because("no")), reserve).is_err());
    }

    #[test]
    fn a_game_that_grows_into_the_reserve_is_told_once() {
        use ProcessUse::Graphics;
        let at = |game: f64| {
            let processes = vec![
                process(1, "Xorg", Graphics, 0.5, None),
                process(2, "game", Graphics, game, None),
                process(4, "VLLM", ProcessUse::Compute, 11.0, Some("qwen")),
            ];
            samples::sample(0.0, vec![card(11.5 + game, processes)])
        };
        let (mut guard, reserve) = (Guard::default(), Bytes::from_gib(3.0));
        assert_eq!(guard.look(&at(1.0), reserve), []);
        assert_eq!(guard.look(&at(2.0), reserve), []);
        let told = guard.look(&at(3.0), reserve);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].pid, told[0].held.gib(), told[0].grown.gib(), told[0].left.gib()), (2, 3.0, 1.0, 1.5));
        assert_eq!(guard.look(&at(3.5), reserve), [], "once");
        assert_eq!(guard.look(&at(0.0), reserve), []);
        assert_eq!(guard.look(&at(4.0), reserve).len(), 1, "and again after it was whole");
        assert_eq!(guard.look(&at(4.0), Bytes(0)), []);
    }

    #[test]
    fn a_run_that_grows_is_no_stranger() {
        let at = |gib: f64| {
            let run = process(4, "VLLM", ProcessUse::Compute, gib, Some("qwen"));
            let still = process(5, "still", ProcessUse::Compute, 1.0, None);
            samples::sample(0.0, vec![card(gib + 1.0, vec![run, still])])
        };
        let (mut guard, reserve) = (Guard::default(), Bytes::from_gib(3.0));
        assert_eq!(guard.look(&at(2.0), reserve), []);
        assert_eq!(guard.look(&at(14.0), reserve), []);
    }

    proptest! {
        #[test]
        fn a_larger_reserve_never_leaves_more(used in 0.0f64..16.0, game in 0.0f64..8.0, reserve in any::<u64>(), more in any::<u64>()) {
            let card = card(used, vec![process(2, "game", ProcessUse::Graphics, game, None)]);
            let of = |reserve: u64| free_for_models(&card, Bytes(reserve)).unwrap();
            prop_assert!(of(reserve.saturating_add(more)) <= of(reserve));
            prop_assert!(of(reserve) <= card.memory.as_ref().unwrap().free);
        }
    }
}
