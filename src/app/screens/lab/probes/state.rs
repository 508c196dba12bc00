//! State of the Lab's view Probes.

use crate::app::model::Shared;
use crate::app::screens::chat::target::{Offer, Resolved, Target};
use crate::base::Problem;
use crate::lab::probes::{Card, Entry};
use std::borrow::Cow;
use std::time::Duration;

/// Probes that are under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Flying {
    /// What was found so far, of whom.
    pub card: Card,
    /// How many are found out, of how many.
    pub progress: (usize, usize),
    /// Requests so far.
    pub requests: usize,
    /// What is being found out.
    pub now: &'static str,
    /// Since when.
    pub since: Duration,
    /// Whether it was asked to end.
    pub stopping: bool,
}

/// Everything the view holds.
#[derive(Debug, Clone)]
pub struct State {
    /// Whether it is being chosen whom to probe.
    pub choosing: bool,
    /// Whom to probe, where it was chosen.
    pub target: Option<Target>,
    /// Whom one can probe.
    pub offers: Vec<Offer>,
    /// The selected one.
    pub offer: usize,
    /// Whether and how the one to probe can be asked now.
    pub resolved: Result<Resolved, Problem>,
    /// The selected capability, by its row.
    pub selected: usize,
    /// First row of the evidence shown.
    pub offset: usize,
    /// Probes that are under way.
    pub flying: Option<Flying>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            choosing: false,
            target: None,
            offers: Vec::new(),
            offer: 0,
            resolved: Err(nobody()),
            selected: 0,
            offset: 0,
            flying: None,
        }
    }
}

/// Nobody is there.
pub(super) fn nobody() -> Problem {
    Problem::failed("nobody is there to be probed", "no run is ready", "start one on Engines, or choose with w")
}

impl State {
    /// The card in front: of the probes under way, filled in from the kept one; else the kept one.
    pub fn card<'a>(&'a self, shared: &'a Shared) -> Option<Cow<'a, Card>> {
        let target = self.resolved.as_ref().ok();
        let kept = target.and_then(|target| shared.probed.card(target.dialect, &target.model, &target.base_url));
        let Some(flying) = &self.flying else { return kept.map(Cow::Borrowed) };
        let mut card = flying.card.clone();
        let same =
            |kept: &&Card| kept.subject.model == card.subject.model && kept.subject.engine == card.subject.engine;
        match kept.filter(same) {
            Some(kept) => card.fill_in(kept),
            None => card.sort(),
        }
        Some(Cow::Owned(card))
    }

    /// The selected capability of a card.
    pub fn current<'a>(&self, card: &'a Card) -> Option<&'a Entry> {
        card.capabilities.get(self.selected.min(card.capabilities.len().checked_sub(1)?))
    }
}
