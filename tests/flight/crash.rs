//! Bad moments: what is killed, and what of it is still there afterwards.

use super::steps::{ask, assert_empty, chat, held, land, launch, process, run, slay, start, until};
use crate::support::deck::Deck;
use crate::support::term::{Exit, Term};
use nix::sys::signal::Signal;
use std::time::Duration;

/// Every answer says these words and then hangs, so that what came and what did not is known.
const HANGS: &str = "text = \"alpha beta gamma delta epsilon\"\nhang_after_tokens = 8\n";

/// The text of answers that came into the database.
fn saved(deck: &Deck) -> String {
    let file = deck.home().join("data/demo/vramdeck.sqlite3");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let read = rusqlite::Connection::open_with_flags(file, flags).and_then(|db| {
        db.busy_timeout(Duration::from_secs(2))?;
        db.query_row("SELECT coalesce(group_concat(text, ''), '') FROM pieces", [], |row| row.get(0))
    });
    read.unwrap_or_default()
}

fn kill_deck(mut term: Term) {
    term.signal(Signal::SIGKILL);
    assert!(matches!(term.wait_exit(), Exit::Signal(_)));
}

#[test]
fn a_deck_killed_amid_an_answer_loses_nothing() {
    let deck = Deck::new();
    launch(&deck, "bird", HANGS, &[]);
    let mut term = chat(&deck);
    ask(&mut term, "what of the sky");
    term.wait_for("alpha beta gamma");
    until("the text on the disk though nothing more comes", || saved(&deck).contains("gamma"));
    kill_deck(term);

    let mut term = chat(&deck);
    term.wait_for("what of the sky");
    term.wait_for("alpha beta gamma");
    term.wait_for("cut off: vramdeck ended");
    assert_eq!(run(&deck, "bird")["phase"], "ready");
    assert!(held(&deck, "bird") > 2 << 30, "the run holds its memory still");
    // It can be talked to, and an answer that hangs is stopped at once.
    ask(&mut term, "and of the sea");
    term.wait_until("a second answer", |screen| screen.contents().matches("alpha beta gamma").count() == 2);
    term.press("esc");
    term.wait_for("stopped here, at your word");
    kill_deck(term);
    land(&deck);
    assert_eq!(held(&deck, "bird"), 0);
}

#[test]
fn a_message_is_on_the_disk_before_it_leaves() {
    let deck = Deck::new();
    launch(&deck, "bird", "hang_after_tokens = 0\n", &["--tokens-per-second", "2"]);
    for delay in [0, 15, 60] {
        let mut term = chat(&deck);
        let text = format!("killed after {delay}");
        ask(&mut term, &text);
        std::thread::sleep(Duration::from_millis(delay));
        kill_deck(term);
        let mut term = chat(&deck);
        // Sent, or still a draft: never gone.
        term.wait_for(&text);
        assert_eq!(run(&deck, "bird")["phase"], "ready");
        // A draft that came back would be in the way of the next message.
        term.press("ctrl+n");
        kill_deck(term);
    }
    land(&deck);
}

#[test]
fn an_engine_killed_amid_an_answer_leaves_a_cause_and_the_draft() {
    let deck = Deck::new();
    launch(&deck, "bird", HANGS, &[]);
    let mut term = chat(&deck);
    ask(&mut term, "what of the sky");
    term.wait_for("alpha beta gamma");
    term.type_text("half a thought");
    term.wait_for("half a thought");
    slay(process(&deck, " simulate "));
    term.wait_for("asks again");
    term.wait_for("alpha beta gamma");
    assert!(term.find("half a thought").is_some(), "{}", term.text());
    until("the run to be over", || run(&deck, "bird")["phase"] == "failed");
    until("the memory to be back", || held(&deck, "bird") == 0);
    term.press("alt+2");
    term.wait_for("failed");
    term.wait_for("startup complete");
    term.press("w");
    term.wait_for("signal 9");
    kill_deck(term);
    assert_empty(&deck);
    let mut term = chat(&deck);
    term.wait_for("half a thought");
}

#[test]
fn a_run_without_its_keeper_is_named_and_can_be_stopped() {
    let deck = Deck::new();
    launch(&deck, "bird", HANGS, &[]);
    let mut term = start(&deck);
    slay(process(&deck, " keeper "));
    until("the keeper to be missed", || run(&deck, "bird")["owner_alive"] == false);
    assert_eq!(run(&deck, "bird")["phase"], "ready");
    term.press("2");
    term.wait_for("keeper");
    // It still answers, though nobody reads its log.
    term.press("3");
    term.wait_for("sampling");
    ask(&mut term, "are you there");
    term.wait_for("alpha beta gamma");
    kill_deck(term);
    land(&deck);
    assert_ne!(run(&deck, "bird")["phase"], "ready");
}

#[test]
fn a_deck_killed_while_an_engine_loads_leaves_it_loading() {
    let deck = Deck::new();
    let mut term = start(&deck);
    term.press("2");
    term.wait_for("Nothing runs");
    term.press("n");
    term.wait_for("model");
    term.type_text("qwen3-4b");
    term.press("f5");
    term.wait_for("loading");
    kill_deck(term);
    let mut term = start(&deck);
    term.press("2");
    term.wait_for("qwen3-4b");
    until("the run to be ready", || run(&deck, "qwen3-4b")["phase"] == "ready");
    term.wait_for("ready");
    kill_deck(term);
    land(&deck);
}

#[test]
fn a_deck_killed_amid_a_stop_leaves_it_to_the_keeper() {
    let deck = Deck::new();
    std::fs::create_dir_all(deck.home().join("config")).expect("a folder");
    std::fs::write(deck.home().join("config/config.toml"), "stop_grace_seconds = 0.5\n").expect("a file");
    for (name, delay) in [("first", 0), ("second", 20), ("third", 100)] {
        launch(&deck, name, "ignore_sigterm = true\nchildren = [\"group\", \"session\"]\n", &[]);
        let mut term = start(&deck);
        term.press("2");
        term.wait_for(name);
        term.press("s");
        term.wait_for("are you sure");
        term.press("y");
        std::thread::sleep(Duration::from_millis(delay));
        kill_deck(term);
        if delay == 0 && run(&deck, name)["phase"] == "ready" {
            // The key had not yet been heard.
            land(&deck);
        }
        until(&format!("{name} to be over"), || run(&deck, name)["phase"] == "exited");
        assert_empty(&deck);
    }
}

#[test]
fn an_engine_that_ignores_sigterm_is_killed_after_the_grace() {
    let deck = Deck::new();
    launch(&deck, "bird", "ignore_sigterm = true\nchildren = [\"group\", \"session\"]\n", &[]);
    assert!(deck.processes().len() >= 4, "{:?}", deck.processes());
    let stopped = deck.run(&["--demo", "stop", "bird", "--grace", "0.3", "--json"]);
    assert_eq!(stopped.code, 0, "{stopped}");
    let report = &stopped.json()["stopped"][0];
    assert_eq!((&report["killed"], &report["phase"]), (&true.into(), &"exited".into()), "{stopped}");
    assert!(report["freed_bytes"].as_u64().is_some_and(|bytes| bytes > 2 << 30), "{stopped}");
    assert_empty(&deck);
    assert_eq!(held(&deck, "bird"), 0);
}

#[test]
fn signals_end_the_deck_in_good_order_and_leave_the_runs() {
    let deck = Deck::new();
    launch(&deck, "bird", HANGS, &[]);
    for (number, signal) in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT].into_iter().enumerate() {
        let mut term = chat(&deck);
        if number > 0 {
            term.wait_for(&format!("left unsaid {}", number - 1));
            for _ in 0..13 {
                term.press("backspace");
            }
            term.press("ctrl+n");
        }
        ask(&mut term, &format!("question {number}"));
        term.wait_for("alpha beta gamma");
        let draft = format!("left unsaid {number}");
        term.type_text(&draft);
        term.wait_for(&draft);
        term.signal(signal);
        assert_eq!(term.wait_exit(), Exit::Code(0), "{signal}");
        assert_eq!(term.not_restored(), Vec::<String>::new(), "{signal}");
        let mut term = chat(&deck);
        for text in [&format!("question {number}"), "alpha beta gamma", "cut off", &draft] {
            term.wait_for(text);
        }
        assert_eq!(run(&deck, "bird")["phase"], "ready");
        kill_deck(term);
    }
    land(&deck);
}
