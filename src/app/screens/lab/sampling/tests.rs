//! The view's own rules: what keeps its place while answers come, and what is refused.

use super::*;
use crate::app::screens::chat::target::{KeyFrom, Resolved};
use crate::base::Unknown;
use crate::lab::samples::{Answer, Equal, Grid, Outcome, Place, Step, Wish, plan};
use crate::lab::sampling::{Param, Setting, Settings};
use crate::wire::Dialect;

fn flight(dialect: Dialect, n: i64) -> Flight {
    let base = Settings([(Param::N, Setting::Whole(n))].into());
    let grid = Grid { base, axes: Vec::new() };
    let wish = Wish { prompt: "hi".into(), grid: grid.clone(), stream: true, ..Wish::default() };
    let target = Resolved {
        base_url: "http://127.0.0.1:1".into(),
        model: "m".into(),
        key: KeyFrom::Nowhere,
        dialect,
        context: Err(Unknown::because("not in this test")),
        simulated: false,
    };
    Flight::new(1, target, plan(&wish, dialect).unwrap(), grid, 0.0)
}

fn ended(index: usize, text: &str) -> Step {
    let answer = Answer {
        place: Place { setting: 0, index },
        text: text.into(),
        outcome: Outcome::Whole(None),
        ..Answer::default()
    };
    Step::Ended(Box::new(answer))
}

fn texts(flight: &Flight) -> Vec<(String, usize)> {
    let cell = |cell: &Cell| match cell {
        Cell::Group { group, .. } => (group.text.clone(), group.members.len()),
        Cell::Other(place) => (flight.answers[place].text.clone(), 0),
        Cell::Branch(place, depth) => (format!("branch {}", place.index), *depth),
    };
    flight.columns[0].cells.iter().map(cell).collect()
}

#[test]
fn answers_are_grouped_as_they_come() {
    let mut flight = flight(Dialect::Vllm, 4);
    let piece = |index, text: &str| Step::Text { place: Place { setting: 0, index }, text: text.into() };
    flight.take(vec![piece(0, "a"), piece(1, "b")], Equal::Spaced);
    flight.take(vec![piece(0, "a")], Equal::Spaced);
    assert_eq!(texts(&flight), [("aa".into(), 0), ("b".into(), 0)]);
    flight.take(vec![ended(0, "x"), ended(1, "y"), ended(2, " y"), piece(0, "late")], Equal::Spaced);
    assert_eq!(texts(&flight), [("y".into(), 2), ("x".into(), 1)], "what comes after the end is not taken in");
    flight.group(Equal::Exact);
    assert_eq!(texts(&flight).len(), 3);
    flight.take(vec![piece(3, "half")], Equal::Spaced);
    flight.end(true, 2.5, Equal::Spaced);
    assert_eq!((flight.done(), flight.took, flight.busy()), (4, Some(2.5), false));
    assert_eq!(flight.answers[&Place { setting: 0, index: 3 }].outcome, Outcome::Stopped);
}

#[test]
fn what_is_selected_stays_selected() {
    let mut state = State { flights: vec![flight(Dialect::Vllm, 4)], ..State::default() };
    state.flights[0].take(vec![ended(0, "x"), ended(1, "y")], Equal::Spaced);
    state.spot = Spot { flight: 0, column: 0, cell: 0 };
    state.marked = Some(Spot { flight: 0, column: 0, cell: 1 });
    let held = (receive::held(&state, state.spot), state.marked.and_then(|spot| receive::held(&state, spot)));
    state.flights[0].take(vec![ended(2, "y"), ended(3, "y")], Equal::Spaced);
    receive::regroup(&mut state, held);
    assert_eq!(state.answer(state.spot).unwrap().text, "x");
    assert_eq!((state.spot.cell, state.marked.unwrap().cell), (1, 0));
}

#[test]
fn a_branch_gets_a_place_of_its_own() {
    let mut flight = flight(Dialect::Vllm, 4);
    flight.take(vec![ended(0, "x")], Equal::Spaced);
    assert_eq!(flight.free(0), Place { setting: 0, index: 4 }, "after those that are still to come");
    let parent = crate::lab::samples::Parent { place: Place { setting: 0, index: 0 }, token: 0, text: "y".into() };
    let place = flight.free(0);
    flight.answers.insert(place, Answer { place, parent: Some(parent), ..Answer::default() });
    flight.group(Equal::Spaced);
    assert_eq!(texts(&flight), [("x".into(), 1), ("branch 4".into(), 1)]);
    assert_eq!((flight.free(0).index, flight.done()), (5, 1));
}

#[test]
fn the_way_of_asking_is_told() {
    let mut ollama = flight(Dialect::Ollama, 4);
    assert_eq!(ollama.asked(0).0, "separate requests");
    assert!(ollama.asked(0).1.unwrap().contains("Ollama"));
    let mut vllm = flight(Dialect::Vllm, 4);
    assert_eq!(vllm.asked(0), ("n in one request", None));
    vllm.take(vec![Step::Apart { setting: 0, why: "refused".into() }], Equal::Spaced);
    assert_eq!(vllm.asked(0), ("separate requests", Some("refused")));
    ollama.end(false, -1.0, Equal::Spaced);
    assert_eq!(ollama.took, Some(0.0), "a clock that goes back gives no negative time");
}
