//! The Structured screen's state machine: does this model obey a schema, and where does its answer leave it?
//!
//! A question goes to the model under a constraint; what comes is read into a tree as it grows ([`watch`]), the world follows it
//! under the compiled constraint and says at the end what is right and wrong with it. What an engine will not do of a
//! constraint stands there before anything is sent ([`ask`]).

mod act;
pub mod action;
pub mod ask;
mod copy;
pub mod cost;
pub mod edit;
pub mod effect;
pub mod judge;
pub mod knobs;
mod pointer;
pub mod read;
mod scores;
pub mod state;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod watch;

pub use crate::lab::structured::library::Entry;
pub use act::{WIDE, act, focus, key, paste};
pub use action::Action;
pub use effect::{Ask, Considered, Effect, Msg};
pub use pointer::{Target, mouse};
pub use state::{Focus, State, View};

use crate::app::Effect as Root;
use crate::app::action::Action as Any;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::screens::chat;
use crate::app::seen::Pane;
use std::time::Duration;
use watch::{Grade, Watch};

/// Keymap contexts of the focus, innermost first.
pub fn contexts(state: &State) -> Vec<&'static str> {
    let own: &[&'static str] = match state.focus {
        Focus::Prompt => return vec!["structured.input"],
        Focus::Edit => return vec!["structured.edit.input"],
        Focus::Targets => return vec!["structured.targets"],
        Focus::Scores => return vec!["structured.scores"],
        Focus::List => &["structured.list"],
        Focus::Knobs => &["structured.knobs"],
        Focus::Tree => &["structured.tree"],
        Focus::View => &["structured.view"],
    };
    // Beside what comes, Escape stops it; elsewhere it leads back.
    let busy = (busy(state) && matches!(state.focus, Focus::Tree | Focus::View)).then_some("structured.busy");
    busy.into_iter().chain(own.iter().copied()).chain(["structured"]).collect()
}

fn busy(state: &State) -> bool {
    state.busy() || state.cost.as_ref().is_some_and(cost::Cost::busy)
}

/// What the key line names, most useful first.
pub fn hints(state: &State) -> Vec<Any> {
    use Action as A;
    let actions: &[Action] = match state.focus {
        Focus::Edit => &[A::Save, A::Kind, A::Example, A::Back],
        Focus::Targets => &[A::Accept, A::Back],
        Focus::Scores if state.scores.flying.is_some() => &[A::SuiteStop, A::Mark, A::Copy, A::Back],
        Focus::Scores => &[A::Quick, A::Full, A::Mark, A::Copy, A::Back],
        Focus::Prompt => &[A::Run, A::Back],
        _ if busy(state) => &[A::Stop, A::Follow, A::View, A::Request],
        Focus::List => &[A::Run, A::Prompt, A::Request, A::Edit, A::New, A::Target, A::Cost, A::View, A::Suite],
        Focus::Knobs => &[A::More, A::Less, A::Run, A::Prompt, A::Request, A::Target],
        Focus::Tree => &[A::Run, A::Fold, A::View, A::Copy, A::Path, A::Request, A::Cost, A::Back],
        Focus::View if state.view == View::Verdict => &[A::Accept, A::Run, A::View, A::Copy, A::Path, A::Back],
        Focus::View => &[A::Run, A::View, A::Copy, A::Cost, A::Prompt, A::Back],
    };
    actions.iter().copied().map(Any::Structured).collect()
}

/// When a tick is needed next, as uptime: a clock runs while an answer comes.
pub fn wants_tick(state: &State, env: &Env) -> Option<Duration> {
    (busy(state) || state.scores.flying.is_some()).then(|| env.uptime.saturating_add(Duration::from_millis(500)))
}

/// Sees what has changed around the screen while it is in front: the constraints are read once, it is known whom one can ask,
/// and what would be sent is looked at.
pub fn settle(state: &mut State, talks: &chat::State, shared: &Shared) -> Vec<Root> {
    state.offers = talks.targets.offers(shared);
    let first = || chat::target::Targets::first(shared);
    let target = state.target.clone().or_else(|| talks.front.target.clone()).or_else(first);
    state.resolved = match &target {
        Some(target) => talks.targets.resolve(target, shared),
        None => Err(ask::nobody()),
    };
    if state.library.is_none() && !state.loading {
        state.loading = true;
        return vec![Root::Structured(Effect::Load)];
    }
    let effects = ask::consider(state);
    ask::write_out(state);
    if let Some(watch) = &mut state.watch
        && let Some(tree) = &watch.tree
    {
        watch.look.settle(tree, shared.seen.rows(Pane::StructuredTree));
    }
    effects
}

/// Takes a message.
pub fn receive(state: &mut State, msg: Msg, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match msg {
        msg @ Msg::Library { .. } => edit::library(state, msg, shared),
        Msg::Considered { generation, told } => {
            if let Some(before) = state.before.as_mut().filter(|before| before.generation == generation) {
                before.told = Some(*told);
            }
        }
        Msg::Checked { generation, told } => {
            if let Some(edit) = state.edit.as_mut().filter(|edit| edit.generation == generation) {
                edit.followed = Some(told);
            }
        }
        Msg::Heard { watch, heard } => {
            of(state, watch).into_iter().for_each(|watch| watch.hear((*heard).clone()));
        }
        Msg::Ended { watch, told } => ended(state, watch, told, env),
        Msg::Cost { generation, told } => {
            // What comes late tells less than what is known.
            if let Some(cost) = state.cost.as_mut().filter(|cost| cost.id == generation && cost.busy()) {
                cost.told = told.map(|told| *told);
            }
        }
    }
    Vec::new()
}

fn of(state: &mut State, id: u64) -> Option<&mut Watch> {
    state.watch.as_mut().filter(|watch| watch.id == id)
}

fn ended(state: &mut State, id: u64, told: Result<Box<watch::Ended>, crate::base::Problem>, env: &Env) {
    let Some(watch) = of(state, id) else { return };
    watch.end(told, env.uptime);
    let kept = watch.ended().is_some().then(|| (watch.setup.name.clone(), watch.text().to_owned()));
    let first = watch.ended().and_then(|ended| ended.found.iter().position(|found| found.grade == Grade::Bad));
    state.found = first.unwrap_or(0);
    state.answers.extend(kept);
}
