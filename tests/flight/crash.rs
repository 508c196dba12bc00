//! Bad moments: what is killed, and what of it is still there afterwards.

use super::steps::{ask, assert_empty, chat, held, land, launch, process, run, slay, start, until};
use crate::support::deck::Deck;
use crate::support::term::{Exit, Term};
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

/// Every answer says these words and then hangs, so that what came and what did not is known.
const HANGS: &str = "text = \"alpha beta gamma delta epsilon\"\nhang_after_tokens = 8\n";

/// What a question to the database answers, as text.
fn asked(deck: &Deck, question: &str) -> String {
    let file = deck.home().join("data/demo/vramdeck.sqlite3");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let read = rusqlite::Connection::open_with_flags(file, flags).and_then(|db| {
        db.busy_timeout(Duration::from_secs(2))?;
        db.query_row(question, [], |row| row.get(0))
    });
    read.unwrap_or_default()
}

/// The text of answers that came into the database.
fn saved(deck: &Deck) -> String {
    asked(deck, "SELECT coalesce(group_concat(text, ''), '') FROM pieces")
}

/// A figure of an engine's metrics, as it stands there.
fn metric(launched: &serde_json::Value, name: &str) -> String {
    let address = launched["endpoint"].as_str().and_then(|url| url.strip_prefix("http://")).expect("an endpoint");
    let mut text = String::new();
    let told = std::net::TcpStream::connect(address).and_then(|mut stream| {
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        stream.read_to_string(&mut text)
    });
    told.expect("the engine answers");
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    line.rsplit(' ').next().unwrap_or_default().to_owned()
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
    let bird = launch(&deck, "bird", "token_delay = 100.0\n", &[]);
    let mut term = chat(&deck);
    ask(&mut term, "what of the sky");
    until("the request at the engine", || metric(&bird, "vllm:num_requests_running") == "1.0");
    kill_deck(term);
    let mut term = chat(&deck);
    term.wait_for("what of the sky");
    term.wait_for("cut off: vramdeck ended");
    until("the engine to notice", || metric(&bird, "vllm:num_requests_running") == "0.0");
    kill_deck(term);
    land(&deck);
}

#[test]
fn a_deck_killed_right_after_enter_starts_again_in_good_order() {
    let deck = Deck::new();
    launch(&deck, "bird", "token_delay = 100.0\n", &[]);
    for delay in [0, 3, 10, 30] {
        let mut term = chat(&deck);
        ask(&mut term, &format!("killed after {delay} ms"));
        std::thread::sleep(Duration::from_millis(delay));
        kill_deck(term);
    }
    let term = chat(&deck);
    for word in ["damaged", "cannot", "not saved"] {
        assert!(term.find(word).is_none(), "{}", term.text());
    }
    assert_eq!(run(&deck, "bird")["phase"], "ready");
    kill_deck(term);
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
    let draft = || asked(&deck, "SELECT coalesce(group_concat(text, ''), '') FROM drafts");
    until("the draft on the disk", || draft() == "half a thought");
    slay(process(&deck, " simulate "));
    term.wait_for("asks again");
    term.wait_for("alpha beta gamma");
    assert!(term.find("half a thought").is_some(), "{}", term.text());
    until("the run to be over", || run(&deck, "bird")["phase"] == "failed");
    until("the memory to be back", || held(&deck, "bird") == 0);
    term.press("alt+3");
    term.wait_for("failed");
    term.wait_for("startup complete");
    term.press("w");
    term.wait_for("signal 9");
    kill_deck(term);
    assert_empty(&deck);
    let mut term = start(&deck);
    term.press("4");
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
    term.press("3");
    term.wait_for("keeper");
    // It still answers, though nobody reads its log.
    term.press("4");
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
    term.press("3");
    term.wait_for("Nothing runs");
    term.press("n");
    term.wait_for("start an engine");
    term.type_text("qwen3-4b");
    term.press("f5");
    // The dialog speaks of loading too.
    term.wait_gone("start an engine");
    term.wait_for("loading");
    kill_deck(term);
    let mut term = start(&deck);
    term.press("3");
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
        term.press("3");
        term.wait_for(name);
        term.press("s");
        term.wait_for("are you sure");
        term.press("y");
        std::thread::sleep(Duration::from_millis(delay));
        kill_deck(term);
        // A stop that was asked for shows within this time.
        std::thread::sleep(Duration::from_millis(300));
        if run(&deck, name)["phase"] == "ready" {
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

/// A terminal that can be closed while the program runs.
struct Window {
    master: Box<dyn portable_pty::MasterPty + Send>,
    reader: Box<dyn Read + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    screen: vt100::Parser,
}

impl Window {
    fn open(deck: &Deck) -> Self {
        let size = portable_pty::PtySize { rows: 32, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pty = portable_pty::native_pty_system().openpty(size).expect("a pty");
        let mut command = portable_pty::CommandBuilder::new(Deck::program());
        command.arg("--demo");
        command.env_clear();
        deck.env().iter().for_each(|(name, value)| command.env(name, value));
        let child = pty.slave.spawn_command(command).expect("vramdeck starts");
        let (rows, columns) = (NonZeroU16::MIN.saturating_add(31), NonZeroU16::MIN.saturating_add(119));
        let reader = pty.master.try_clone_reader().expect("a reader");
        let writer = pty.master.take_writer().expect("a writer");
        Self { master: pty.master, reader, writer, child, screen: vt100::Parser::new(rows, columns, 0) }
    }

    /// Reads on until the screen shows the text; the card's samples see to it that something comes.
    fn until(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while !self.screen.screen().contents().contains(text) {
            assert!(Instant::now() < end, "waited for {text:?}\n{}", self.screen.screen().contents());
            let mut buffer = [0; 65536];
            let count = self.reader.read(&mut buffer).expect("the deck draws");
            self.screen.process(&buffer[..count]);
        }
    }
}

#[test]
fn a_terminal_that_is_closed_ends_the_deck_on_every_screen() {
    let deck = Deck::new();
    launch(&deck, "bird", HANGS, &[]);
    for (key, shown) in [("1", "who holds it"), ("2", "models"), ("3", "log of bird"), ("4", "context")] {
        let mut window = Window::open(&deck);
        window.until("SIMULATED");
        window.writer.write_all(key.as_bytes()).expect("the window takes keys");
        window.until(shown);
        drop((window.reader, window.writer, window.master));
        let end = Instant::now() + Duration::from_secs(10);
        while window.child.try_wait().expect("the deck is there").is_none() {
            let hangs = Instant::now() > end;
            if hangs {
                window.child.kill().expect("the deck can be killed");
            }
            assert!(!hangs, "on screen {key} the deck outlived its terminal");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    assert_eq!(run(&deck, "bird")["phase"], "ready");
    land(&deck);
}

#[test]
fn a_terminal_that_is_closed_ends_the_deck_and_nothing_else() {
    let deck = Deck::new();
    launch(&deck, "bird", HANGS, &[]);
    let mut window = Window::open(&deck);
    window.until("SIMULATED");
    for (keys, shown) in
        [("4", "context"), ("what of the sky", "the sky"), ("\r", "gamma"), ("half a thought", "thought")]
    {
        window.writer.write_all(keys.as_bytes()).expect("the window takes keys");
        window.until(shown);
    }
    drop((window.reader, window.writer, window.master));
    window.child.wait().expect("the deck ends");
    let mut term = chat(&deck);
    for text in ["what of the sky", "alpha beta gamma", "cut off", "half a thought"] {
        term.wait_for(text);
    }
    assert_eq!(run(&deck, "bird")["phase"], "ready");
    kill_deck(term);
    land(&deck);
}

#[test]
fn leaving_asks_what_becomes_of_the_runs() {
    let deck = Deck::new();
    launch(&deck, "bird", HANGS, &[]);
    let mut term = start(&deck);
    term.press("3");
    term.wait_for("bird");
    term.press("q");
    term.wait_for("still in the air");
    term.press("enter");
    assert_eq!(term.wait_exit(), Exit::Code(0));
    assert_eq!(term.not_restored(), [""; 0]);
    assert_eq!(run(&deck, "bird")["phase"], "ready");

    let mut term = start(&deck);
    term.press("3");
    term.wait_for("bird");
    term.press("q");
    term.wait_for("still in the air");
    term.press("down");
    term.press("enter");
    assert_eq!(term.wait_exit(), Exit::Code(0));
    term.wait_for("bird stopped in");
    assert_eq!(term.not_restored(), [""; 0]);
    assert_empty(&deck);
    assert_eq!(run(&deck, "bird")["phase"], "exited");
}

#[test]
fn two_decks_on_one_home_see_the_same_runs_and_spoil_nothing() {
    let deck = Deck::new();
    launch(&deck, "bird", "text = \"alpha beta gamma delta\"\n", &[]);
    let (mut first, mut second) = (chat(&deck), chat(&deck));
    ask(&mut first, "asked in the first");
    ask(&mut second, "asked in the second");
    first.wait_for("gamma delta");
    second.wait_for("gamma delta");
    ask(&mut first, "once more in the first");
    first.wait_until("a second answer", |screen| screen.contents().matches("gamma delta").count() == 2);
    first.press("alt+3");
    second.press("alt+3");
    second.wait_for("ready");
    first.wait_for("ready");
    first.press("s");
    first.wait_for("are you sure");
    first.press("y");
    second.wait_for("Nothing runs");
    first.wait_for("Nothing runs");
    kill_deck(first);
    kill_deck(second);
    assert_empty(&deck);
    assert_eq!(asked(&deck, "PRAGMA integrity_check"), "ok");
    let counts = "SELECT count(DISTINCT conversation) || ' ' || count(*) || ' ' || sum(state = 'finished') FROM turns";
    assert_eq!(asked(&deck, counts), "2 6 6");
}

#[test]
fn a_suspended_deck_hands_the_terminal_back_and_takes_it_again() {
    let deck = Deck::new();
    let mut term = start(&deck);
    let state = |id: u32| std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    term.press("ctrl+z");
    until("the deck to be stopped", || state(term.id()).contains(") T "));
    until("the terminal to be restored", || term.not_restored().is_empty());
    term.signal(Signal::SIGCONT);
    term.wait_until("the alternate screen", |screen| screen.alternate_screen());
    term.wait_for("SIMULATED");
    term.press("3");
    term.wait_for("Nothing runs");
    term.press("q");
    assert_eq!(term.wait_exit(), Exit::Code(0));
    assert_eq!(term.not_restored(), [""; 0]);
}
