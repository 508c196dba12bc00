//! The Tools screen's state machine: does this model call tools, and if not, whose fault is it?
//!
//! A question goes to the model with the chosen tools; the loop (`lab::agent`) decides what follows, a person allows each
//! call, and everything that happens stands in a tree. Each answer can be looked through ([`look`]).

mod act;
pub mod action;
mod ask;
mod edit;
pub mod effect;
pub mod knobs;
pub mod look;
mod pointer;
pub mod remedy;
pub mod state;
#[cfg(test)]
mod tests;
pub mod trial;

pub use act::{act, focus, key, paste};
pub use action::Action;
pub use effect::{Effect, Msg};
pub use pointer::{Target, mouse};
pub use state::{Focus, State};

use crate::app::Effect as Root;
use crate::app::action::Action as Any;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::screens::chat;
use std::time::Duration;

/// Keymap contexts, innermost first.
pub fn contexts(state: &State) -> Vec<&'static str> {
    let own: &[&'static str] = match state.focus {
        Focus::Prompt => return vec!["tools.input"],
        Focus::Edit => return vec!["tools.edit.input"],
        Focus::Targets | Focus::Servers => return vec!["tools.targets"],
        Focus::Scores => return vec!["tools.scores"],
        Focus::List => &["tools.list"],
        Focus::Knobs => &["tools.knobs"],
        Focus::Tree => &["tools.tree"],
        Focus::Xray => &["tools.x-ray"],
    };
    let asked = state.shows_asked().then_some("tools.ask");
    // Beside what happens, Escape stops it; elsewhere it leads back.
    let busy = (state.busy() && state.focus == Focus::Tree).then_some("tools.busy");
    asked.into_iter().chain(busy).chain(own.iter().copied()).chain(["tools"]).collect()
}

/// What the key line names here, most useful first.
pub fn hints(state: &State) -> Vec<Any> {
    use Action as A;
    let paused = state.trial.as_ref().is_some_and(|trial| trial.paused && trial.end().is_none());
    let actions: &[Action] = match state.focus {
        Focus::Edit => &[A::Save, A::Back],
        Focus::Targets | Focus::Servers => &[A::Accept, A::Back],
        Focus::Scores if state.scores.flying.is_some() => &[A::SuiteStop, A::Mark, A::Copy, A::Back],
        Focus::Scores => &[A::Quick, A::Full, A::Mark, A::Copy, A::Back],
        _ if state.shows_asked() => &[A::YesOnce, A::YesChat, A::No, A::Never, A::Stop],
        Focus::Prompt => &[A::Run, A::Back],
        Focus::Xray => &[A::More, A::NextParser, A::PreviousParser, A::AutoParser, A::Copy, A::Back],
        _ if paused => &[A::Go, A::Stop, A::Xray],
        _ if state.busy() => &[A::Stop, A::Xray],
        Focus::List => &[A::Check, A::Run, A::Prompt, A::Edit, A::New, A::Target, A::Scores, A::Servers, A::CheckAll],
        Focus::Knobs => &[A::More, A::Less, A::Run, A::Prompt, A::Target],
        Focus::Tree => &[A::Xray, A::Run, A::Prompt, A::Copy, A::Target],
    };
    actions.iter().copied().map(Any::Tools).collect()
}

/// When (as uptime) the screen next needs a tick: a clock runs while the model or a call is at work.
pub fn wants_tick(state: &State, env: &Env) -> Option<Duration> {
    (state.busy() || state.scores.flying.is_some()).then(|| env.uptime.saturating_add(Duration::from_millis(500)))
}

/// Whom one can ask is known while the list of them is open; it opens at the one that is asked.
fn offer(state: &mut State, talks: &chat::State, shared: &Shared) {
    if state.focus != Focus::Targets {
        return state.offers.clear();
    }
    let opens = state.offers.is_empty();
    state.offers = talks.targets.offers(shared);
    if opens {
        let now = state.resolved.as_ref().ok().map(|now| (now.base_url.as_str(), now.model.as_str()));
        let place = |offer: &chat::target::Offer| {
            let target = offer.target.as_ref();
            now.is_some() && target.map(|target| (target.base_url.as_str(), target.model.as_str())) == now
        };
        state.offer = state.offers.iter().position(place).unwrap_or(0);
    }
}

/// The screen comes to the front, or what lies around it has changed: the tools are read once, and it is known whom one can
/// ask.
pub fn settle(state: &mut State, talks: &chat::State, shared: &Shared) -> Vec<Root> {
    offer(state, talks, shared);
    let first = || chat::target::Targets::first(shared);
    let target = state.target.clone().or_else(|| talks.front.target.clone()).or_else(first);
    state.resolved = match &target {
        Some(target) => talks.targets.resolve(target, shared),
        None => Err(ask::nobody()),
    };
    if state.library.is_none() && !state.loading {
        state.loading = true;
        return vec![Root::Tools(Effect::Load)];
    }
    Vec::new()
}

/// A message to this screen.
pub fn receive(state: &mut State, msg: Msg, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let of = match &msg {
        Msg::Library { .. } | Msg::Started { .. } => None,
        Msg::Heard { trial, .. } | Msg::Answered { trial, .. } | Msg::Ran { trial, .. } => Some(*trial),
    };
    let Some(of) = of else {
        match msg {
            Msg::Started { name, told } => edit::started(state, name, told, shared),
            msg => edit::library(state, msg, shared),
        }
        return Vec::new();
    };
    let Some(trial) = state.trial.as_mut().filter(|trial| trial.id == of) else { return Vec::new() };
    let effects = trial.receive(msg, env.uptime);
    ask::follow(state);
    effects
}
