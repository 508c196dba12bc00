//! What the mouse does on the Structured screen.

use super::state::{Focus, State, View};
use super::{Action, act};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::mouse::{Gesture, Mouse};

/// What can be pointed at on the Structured screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A pane.
    Pane(Focus),
    /// A constraint, by its place.
    Entry(usize),
    /// A setting, by its place.
    Knob(usize),
    /// A row of the tree.
    Row(usize),
    /// A row of those one can ask.
    Offer(usize),
    /// The word for a view; none for the tree's.
    Word(Option<View>),
    /// A row of the verdict.
    Found(usize),
    /// The name of the constraint being written, or its text.
    Name(bool),
    /// A kept score.
    Score(usize),
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
        Target::Entry(_) => Focus::List,
        Target::Row(_) => Focus::Tree,
        Target::Offer(_) => Focus::Targets,
        Target::Found(_) => Focus::View,
        Target::Pane(focus) => *focus,
        Target::Knob(_) | Target::Word(_) | Target::Name(_) | Target::Score(_) => return,
    };
    if matches!(over, Focus::List | Focus::Tree | Focus::View | Focus::Targets) {
        let before = std::mem::replace(&mut state.focus, over);
        let action = if down { Action::Down } else { Action::Up };
        for _ in 0..if over == Focus::List { 1 } else { 3 } {
            // Moving a selection asks nothing of the world.
            let _ = act(state, action, shared, env);
        }
        state.focus = before;
    }
}

fn press(state: &mut State, target: &Target, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match target {
        Target::Pane(focus) => to(state, *focus),
        Target::Entry(at) => {
            (state.focus, state.selected) = (Focus::List, *at);
            super::edit::offer(state);
        }
        Target::Knob(at) => {
            let again = state.focus == Focus::Knobs && state.knob == *at;
            (state.focus, state.knob) = (Focus::Knobs, *at);
            if again {
                return act(state, Action::More, shared, env);
            }
        }
        Target::Row(at) => {
            let before = state.watch.as_ref().and_then(|watch| watch.look.cursor);
            let again = state.focus == Focus::Tree;
            to(state, Focus::Tree);
            if let Some(watch) = &mut state.watch
                && let Some(tree) = &watch.tree
            {
                watch.look.point(tree, *at);
                if again && watch.look.cursor == before {
                    watch.look.fold(tree);
                }
            }
        }
        Target::Offer(at) => {
            state.offer = *at;
            return act(state, Action::Accept, shared, env);
        }
        Target::Word(Some(view)) => super::act::view(state, *view),
        Target::Word(None) => to(state, Focus::Tree),
        Target::Found(at) => {
            let again = state.focus == Focus::View && state.found == *at;
            super::act::view(state, View::Verdict);
            state.found = *at;
            if again {
                return act(state, Action::Accept, shared, env);
            }
        }
        Target::Score(at) => return state.scores.select(*at),
        Target::Name(naming) => state.edit.iter_mut().for_each(|edit| edit.naming = *naming),
    }
    Vec::new()
}

fn to(state: &mut State, focus: Focus) {
    state.focus = focus;
    match focus {
        Focus::Tree => state.view_in_front = false,
        Focus::View => state.view_in_front = true,
        _ => {}
    }
}
