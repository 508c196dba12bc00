//! The Chat screen's state machine.
//!
//! One conversation stands in front, others may go on behind it. What is said is written to the store before the
//! request leaves ([`storage`]); what comes back carries the number of its request ([`stream`]), and is dropped when
//! that one was stopped. Sending lies in `answer`, turns in `turns`, the list and the search in [`list`], whom to talk
//! to in [`target`].

mod act;
pub mod action;
mod answer;
mod attach;
pub mod composer;
pub mod dialog;
pub mod effect;
pub mod list;
mod pointer;
pub mod sampling;
pub mod state;
pub mod storage;
pub mod stream;
pub mod talk;
pub mod target;
#[cfg(test)]
mod tests;
mod turns;

pub use action::Action;
pub use effect::{Ask, Attach, Attached, Effect, Msg, Preset, Started, Write};
pub use pointer::Target;
pub use state::{Pane, State};
pub use stream::StreamId;

use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::mouse::Mouse;
use crate::engines::RunId;
use state::Cx;
use std::time::Duration;

type Effects = Vec<crate::app::Effect>;

fn update(state: &mut State, shared: &mut Shared, env: &Env, work: impl FnOnce(&mut State, &mut Cx<'_>)) -> Effects {
    let mut cx = Cx::new(shared, env);
    work(state, &mut cx);
    state.settle(&mut cx);
    cx.out
}

/// Keymap contexts, innermost first.
pub fn contexts(state: &State) -> Vec<&'static str> {
    if let Some(dialog) = &state.dialog {
        return dialog.contexts();
    }
    let mut contexts = match state.focus {
        Pane::List if state.list.search.is_some() => vec!["chat.list.input"],
        Pane::List => vec!["chat.list"],
        Pane::Transcript => vec!["chat.transcript"],
        Pane::Composer => vec!["chat.input"],
        Pane::Sampling if state.sampling.editing.is_some() => vec!["chat.sampling.input"],
        Pane::Sampling => vec!["chat.sampling"],
    };
    // In a side pane Escape leads back; only beside the answer itself does it stop it.
    let order = match (state.front.busy(), state.focus) {
        (false, _) => &["chat"][..],
        (true, Pane::Composer | Pane::Transcript) => &["chat.busy", "chat"],
        (true, Pane::List | Pane::Sampling) => &["chat", "chat.busy"],
    };
    contexts.extend(order);
    contexts
}

/// What the key line names here, most useful first.
pub fn hints(state: &State) -> Vec<crate::app::Action> {
    use Action as A;
    let actions: &[Action] = match (&state.dialog, state.focus) {
        (Some(dialog::Dialog::Targets { .. }), _) => &[A::Accept, A::EndpointAdd, A::EndpointRemove, A::Dismiss],
        (Some(dialog::Dialog::Presets { .. }), _) => &[A::Accept, A::PresetDelete, A::Dismiss],
        (Some(_), _) => &[A::Accept, A::Dismiss],
        (None, Pane::Composer) if state.front.busy() => &[A::Cancel, A::Send, A::QueueEdit, A::Sampling],
        (None, Pane::Composer) => &[A::Send, A::Back, A::Target, A::Sampling, A::New, A::List],
        (None, Pane::Transcript) => {
            &[A::Compose, A::TurnPrevious, A::Edit, A::Retry, A::CopyTurn, A::BranchNext, A::Fold]
        }
        (None, Pane::Sampling) if state.sampling.editing.is_some() => &[A::Accept, A::Dismiss],
        (None, Pane::Sampling) => &[A::More, A::MuchMore, A::Unset, A::EditValue, A::PresetLoad, A::PresetSave],
        (None, Pane::List) if state.list.search.is_some() => &[A::Open, A::Dismiss],
        (None, Pane::List) => &[A::Open, A::New, A::Search, A::Rename, A::Delete],
    };
    actions.iter().copied().map(crate::app::Action::Chat).collect()
}

/// When (as uptime) the screen next needs a tick to move a clock on.
pub fn wants_tick(state: &State, _shared: &Shared, env: &Env) -> Option<Duration> {
    state.wants_tick(env)
}

/// When (as uptime) something is to be saved, also while another screen is in front.
pub fn wants_storage(state: &State) -> Option<Duration> {
    state.wants_storage()
}

/// What to ask of the world at start, and what to write before leaving.
pub fn start(state: &mut State, shared: &mut Shared, env: &Env) -> Effects {
    update(state, shared, env, |_, _| {})
}

/// What must still be written before the program ends: draft and pieces of answers on their way.
pub fn closing(state: &mut State) -> Vec<Effect> {
    state.closing()
}

/// Carries out an action.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Effects {
    update(state, shared, env, |state, cx| state.act(action, cx))
}

/// A key that no binding took: for the text field that has the focus.
pub fn key(state: &mut State, key: Key, shared: &mut Shared, env: &Env) -> Effects {
    update(state, shared, env, |state, _| state.type_key(key))
}

/// Pasted text.
pub fn paste(state: &mut State, text: &str, shared: &mut Shared, env: &Env) -> Effects {
    update(state, shared, env, |state, cx| state.paste(text, cx))
}

/// A gesture of the mouse on one of this screen's targets.
pub fn mouse(state: &mut State, mouse: &Mouse, target: &Target, shared: &mut Shared, env: &Env) -> Effects {
    update(state, shared, env, |state, cx| state.point(mouse, target, cx))
}

/// Moves the focus to the next or previous pane.
pub fn focus(state: &mut State, forward: bool) {
    state.next_focus(forward);
}

/// A message to this screen.
pub fn receive(state: &mut State, msg: Msg, shared: &mut Shared, env: &Env) -> Effects {
    update(state, shared, env, |state, cx| state.receive(msg, cx))
}

/// Runs or card have changed, or time has passed: keep selections on what they point at.
pub fn refresh(state: &mut State, shared: &mut Shared, env: &Env) -> Effects {
    update(state, shared, env, |_, _| {})
}

/// The person wants to talk to this run: make it the target of a conversation and bring the composer to the front.
pub fn talk_to(state: &mut State, run: &RunId, shared: &mut Shared, env: &Env) -> Effects {
    update(state, shared, env, |state, cx| state.talk_to(run, cx))
}
