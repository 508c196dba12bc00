//! The Structured screen: the constraints, what is sent, an answer as it comes and at its end.

use crate::support::{self, check, draw, draw_ascii, press, send};
use vramdeck::app::screens::structured::cost::Measured;
use vramdeck::app::screens::structured::watch::{Ended, Figures, Follows, Found, Grade, Heard};
use vramdeck::app::screens::structured::{Considered, Effect, Msg as Structured};
use vramdeck::app::{Effect as Root, Model, Msg};
use vramdeck::engines::Phase;
use vramdeck::lab::structured::library::Library;
use vramdeck::lab::structured::lint::{Backend, Effect as Done, Finding};
use vramdeck::lab::structured::request;

const TEXT: &str = "{\"name\": \"Lamps & Co\", \"address\": {\"street\": \"Hill Road 3\", \"city\": \"Ulm\"}, \"people\": [{\"name\": \"Ada\", \"age\": 420}, {\"name\": \"Bo";

fn deck(runs: bool) -> Model {
    let mut model = support::model(support::desktop());
    if runs {
        let mut run = support::run("qwen3-8b-awq", Phase::Ready, &[41_822]);
        run.context_tokens = Some(32_768);
        send(&mut model, Msg::Runs(vec![run]));
    }
    press(&mut model, "6");
    let (entries, problems) = (Library::shipped().entries.clone(), Vec::new());
    let library = Structured::Library { entries, own: vec!["person".into()], problems };
    looked(&mut model, Msg::Structured(library), Vec::new());
    model
}

/// Sends a message, and looks at the constraint where that is asked for.
fn looked(model: &mut Model, msg: Msg, findings: Vec<Finding>) {
    let effects = send(model, msg);
    consider(model, &effects, findings);
}

fn consider(model: &mut Model, effects: &[Root], findings: Vec<Finding>) {
    for effect in effects {
        if let Root::Structured(Effect::Consider { generation, constraint, dialect, options }) = effect {
            let told = Considered { request: request(constraint, *dialect, options), findings: findings.clone() };
            send(model, Msg::Structured(Structured::Considered { generation: *generation, told: Box::new(told) }));
        }
    }
}

fn select(model: &mut Model, name: &str, findings: Vec<Finding>) {
    let at = Library::shipped().entries.iter().position(|entry| entry.name == name).unwrap();
    for _ in 0..at {
        let effects = press(model, "down");
        consider(model, &effects, findings.clone());
    }
}

fn ask(model: &mut Model) -> u64 {
    let asked = press(model, "r").into_iter().find_map(|effect| match effect {
        Root::Structured(Effect::Ask { watch, .. }) => Some(watch),
        _ => None,
    });
    asked.unwrap()
}

fn hear(model: &mut Model, watch: u64, text: &str, impossible: Option<usize>) {
    let figures = Figures { first: Some(0.18), last: 1.2, tokens: Some(43), pieces: 43 };
    let expected = if impossible.is_some() { "expected , or }" } else { "\" \\ or text" };
    let follows = Follows {
        conforming: impossible.unwrap_or(text.len()),
        impossible,
        expected: expected.to_owned(),
        ..Follows::default()
    };
    let heard = Heard { text: text.to_owned(), figures, follows: Some(Ok(follows)), ..Heard::default() };
    send(model, Msg::Structured(Structured::Heard { watch, heard: Box::new(heard) }));
}

fn finding(effect: Done, keyword: &str) -> Finding {
    let (backend, path) = (Backend::Xgrammar, format!("/properties/age/{keyword}"));
    Finding { backend, keyword: keyword.into(), path, effect, why: "a reply may break it".into() }
}

#[test]
fn what_is_there_and_what_would_be_sent() {
    let mut model = deck(false);
    check("structured_nobody_80x24", &draw(&model, "terminal", (80, 24)));
    model = deck(true);
    check("structured_200x50", &draw(&model, "terminal", (200, 50)));
    check("structured_ascii", &draw_ascii(&model, "terminal", (80, 24)));
    select(&mut model, "company", vec![finding(Done::Ignored, "multipleOf"), finding(Done::Refused, "uniqueItems")]);
    check("structured_warned_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "x");
    check("structured_request_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "esc esc w");
    check("structured_targets_80x24", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn an_answer_comes_and_is_judged() {
    let mut model = deck(true);
    select(&mut model, "company", Vec::new());
    let watch = ask(&mut model);
    check("structured_asked_80x24", &draw(&model, "terminal", (80, 24)));
    hear(&mut model, watch, TEXT, None);
    check("structured_comes_80x24", &draw(&model, "terminal", (80, 24)));
    check("structured_comes_200x50", &draw(&model, "terminal", (200, 50)));
    press(&mut model, "v");
    check("structured_text_80x24", &draw(&model, "terminal", (80, 24)));
    let found = vec![
        Found {
            grade: Grade::Bad,
            label: "wrong",
            pointer: Some("/people/0/age".into()),
            words: "value is greater than the maximum of 150".into(),
        },
        Found {
            grade: Grade::Note,
            label: "changed",
            pointer: Some("/address/city".into()),
            words: "\"Ulm\", before it was \"Bonn\"".into(),
        },
    ];
    let figures = Figures { first: Some(0.18), last: 1.4, tokens: Some(51), pieces: 51 };
    let (said, hint) = ("cut off, and wrong before that: 1 error".into(), "Enter on a row goes to the value.".into());
    let ended = Ended { grade: Grade::Bad, said, hint, found, figures };
    send(&mut model, Msg::Structured(Structured::Ended { watch, told: Ok(Box::new(ended)) }));
    press(&mut model, "v");
    press(&mut model, "v");
    check("structured_verdict_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "enter");
    check("structured_wrong_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "-");
    check("structured_folded_200x50", &draw(&model, "terminal", (200, 50)));
}

#[test]
fn a_text_without_a_tree_shows_where_it_leaves_the_constraint() {
    let mut model = deck(true);
    select(&mut model, "isodate", Vec::new());
    let watch = ask(&mut model);
    hear(&mut model, watch, "1969-07-20 was the day\nwhen\u{1b}[31m it was", Some(10));
    check("structured_left_80x24", &draw(&model, "terminal", (80, 24)));
    check("structured_left_ascii", &draw_ascii(&model, "terminal", (200, 50)));
}

#[test]
fn a_constraint_is_written_and_a_cost_is_shown() {
    let mut model = deck(true);
    press(&mut model, "n");
    check("structured_edit_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "x");
    check("structured_edit_wrong_200x50", &draw(&model, "terminal", (200, 50)));
    press(&mut model, "esc");
    let generation = press(&mut model, "c").into_iter().find_map(|effect| match effect {
        Root::Structured(Effect::Cost { generation, .. }) => Some(generation),
        _ => None,
    });
    let row = |title: &str, with: &str, without: &str| [title.to_owned(), with.to_owned(), without.to_owned()];
    let rows = vec![
        row("obey", "3 of 3", "1 of 3"),
        row("first token", "0.210 s (0.200 to 0.230)", "0.180 s (0.180 to 0.190)"),
    ];
    let told = Measured { done: 4, rows, notes: vec!["Medians with the least and the most.".into()], whole: false };
    let told = Structured::Cost { generation: generation.unwrap(), told: Ok(Box::new(told)) };
    send(&mut model, Msg::Structured(told));
    check("structured_cost_80x24", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn a_long_answer_is_drawn_by_its_rows() {
    let mut model = deck(true);
    let watch = ask(&mut model);
    let item = "{\"name\": \"a rather long name that is to be cut\", \"age\": 12}";
    let text = format!("[{}", vec![item; 4000].join(", "));
    assert!(text.len() > 200_000);
    hear(&mut model, watch, &text, None);
    let buffer = draw(&model, "terminal", (80, 24));
    let row = |y: u16| (0..80).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    assert!((0..24).map(row).any(|row| row.contains("age: 12")), "the end is followed");
    press(&mut model, "home");
    let buffer = draw(&model, "terminal", (80, 24));
    let row = |y: u16| (0..80).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    assert!((0..24).map(row).any(|row| row.contains("4000 items")));
}
