use super::*;
use crate::base::units::GIB;
use crate::gpu::live::{Options, SourceChoice, read_once};
use std::time::Duration;

const TOTAL: Bytes = Bytes(16_303 << 20);

fn gib(n: f64) -> Bytes {
    Bytes::from_gib(n)
}

fn used(card: &SimCard) -> Bytes {
    card.memory(0).unwrap().used
}

#[test]
fn takes_gives_and_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let card = SimCard::create(dir.path(), "headless", None).unwrap();
    let (mut a, mut b) = (Claim::new(&card, "a", 0).unwrap(), Claim::new(&card, "b", 0).unwrap());
    a.set(gib(10.0)).unwrap();
    let error = b.set(gib(8.0)).unwrap_err();
    let free = card.memory(0).unwrap().free;
    assert_eq!(error, ClaimError::OutOfMemory { asked: gib(8.0), free });
    assert_eq!(b.held(), Bytes(0));
    b.set(free).unwrap();
    assert_eq!(card.memory(0).unwrap().free, Bytes(0));
    assert_eq!(a.set(gib(10.5)), Err(ClaimError::OutOfMemory { asked: Bytes(GIB / 2), free: Bytes(0) }));
    a.set(gib(4.0)).unwrap();
    assert_eq!(used(&card), gib(4.0) + b.held());
    drop(a);
    drop(b);
    let memory = card.memory(0).unwrap();
    assert_eq!((memory.total, memory.used), (TOTAL, Bytes(0)));
}

#[test]
fn claims_are_processes_of_the_sample() {
    let dir = tempfile::tempdir().unwrap();
    let card = SimCard::create(dir.path(), "two-cards", None).unwrap();
    let mut claim = Claim::new(&card, "engine\u{1b}[2J", 1).unwrap();
    claim.set(gib(3.0)).unwrap();
    claim.set_busy(true).unwrap();
    let sample = read_once(SourceChoice::Simulated(card.clone()), Options::default());
    let processes = sample.cards[1].processes.as_ref().unwrap();
    let mine = processes.iter().find(|process| process.pid == std::process::id()).unwrap();
    assert_eq!((mine.name.clone(), mine.used.clone(), mine.own), (Ok("engine␛[2J".to_owned()), Ok(gib(3.0)), true));
    assert!(mine.since.is_ok() && mine.command.is_ok());
    let busy = |card: usize| sample.cards[card].utilization_gpu.clone().unwrap();
    assert!(busy(1) > 90 && busy(0) == 0);
    assert!(processes.iter().filter(|process| process.pid != mine.pid).all(|process| !process.own));
    assert!(Claim::new(&card, "x", 2).is_err());
}

#[test]
fn time_goes_on_with_the_same_scenario_and_begins_anew_with_another() {
    let dir = tempfile::tempdir().unwrap();
    let first = SimCard::create(dir.path(), "desktop", None).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    let again = SimCard::create(dir.path(), "desktop", None).unwrap();
    let opened = SimCard::open(dir.path()).unwrap();
    assert!([&again, &opened].iter().all(|card| card.elapsed() >= Duration::from_millis(20)));
    assert_eq!(opened.scenario(), first.scenario());
    let mut claim = Claim::new(&opened, "stays", 0).unwrap();
    claim.set(gib(1.0)).unwrap();
    let other = SimCard::create(dir.path(), "headless", None).unwrap();
    assert!(other.elapsed() < first.elapsed());
    assert_eq!((other.name(), used(&other)), ("headless", gib(1.0)));
}

#[test]
fn the_users_own_scenario_wins_and_what_is_wrong_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (state, presets) = (dir.path().join("state"), dir.path().join("cards"));
    fs::create_dir(&presets).unwrap();
    let text = crate::gpu::scenario::built_in("headless").unwrap();
    fs::write(presets.join("desktop.toml"), text.replace("RTX 5080\"", "RTX 5090\"")).unwrap();
    let card = SimCard::create(&state, "desktop", Some(&presets)).unwrap();
    assert_eq!(card.scenario().cards[0].name, "NVIDIA GeForce RTX 5090");
    fs::write(presets.join("bad.toml"), text.replace("watts", "wats")).unwrap();
    for (name, words) in [
        ("bad", "unknown field `wats`"),
        ("nowhere", "desktop, headless, tight, two-cards"),
        ("./no.toml", "No such file"),
    ] {
        let problem = SimCard::create(&state, name, Some(&presets)).unwrap_err();
        assert!(problem.why.contains(words), "{problem}");
        assert_eq!(problem.exit_code(), 2);
    }
    let path = presets.join("desktop.toml");
    assert_eq!(SimCard::create(&state, path.to_str().unwrap(), None).unwrap().name(), "desktop");
    assert!(SimCard::open(dir.path()).is_err());
}

#[test]
fn two_at_once_cannot_both_take_the_last_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let card = SimCard::create(dir.path(), "headless", None).unwrap();
    let together = std::sync::Barrier::new(6);
    let rush = || {
        let mut claim = Claim::new(&card, "greedy", 0).unwrap();
        let mut got = Vec::new();
        for _ in 0..25 {
            together.wait();
            got.push(claim.set(gib(6.0)).is_ok());
            together.wait();
            claim.set(Bytes(0)).unwrap();
        }
        got
    };
    let taken: Vec<Vec<bool>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..6).map(|_| scope.spawn(rush)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    for round in 0..25 {
        let winners = taken.iter().filter(|got| got[round]).count();
        assert_eq!(winners, 2, "two times six fit into sixteen, in round {round}");
    }
}

#[test]
fn a_half_written_or_foreign_file_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let card = SimCard::create(dir.path(), "headless", None).unwrap();
    fs::write(dir.path().join("claims/77.json"), "{\"pid\":77,").unwrap();
    fs::write(dir.path().join("claims/notes.txt"), "hello").unwrap();
    assert_eq!(used(&card), Bytes(0));
}
