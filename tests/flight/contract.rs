//! The command line's contract: help, completions, the manual page, exit codes, where what is printed.

use crate::support::deck::{Deck, Output};
use crate::support::term::{Exit, Term};
use std::io::Write;
use std::process::{Command, Stdio};

/// Commands as `--help` lists them.
fn commands(deck: &Deck) -> Vec<String> {
    let help = deck.run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{help}");
    let listed = help.stdout.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    let names: Vec<String> = names.filter(|name| *name != "help").map(str::to_owned).collect();
    assert!(names.len() > 5, "{help}");
    names
}

fn usage(output: &Output) {
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
    assert!(!output.stderr.trim().is_empty(), "{output}");
}

#[test]
fn help_names_every_command_of_the_contract_and_none_of_the_hidden() {
    let names = commands(&Deck::new());
    for wanted in ["gpu", "launch", "ps", "logs", "stop", "chat", "completions", "man"] {
        assert!(names.iter().any(|name| name == wanted), "{wanted} is missing in {names:?}");
    }
    assert!(!names.iter().any(|name| name == "keeper" || name == "simulate"), "{names:?}");
}

#[test]
fn every_command_explains_itself() {
    let deck = Deck::new();
    for name in commands(&deck) {
        let help = deck.run(&[name.as_str(), "--help"]);
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{name}: {help}");
        assert!(help.stdout.contains(&format!("Usage: vramdeck {name}")), "{name}: {help}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = Deck::new().run(&["--version"]);
    assert_eq!((version.code, version.stdout.as_str()), (0, concat!("vramdeck ", env!("CARGO_PKG_VERSION"), "\n")));
}

#[test]
fn completions_exist_for_the_common_shells_and_know_every_command() {
    let deck = Deck::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = deck.run(&["completions", shell]);
        assert_eq!((script.code, script.stderr.as_str()), (0, ""), "{script}");
        for name in commands(&deck) {
            assert!(script.stdout.contains(&name), "{shell} does not complete {name}");
        }
    }
}

#[test]
fn bash_accepts_its_completions() {
    let script = Deck::new().run(&["completions", "bash"]).stdout;
    let spawned = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut bash = spawned.expect("bash can be started");
    bash.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("bash reads its script");
    let output = bash.wait_with_output().expect("bash ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_manual_page_is_roff_and_lists_every_command() {
    let deck = Deck::new();
    let page = deck.run(&["man"]);
    assert_eq!((page.code, page.stderr.as_str()), (0, ""), "{page}");
    assert!(page.stdout.contains(".TH vramdeck 1"), "{page}");
    for name in commands(&deck) {
        let sub = format!("vramdeck\\-{name}");
        assert!(page.stdout.contains(&sub), "{sub} is missing in the manual page");
    }
}

#[test]
fn wrong_use_is_exit_code_2_with_the_reason_on_stderr() {
    let deck = Deck::new();
    for arguments in [&["no-such-command"][..], &["--no-such-flag"], &["completions"], &["completions", "cmd"]] {
        usage(&deck.run(arguments));
    }
}

#[test]
fn wrong_use_with_json_is_a_problem_as_json() {
    let deck = Deck::new();
    for arguments in [&["gpu", "--json", "--no-such-flag"][..], &["launch", "--json", "--engine", "no-such-engine"]] {
        let output = deck.run(arguments);
        usage(&output);
        let error = output.error();
        for field in ["what", "why", "hint"] {
            assert!(error[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {output}");
        }
    }
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let deck = Deck::new();
    let mut command = deck.command(&["man"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("vramdeck starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("vramdeck ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn help_fits_a_narrow_terminal_and_leaves_it_as_it_was() {
    let deck = Deck::new();
    let mut term = Term::start(&deck, &["--help"], 60, 60);
    assert_eq!(term.wait_exit(), Exit::Code(0));
    term.wait_for("Usage: vramdeck");
    assert!(term.find("Commands:").is_some_and(|(column, _)| column == 0), "{}", term.text());
    assert_eq!(term.not_restored(), [""; 0]);
}

#[test]
fn asking_for_help_writes_nothing_to_the_disk() {
    let deck = Deck::new();
    commands(&deck);
    assert_eq!(std::fs::read_dir(deck.home()).expect("the home is there").count(), 0);
}
