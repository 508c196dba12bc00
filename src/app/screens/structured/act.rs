//! What keys do on the Structured screen.

use super::knobs::Knob;
use super::state::{Focus, State, View};
use super::tree::{Step, find};
use super::watch::{Found, Stage};
use super::{Action, Effect, ask, copy, edit, scores};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::screens::chat::target::Offer;
use crate::app::seen::Pane;

/// Columns from which tree and view stand side by side.
pub const WIDE: u16 = 120;

/// Carries out an action.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<Root> {
    use Action as A;
    if state.focus == Focus::Scores
        && let Some(effects) = scores::held(state, action, shared)
    {
        return effects;
    }
    match action {
        A::Down | A::Up | A::PageDown | A::PageUp | A::First | A::Last => travel(state, action, shared),
        A::Run => match ask::begin(state, shared, env) {
            Ok(effects) => return effects,
            Err(problem) => shared.toasts.problem(problem),
        },
        A::Cost => match ask::cost(state, env) {
            Ok(effects) => return effects,
            Err(problem) => shared.toasts.problem(problem),
        },
        A::Prompt => state.focus = Focus::Prompt,
        A::Request => view(state, View::Request),
        // Where the tree stands in its place, the view itself comes first.
        A::View | A::ViewBack if shared.size.0 < WIDE && !state.view_in_front => view(state, state.view),
        A::View | A::ViewBack => view(state, state.view.beside(action == A::View)),
        A::Suite | A::Quick | A::Full | A::SuiteStop => return scores::act(state, action, shared, env),
        A::Mark => state.scores.mark(),
        A::Target => choose(state),
        A::Edit | A::New => return edit::open(state, action == A::New, shared, env),
        A::Save => return edit::save(state, shared),
        A::Delete => edit::delete(state, shared),
        A::Kind => return state.edit.as_mut().map(edit::Edit::turn).unwrap_or_default(),
        A::Example => return example(state, shared),
        A::More | A::Less => turn(state, action == A::More),
        A::Fold | A::FoldAll | A::UnfoldAll | A::Follow => with_tree(state, action, shared),
        A::Path => return copy::path(state),
        A::Copy => return copy::pane(state),
        A::Accept => return accept(state, shared, env),
        A::Stop => return stop(state),
        A::Back => back(state, shared),
    }
    Vec::new()
}

fn example(state: &mut State, shared: &mut Shared) -> Vec<Root> {
    match state.edit.as_mut().map(edit::Edit::infer) {
        Some(Ok(effects)) => effects,
        Some(Err(problem)) => {
            shared.toasts.problem(problem);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Brings a view to the front.
pub(super) fn view(state: &mut State, view: View) {
    (state.view, state.view_in_front, state.focus) = (view, true, Focus::View);
}

fn travel(state: &mut State, action: Action, shared: &Shared) {
    let pane = match state.focus {
        Focus::Tree => Pane::StructuredTree,
        Focus::View => Pane::StructuredText,
        _ => Pane::StructuredList,
    };
    let height = shared.seen.rows(pane);
    let page = height.saturating_sub(1).max(1);
    let to = |at: usize, last: usize| match action {
        Action::Down => at.saturating_add(1).min(last),
        Action::Up => at.saturating_sub(1),
        Action::PageDown => at.saturating_add(page).min(last),
        Action::PageUp => at.saturating_sub(page),
        Action::First => 0,
        _ => last,
    };
    let last = |count: usize| count.saturating_sub(1);
    match state.focus {
        Focus::List | Focus::Edit | Focus::Prompt => {
            state.selected = to(state.selected, last(state.entries().len()));
            state.offset = state.offset.min(state.selected).max((state.selected + 1).saturating_sub(height));
            edit::offer(state);
        }
        Focus::Knobs => state.knob = to(state.knob, last(Knob::ALL.len())),
        Focus::Targets => state.offer = to(state.offer, last(state.offers.len())),
        Focus::View if state.view == View::Verdict => {
            let end = last(state.watch.as_ref().and_then(|watch| watch.ended()).map_or(0, |ended| ended.found.len()));
            state.found = to(state.found.min(end), end);
            show_found(state);
        }
        Focus::View => {
            let most = shared.seen.viewport(pane).map_or(0, |seen| seen.total.saturating_sub(seen.rows));
            let at = (*state.offset_mut()).min(most);
            let next = to(at, most);
            // At the end the view goes with what comes.
            *state.offset_mut() = if next == most && action != Action::Up { usize::MAX } else { next };
        }
        Focus::Scores => {}
        Focus::Tree => {
            let step = match action {
                Action::Down => Step::Down(1),
                Action::Up => Step::Up(1),
                Action::PageDown => Step::Down(page),
                Action::PageUp => Step::Up(page),
                Action::First => Step::First,
                _ => Step::Last,
            };
            if let Some(watch) = &mut state.watch
                && let Some(tree) = &watch.tree
            {
                watch.look.go(tree, step);
            }
        }
    }
}

/// What was found and is selected.
pub(super) fn found(state: &State) -> Option<&Found> {
    state.watch.as_ref()?.ended()?.found.get(state.found)
}

/// The tree's selection goes to what the selected row of the verdict is about.
fn show_found(state: &mut State) {
    let Some(pointer) = found(state).and_then(|found| found.pointer.clone()) else { return };
    if let Some(watch) = &mut state.watch
        && let Some(tree) = &watch.tree
        && let Some(node) = find(tree, &pointer)
    {
        watch.look.show(tree, node);
    }
}

fn with_tree(state: &mut State, action: Action, shared: &Shared) {
    let height = shared.seen.rows(Pane::StructuredTree);
    if let Some(watch) = &mut state.watch
        && let Some(tree) = &watch.tree
    {
        match action {
            Action::Fold => watch.look.fold(tree),
            Action::FoldAll => watch.look.fold_all(tree),
            Action::UnfoldAll => watch.look.unfold_all(),
            _ => watch.look.follows = !watch.look.follows,
        }
        watch.look.settle(tree, height);
    }
}

fn turn(state: &mut State, more: bool) {
    match state.focus {
        Focus::Knobs => {
            let knob = Knob::ALL.get(state.knob).copied();
            knob.into_iter().for_each(|knob| state.knobs.turn(knob, more));
        }
        Focus::View => view(state, state.view.beside(more)),
        Focus::List if more => {
            state.focus = if state.view_in_front { Focus::View } else { Focus::Tree };
        }
        Focus::Tree => {
            let gone = match &mut state.watch {
                Some(watch) => match &watch.tree {
                    Some(tree) if more => {
                        watch.look.inward(tree);
                        true
                    }
                    Some(tree) => watch.look.outward(tree),
                    None => false,
                },
                None => false,
            };
            if !gone && !more {
                state.focus = Focus::List;
            }
        }
        _ => {}
    }
}

fn choose(state: &mut State) {
    state.focus = Focus::Targets;
    let now = state.resolved.as_ref().ok();
    let same = |offer: &Offer| {
        let both = offer.target.as_ref().zip(now);
        both.is_some_and(|(target, now)| target.base_url == now.base_url && target.model == now.model)
    };
    state.offer = state.offers.iter().position(same).unwrap_or(0);
}

fn accept(state: &mut State, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match state.focus {
        Focus::Targets => {
            let Some(offer) = state.offers.get(state.offer) else { return Vec::new() };
            match offer.target.clone() {
                Some(target) => {
                    state.target = Some(target);
                    state.focus = Focus::List;
                }
                None => shared.toasts.info(format!("{}: {}", offer.place, offer.detail), env.uptime),
            }
        }
        Focus::View if state.view == View::Verdict && found(state).is_some_and(|found| found.pointer.is_some()) => {
            show_found(state);
            (state.focus, state.view_in_front) = (Focus::Tree, false);
        }
        Focus::Tree => with_tree(state, Action::Fold, shared),
        Focus::List | Focus::Prompt => return act(state, Action::Run, shared, env),
        Focus::Knobs => turn(state, true),
        Focus::View | Focus::Edit | Focus::Scores => {}
    }
    Vec::new()
}

/// Stops the answer, or the search for what a constraint costs.
fn stop(state: &mut State) -> Vec<Root> {
    let mut out = Vec::new();
    if let Some(watch) = state.watch.as_mut().filter(|watch| matches!(watch.stage, Stage::Asked | Stage::Comes)) {
        watch.stage = Stage::Stopping;
        out.push(Root::Structured(Effect::Stop(watch.id)));
    }
    if let Some(cost) = state.cost.as_mut().filter(|cost| cost.busy()) {
        cost.stopping = true;
        out.push(Root::Structured(Effect::Stop(cost.id)));
    }
    out
}

fn back(state: &mut State, shared: &mut Shared) {
    state.focus = match state.focus {
        Focus::List => {
            shared.toasts.dismiss_newest();
            Focus::List
        }
        // Where there is room for one alone, the tree comes back first.
        Focus::View if state.watch.as_ref().is_some_and(|watch| watch.tree.is_some()) => {
            state.view_in_front = false;
            Focus::Tree
        }
        Focus::Prompt if state.watch.is_some() && !state.view_in_front => Focus::Tree,
        _ => Focus::List,
    };
}

/// A key that no binding took: for the field that has the focus.
pub fn key(state: &mut State, key: Key, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match (state.focus, &mut state.edit) {
        (Focus::Prompt, _) => {
            state.prompt.key(key);
            Vec::new()
        }
        (Focus::Edit, Some(edit)) => edit.key(key),
        _ => Vec::new(),
    }
}

/// Pasted text.
pub fn paste(state: &mut State, text: &str, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match (state.focus, &mut state.edit) {
        (Focus::Edit, Some(edit)) => return edit.paste(text),
        (Focus::Prompt, _) => state.prompt.insert(text),
        _ => {}
    }
    Vec::new()
}

/// Moves the focus to the next or previous pane.
pub fn focus(state: &mut State, forward: bool) {
    if let (Focus::Edit, Some(edit)) = (state.focus, &mut state.edit) {
        edit.naming = !edit.naming;
        return;
    }
    const ROUND: [Focus; 5] = [Focus::List, Focus::Knobs, Focus::Prompt, Focus::Tree, Focus::View];
    let Some(at) = ROUND.iter().position(|focus| *focus == state.focus) else { return };
    state.focus = ROUND[(at + if forward { 1 } else { ROUND.len() - 1 }) % ROUND.len()];
    match state.focus {
        Focus::Tree => state.view_in_front = false,
        Focus::View => state.view_in_front = true,
        _ => {}
    }
}
