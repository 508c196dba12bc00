//! Moving about: rows, columns, tokens, alternatives.

use super::Action;
use super::flight::Cell;
use super::knobs::Knob;
use super::state::{Focus, Look, Spot, State};
use crate::app::model::Shared;
use crate::app::seen::Pane;

/// Carries out a movement.
pub(super) fn travel(state: &mut State, action: Action, shared: &Shared) {
    match state.focus {
        Focus::Knobs => knobs(state, action),
        Focus::Targets => state.offer = to(action, state.offer, state.offers.len()),
        Focus::Answers => answers(state, action),
        Focus::Tokens => tokens(state, action),
        Focus::Difference => {
            let most = shared.seen.viewport(Pane::LabDetail).map_or(0, |seen| seen.total.saturating_sub(seen.rows));
            state.offset = to(action, state.offset, most + 1);
        }
        Focus::Prompt | Focus::System | Focus::Value | Focus::Other | Focus::Preset => {}
    }
}

fn to(action: Action, at: usize, count: usize) -> usize {
    let last = count.saturating_sub(1);
    match action {
        Action::Down => at.saturating_add(1).min(last),
        Action::Up => at.saturating_sub(1),
        Action::First => 0,
        Action::Last => last,
        _ => at.min(last),
    }
}

fn knobs(state: &mut State, action: Action) {
    match (action, state.knob()) {
        (Action::Right | Action::Left, Some(knob)) => state.knobs.turn(knob, action == Action::Right),
        _ => state.knob = to(action, state.knob, Knob::ALL.len()),
    }
}

/// Up and down through the column and on into the next one, left and right from column to column.
fn answers(state: &mut State, action: Action) {
    let all = state.spots();
    let Some(at) = all.iter().position(|spot| *spot == state.spot) else {
        state.spot = all.first().copied().unwrap_or_default();
        return;
    };
    let column = |spot: &Spot| (spot.flight, spot.column);
    let here = column(&state.spot);
    let next = match action {
        Action::Right => all.iter().find(|spot| column(spot) > here),
        Action::Left => {
            let before = all.iter().rev().find(|spot| column(spot) < here).map(column);
            all.iter().find(|spot| Some(column(spot)) == before)
        }
        _ => all.get(to(action, at, all.len())),
    };
    state.spot = next.copied().unwrap_or(state.spot);
}

fn tokens(state: &mut State, action: Action) {
    let Some((_, answer, look)) = state.looked() else { return };
    let count = answer.tokens.len();
    let others = |token: usize| answer.tokens.get(token).map_or(0, |token| token.top.len());
    let (token, other) = match action {
        Action::Right => (look.token.saturating_add(1).min(count.saturating_sub(1)), 0),
        Action::Left => (look.token.saturating_sub(1), 0),
        Action::First => (0, 0),
        Action::Last => (count.saturating_sub(1), 0),
        _ => (look.token, to(action, look.other, others(look.token))),
    };
    state.look = Some(Look { token, other, ..look });
}

/// To the next token that was not likely.
pub(super) fn unsure(state: &mut State) {
    if let (Some(token), Some(look)) = (state.next_unsure(), state.look) {
        state.look = Some(Look { token, other: 0, ..look });
    }
}

/// Looks at the tokens of the selected answer.
pub(super) fn open(state: &mut State) -> bool {
    let place = state.answer(state.spot).map(|answer| answer.place);
    let Some(place) = place else { return false };
    state.look = Some(Look { flight: state.spot.flight, place, token: 0, other: 0 });
    state.focus = Focus::Tokens;
    true
}

/// Looks at the next answer: of the group first, then of the cell after it.
pub(super) fn next_answer(state: &mut State) {
    let Some(look) = state.look else { return };
    let spots = state.spots();
    let order: Vec<(usize, crate::lab::samples::Place)> = spots
        .iter()
        .filter_map(|spot| Some((spot.flight, state.cell(*spot)?.1)))
        .flat_map(|(flight, cell)| match cell {
            Cell::Group { places, .. } => places.iter().map(|place| (flight, *place)).collect::<Vec<_>>(),
            Cell::Other(place) | Cell::Branch(place, _) => vec![(flight, *place)],
        })
        .collect();
    let at = order.iter().position(|one| *one == (look.flight, look.place));
    let next = order.get(at.map_or(0, |at| at + 1)).or(order.first()).copied();
    if let Some((flight, place)) = next {
        state.look = Some(Look { flight, place, token: 0, other: 0 });
        state.spot = super::receive::spot_of(state, flight, place).unwrap_or(state.spot);
    }
}
