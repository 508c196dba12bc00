//! What the world tells of answers.

use super::state::{Spot, State};
use super::{Cell, Msg};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::lab::samples::{Outcome, Place};

/// Takes a message.
pub fn receive(state: &mut State, msg: Msg, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let (Msg::Steps { flight: id, .. } | Msg::Over { flight: id, .. } | Msg::Branched { flight: id, .. }) = &msg;
    let (id, equal) = (*id, state.equal);
    let held = (held(state, state.spot), state.marked.and_then(|spot| held(state, spot)));
    let Some(flight) = state.flights.iter_mut().find(|flight| flight.id == id) else { return Vec::new() };
    match msg {
        Msg::Steps { steps, .. } => flight.take(steps, equal),
        Msg::Over { stopped, problem, .. } => {
            flight.end(stopped, env.uptime.as_secs_f64(), equal);
            problem.into_iter().for_each(|problem| shared.toasts.problem(problem));
        }
        Msg::Branched { place, problem, .. } => {
            flight.branching = flight.branching.saturating_sub(1);
            if let Some(answer) = flight.answers.get_mut(&place).filter(|one| one.outcome == Outcome::Coming) {
                answer.outcome = problem.clone().map_or(Outcome::Stopped, Outcome::Failed);
            }
            flight.group(equal);
            problem.into_iter().for_each(|problem| shared.toasts.problem(problem));
        }
    }
    regroup(state, held);
    Vec::new()
}

/// An answer by the position of its flight and its place.
pub(super) type Held = Option<(usize, Place)>;

/// The answer that a cell shows, by flight and place: it stays selected when groups move.
pub(super) fn held(state: &State, spot: Spot) -> Held {
    Some((spot.flight, state.cell(spot)?.1.place()?))
}

/// Selects and marks the same answers as before.
pub(super) fn regroup(state: &mut State, held: (Held, Held)) {
    let find = |held: Held| held.and_then(|(flight, place)| spot_of(state, flight, place));
    let (spot, marked) = (find(held.0), find(held.1));
    state.spot = spot.unwrap_or(state.spot);
    state.marked = marked;
}

/// The cell that holds an answer.
pub(super) fn spot_of(state: &State, flight: usize, place: Place) -> Option<Spot> {
    let columns = &state.flights.get(flight)?.columns;
    let column = columns.iter().position(|column| column.setting == place.setting)?;
    let holds = |cell: &Cell| match cell {
        Cell::Group { places, .. } => places.contains(&place),
        Cell::Other(own) | Cell::Branch(own, _) => *own == place,
    };
    let cell = columns.get(column)?.cells.iter().position(holds)?;
    Some(Spot { flight, column, cell })
}
