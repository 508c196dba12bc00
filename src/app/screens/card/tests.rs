use super::*;
use crate::app::overlay::Overlay;
use crate::base::{Bytes, Unknown};
use crate::gpu::{GpuProcess, Host, ProcessUse, Sample, Source};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

fn process(pid: u32, name: &str, bytes: Option<u64>) -> GpuProcess {
    GpuProcess {
        pid,
        name: Ok(name.to_owned()),
        command: Ok(name.to_owned()),
        own: true,
        used: bytes.map(Bytes).ok_or(Unknown::because("WSL")),
        usage: ProcessUse::Compute,
        run: None,
        since: Ok(UNIX_EPOCH + Duration::from_secs(1000 - u64::from(pid))),
    }
}

fn shared(processes: Vec<GpuProcess>, source: Source) -> Shared {
    let unread = || Unknown::because("not in this test");
    let card = Card { processes: Ok(processes), ..Card::unread(0, unread()) };
    let sample = Sample {
        at: UNIX_EPOCH,
        source,
        driver: Err(unread()),
        cards: vec![card, Card::unread(1, unread())],
        host: Host::unread(unread()),
        problem: None,
    };
    Shared { sample: Some(Arc::new(sample)), ..Shared::empty() }
}

fn env() -> Env {
    Env { now: UNIX_EPOCH, uptime: Duration::ZERO }
}

fn order(state: &State, shared: &Shared) -> Vec<u32> {
    processes(state, shared).iter().map(|process| process.pid).collect()
}

#[test]
fn sorts_by_every_column_with_the_unknown_last() {
    let shared =
        shared(vec![process(3, "b", Some(10)), process(1, "C", None), process(2, "a", Some(20))], Source::Nvml);
    let mut state = State::default();
    for (column, natural, reversed) in [
        (Column::Bytes, [2, 3, 1], [3, 2, 1]),
        (Column::Name, [2, 3, 1], [1, 3, 2]),
        (Column::Pid, [1, 2, 3], [3, 2, 1]),
        (Column::Since, [3, 2, 1], [1, 2, 3]),
    ] {
        state.sort = Sort { column: Column::Run, descending: false }.by(column);
        assert_eq!(order(&state, &shared), natural, "{column:?}");
        state.sort = state.sort.by(column);
        assert_eq!(order(&state, &shared), reversed, "{column:?} reversed");
    }
}

#[test]
fn the_selection_stays_on_its_process_and_falls_to_a_neighbour() {
    let mut state = State::default();
    let mut before =
        shared(vec![process(1, "a", Some(30)), process(2, "b", Some(20)), process(3, "c", Some(10))], Source::Nvml);
    act(&mut state, Action::Down, &mut before, &env());
    act(&mut state, Action::Down, &mut before, &env());
    assert_eq!(state.selected, Some(2), "the first press selects the first row");
    let mut moved =
        shared(vec![process(1, "a", Some(1)), process(2, "b", Some(2)), process(3, "c", Some(9))], Source::Nvml);
    refresh(&mut state, &mut moved, &env());
    assert_eq!(state.selected, Some(2));
    let mut gone = shared(vec![process(1, "a", Some(1))], Source::Nvml);
    refresh(&mut state, &mut gone, &env());
    assert_eq!((state.selected, state.offset), (Some(1), 0));
    let mut none = shared(Vec::new(), Source::Nvml);
    refresh(&mut state, &mut none, &env());
    assert_eq!(state.selected, None);
}

#[test]
fn only_an_own_real_process_is_ended_and_only_after_a_yes() {
    let foreign = GpuProcess { own: false, ..process(1, "root's", Some(1)) };
    let nameless = GpuProcess { since: Err(Unknown::because("hidden")), ..process(1, "x", Some(1)) };
    for (process, source, asked) in [
        (process(1, "mine", Some(1)), Source::Nvml, true),
        (process(1, "mine", Some(1)), Source::Simulated("desktop".to_owned()), false),
        (foreign, Source::Nvml, false),
        (nameless, Source::Nvml, false),
    ] {
        let mut state = State { selected: Some(1), ..State::default() };
        let mut shared = shared(vec![process], source);
        let effects = act(&mut state, Action::End, &mut shared, &env());
        assert_eq!(effects, [], "nothing happens before a yes");
        assert_eq!(shared.ask.is_some(), asked);
        assert_eq!(shared.toasts.newest_problem().is_some(), !asked);
        if let Some(Overlay::Confirm(confirm)) = shared.ask {
            assert!(!confirm.selected_yes);
            let victim = Victim { pid: 1, since: UNIX_EPOCH + Duration::from_secs(999), name: "mine".to_owned() };
            assert_eq!(confirm.effects, [AppEffect::Card(Effect::End { victim, force: false })]);
        }
    }
}

#[test]
fn cards_go_round() {
    let mut state = State::default();
    let mut shared = shared(vec![process(1, "a", Some(1))], Source::Nvml);
    for (action, at) in [(Action::NextCard, 1), (Action::NextCard, 0), (Action::PreviousCard, 1)] {
        act(&mut state, action, &mut shared, &env());
        assert_eq!(state.card(&shared).unwrap().0, at);
    }
    assert_eq!(state.selected, None, "the other card has no processes");
}
