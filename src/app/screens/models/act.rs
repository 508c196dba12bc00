//! What keys and the mouse do on the Models screen.

use super::list::List;
use super::ranking::Way;
use super::view::Sort;
use super::{Action, Effect, Focus, State, Target, cards, change, open, together, view};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::mouse::{Gesture, Mouse};
use crate::app::seen::Pane;
use crate::models::catalogue::Capability;
use crate::models::rank::Intent;
use crate::models::solve;

/// How far the wheel turns a text.
const WHEEL: usize = 3;

/// Carries out an action.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<Root> {
    use Action::*;
    match action {
        Down | Up | PageDown | PageUp | First | Last => travel(state, action, shared),
        Filter => state.focus = Focus::Filter,
        Detail => state.focus = Focus::Detail,
        Accept => accept(state),
        Back => back(state, shared),
        Start if state.focus == Focus::Together => together::start(state, shared),
        Start => return open::start(state, shared),
        Seat => together::seat(state, shared, env),
        Together => together::open(state, shared),
        Sort => change_list(state, shared, |list| list.sort = view::next(list.sort)),
        Fits => change_list(state, shared, |list| list.filter.fits_only = !list.filter.fits_only),
        OnDisk => change_list(state, shared, |list| list.filter.local_only = !list.filter.local_only),
        Task => change_list(state, shared, next_task),
        Intent => next_intent(state),
        Card => open_menu(state),
        Compare => compare(state),
        Variant | VariantBack => turn(state, action == Variant),
        Longer | Shorter => trade(state, action == Longer),
        Download => return change::download(state, shared, env),
        Delete => {
            change::delete(state, shared);
        }
        Rescan => {
            shared.toasts.info("looking through this machine's models", env.uptime);
            return vec![Root::Models(Effect::Scan { generation: state.asked.disk })];
        }
        Copy => return copy(state),
    }
    Vec::new()
}

fn travel(state: &mut State, action: Action, shared: &Shared) {
    let pane = match state.focus {
        Focus::List | Focus::Filter => Pane::ModelsList,
        Focus::Detail | Focus::Compare | Focus::Together => Pane::ModelsDetail,
        Focus::Cards => Pane::ModelsCards,
    };
    let (rows, total) = shared.seen.viewport(pane).map_or((1, 0), |seen| (seen.rows.max(1), seen.total));
    let to = move |at: usize| match action {
        Action::Down => at.saturating_add(1),
        Action::Up => at.saturating_sub(1),
        Action::PageDown => at.saturating_add(rows.saturating_sub(1).max(1)),
        Action::PageUp => at.saturating_sub(rows.saturating_sub(1).max(1)),
        Action::First => 0,
        _ => usize::MAX - 1,
    };
    match state.focus {
        Focus::List | Focus::Filter => step(state, to, rows),
        Focus::Detail | Focus::Compare | Focus::Together => {
            state.offset = to(state.offset).min(total.saturating_sub(rows))
        }
        Focus::Cards => cards::step(state, to, rows),
    }
}

/// Moves the selection of the list.
fn step(state: &mut State, to: impl Fn(usize) -> usize, height: usize) {
    let Some(ranking) = &state.ranking else { return };
    let at = state.list.at(ranking).unwrap_or(0);
    state.list.moved = true;
    state.list.select(to(at), ranking, height);
    looked_elsewhere(state);
}

/// Another model is looked at: what was chosen for the one before does not hold for it.
fn looked_elsewhere(state: &mut State) {
    state.way = None;
    state.trade = None;
    state.offset = 0;
}

fn change_list(state: &mut State, shared: &Shared, change: impl Fn(&mut List)) {
    change(&mut state.list);
    renew(state, shared);
}

fn renew(state: &mut State, shared: &Shared) {
    let before = state.list.selected.clone();
    if let Some(ranking) = &state.ranking {
        state.list.renew(ranking, shared.seen.rows(Pane::ModelsList));
    }
    if state.list.selected != before {
        looked_elsewhere(state);
    }
}

fn next_task(list: &mut List) {
    let at = list.filter.task.and_then(|task| Capability::ALL.iter().position(|one| *one == task));
    list.filter.task = Capability::ALL.get(at.map_or(0, |at| at + 1)).copied();
}

fn next_intent(state: &mut State) {
    state.intent = match state.intent {
        Intent::Chat => Intent::LongContext,
        Intent::LongContext => Intent::Agents,
        Intent::Agents => Intent::Chat,
    };
    state.trade = None;
    state.list.moved = true;
}

fn open_menu(state: &mut State) {
    state.menu = cards::Menu::default();
    state.focus = Focus::Cards;
    let chosen = state.stated.as_ref().map(|stated| &stated.spec);
    let at = cards::items(state).iter().position(|item| Some(item.spec()) == chosen);
    state.menu.selected = at.unwrap_or(0);
}

fn accept(state: &mut State) {
    if state.focus == Focus::Cards {
        if !cards::accept(state) {
            return;
        }
        state.trade = None;
    }
    state.focus = Focus::List;
}

/// One step back: out of a pane, then the filter, then another card, then a notice.
fn back(state: &mut State, shared: &mut Shared) {
    match state.focus {
        Focus::Cards | Focus::Detail | Focus::Together => {
            state.offset = 0;
            state.focus = Focus::List;
        }
        Focus::Compare => {
            state.pair = None;
            state.marked = None;
            state.offset = 0;
            state.focus = Focus::List;
        }
        Focus::Filter => {
            state.focus = Focus::List;
            clear_filter(state, shared);
        }
        Focus::List if !state.list.filter.text.is_empty() => clear_filter(state, shared),
        Focus::List if state.marked.is_some() => state.marked = None,
        Focus::List => {
            shared.toasts.dismiss_newest();
        }
    }
}

fn clear_filter(state: &mut State, shared: &Shared) {
    state.list.typed.clear();
    typed(state, shared);
}

/// What was typed narrows the list at once; the best match is selected.
fn typed(state: &mut State, shared: &Shared) {
    let text = state.list.typed.text().to_owned();
    let cleared = text.is_empty();
    change_list(state, shared, |list| {
        list.filter.text.clone_from(&text);
        list.moved = cleared && list.moved;
    });
}

/// Marks the model; with another one marked, opens both beside each other.
fn compare(state: &mut State) {
    let Some(pick) = state.pick() else { return };
    match state.marked.take() {
        None => state.marked = Some(pick),
        Some(marked) if marked.key == pick.key && marked.way == pick.way => {}
        Some(marked) => {
            state.pair = Some([marked.clone(), pick]);
            state.marked = Some(marked);
            state.offset = 0;
            state.focus = Focus::Compare;
        }
    }
}

/// The next way to run the selected model.
fn turn(state: &mut State, forward: bool) {
    let Some(((row, choice), ranking)) = state.selected().zip(state.ranking.clone()) else { return };
    let Some(row) = ranking.rows.get(row) else { return };
    let count = row.choices.len();
    let to = (choice + if forward { 1 } else { count - 1 }) % count;
    choose(state, row.choices.get(to).map(|choice| ranking.way(choice)));
}

fn choose(state: &mut State, way: Option<Way>) {
    state.way = way;
    state.trade = None;
    state.list.moved = true;
}

/// Trades length for requests along the frontier.
fn trade(state: &mut State, longer: bool) {
    let Some(detail) = state.pick().and_then(|pick| state.detail(&pick).cloned()) else { return };
    let length = detail.length();
    let mut points = detail.frontier.iter().filter(|point| point.requests > 0);
    let next = match longer {
        true => points.find(|point| point.tokens > length),
        false => points.rfind(|point| point.tokens < length),
    };
    if let Some(point) = next {
        state.trade = Some(*point);
        state.list.moved = true;
    }
}

fn copy(state: &State) -> Vec<Root> {
    let Some(detail) = state.pick().and_then(|pick| state.detail(&pick).cloned()) else { return Vec::new() };
    vec![Root::Copy(solve::flags(&detail.ask).join(" "))]
}

/// A key that no binding took: for the field that has the focus.
pub fn key(state: &mut State, key: Key, shared: &mut Shared, _env: &Env) -> Vec<Root> {
    if state.focus == Focus::Filter && state.list.typed.key(key) {
        typed(state, shared);
    } else if state.focus == Focus::Cards && state.menu.typed.key(key) {
        (state.menu.selected, state.menu.offset) = (0, 0);
    }
    Vec::new()
}

/// Pasted text.
pub fn paste(state: &mut State, text: &str, shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match state.focus {
        Focus::Filter => {
            state.list.typed.insert(text);
            typed(state, shared);
        }
        Focus::Cards => {
            state.menu.typed.insert(text);
            (state.menu.selected, state.menu.offset) = (0, 0);
        }
        _ => {}
    }
    Vec::new()
}

/// Moves the focus to the other pane.
pub fn focus(state: &mut State, _forward: bool) {
    state.focus = match state.focus {
        Focus::List | Focus::Filter => Focus::Detail,
        Focus::Detail => Focus::List,
        other => other,
    };
}

/// A gesture of the mouse.
pub fn mouse(state: &mut State, mouse: &Mouse, target: &Target, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let pressed = match mouse.gesture {
        Gesture::WheelUp | Gesture::WheelDown => {
            wheel(state, mouse.gesture == Gesture::WheelDown, target, shared);
            return Vec::new();
        }
        Gesture::Press => target,
        Gesture::Drag | Gesture::Release => return Vec::new(),
    };
    match pressed {
        Target::Row(place) => press_row(state, *place, shared),
        Target::Head(sort) => {
            let sort = if state.list.sort == *sort { Sort::Score } else { *sort };
            change_list(state, shared, |list| list.sort = sort);
        }
        Target::Detail if state.focus == Focus::List => state.focus = Focus::Detail,
        Target::Way(at) => {
            let ways = state.selected().zip(state.ranking.clone());
            let way = ways.and_then(|((row, _), ranking)| Some(ranking.way(ranking.rows.get(row)?.choices.get(*at)?)));
            choose(state, way);
        }
        Target::Point(at) => {
            let detail = state.pick().and_then(|pick| state.detail(&pick).cloned());
            state.trade = detail.and_then(|detail| detail.frontier.get(*at).copied()).filter(|p| p.requests > 0);
        }
        Target::Card(at) => {
            state.menu.selected = *at;
            return act(state, Action::Accept, shared, env);
        }
        Target::List | Target::Detail | Target::Menu => {}
    }
    Vec::new()
}

fn press_row(state: &mut State, place: usize, shared: &Shared) {
    let Some(ranking) = state.ranking.clone() else { return };
    state.focus = if state.focus == Focus::Filter { Focus::Filter } else { Focus::List };
    if state.list.at(&ranking) != Some(place) {
        state.list.moved = true;
        state.list.select(place, &ranking, shared.seen.rows(Pane::ModelsList));
        looked_elsewhere(state);
    }
}

fn wheel(state: &mut State, down: bool, target: &Target, shared: &Shared) {
    let turn = |at: usize, by: usize| if down { at.saturating_add(by) } else { at.saturating_sub(by) };
    match target {
        Target::Row(_) | Target::List | Target::Head(_) => {
            step(state, |at| turn(at, 1), shared.seen.rows(Pane::ModelsList));
        }
        Target::Card(_) | Target::Menu => cards::step(state, |at| turn(at, 1), shared.seen.rows(Pane::ModelsCards)),
        Target::Detail | Target::Way(_) | Target::Point(_) => {
            let seen = shared.seen.viewport(Pane::ModelsDetail).map_or(0, |seen| seen.total.saturating_sub(seen.rows));
            state.offset = turn(state.offset, WHEEL).min(seen);
        }
    }
}
