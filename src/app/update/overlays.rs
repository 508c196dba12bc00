//! Keys and mouse in overlays. (To be furnished.)

use crate::app::action::Menu;
use crate::app::key::Key;
use crate::app::mouse::Gesture;
use crate::app::overlay::Overlay;
use crate::app::{Effect, Env, Model};

pub(super) fn act(model: &mut Model, _action: Menu, _env: &Env) -> Vec<Effect> {
    model.overlays.pop();
    Vec::new()
}

pub(super) fn key(_model: &mut Model, _key: Key) -> Vec<Effect> {
    Vec::new()
}

pub(super) fn paste(_model: &mut Model, _text: &str) -> Vec<Effect> {
    Vec::new()
}

pub(super) fn mouse(_model: &mut Model, _gesture: Gesture, _row: Option<usize>, _env: &Env) -> Vec<Effect> {
    Vec::new()
}

pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    if model.shared.runs.iter().any(|run| run.phase.is_live()) {
        model.overlays.push(Overlay::Quit { selected: 0 });
        return Vec::new();
    }
    vec![Effect::Quit { stop: Vec::new() }]
}

pub(super) fn next_theme(_model: &mut Model) -> Vec<Effect> {
    Vec::new()
}

pub(super) fn choose_theme(_model: &mut Model) -> Vec<Effect> {
    Vec::new()
}
