//! The Lab's view Sampling: many answers to one prompt, side by side.
//!
//! Knobs say what is asked of whom ([`knobs`]); each that is asked is a [`Flight`] whose answers stand in columns, one a settings,
//! equal ones together. An answer's tokens can be looked at, and gone on from with another one.

mod act;
mod action;
mod ask;
mod effect;
pub mod flight;
pub mod knobs;
mod pointer;
mod receive;
mod state;
#[cfg(test)]
mod tests;
mod travel;

pub use act::{act, compared, focus, key, paste};
pub use action::Action;
pub use effect::{Effect, Msg};
pub use flight::{Cell, Column, Flight};
pub use pointer::{Target, mouse};
pub use receive::receive;
pub use state::{Focus, Look, Spot, State};

use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::screens::chat;
use std::time::Duration;

/// Keymap contexts of the focus, innermost first; the Lab's own comes after them.
pub fn contexts(state: &State) -> Vec<&'static str> {
    match state.focus {
        Focus::Prompt | Focus::System | Focus::Value | Focus::Other | Focus::Preset => vec!["lab.sampling.input"],
        Focus::Targets => vec!["lab.sampling.targets", "lab.sampling"],
        Focus::Tokens => vec!["lab.sampling.tokens", "lab.sampling"],
        Focus::Answers => vec!["lab.sampling.answers", "lab.sampling"],
        Focus::Knobs | Focus::Difference => vec!["lab.sampling"],
    }
}

/// What the key line names, most useful first.
pub fn hints(state: &State) -> Vec<Action> {
    use Action::*;
    let mut hints = match state.focus {
        Focus::Prompt | Focus::System | Focus::Value | Focus::Other | Focus::Preset => vec![Accept, Back],
        Focus::Targets => vec![Check, Accept, Back],
        Focus::Knobs => vec![Run, Prompt, Target, System],
        Focus::Answers => vec![Tokens, Mark, Difference, Preset, Run, Equal, Copy],
        Focus::Tokens => vec![WhatIf, Other, Unsure, NextAnswer, Copy, Back],
        Focus::Difference => vec![Copy, Back],
    };
    if state.busy() && !matches!(state.focus, Focus::Prompt | Focus::System | Focus::Value) {
        hints.insert(0, Stop);
    }
    hints
}

/// When a tick is needed next, as uptime: a clock runs while answers come.
pub fn wants_tick(state: &State, env: &Env) -> Option<Duration> {
    state.busy().then(|| env.uptime.saturating_add(Duration::from_millis(500)))
}

/// Sees what has changed around the view while it is in front: whom one can ask.
pub fn settle(state: &mut State, talks: &chat::State, shared: &Shared) -> Vec<Root> {
    state.offers = talks.targets.offers(shared);
    state.offer = state.offer.min(state.offers.len().saturating_sub(1));
    let asked = match &state.chosen[..] {
        [] => talks.front.target.clone().or_else(|| chat::target::Targets::first(shared)).into_iter().collect(),
        chosen => chosen.to_vec(),
    };
    state.resolved = asked.iter().map(|target| talks.targets.resolve(target, shared)).collect();
    Vec::new()
}
