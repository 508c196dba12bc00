//! Key scripts against the Structured screen's state machine.

use super::watch::{Ended, Figures, Follows, Found, Heard, Stage};
use super::*;
use crate::app::env::Env;
use crate::app::keymap::Keymap;
use crate::app::overlay::Overlay;
use crate::app::{Key, Model, Msg as RootMsg, ScreenId, update};
use crate::engines::run::RunFacts;
use crate::engines::{Dialect, EngineKind, Phase, RunId, RunState};
use crate::lab::structured::library::Library;
use crate::lab::structured::{Constraint, Kind, request};
use std::time::SystemTime;

struct Bench {
    model: Model,
    now: Duration,
    out: Vec<Effect>,
    copied: Vec<String>,
}

fn run(dialect: Dialect) -> RunState {
    RunState {
        run: RunId("tiny".into()),
        engine: EngineKind::Vllm,
        dialect,
        model: "org/m".into(),
        served_name: "m".into(),
        endpoint: Some("http://127.0.0.1:8000".into()),
        leader: None,
        keeper: None,
        pids: vec![4242],
        phase: Phase::Ready,
        started_at: 900.0,
        ready_at: Some(901.0),
        context_tokens: Some(2048),
        memory: None,
        owner_alive: true,
        argv: Vec::new(),
        log: None,
        facts: RunFacts::default(),
    }
}

impl Bench {
    fn new() -> Self {
        Self::at(Some(Dialect::Vllm))
    }

    fn at(dialect: Option<Dialect>) -> Self {
        let shared = Shared { keymap: Keymap::shipped().unwrap(), ..Shared::empty() };
        let model = Model::new(shared, ScreenId::Card);
        let mut bench = Self { model, now: Duration::ZERO, out: Vec::new(), copied: Vec::new() };
        bench.send(RootMsg::Runs(dialect.map(run).into_iter().collect()));
        bench.press("6");
        assert_eq!(std::mem::take(&mut bench.out), [Effect::Load], "the constraints are read once");
        bench.library(Library::shipped().entries.clone(), &[]);
        bench
    }

    fn library(&mut self, entries: Vec<Entry>, own: &[&str]) {
        let own = own.iter().map(|name| (*name).to_owned()).collect();
        self.tell(Msg::Library { entries, own, problems: Vec::new() });
    }

    fn send(&mut self, msg: RootMsg) {
        self.now += Duration::from_secs(1);
        let env = Env { now: SystemTime::UNIX_EPOCH, uptime: self.now };
        for effect in update(&mut self.model, msg, &env) {
            match effect {
                Root::Structured(effect) => self.out.push(effect),
                Root::Copy(text) => self.copied.push(text),
                _ => {}
            }
        }
    }

    fn press(&mut self, keys: &str) {
        keys.split(' ').for_each(|key| self.send(RootMsg::Key(Key::parse(key).unwrap())));
    }

    fn tell(&mut self, msg: Msg) {
        self.send(RootMsg::Structured(msg));
    }

    fn state(&self) -> &State {
        &self.model.structured
    }

    fn select(&mut self, name: &str) {
        let at = self.state().entries().iter().position(|entry| entry.name == name).unwrap();
        self.press("esc esc home");
        (0..at).for_each(|_| self.press("down"));
        assert_eq!(self.state().entry().unwrap().name, name);
    }

    /// The question that went out.
    fn asked(&mut self) -> (u64, Ask) {
        match std::mem::take(&mut self.out).pop() {
            Some(Effect::Ask { watch, ask }) => (watch, *ask),
            other => panic!("no question: {other:?}"),
        }
    }

    fn hears(&mut self, watch: u64, text: &str) {
        let figures = Figures { first: Some(0.1), last: 0.5, tokens: Some(5), pieces: 5 };
        let follows = Some(Ok(Follows { conforming: text.len(), ..Follows::default() }));
        let heard = Heard { text: text.to_owned(), figures, follows, ..Heard::default() };
        self.tell(Msg::Heard { watch, heard: Box::new(heard) });
    }

    fn ends(&mut self, watch: u64, found: Vec<Found>) {
        let grade = if found.is_empty() { Grade::Good } else { Grade::Bad };
        let (said, hint) = ("said".to_owned(), String::new());
        let ended = Ended { grade, said, hint, found, figures: Figures::default() };
        self.tell(Msg::Ended { watch, told: Ok(Box::new(ended)) });
    }

    fn selected(&self) -> String {
        let watch = self.state().watch.as_ref().unwrap();
        watch.tree.as_ref().unwrap().pointer(watch.look.cursor.unwrap())
    }

    fn toast(&self) -> String {
        self.model.shared.toasts.newest_problem().map(|problem| problem.why.clone()).unwrap_or_default()
    }
}

fn wrong(pointer: &str) -> Found {
    Found { grade: Grade::Bad, label: "wrong", pointer: Some(pointer.to_owned()), words: "too large".to_owned() }
}

#[test]
fn a_question_goes_out_and_its_answer_fills_the_tree() {
    let mut bench = Bench::new();
    bench.select("person");
    bench.press("r");
    let (watch, ask) = bench.asked();
    assert_eq!((ask.target.model.as_str(), ask.stream, ask.constraint.kind()), ("m", true, Kind::Schema));
    assert!(ask.messages[0]["content"].as_str().unwrap().contains("Bob"), "the question that comes with it");
    assert!(bench.state().busy() && bench.state().focus == Focus::Tree);
    assert_eq!(
        wants_tick(bench.state(), &Env { now: SystemTime::UNIX_EPOCH, uptime: bench.now }),
        Some(bench.now + Duration::from_millis(500))
    );
    bench.press("r");
    assert!(bench.out.is_empty() && bench.toast().contains("still comes"));
    bench.hears(watch, r#"{"name": "Bo"#);
    assert_eq!(bench.selected(), "/name");
    bench.hears(watch + 1, "nobody's");
    bench.hears(watch, r#"b", "age": 420}"#);
    assert_eq!(bench.selected(), "/age");
    bench.ends(watch, vec![wrong("/age")]);
    let state = bench.state();
    assert!(!state.busy() && state.watch.as_ref().unwrap().wrong.len() == 1);
    assert_eq!(state.watch.as_ref().unwrap().text(), r#"{"name": "Bob", "age": 420}"#);
    // What comes after the end changes nothing.
    bench.hears(watch, "more");
    assert_eq!(bench.state().watch.as_ref().unwrap().text().len(), 27);
    bench.press("r");
    assert_eq!(bench.asked().1.before.as_deref(), Some(r#"{"name": "Bob", "age": 420}"#));
}

#[test]
fn an_error_leads_to_its_row_and_paths_are_copied() {
    let mut bench = Bench::new();
    bench.select("person");
    bench.press("r");
    let (watch, _) = bench.asked();
    bench.hears(watch, r#"{"a": {"b": [1, 2]}, "c": "x/~"}"#);
    bench.ends(watch, vec![wrong("/a/b/1"), wrong("/c")]);
    bench.press("home - v v v enter");
    assert_eq!((bench.state().focus, bench.selected().as_str()), (Focus::Tree, "/a/b/1"));
    bench.press("p o");
    assert_eq!(bench.copied, ["/a/b/1", "2"]);
    bench.press("left left left o");
    assert_eq!(bench.copied[2], r#"{"b": [1, 2]}"#, "the value as the model wrote it");
    bench.press("home p");
    assert_eq!(bench.copied[3], "/");
    bench.press("v v down down p o");
    assert_eq!((bench.state().view, bench.state().found), (View::Request, 0));
    bench.press("V down p o");
    assert_eq!(
        bench.copied[bench.copied.len() - 2..],
        ["/c".to_owned(), "said\nwrong /a/b/1: too large\nwrong /c: too large".to_owned()]
    );
    bench.press("V V o");
    assert_eq!(bench.copied.last().unwrap(), r#"{"a": {"b": [1, 2]}, "c": "x/~"}"#);
}

#[test]
fn what_would_be_sent_is_looked_at_before() {
    let mut bench = Bench::new();
    bench.select("invoice");
    let looked = bench.out.iter().filter(|effect| matches!(effect, Effect::Consider { .. })).count();
    assert!(looked > 1, "each constraint that is selected is looked at once");
    let Some(Effect::Consider { generation, constraint, dialect, options }) = bench.out.pop() else { panic!() };
    assert_eq!((constraint.kind(), dialect), (Kind::Schema, Dialect::Vllm));
    bench.press("up down");
    bench.tell(Msg::Considered { generation: 0, told: Box::new(considered(&constraint, dialect, &options)) });
    assert!(bench.state().before.as_ref().unwrap().told.is_none(), "an old one is dropped");
    let Some(Effect::Consider { generation: newest, .. }) = bench.out.pop() else { panic!() };
    assert!(newest > generation);
    bench.tell(Msg::Considered { generation: newest, told: Box::new(considered(&constraint, dialect, &options)) });
    bench.press("x o");
    let body: serde_json::Value = serde_json::from_str(&bench.copied[0]).unwrap();
    assert_eq!((&body["model"], &body["max_tokens"]), (&"m".into(), &1024.into()));
    assert!(body["response_format"].is_object(), "{body}");
    // How it is written is a setting, and is looked at anew.
    bench.press("esc esc tab right");
    assert!(matches!(bench.out.last(), Some(Effect::Consider { options, .. }) if options.shape != Default::default()));
}

fn considered(constraint: &Constraint, dialect: Dialect, options: &crate::lab::structured::Options) -> Considered {
    Considered { request: request(constraint, dialect, options), findings: Vec::new() }
}

#[test]
fn a_kind_without_a_tree_shows_its_text_and_one_that_cannot_be_asked_says_why() {
    let mut bench = Bench::new();
    bench.select("yes_no");
    bench.press("r");
    let (watch, _) = bench.asked();
    assert_eq!((bench.state().focus, bench.state().view), (Focus::View, View::Text));
    bench.hears(watch, "yes");
    bench.press("s");
    assert_eq!(bench.out, [Effect::Stop(watch)]);
    bench.press("s");
    assert_eq!(bench.out.len(), 1, "asked once");
    bench.ends(watch, Vec::new());
    let mut bench = Bench::at(Some(Dialect::Ollama));
    bench.select("version");
    bench.out.clear();
    bench.press("r");
    assert!(bench.out.is_empty() && !bench.toast().is_empty() && bench.state().watch.is_none());
    let mut bench = Bench::at(None);
    bench.press("r");
    assert!(bench.toast().contains("no run is ready"));
}

#[test]
fn a_constraint_is_written_saved_and_deleted() {
    let mut bench = Bench::new();
    bench.press("n");
    assert!(matches!(bench.out.pop(), Some(Effect::Check { .. })), "a template that can be used");
    bench.press("x");
    assert!(bench.state().edit.as_ref().unwrap().read.as_ref().unwrap_err().why.contains("line"));
    bench.press("backspace ctrl+s");
    assert!(bench.state().edit.as_ref().unwrap().naming && bench.toast().contains("no name"));
    bench.out.clear();
    bench.press("m y ctrl+s");
    let Some(Effect::Save(entry)) = bench.out.pop() else { panic!("not saved") };
    assert_eq!((entry.name.as_str(), bench.state().focus), ("my", Focus::List));
    let mut entries = Library::shipped().entries.clone();
    entries.push(*entry);
    bench.library(entries, &["my"]);
    assert!(bench.state().edit.is_none());
    assert_eq!(bench.state().entry().unwrap().name, "my");
    bench.press("delete");
    assert!(matches!(bench.model.overlays.last(), Some(Overlay::Confirm(_))));
    bench.press("y");
    assert_eq!(bench.out.last(), Some(&Effect::Delete("my".to_owned())));
    bench.press("home delete");
    assert!(bench.toast().contains("comes with vramdeck"));
}

#[test]
fn an_old_request_is_rewritten_and_an_example_becomes_a_schema() {
    let mut bench = Bench::new();
    bench.press("n");
    bench.send(RootMsg::Paste(r#"{"model": "m", "guided_choice": ["yes", "no"]}"#.to_owned()));
    let edit = bench.state().edit.clone().unwrap();
    assert_eq!((edit.form.kind, edit.editor.text().as_str()), (Kind::Choice, "yes\nno"));
    assert!(edit.notes.iter().any(|note| note.contains("structured_outputs.choice")), "{:?}", edit.notes);
    (0..9).for_each(|_| bench.press("backspace"));
    bench.send(RootMsg::Paste(r#"{"name": "Bob", "born": "1980-02-03"}"#.to_owned()));
    bench.press("ctrl+e");
    let edit = bench.state().edit.clone().unwrap();
    assert_eq!(edit.form.kind, Kind::Schema);
    let Ok(read::Ready { constraint: Constraint::Schema { schema, .. }, .. }) = edit.read else { panic!() };
    assert_eq!(schema["properties"]["name"]["type"], "string");
    bench.press("ctrl+k ctrl+e");
    assert_eq!(bench.state().edit.as_ref().unwrap().form.kind, Kind::Schema);
}

#[test]
fn your_own_question_stays_and_a_shipped_one_changes_with_the_constraint() {
    let mut bench = Bench::new();
    bench.select("person");
    let first = bench.state().prompt.text().to_owned();
    bench.press("down");
    assert_ne!(bench.state().prompt.text(), first);
    bench.press("i !");
    let own = bench.state().prompt.text().to_owned();
    bench.press("esc down down");
    assert_eq!(bench.state().prompt.text(), own);
}

#[test]
fn what_it_costs_is_measured_and_can_be_stopped() {
    let mut bench = Bench::new();
    bench.select("person");
    bench.press("c");
    let Some(Effect::Cost { generation, order }) = bench.out.pop() else { panic!() };
    bench.out.clear();
    assert_eq!((order.times, bench.state().view), (3, View::Cost));
    bench.press("r");
    assert!(bench.out.is_empty() && bench.toast().contains("is being measured"));
    let told =
        cost::Measured { done: 2, rows: vec![["obey".into(), "1 of 1".into(), "0 of 1".into()]], ..Default::default() };
    bench.tell(Msg::Cost { generation, told: Ok(Box::new(told.clone())) });
    bench.press("o");
    assert!(bench.copied[0].contains("| obey | 1 of 1 | 0 of 1 |"), "{}", bench.copied[0]);
    bench.press("esc");
    assert_eq!(bench.out, [Effect::Stop(generation)]);
    bench.tell(Msg::Cost { generation, told: Ok(Box::new(cost::Measured { whole: true, ..told })) });
    assert!(!bench.state().cost.as_ref().unwrap().busy());
}

#[test]
fn a_broken_answer_keeps_what_came() {
    let mut bench = Bench::new();
    bench.select("person");
    bench.press("r");
    let (watch, _) = bench.asked();
    bench.hears(watch, r#"{"name": "B"#);
    let problem = crate::base::Problem::failed("the answer was cut off", "the connection was closed", "ask again");
    bench.tell(Msg::Ended { watch, told: Err(problem) });
    let watch = bench.state().watch.as_ref().unwrap();
    assert!(matches!(watch.stage, Stage::Failed(_)) && watch.text().len() == 11 && !watch.busy());
    bench.press("tab tab tab tab tab");
    assert_eq!(bench.state().focus, Focus::Tree);
}
