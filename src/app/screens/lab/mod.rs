//! The Lab screen's state machine: three views, each with its own state, of what a model does when it is asked in many ways.

pub mod action;
pub mod pooling;
pub mod probes;
pub mod sampling;
mod view;

pub use action::{Action, Views};
pub use view::View;

use crate::app::Effect as Root;
use crate::app::action::Action as Any;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::mouse::{Gesture, Mouse};
use crate::app::screens::chat;
use std::time::Duration;

/// Everything the screen holds.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The view in front.
    pub view: View,
    /// Many answers to one prompt.
    pub sampling: sampling::State,
    /// What is really on.
    pub probes: probes::State,
    /// Embeddings, rankings and labels.
    pub pooling: pooling::State,
}

/// What this screen asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Of the view Sampling.
    Sampling(sampling::Effect),
    /// Of the view Probes.
    Probes(probes::Effect),
    /// Of the view Pooling.
    Pooling(pooling::Effect),
}

/// Messages to this screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// For the view Sampling.
    Sampling(sampling::Msg),
    /// For the view Probes.
    Probes(probes::Msg),
    /// For the view Pooling.
    Pooling(pooling::Msg),
}

/// What can be pointed at on this screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The name of a view.
    View(View),
    /// Of the view Sampling.
    Sampling(sampling::Target),
    /// Of the view Probes.
    Probes(probes::Target),
    /// Of the view Pooling.
    Pooling(pooling::Target),
}

/// Keymap contexts of the focus, innermost first.
pub fn contexts(state: &State) -> Vec<&'static str> {
    let mut contexts = match state.view {
        View::Sampling => sampling::contexts(&state.sampling),
        View::Probes => probes::contexts(&state.probes),
        View::Pooling => pooling::contexts(&state.pooling),
    };
    contexts.push("lab");
    contexts
}

/// What the key line names, most useful first.
pub fn hints(state: &State) -> Vec<Any> {
    let mut hints: Vec<Action> = match state.view {
        View::Sampling => sampling::hints(&state.sampling).into_iter().map(Action::Sampling).collect(),
        View::Probes => probes::hints(&state.probes).into_iter().map(Action::Probes).collect(),
        View::Pooling => pooling::hints(&state.pooling).into_iter().map(Action::Pooling).collect(),
    };
    hints.push(Action::Views(Views::NextView));
    hints.into_iter().map(Any::Lab).collect()
}

/// When a tick is needed next, as uptime.
pub fn wants_tick(state: &State, env: &Env) -> Option<Duration> {
    match state.view {
        View::Sampling => sampling::wants_tick(&state.sampling, env),
        View::Probes => probes::wants_tick(&state.probes, env),
        View::Pooling => pooling::wants_tick(&state.pooling, env),
    }
}

/// Sees what has changed around the screen while it is in front.
pub fn settle(state: &mut State, talks: &chat::State, shared: &Shared) -> Vec<Root> {
    match state.view {
        View::Sampling => sampling::settle(&mut state.sampling, talks, shared),
        View::Probes => probes::settle(&mut state.probes, talks, shared),
        View::Pooling => pooling::settle(&mut state.pooling, talks, shared),
    }
}

/// Takes a message, for whichever view it is.
pub fn receive(state: &mut State, msg: Msg, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match msg {
        Msg::Sampling(msg) => sampling::receive(&mut state.sampling, msg, shared, env),
        Msg::Probes(msg) => probes::receive(&mut state.probes, msg, shared, env),
        Msg::Pooling(msg) => pooling::receive(&mut state.pooling, msg, shared, env),
    }
}

/// Carries out an action; one of a view brings that view to the front.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match action {
        Action::Views(action) => {
            state.view = state.view.after(action);
            Vec::new()
        }
        Action::Sampling(action) => {
            state.view = View::Sampling;
            sampling::act(&mut state.sampling, action, shared, env)
        }
        Action::Probes(action) => {
            state.view = View::Probes;
            probes::act(&mut state.probes, action, shared, env)
        }
        Action::Pooling(action) => {
            state.view = View::Pooling;
            pooling::act(&mut state.pooling, action, shared, env)
        }
    }
}

/// A key that no context binds.
pub fn key(state: &mut State, key: Key, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match state.view {
        View::Sampling => sampling::key(&mut state.sampling, key, shared, env),
        View::Probes => probes::key(&mut state.probes, key, shared, env),
        View::Pooling => pooling::key(&mut state.pooling, key, shared, env),
    }
}

/// Pasted text.
pub fn paste(state: &mut State, text: &str, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match state.view {
        View::Sampling => sampling::paste(&mut state.sampling, text, shared, env),
        View::Probes => probes::paste(&mut state.probes, text, shared, env),
        View::Pooling => pooling::paste(&mut state.pooling, text, shared, env),
    }
}

/// The next pane, or the one before.
pub fn focus(state: &mut State, forward: bool) {
    match state.view {
        View::Sampling => sampling::focus(&mut state.sampling, forward),
        View::Probes => probes::focus(&mut state.probes, forward),
        View::Pooling => pooling::focus(&mut state.pooling, forward),
    }
}

/// A gesture of the mouse.
pub fn mouse(state: &mut State, mouse: &Mouse, target: &Target, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match target {
        Target::View(view) => {
            if mouse.gesture == Gesture::Press {
                state.view = *view;
            }
            Vec::new()
        }
        Target::Sampling(target) => sampling::mouse(&mut state.sampling, mouse, target, shared, env),
        Target::Probes(target) => probes::mouse(&mut state.probes, mouse, target, shared, env),
        Target::Pooling(target) => pooling::mouse(&mut state.pooling, mouse, target, shared, env),
    }
}
