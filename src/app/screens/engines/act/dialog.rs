//! What keys and the mouse do in the start dialog.

pub use super::super::dialog::Item;
use super::super::dialog::Plan;
use super::super::dialog::recipe::Pick;
use super::super::{Action, Effect, State, Target};
use crate::app::Effect as Root;
use crate::app::model::Shared;
use crate::app::seen::Pane;
use crate::base::Bytes;
use crate::engines::fit::as_judged;
use crate::engines::recipe::{Ground, import as read};

/// Carries out an action while the dialog is open.
pub fn act(state: &mut State, action: Action, shared: &mut Shared) -> Vec<Root> {
    if let Some(effects) = recipe(state, action, shared) {
        return effects;
    }
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
            return turned(state, engine_changed, shared);
        }
        Action::DialogAccept if in_flags => return accept_flag(state),
        Action::DialogClear if in_flags && form.flags.clear() => return changed(state, false),
        Action::DialogComplete if form.complete() => return typed(state, shared),
        Action::DialogComplete => form.move_focus(1),
        Action::DialogAccept | Action::DialogLaunch => return launch(state),
        Action::DialogClose => return close(state),
        _ => {}
    }
    Vec::new()
}

/// What concerns the recipe; `None` for all else.
fn recipe(state: &mut State, action: Action, shared: &mut Shared) -> Option<Vec<Root>> {
    let form = state.dialog.as_mut()?;
    let page = shared.seen.rows(Pane::EnginesFlags).max(1);
    let last = shared.seen.viewport(Pane::EnginesFlags).map_or(0, |view| view.total.saturating_sub(view.rows));
    match (action, form.recipe.reasons) {
        (Action::DialogProfile, _) if form.items().contains(&Item::Profile) => {
            form.recipe.turn(true);
            if !form.items().contains(&form.focus) {
                form.focus = Item::Profile;
            }
            return Some(turned(state, false, shared));
        }
        (Action::DialogReasons, shown) if form.items().contains(&Item::Profile) => {
            form.recipe.reasons = if shown.is_none() { Some(0) } else { None };
        }
        (Action::DialogClose, Some(_)) => form.recipe.reasons = None,
        (Action::DialogNext, Some(at)) => form.recipe.reasons = Some(at.saturating_add(1).min(last)),
        (Action::DialogPrevious, Some(at)) => form.recipe.reasons = Some(at.saturating_sub(1)),
        (Action::PageDown, Some(at)) => form.recipe.reasons = Some(at.saturating_add(page).min(last)),
        (Action::PageUp, Some(at)) => form.recipe.reasons = Some(at.saturating_sub(page)),
        (Action::DialogSave, _) => match form.kept() {
            Ok((name, named)) => return Some(vec![Root::Engines(Effect::Keep { name, named: Box::new(named) })]),
            Err(problem) => {
                shared.toasts.problem(problem);
            }
        },
        (Action::DialogExport, _) => match form.kept().and_then(|(name, _)| Ok((name, form.request()?))) {
            Ok((name, request)) => {
                return Some(vec![Root::Engines(Effect::Export { name, request: Box::new(request) })]);
            }
            Err(problem) => {
                shared.toasts.problem(problem);
            }
        },
        _ => return None,
    }
    Some(Vec::new())
}

/// A choice row was turned.
fn turned(state: &mut State, engine_changed: bool, shared: &Shared) -> Vec<Root> {
    let kept = state.dialog.as_ref().map(|form| form.recipe.pick.clone());
    if let Some(Pick::Kept(name)) = kept {
        return vec![Root::Engines(Effect::LoadKept(name))];
    }
    let mut effects = changed(state, engine_changed);
    effects.extend(recompose(state, shared));
    effects
}

/// Something was typed: what would run is asked anew, and the recipe where it depends on that.
pub fn typed(state: &mut State, shared: &Shared) -> Vec<Root> {
    let engine_changed = state.dialog.as_mut().is_some_and(super::super::dialog::Dialog::follow_model);
    let mut effects = changed(state, engine_changed);
    if state.dialog.as_ref().is_some_and(super::super::dialog::Dialog::matters) {
        effects.extend(recompose(state, shared));
    }
    effects
}

/// Asks for the recipe of the profile that is chosen.
pub fn recompose(state: &mut State, shared: &Shared) -> Option<Root> {
    let form = state.dialog.as_mut()?;
    if let Err(problem) = form.extras() {
        form.recipe.problem = Some(problem);
        return None;
    }
    let asked = form.asked(ground(shared, shared.reserve))?;
    form.recipe.generation += 1;
    form.recipe.waiting = true;
    Some(Root::Engines(Effect::Compose { generation: form.recipe.generation, asked: Box::new(asked) }))
}

/// The card at hand as engines see it, with so much of its memory kept for the desktop.
///
/// # Errors
/// Why it is not known, in words.
pub fn ground(shared: &Shared, reserve: Bytes) -> Result<Ground, String> {
    let sample = shared.sample.as_ref().ok_or("the card was not read yet")?;
    let none = || sample.problem.as_ref().map_or_else(|| "no card is there".to_owned(), |problem| problem.what.clone());
    let (spec, room) = sample.cards.iter().find_map(|card| as_judged(card, reserve)).ok_or_else(none)?;
    let cards = u32::try_from(sample.cards.len()).unwrap_or(1);
    Ok(Ground { room, compute: spec.compute, cards, place: None, stated: false })
}

/// A pasted command fills the form; a fault in it is said where the plan stands.
pub fn import(state: &mut State, text: &str) -> Vec<Root> {
    let Some(form) = &mut state.dialog else { return Vec::new() };
    match read(text) {
        Ok(found) => {
            form.import(found);
            changed(state, true)
        }
        Err(problem) => {
            form.generation += 1;
            form.plan = Plan::Refused(problem);
            Vec::new()
        }
    }
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
            return turned(state, engine_changed, shared);
        }
        Target::Dialect(dialect) if wheel == 0 => {
            form.focus = Item::Dialect;
            form.engine_is_chosen = true;
            form.dialect = *dialect;
            return turned(state, false, shared);
        }
        Target::NextProfile if wheel == 0 => {
            form.focus = Item::Profile;
            form.recipe.turn(true);
            return turned(state, false, shared);
        }
        _ => {}
    }
    Vec::new()
}
