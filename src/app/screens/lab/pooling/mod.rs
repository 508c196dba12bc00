//! The Lab's view Pooling: embeddings, rankings and labels.

mod act;
mod action;
mod effect;
mod state;
#[cfg(test)]
mod tests;

pub use act::{act, settle};
pub use action::Action;
pub use effect::{Effect, Msg, Whom};
pub use state::{Focus, Known, State};

use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::mouse::{Gesture, Mouse};
use crate::wire::pooling::Task;
use std::time::Duration;

/// What can be pointed at in this view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A pane.
    Pane(Focus),
    /// A task.
    Task(Task),
    /// Whom to ask.
    Whom,
    /// A row of those one can ask.
    Offer(usize),
}

/// Keymap contexts of the focus, innermost first; the Lab's own comes after them.
pub fn contexts(state: &State) -> Vec<&'static str> {
    match state.focus {
        Focus::Query => vec!["lab.pooling.input"],
        Focus::Texts => vec!["lab.pooling.texts.input"],
        Focus::Targets => vec!["lab.pooling.targets"],
        Focus::Result if state.flying.is_some() => vec!["lab.pooling.busy", "lab.pooling"],
        Focus::Result => vec!["lab.pooling"],
    }
}

/// What the key line names, most useful first.
pub fn hints(state: &State) -> Vec<Action> {
    use Action as A;
    match state.focus {
        Focus::Query => vec![A::Run, A::Back],
        Focus::Texts => vec![A::Run, A::Newline, A::Back],
        Focus::Targets => vec![A::Accept, A::Back],
        Focus::Result if state.flying.is_some() => vec![A::Stop],
        Focus::Result => vec![A::Run, A::NextTask, A::Texts, A::Query, A::Target, A::Raw, A::Copy],
    }
}

/// When a tick is needed next, as uptime: a clock runs while an answer is waited for.
pub fn wants_tick(state: &State, env: &Env) -> Option<Duration> {
    state.flying.is_some().then(|| env.uptime.saturating_add(Duration::from_millis(500)))
}

/// Takes a message.
pub fn receive(state: &mut State, msg: Msg, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match msg {
        Msg::Serves { of, serves } => {
            let Some(known) = state.known.as_mut().filter(|known| known.of == of) else { return Vec::new() };
            if let Some(first) = serves.as_ref().ok().and_then(|serves| serves.tasks.first())
                && !state.chosen
            {
                state.task = *first;
            }
            known.serves = Some(serves);
        }
        Msg::Told { asked, result } => {
            if state.flying.take_if(|(flying, _)| *flying == asked).is_some() {
                (state.row, state.column) = (0, 0);
                state.told = Some(result);
            }
        }
    }
    Vec::new()
}

/// A key that no context binds.
pub fn key(state: &mut State, key: Key, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match state.focus {
        Focus::Query => {
            state.query.key(key);
        }
        Focus::Texts => {
            state.texts.key(key);
        }
        Focus::Result | Focus::Targets => {}
    }
    Vec::new()
}

/// Pasted text: into the query where that is written, else into the texts.
pub fn paste(state: &mut State, text: &str, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match state.focus {
        Focus::Query => state.query.insert(text.trim()),
        Focus::Texts | Focus::Result => {
            state.focus = Focus::Texts;
            state.texts.insert(&text.replace("\r\n", "\n").replace('\r', "\n"));
        }
        Focus::Targets => {}
    }
    Vec::new()
}

/// The next pane, or the one before.
pub fn focus(state: &mut State, forward: bool) {
    let panes = [Focus::Result, Focus::Texts, Focus::Query];
    let panes = if state.task.pairs() { &panes[..] } else { &panes[..2] };
    let at = panes.iter().position(|pane| *pane == state.focus).unwrap_or(0);
    let step = if forward { 1 } else { panes.len() - 1 };
    state.focus = panes[(at + step) % panes.len()];
}

/// A gesture of the mouse.
pub fn mouse(state: &mut State, mouse: &Mouse, target: &Target, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match (mouse.gesture, target) {
        (Gesture::WheelUp, _) => act(state, Action::Up, shared, env),
        (Gesture::WheelDown, _) => act(state, Action::Down, shared, env),
        (Gesture::Press, Target::Pane(pane)) => {
            state.focus = *pane;
            Vec::new()
        }
        (Gesture::Press, Target::Task(task)) => {
            (state.task, state.chosen) = (*task, true);
            Vec::new()
        }
        (Gesture::Press, Target::Whom) => act(state, Action::Target, shared, env),
        (Gesture::Press, Target::Offer(at)) => {
            state.offer = *at;
            act(state, Action::Accept, shared, env)
        }
        (Gesture::Drag | Gesture::Release, _) => Vec::new(),
    }
}
