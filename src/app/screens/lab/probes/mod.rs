//! The Lab's view Probes: what is really on at an endpoint.

mod action;
mod state;

pub use action::Action;
pub use state::State;

use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::mouse::Mouse;
use crate::app::screens::chat;
use std::time::Duration;

/// What this view asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {}

/// Messages to this view.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {}

/// What can be pointed at in this view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {}

/// Keymap contexts of the focus, innermost first; the Lab's own comes after them.
pub fn contexts(_state: &State) -> Vec<&'static str> {
    vec!["lab.probes"]
}

/// What the key line names, most useful first.
pub fn hints(_state: &State) -> Vec<Action> {
    vec![Action::Run]
}

/// When a tick is needed next, as uptime.
pub fn wants_tick(_state: &State, _env: &Env) -> Option<Duration> {
    None
}

/// Sees what has changed around the view while it is in front.
pub fn settle(_state: &mut State, _talks: &chat::State, _shared: &Shared) -> Vec<Root> {
    Vec::new()
}

/// Takes a message.
pub fn receive(_state: &mut State, msg: Msg, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match msg {}
}

/// Carries out an action.
pub fn act(_state: &mut State, action: Action, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match action {
        Action::Run => Vec::new(),
    }
}

/// A key that no context binds.
pub fn key(_state: &mut State, _key: Key, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    Vec::new()
}

/// Pasted text.
pub fn paste(_state: &mut State, _text: &str, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    Vec::new()
}

/// The next pane, or the one before.
pub fn focus(_state: &mut State, _forward: bool) {}

/// A gesture of the mouse.
pub fn mouse(_state: &mut State, _mouse: &Mouse, target: &Target, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match *target {}
}
