//! What the mouse does in the view Sampling.

use super::state::{Focus, Look, Spot, State};
use super::{Action, act};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::mouse::{Gesture, Mouse};

/// What can be pointed at in this view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A pane.
    Pane(Focus),
    /// A row of what is asked for.
    Knob(usize),
    /// One of those one can ask.
    Offer(usize),
    /// A cell of the answers.
    Cell(Spot),
    /// A token.
    Token(usize),
    /// An alternative of the selected token.
    Alternative(usize),
}

/// A gesture of the mouse.
pub fn mouse(state: &mut State, mouse: &Mouse, target: &Target, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match mouse.gesture {
        Gesture::WheelUp => act(state, Action::Up, shared, env),
        Gesture::WheelDown => act(state, Action::Down, shared, env),
        Gesture::Press => press(state, target, shared, env),
        Gesture::Drag | Gesture::Release => Vec::new(),
    }
}

fn press(state: &mut State, target: &Target, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let again = match target {
        Target::Pane(focus) => {
            state.focus = *focus;
            false
        }
        Target::Knob(at) => {
            let again = state.focus == Focus::Knobs && state.knob == *at;
            (state.focus, state.knob) = (Focus::Knobs, *at);
            again
        }
        Target::Offer(at) => {
            state.offer = *at;
            return act(state, Action::Check, shared, env);
        }
        Target::Cell(spot) => {
            let again = state.focus == Focus::Answers && state.spot == *spot;
            (state.focus, state.spot) = (Focus::Answers, *spot);
            again
        }
        Target::Token(token) => {
            state.look = state.look.map(|look| Look { token: *token, other: 0, ..look });
            false
        }
        Target::Alternative(other) => {
            let again = state.look.is_some_and(|look| look.other == *other);
            state.look = state.look.map(|look| Look { other: *other, ..look });
            again
        }
    };
    if again { act(state, Action::Accept, shared, env) } else { Vec::new() }
}
