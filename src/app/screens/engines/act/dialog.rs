//! What keys and the mouse do in the start dialog.

use super::super::dialog::{Item, Plan};
use super::super::{Action, Effect, State, Target};
use crate::app::Effect as Root;
use crate::app::model::Shared;
use crate::app::seen::Pane;

/// Carries out an action while the dialog is open.
pub fn act(state: &mut State, action: Action, shared: &Shared) -> Vec<Root> {
    let height = shared.seen.rows(Pane::EnginesFlags);
    let Some(form) = &mut state.dialog else { return Vec::new() };
    let in_flags = form.focus == Item::Flags;
    match action {
        Action::DialogNext | Action::DialogPrevious if in_flags && form.flags.editing.is_some() => {
            form.flags.choose(action == Action::DialogNext);
        }
        Action::DialogNext if in_flags => {
            form.flags.step(1, height);
        }
        Action::DialogPrevious if in_flags && form.flags.step(-1, height) => {}
        Action::DialogNext => form.move_focus(1),
        Action::DialogPrevious => form.move_focus(-1),
        Action::PageDown if in_flags => {
            form.flags.step(height as isize, height);
        }
        Action::PageUp if in_flags => {
            form.flags.step(-(height as isize), height);
        }
        Action::DialogRight | Action::DialogLeft => {
            let engine_changed = form.turn(action == Action::DialogRight);
            return changed(state, engine_changed);
        }
        Action::DialogAccept if in_flags => return accept_flag(state),
        Action::DialogClear if in_flags && form.flags.clear() => return changed(state, false),
        Action::DialogComplete if form.complete() => return changed(state, false),
        Action::DialogComplete => form.move_focus(1),
        Action::DialogAccept | Action::DialogLaunch => return launch(state),
        Action::DialogClose => return close(state),
        _ => {}
    }
    Vec::new()
}

/// Enter on a flag: opens its value, takes it, or turns a switch; never launches.
fn accept_flag(state: &mut State) -> Vec<Root> {
    let accepted = state.dialog.as_mut().is_some_and(|form| form.flags.accept());
    if accepted { changed(state, false) } else { Vec::new() }
}

/// Esc: first out of a value being edited, then out of the dialog, whose form is kept.
/// A form that another screen filled leads back there.
fn close(state: &mut State) -> Vec<Root> {
    match &mut state.dialog {
        Some(form) if form.flags.editing.is_some() => form.flags.editing = None,
        Some(form) if form.filled.is_some() => {
            state.dialog = None;
            return vec![Root::ShowModels];
        }
        _ => state.draft = state.dialog.take(),
    }
    Vec::new()
}

/// The form has changed: ask anew what would run, and for flags and models that fit.
pub fn changed(state: &mut State, engine_changed: bool) -> Vec<Root> {
    let Some(form) = &mut state.dialog else { return Vec::new() };
    form.generation += 1;
    let generation = form.generation;
    let mut effects = Vec::new();
    if engine_changed || form.flags.table.is_none() {
        let text = form.program.text().trim();
        let program = (!text.is_empty()).then(|| text.into());
        effects.push(Effect::ReadFlags { engine: form.engine, program });
    }
    if form.focus == Item::Model || engine_changed {
        let typed = form.model.text().to_owned();
        effects.push(Effect::Suggest { generation, engine: form.engine, typed });
    }
    match form.request() {
        Ok(request) => {
            form.plan = Plan::Waiting;
            effects.push(Effect::Plan { generation, request: Box::new(request) });
        }
        Err(problem) => form.plan = Plan::Refused(problem),
    }
    effects.into_iter().map(Root::Engines).collect()
}

fn launch(state: &mut State) -> Vec<Root> {
    let Some(form) = state.dialog.as_mut().filter(|form| !form.launching) else { return Vec::new() };
    match form.request() {
        Ok(request) => {
            form.launching = true;
            vec![Root::Engines(Effect::Launch(Box::new(request)))]
        }
        Err(problem) => {
            form.plan = Plan::Refused(problem);
            Vec::new()
        }
    }
}

/// The mouse in the dialog: a click focuses, a second one on the same flag accepts.
pub fn mouse(state: &mut State, wheel: isize, target: &Target, shared: &Shared) -> Vec<Root> {
    let height = shared.seen.rows(Pane::EnginesFlags);
    let Some(form) = &mut state.dialog else { return Vec::new() };
    match target {
        Target::Flag(_) if wheel != 0 => {
            form.flags.step(wheel, height);
        }
        Target::Flag(row) if form.focus == Item::Flags && form.flags.selected == *row => return accept_flag(state),
        Target::Flag(row) => {
            form.focus = Item::Flags;
            form.flags.editing = None;
            form.flags.selected = *row;
        }
        Target::Item(item) if wheel == 0 => form.focus = *item,
        Target::Kind(kind) if wheel == 0 => {
            form.focus = Item::Engine;
            let engine_changed = form.choose_engine(*kind);
            return changed(state, engine_changed);
        }
        Target::Dialect(dialect) if wheel == 0 => {
            form.focus = Item::Dialect;
            form.dialect = *dialect;
            return changed(state, false);
        }
        _ => {}
    }
    Vec::new()
}
