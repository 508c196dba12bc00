//! The Lab's view Probes: what is really on at an endpoint.

mod act;
mod action;
mod state;
#[cfg(test)]
mod tests;

pub use act::act;
pub use action::Action;
pub use state::{Flying, State};

use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::mouse::{Gesture, Mouse};
use crate::app::screens::chat;
use crate::app::screens::chat::target::{Resolved, Targets};
use crate::base::Problem;
use crate::lab::probes::{Card, Entry};
use std::sync::Arc;
use std::time::Duration;

/// What this view asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read the cards that are kept.
    Load,
    /// Probe.
    Run {
        /// Whom.
        target: Box<Resolved>,
        /// What the run at that address was started with; empty where it is none.
        weights: String,
        /// What is asked for most alone.
        quick: bool,
    },
    /// End the probes; what was found is kept.
    Stop,
}

/// Messages to this view.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The newest card of each engine, version and model.
    Kept(Arc<Vec<Card>>),
    /// A round goes out.
    Asks {
        /// What is being found out.
        now: &'static str,
        /// How many are found out, of how many.
        progress: (usize, usize),
        /// Requests so far.
        requests: usize,
    },
    /// One was found out.
    Found(Box<Entry>, (usize, usize)),
    /// The probes have ended, by themselves, by a stop, or with a problem.
    Ended(Result<(), Problem>),
}

/// What can be pointed at in this view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A capability, by its row.
    Row(usize),
    /// The evidence.
    Evidence,
    /// A row of those one can probe.
    Offer(usize),
}

/// Keymap contexts of the focus, innermost first; the Lab's own comes after them.
pub fn contexts(state: &State) -> Vec<&'static str> {
    if state.choosing { vec!["lab.probes.targets"] } else { vec!["lab.probes"] }
}

/// What the key line names, most useful first.
pub fn hints(state: &State) -> Vec<Action> {
    match (state.choosing, &state.flying) {
        (true, _) => vec![Action::Accept, Action::Back],
        (false, Some(_)) => vec![Action::Stop, Action::Down, Action::PageDown, Action::Copy],
        (false, None) => vec![Action::Run, Action::Quick, Action::Target, Action::Down, Action::PageDown, Action::Copy],
    }
}

/// When a tick is needed next, as uptime: a clock runs while probes are under way.
pub fn wants_tick(state: &State, env: &Env) -> Option<Duration> {
    state.flying.is_some().then(|| env.uptime.saturating_add(Duration::from_millis(500)))
}

/// Sees what has changed around the view while it is in front.
pub fn settle(state: &mut State, talks: &chat::State, shared: &Shared) -> Vec<Root> {
    state.offers = talks.targets.offers(shared);
    let target = state.target.clone().or_else(|| talks.front.target.clone()).or_else(|| Targets::first(shared));
    state.resolved = match &target {
        Some(target) => talks.targets.resolve(target, shared),
        None => Err(state::nobody()),
    };
    Vec::new()
}

/// Takes a message.
pub fn receive(state: &mut State, msg: Msg, shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match msg {
        Msg::Kept(cards) => shared.probed.cards = Some(cards),
        Msg::Asks { now, progress, requests } => {
            if let Some(flying) = &mut state.flying {
                (flying.now, flying.progress, flying.requests) = (now, progress, requests);
            }
        }
        Msg::Found(entry, progress) => {
            if let Some(flying) = &mut state.flying {
                flying.progress = progress;
                flying.card.capabilities.push(*entry);
            }
        }
        Msg::Ended(result) => {
            state.flying = None;
            result.err().into_iter().for_each(|problem| shared.toasts.problem(problem));
        }
    }
    Vec::new()
}

/// A key that no context binds.
pub fn key(_state: &mut State, _key: Key, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    Vec::new()
}

/// Pasted text.
pub fn paste(_state: &mut State, _text: &str, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    Vec::new()
}

/// The next pane, or the one before: there is one list, and its detail goes page by page.
pub fn focus(_state: &mut State, _forward: bool) {}

/// A gesture of the mouse.
pub fn mouse(state: &mut State, mouse: &Mouse, target: &Target, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let down = match mouse.gesture {
        Gesture::Press => None,
        Gesture::WheelDown => Some(true),
        Gesture::WheelUp => Some(false),
        Gesture::Drag | Gesture::Release => return Vec::new(),
    };
    let action = match (target, down) {
        (Target::Row(at), None) => {
            (state.selected, state.offset) = (*at, 0);
            return Vec::new();
        }
        (Target::Offer(at), None) => {
            state.offer = *at;
            Action::Accept
        }
        (Target::Evidence, None) => return Vec::new(),
        (Target::Evidence, Some(true)) => Action::PageDown,
        (Target::Evidence, Some(false)) => Action::PageUp,
        (_, Some(true)) => Action::Down,
        (_, Some(false)) => Action::Up,
    };
    act(state, action, shared, env)
}
