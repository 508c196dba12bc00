//! Keys in, state and wishes out.

mod images;
mod panes;

use super::*;
use crate::app::key::Code;
use crate::app::keymap::Keymap;
use crate::app::{Effect as Any, Model, ScreenId};
use crate::base::Problem;
use crate::engines::{EngineKind, Phase, RunState};
use crate::lab::chat::TurnEnd;
use crate::wire::{Delta, Dialect, StreamEvent};
use std::time::SystemTime;

fn run(name: &str, phase: Phase) -> RunState {
    RunState {
        run: RunId(name.into()),
        engine: EngineKind::Simulated,
        dialect: Dialect::Vllm,
        model: name.into(),
        served_name: name.into(),
        endpoint: Some("http://127.0.0.1:9".into()),
        leader: None,
        keeper: None,
        pids: Vec::new(),
        phase,
        started_at: 0.0,
        ready_at: Some(1.0),
        context_tokens: Some(4096),
        memory: None,
        owner_alive: true,
        argv: Vec::new(),
        log: None,
        facts: Default::default(),
    }
}

/// A deck with the Chat screen in front, a ready run, and a disk that does what it is told.
struct Bench {
    model: Model,
    now: Duration,
    out: Vec<Effect>,
    copied: Vec<String>,
    disk: Result<(), Problem>,
}

impl Bench {
    fn new() -> Self {
        let mut shared = Shared::empty();
        shared.keymap = Keymap::shipped().unwrap();
        shared.size = (120, 40);
        shared.runs = vec![run("tiny", Phase::Ready)];
        let model = Model::new(shared, ScreenId::Chat);
        let mut bench = Self { model, now: Duration::ZERO, out: Vec::new(), copied: Vec::new(), disk: Ok(()) };
        bench.send(crate::app::Msg::Tick);
        bench.chat(Msg::Started(Box::default()));
        bench
    }

    fn send(&mut self, msg: crate::app::Msg) {
        self.now += Duration::from_millis(10);
        let env = Env { now: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000) + self.now, uptime: self.now };
        for effect in crate::app::update(&mut self.model, msg, &env) {
            match effect {
                Any::Chat(Effect::Write { ticket, writes }) => {
                    self.out.push(Effect::Write { ticket, writes });
                    let result = self.disk.clone();
                    self.chat(Msg::Written { ticket, result });
                }
                Any::Chat(effect) => self.out.push(effect),
                Any::Copy(text) => self.copied.push(text),
                _ => {}
            }
        }
    }

    fn chat(&mut self, msg: Msg) {
        self.send(crate::app::Msg::Chat(msg));
    }

    fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.send(crate::app::Msg::Key(Key::parse(key).unwrap()));
        }
    }

    fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.send(crate::app::Msg::Key(Key::plain(Code::Char(c)).normalised()));
        }
    }

    fn say(&mut self, text: &str) {
        self.type_text(text);
        self.press("enter");
    }

    /// The requests that left since the last call.
    fn asks(&mut self) -> Vec<Ask> {
        let asks = self.out.iter().filter_map(|effect| match effect {
            Effect::Ask(ask) => Some((**ask).clone()),
            _ => None,
        });
        let asks = asks.collect();
        self.out.clear();
        asks
    }

    fn answer(&mut self, stream: StreamId, text: &str, end: StreamEvent) {
        let delta = Delta { content: text.into(), ..Delta::default() };
        let events = vec![(0.2, StreamEvent::Delta(delta)), (0.3, end)];
        self.chat(Msg::Streamed { stream, events, over: true });
    }

    fn state(&self) -> &State {
        &self.model.chat
    }

    fn texts(&self) -> Vec<String> {
        let path = self.state().front.tree.path();
        path.iter().map(|turn| turn.choices[turn.chosen].text.clone()).collect()
    }
}

#[test]
fn what_is_said_is_on_the_disk_before_the_request_leaves() {
    let mut bench = Bench::new();
    bench.out.clear();
    bench.say("hello q?");
    let batch = bench.out.iter().position(|effect| {
        matches!(effect, Effect::Write { writes, .. } if writes.iter().any(|write| {
            matches!(write, Write::Batch(batch) if batch.turns.iter().any(|turn| turn.plain == "hello q?"))
        }))
    });
    let ask = bench.out.iter().position(|effect| matches!(effect, Effect::Ask(_)));
    assert!(batch.is_some() && ask.is_some() && batch < ask, "{:?}", bench.out);
    let asks = bench.asks();
    assert_eq!(asks[0].request.messages[0]["content"], "hello q?");
    assert!(bench.state().front.busy() && bench.state().front.composer.is_blank());
    bench.answer(asks[0].stream, "hi", StreamEvent::Done);
    assert_eq!(bench.texts(), ["hello q?", "hi"]);
    assert_eq!(bench.state().list.entries[0].title, "hello q?");
}

#[test]
fn a_disk_that_refuses_keeps_nobody_from_talking() {
    let mut bench = Bench::new();
    bench.disk = Err(Problem::failed("disk full", "no space", "free some"));
    bench.say("hello");
    assert_eq!(bench.asks().len(), 1);
    assert!(bench.state().storage.problem.is_some());
    bench.disk = Ok(());
    bench.now += Duration::from_secs(3);
    bench.send(crate::app::Msg::Tick);
    assert!(bench.state().storage.is_clean() && bench.state().storage.problem.is_none());
}

#[test]
fn messages_queue_while_an_answer_comes() {
    let mut bench = Bench::new();
    bench.say("one");
    let first = bench.asks().remove(0).stream;
    bench.say("two");
    bench.say("three");
    assert_eq!(bench.asks(), []);
    assert_eq!(bench.state().front.queue.iter().len(), 2);
    bench.press("alt+up");
    assert_eq!(bench.state().front.composer.text(), "three");
    bench.press("enter alt+delete");
    assert_eq!(bench.state().front.queue.iter().map(|q| q.text.as_str()).collect::<Vec<_>>(), ["two"]);
    bench.answer(first, "1", StreamEvent::Done);
    let asks = bench.asks();
    assert_eq!(asks.len(), 1);
    assert_eq!(asks[0].request.messages.len(), 3);
    bench.answer(asks[0].stream, "2", StreamEvent::Failed(Problem::failed("broke", "gone", "again")));
    assert_eq!(bench.texts(), ["one", "1", "two", "2"]);
}

#[test]
fn a_stopped_answer_keeps_what_came_and_drops_what_comes_late() {
    let mut bench = Bench::new();
    bench.say("tell");
    let stream = bench.asks().remove(0).stream;
    let piece = |text: &str| StreamEvent::Delta(Delta { content: text.into(), ..Delta::default() });
    bench.chat(Msg::Streamed { stream, events: vec![(0.1, piece("half"))], over: false });
    bench.press("esc");
    assert!(bench.out.contains(&Effect::Cancel(stream)));
    assert!(!bench.state().front.busy());
    bench.answer(stream, " late", StreamEvent::Done);
    assert_eq!(bench.texts(), ["tell", "half"]);
    assert_eq!(bench.state().front.tree.path()[1].end, TurnEnd::Cancelled);
}

#[test]
fn what_came_is_saved_though_nothing_more_comes_and_another_screen_is_in_front() {
    let mut bench = Bench::new();
    bench.say("tell");
    let stream = bench.asks().remove(0).stream;
    let delta = Delta { content: "half".into(), ..Delta::default() };
    bench.chat(Msg::Streamed { stream, events: vec![(0.01, StreamEvent::Delta(delta))], over: false });
    bench.model.screen = ScreenId::Card;
    let env = Env { now: SystemTime::UNIX_EPOCH, uptime: bench.now };
    let due = bench.model.wants_tick(&env).unwrap();
    assert!(due <= bench.now + Duration::from_millis(300), "{due:?}");
    bench.now = due;
    bench.send(crate::app::Msg::Tick);
    let saved = |write: &Write| matches!(write, Write::Pieces { pieces, .. } if pieces[0].text == "half");
    let wrote = |effect: &Effect| matches!(effect, Effect::Write { writes, .. } if writes.iter().any(saved));
    assert!(bench.out.iter().any(wrote), "{:?}", bench.out);
}

#[test]
fn escape_leads_out_of_a_side_pane_without_stopping_the_answer() {
    let mut bench = Bench::new();
    bench.say("tell");
    bench.press("ctrl+s esc");
    assert!(bench.state().front.busy());
    assert_eq!(bench.state().focus, Pane::Composer);
    bench.press("ctrl+s ctrl+c");
    assert!(!bench.state().front.busy());
}

#[test]
fn ctrl_c_stops_an_answer_and_only_then_leaves() {
    let mut bench = Bench::new();
    bench.say("tell");
    let stream = bench.asks().remove(0).stream;
    bench.press("ctrl+c");
    assert!(bench.out.contains(&Effect::Cancel(stream)));
    let env = Env { now: SystemTime::UNIX_EPOCH, uptime: bench.now };
    let key = crate::app::Msg::Key(Key::parse("ctrl+c").unwrap());
    crate::app::update(&mut bench.model, key, &env);
    assert!(!bench.model.overlays.is_empty(), "with a live run, leaving asks first");
}

#[test]
fn an_answer_that_breaks_off_can_be_asked_again() {
    let mut bench = Bench::new();
    bench.say("tell");
    let stream = bench.asks().remove(0).stream;
    bench.say("queued");
    bench.answer(stream, "half", StreamEvent::Failed(Problem::failed("broke", "reset", "look at the log")));
    assert_eq!(bench.asks(), [], "what waits is not sent behind a failure");
    assert_eq!(bench.state().front.failure.as_ref().unwrap().1.hint, "look at the log");
    bench.press("ctrl+r");
    let again = bench.asks().remove(0);
    assert_eq!(again.request.messages.len(), 1);
    bench.answer(again.stream, "whole", StreamEvent::Done);
    assert_eq!(bench.texts(), ["tell", "whole", "queued", ""]);
    bench.press("esc esc p p p left");
    assert_eq!(bench.texts(), ["tell", "half"], "the branch before is still there");
}

#[test]
fn edit_and_resend_makes_a_branch() {
    let mut bench = Bench::new();
    bench.say("first");
    let stream = bench.asks().remove(0).stream;
    bench.answer(stream, "answer", StreamEvent::Done);
    bench.press("esc e");
    assert_eq!((bench.state().front.composer.text().as_str(), bench.state().focus), ("first", Pane::Composer));
    bench.press("ctrl+u");
    bench.say("other");
    let ask = bench.asks().remove(0);
    assert_eq!(ask.request.messages.len(), 1);
    bench.answer(ask.stream, "new", StreamEvent::Done);
    assert_eq!(bench.texts(), ["other", "new"]);
    bench.press("esc left");
    assert_eq!(bench.texts(), ["first", "answer"]);
    bench.press("right");
    assert_eq!(bench.texts(), ["other", "new"]);
    bench.press("e esc");
    assert!(bench.state().front.editing.is_none() && bench.state().front.composer.is_blank());
}

#[test]
fn nothing_is_sent_to_a_run_that_has_ended_and_no_other_is_taken_silently() {
    let mut bench = Bench::new();
    bench.say("hi");
    let stream = bench.asks().remove(0).stream;
    bench.answer(stream, "hi", StreamEvent::Done);
    let ended = run("tiny", Phase::Exited { code: Some(0), signal: None });
    let other = RunState { endpoint: Some("http://127.0.0.1:10".into()), ..run("other", Phase::Ready) };
    bench.send(crate::app::Msg::Runs(vec![ended, other]));
    bench.say("still there?");
    assert_eq!(bench.asks(), []);
    assert_eq!(bench.state().front.composer.text(), "still there?", "the text stays");
    assert!(bench.model.shared.toasts.newest_problem().unwrap().why.contains("ended"));
    bench.press("ctrl+t down enter enter");
    let ask = bench.asks().remove(0);
    assert_eq!((ask.model.as_str(), ask.base_url.as_str()), ("other", "http://127.0.0.1:10"));
}
