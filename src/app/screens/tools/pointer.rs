//! What the mouse does on the Tools screen.

use super::look::Pane as Looked;
use super::state::{Focus, State};
use super::{Action, act};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::mouse::{Gesture, Mouse};

/// What can be pointed at on the Tools screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A pane.
    Pane(Focus),
    /// A tool, by its place.
    Tool(usize),
    /// A setting, by its place.
    Knob(usize),
    /// A row of the tree.
    Row(usize),
    /// A row of those one can ask.
    Offer(usize),
    /// An MCP server.
    Server(usize),
    /// A kept score.
    Score(usize),
    /// A pane of an answer looked through.
    Looked(Looked),
}

/// A gesture of the mouse.
pub fn mouse(state: &mut State, mouse: &Mouse, target: &Target, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match mouse.gesture {
        Gesture::WheelUp | Gesture::WheelDown => {
            wheel(state, target, mouse.gesture == Gesture::WheelDown, shared, env);
            Vec::new()
        }
        Gesture::Press => press(state, target, shared, env),
        Gesture::Drag | Gesture::Release => Vec::new(),
    }
}

/// The wheel turns what it is over.
fn wheel(state: &mut State, target: &Target, down: bool, shared: &mut Shared, env: &Env) {
    let over = match target {
        Target::Tool(_) => Focus::List,
        Target::Knob(_) => return,
        Target::Row(_) => Focus::Tree,
        Target::Offer(_) => Focus::Targets,
        Target::Server(_) => Focus::Servers,
        Target::Score(_) => Focus::Scores,
        Target::Looked(pane) => {
            state.look.iter_mut().for_each(|look| look.pane = *pane);
            Focus::Xray
        }
        Target::Pane(focus) => *focus,
    };
    if matches!(over, Focus::List | Focus::Tree | Focus::Xray | Focus::Targets) {
        let before = std::mem::replace(&mut state.focus, over);
        let action = if down { Action::Down } else { Action::Up };
        // Moving a selection asks nothing of the world.
        let _ = act(state, action, shared, env);
        state.focus = before;
    }
}

fn press(state: &mut State, target: &Target, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match target {
        Target::Pane(focus) => state.focus = *focus,
        Target::Tool(at) => {
            let again = state.focus == Focus::List && state.selected == *at;
            (state.focus, state.selected) = (Focus::List, *at);
            if again {
                return act(state, Action::Check, shared, env);
            }
        }
        Target::Knob(at) => {
            let again = state.focus == Focus::Knobs && state.knob == *at;
            (state.focus, state.knob) = (Focus::Knobs, *at);
            if again {
                return act(state, Action::More, shared, env);
            }
        }
        Target::Row(at) => {
            let again = state.focus == Focus::Tree && state.row == *at;
            (state.focus, state.row, state.follows) = (Focus::Tree, *at, false);
            if again {
                return act(state, Action::Xray, shared, env);
            }
        }
        Target::Offer(at) => {
            state.offer = *at;
            return act(state, Action::Accept, shared, env);
        }
        Target::Score(at) => return state.scores.select(*at),
        Target::Server(at) => {
            state.server = *at;
            return act(state, Action::Accept, shared, env);
        }
        Target::Looked(pane) => {
            state.look.iter_mut().for_each(|look| look.pane = *pane);
            state.focus = Focus::Xray;
        }
    }
    Vec::new()
}
