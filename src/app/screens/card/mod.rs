//! The Card screen's state machine.

use crate::actions;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::mouse::Mouse;

actions! {
    /// Actions of the Card screen.
    pub enum Action {
        Down = "card.down": "down",
        Up = "card.up": "up",
    }
}

/// Messages to the Card screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {}

/// What the Card screen asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {}

/// What can be pointed at on the Card screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {}

/// State of the Card screen.
#[derive(Debug, Clone, Default)]
pub struct State {}

/// Keymap contexts, innermost first.
pub fn contexts(_state: &State) -> Vec<&'static str> {
    vec!["card"]
}

/// When (as uptime) the screen next needs a tick to move a clock on.
pub fn wants_tick(_state: &State, _shared: &Shared, _env: &Env) -> Option<std::time::Duration> {
    None
}

/// Carries out an action.
pub fn act(_state: &mut State, _action: Action, _shared: &mut Shared, _env: &Env) -> Vec<super::super::Effect> {
    Vec::new()
}

/// A key that no binding took: for the text field that has the focus.
pub fn key(_state: &mut State, _key: Key, _shared: &mut Shared, _env: &Env) -> Vec<super::super::Effect> {
    Vec::new()
}

/// Pasted text.
pub fn paste(_state: &mut State, _text: &str, _shared: &mut Shared, _env: &Env) -> Vec<super::super::Effect> {
    Vec::new()
}

/// A gesture of the mouse on one of this screen's targets.
pub fn mouse(
    _state: &mut State,
    _mouse: &Mouse,
    _target: &Target,
    _shared: &mut Shared,
    _env: &Env,
) -> Vec<super::super::Effect> {
    Vec::new()
}

/// Moves the focus to the next or previous pane.
pub fn focus(_state: &mut State, _forward: bool) {}

/// A message to this screen.
pub fn receive(_state: &mut State, msg: Msg, _shared: &mut Shared, _env: &Env) -> Vec<super::super::Effect> {
    match msg {}
}

/// Runs or card have changed, or time has passed: keep selections on what they point at.
pub fn refresh(_state: &mut State, _shared: &mut Shared, _env: &Env) -> Vec<super::super::Effect> {
    Vec::new()
}

/// What the key line names here, most useful first; the keys come from the keymap.
pub fn hints(_state: &State) -> Vec<crate::app::Action> {
    Vec::new()
}
