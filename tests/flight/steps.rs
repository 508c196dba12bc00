//! Steps of flights that several of them take.

use crate::support::deck::{Deck, pid};
use crate::support::term::Term;
use nix::sys::signal::{Signal, kill};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Starts a small simulated engine under a name and waits until it is ready; `script` says how it behaves.
pub fn launch(deck: &Deck, name: &str, script: &str, flags: &[&str]) -> Value {
    let file = deck.home().join(format!("{name}.script.toml"));
    std::fs::write(&file, script).expect("the script can be written");
    let file = file.display().to_string();
    // One that nobody is offered by himself, so that flights beside each other do not meet there.
    let port = free_port().to_string();
    let mut arguments = vec!["--demo", "launch", "qwen3-4b", "--name", name, "--port", &port, "--json", "--"];
    arguments.extend(["--weights-gib", "2", "--load-seconds", "0", "--script", &file]);
    arguments.extend(flags);
    let launched = deck.run(&arguments);
    assert_eq!(launched.code, 0, "{launched}");
    launched.json()
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// The deck in the demo, once it shows its first frame.
pub fn start(deck: &Deck) -> Term {
    let mut term = Term::start(deck, &["--demo"], 120, 32);
    term.wait_for("SIMULATED");
    term
}

/// The deck on the Chat screen, talking to the one run there is.
pub fn chat(deck: &Deck) -> Term {
    let mut term = start(deck);
    term.press("4");
    term.wait_for("sampling");
    term.wait_for("context ─");
    term
}

/// Sends a message.
pub fn ask(term: &mut Term, text: &str) {
    term.type_text(text);
    term.wait_for(text);
    term.press("enter");
}

/// A run as `ps --all --json` has it.
pub fn run(deck: &Deck, name: &str) -> Value {
    let listed = deck.run(&["--demo", "ps", "--all", "--json"]);
    let runs = listed.json()["runs"].as_array().cloned().unwrap_or_default();
    runs.into_iter().find(|run| run["run"] == name).unwrap_or_else(|| panic!("no run {name}\n{listed}"))
}

/// Bytes of the simulated card that a run holds.
pub fn held(deck: &Deck, name: &str) -> u64 {
    let card = deck.run(&["--demo", "gpu", "--json"]).json();
    let processes = card["cards"][0]["processes"].as_array().cloned().unwrap_or_default();
    let of_run = processes.iter().filter(|process| process["run"] == name);
    of_run.filter_map(|process| process["used_bytes"].as_u64()).sum()
}

/// Waits until something holds.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < end, "waited for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Kills a process at once.
pub fn slay(id: u32) {
    kill(pid(id), Signal::SIGKILL).unwrap_or_else(|error| panic!("cannot kill {id}: {error}"));
}

/// The process whose command line holds these words.
pub fn process(deck: &Deck, words: &str) -> u32 {
    let all = deck.processes();
    let found = all.iter().find(|(_, line)| line.contains(words)).map(|(id, _)| *id);
    found.unwrap_or_else(|| panic!("no process {words:?} in {all:?}"))
}

/// Stops every run and sees that nothing is left of any.
#[track_caller]
pub fn land(deck: &Deck) {
    let stopped = deck.run(&["--demo", "stop", "--all", "--grace", "5"]);
    assert_eq!(stopped.code, 0, "{stopped}");
    assert_empty(deck);
}

/// Nothing that was started with this home is left.
#[track_caller]
pub fn assert_empty(deck: &Deck) {
    until(&format!("no process to be left: {:?}", deck.processes()), || deck.processes().is_empty());
}
