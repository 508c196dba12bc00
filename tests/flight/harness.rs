//! The harness itself: a terminal that does not notice would pass everything.

use crate::support::deck::Deck;
use crate::support::keys::{key, mouse};
use crate::support::styled::{find, styled};
use crate::support::term::{Exit, Term};
use nix::sys::signal::Signal;
use std::num::NonZeroU16;
use std::path::Path;
use std::time::Duration;

fn shell(deck: &Deck, script: &str) -> Term {
    Term::start_program(Path::new("/bin/sh"), deck, &["-c", script], 40, 10)
}

fn screen(bytes: &str) -> vt100::Parser {
    let (rows, columns) = (NonZeroU16::MIN.saturating_add(2), NonZeroU16::MIN.saturating_add(19));
    let mut parser = vt100::Parser::new(rows, columns, 0);
    parser.process(bytes.as_bytes());
    parser
}

#[test]
fn keys_are_sent_as_xterm_does() {
    for (name, bytes) in [
        ("q", "q"),
        ("?", "?"),
        ("enter", "\r"),
        ("ctrl+p", "\x10"),
        ("ctrl+j", "\n"),
        ("alt+enter", "\x1b\r"),
        ("shift+tab", "\x1b[Z"),
        ("up", "\x1b[A"),
        ("shift+left", "\x1b[1;2D"),
        ("ctrl+right", "\x1b[1;5C"),
        ("pagedown", "\x1b[6~"),
        ("f1", "\x1bOP"),
        ("f5", "\x1b[15~"),
    ] {
        assert_eq!(key(name, false), bytes, "{name}");
    }
    assert_eq!(key("up", true), "\x1bOA");
    assert_eq!(mouse(0, 0, 4, true), "\x1b[<0;1;5M");
}

#[test]
fn styles_stand_where_they_change() {
    let parser = screen("ab\x1b[1;34mcd\x1b[0m\r\n\x1b[48;2;1;2;255mx\x1b[0my");
    assert_eq!(styled(parser.screen()), "ab⟦bold fg:4⟧cd⟦⟧\n⟦bg:#0102ff⟧x⟦⟧y");
}

#[test]
fn text_is_found_at_its_cell_behind_wide_characters() {
    let parser = screen("one\r\n世界 two");
    assert_eq!(find(parser.screen(), "two"), Some((5, 1)));
    assert_eq!(find(parser.screen(), "three"), None);
}

#[test]
fn a_terminal_left_in_disorder_is_told() {
    let deck = Deck::new();
    let modes = r"\033[?1049h\033[?25l\033[?1000h\033[?2004h\033[?1h\033[?1004h\033[>1u";
    let mut term = shell(&deck, &format!("stty raw -echo; printf '{modes}'; exit 7"));
    assert_eq!(term.wait_exit(), Exit::Code(7));
    let told = term.not_restored();
    assert_eq!(told.len(), 8, "{told:?}");
}

#[test]
fn a_terminal_put_back_is_not_told() {
    let deck = Deck::new();
    let modes = r"\033[?1049h\033[?25l\033[?1000h\033[>1u\033[<u\033[?1000l\033[?25h\033[?1049l";
    let mut term = shell(&deck, &format!("stty raw -echo; printf '{modes}'; stty sane"));
    assert_eq!(term.wait_exit(), Exit::Code(0));
    assert_eq!(term.not_restored(), [""; 0]);
}

#[test]
fn keys_reach_the_program_and_its_answer_reaches_the_screen() {
    let deck = Deck::new();
    let mut term = shell(&deck, "read line; echo \"got <$line>\"; exec sleep 60");
    term.type_text("hello");
    term.press("enter");
    term.wait_for("got <hello>");
    term.signal(Signal::SIGTERM);
    assert!(matches!(term.wait_exit(), Exit::Signal(_)));
}

#[test]
fn a_resize_reaches_the_program() {
    let deck = Deck::new();
    let mut term = shell(&deck, "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done");
    term.wait_for("ready");
    term.resize(72, 31);
    term.wait_for("31 72");
}

#[test]
fn questions_to_the_terminal_are_answered() {
    let deck = Deck::new();
    let mut term = shell(&deck, "stty raw -echo; printf '\\033[c'; head -c 9 | od -c -An; stty sane");
    term.wait_for("? 6 2 ; 2 2 c".replace(' ', "   ").as_str());
    assert_eq!(term.wait_exit(), Exit::Code(0));
}

#[test]
#[should_panic(expected = "waited for \"never\" on the screen")]
fn a_wait_in_vain_fails() {
    let deck = Deck::new();
    shell(&deck, "sleep 60").patience(Duration::from_millis(200)).wait_for("never");
}

#[test]
fn processes_that_outlive_the_terminal_are_found_and_ended_with_the_deck() {
    let deck = Deck::new();
    let mut term = shell(&deck, "setsid sh -c 'echo up; exec sleep 61 >/dev/null 2>&1 </dev/null' & read end");
    term.wait_for("up");
    term.press("enter");
    assert_eq!(term.wait_exit(), Exit::Code(0));
    let left: Vec<u32> = deck.processes().into_iter().map(|(id, _)| id).collect();
    assert_eq!(left.len(), 1, "{:?}", deck.processes());
    drop(term);
    drop(deck);
    for id in left {
        let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z"), "{id} is still there: {state}");
    }
}
