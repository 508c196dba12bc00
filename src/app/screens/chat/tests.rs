//! Keys in, state and wishes out.

use super::*;
use crate::app::key::Code;
use crate::app::keymap::Keymap;
use crate::app::{Effect as Any, Model, ScreenId};
use crate::base::Problem;
use crate::engines::{EngineKind, Phase, RunState};
use crate::lab::chat::{Role, TurnEnd};
use crate::lab::sampling::Param;
use crate::wire::{Delta, Dialect, StreamEvent, Usage};
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
        let model = Model {
            shared,
            screen: ScreenId::Chat,
            overlays: Vec::new(),
            card: Default::default(),
            engines: Default::default(),
            chat: State::default(),
            grabbed: None,
            dirty: false,
        };
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

#[test]
fn sliders_presets_and_their_trace_in_the_transcript() {
    let mut bench = Bench::new();
    bench.say("one");
    let stream = bench.asks().remove(0).stream;
    bench.answer(stream, "1", StreamEvent::Done);
    bench.press("ctrl+s");
    assert_eq!(bench.state().focus, Pane::Sampling);
    bench.press("right right right");
    let value = bench.state().sampling.settings.real(Param::Temperature).unwrap();
    bench.press("down 0 . 9 enter up");
    assert_eq!(bench.state().sampling.settings.real(Param::TopP), Some(0.9));
    bench.press("S");
    bench.type_text("mine");
    bench.press("enter");
    let settings = bench.state().sampling.settings.clone();
    assert!(bench.out.contains(&Effect::SavePreset { name: "mine".into(), settings: settings.clone() }));
    bench.chat(Msg::Presets(Ok(vec![Preset { name: "mine".into(), settings, shipped: false }])));
    bench.press("u");
    assert_eq!(bench.state().sampling.preset(), Some(("mine", true)));
    bench.press("p enter");
    assert_eq!(bench.state().sampling.preset(), Some(("mine", false)));
    bench.press("esc");
    bench.say("two");
    let ask = bench.asks().remove(0);
    assert!(ask.request.fields.contains(&("temperature".into(), value.into())), "{:?}", ask.request.fields);
    assert_eq!(bench.state().front.tree.changes().len(), 1);
}

#[test]
fn conversations_go_on_behind_and_say_so() {
    let mut bench = Bench::new();
    bench.say("one");
    let first = bench.asks().remove(0).stream;
    bench.press("ctrl+n");
    assert!(bench.texts().is_empty());
    bench.say("two");
    let second = bench.asks().remove(0).stream;
    assert_ne!(first.conversation, second.conversation);
    bench.answer(first, "1", StreamEvent::Done);
    assert!(bench.state().behind[&first.conversation].unread);
    assert!(bench.state().front.busy(), "the one in front is untouched");
    bench.press("ctrl+o");
    let at = bench.state().list.entries.iter().position(|entry| entry.id == first.conversation).unwrap();
    bench.press("home");
    for _ in 0..at {
        bench.press("down");
    }
    bench.press("enter");
    assert_eq!(bench.texts(), ["one", "1"]);
    assert!(!bench.state().front.unread);
    assert!(bench.state().behind[&second.conversation].busy());
}

#[test]
fn deleting_asks_first_and_stops_the_answer() {
    let mut bench = Bench::new();
    bench.say("one");
    let stream = bench.asks().remove(0).stream;
    bench.act(Action::Delete);
    bench.press("enter");
    assert!(bench.state().front.begun(), "the safe answer is selected first");
    bench.act(Action::Delete);
    bench.press("up enter");
    assert!(!bench.state().front.begun() && bench.state().list.entries.is_empty());
    assert!(bench.out.contains(&Effect::Cancel(stream)));
    let deleted = bench.out.iter().any(|effect| {
        matches!(effect, Effect::Write { writes, .. } if writes.contains(&Write::Delete(stream.conversation.0)))
    });
    assert!(deleted);
}

impl Bench {
    fn act(&mut self, action: Action) {
        let env = Env { now: SystemTime::UNIX_EPOCH, uptime: self.now };
        for effect in act(&mut self.model.chat, action, &mut self.model.shared, &env) {
            match effect {
                Any::Chat(effect) => self.out.push(effect),
                Any::Copy(text) => self.copied.push(text),
                _ => {}
            }
        }
    }
}

#[test]
fn drafts_are_saved_after_a_pause_and_with_their_conversation() {
    let mut bench = Bench::new();
    bench.type_text("half a thought");
    bench.out.clear();
    bench.now += Duration::from_secs(2);
    bench.send(crate::app::Msg::Tick);
    let draft = Write::Draft { conversation: 0, text: "half a thought".into() };
    assert!(
        bench.out.iter().any(|effect| matches!(effect, Effect::Write { writes, .. } if *writes == [draft.clone()]))
    );
    let env = Env { now: SystemTime::UNIX_EPOCH, uptime: bench.now };
    assert_eq!(wants_tick(bench.state(), &bench.model.shared, &env), None, "nothing moves while nothing happens");
}

#[test]
fn source_text_code_and_curl_are_copied() {
    let mut bench = Bench::new();
    bench.say("code?");
    let stream = bench.asks().remove(0).stream;
    bench.answer(stream, "see\n```sh\nls -l\n```", StreamEvent::Done);
    bench.press("esc y Y C");
    assert_eq!(bench.copied[0], "see\n```sh\nls -l\n```");
    assert_eq!(bench.copied[1], "ls -l");
    assert!(bench.copied[2].contains("http://127.0.0.1:9/v1/chat/completions"), "{}", bench.copied[2]);
    bench.press("x");
    assert!(bench.out.iter().any(|effect| matches!(effect, Effect::Export { name, .. } if name.ends_with(".md"))));
}

#[test]
fn the_search_waits_for_a_pause_and_takes_only_its_newest_answer() {
    let mut bench = Bench::new();
    bench.press("ctrl+f");
    bench.type_text("qu");
    assert!(!bench.out.iter().any(|effect| matches!(effect, Effect::Search { .. })));
    bench.now += Duration::from_millis(400);
    bench.send(crate::app::Msg::Tick);
    let asked: Vec<(u64, String)> = bench
        .out
        .iter()
        .filter_map(|effect| match effect {
            Effect::Search { generation, query } => Some((*generation, query.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].1, "qu");
    let hit = crate::store::Hit {
        conversation: 5,
        title: "t".into(),
        turn: 6,
        role: "user".into(),
        snippet: Default::default(),
        created_at: 0.0,
    };
    bench.chat(Msg::SearchFound { generation: asked[0].0 + 1, result: Ok(vec![hit.clone()]) });
    assert!(bench.state().list.search.as_ref().unwrap().hits.is_empty(), "an answer to another question");
    bench.chat(Msg::SearchFound { generation: asked[0].0, result: Ok(vec![hit]) });
    bench.press("enter");
    assert!(bench.out.contains(&Effect::Load(crate::lab::chat::ConversationId(5))));
}

#[test]
fn an_endpoint_is_added_once_it_has_answered_and_its_key_is_never_shown() {
    let mut bench = Bench::new();
    bench.press("ctrl+t a");
    bench.type_text("localhost:1234/v1");
    bench.press("tab");
    bench.type_text("sk-secret");
    bench.press("enter");
    let url = "http://localhost:1234".to_owned();
    let asked = bench.out.iter().any(|effect| matches!(effect, Effect::Detect { base_url, .. } if *base_url == url));
    assert!(asked);
    assert!(!format!("{:?}", bench.out).contains("sk-secret"));
    bench.chat(Msg::Detected { base_url: url.clone(), result: Err(Problem::failed("refused", "no", "start it")) });
    assert!(bench.state().targets.added.is_empty());
    bench.press("enter");
    let found = crate::wire::DetectedEngine {
        dialect: Dialect::LlamaCpp,
        version: None,
        models: vec![crate::wire::ModelInfo { id: "m".into(), owner: String::new(), context_tokens: Some(512) }],
    };
    bench.chat(Msg::Detected { base_url: url, result: Ok(found) });
    assert_eq!(bench.state().targets.added.len(), 1);
    bench.press("enter");
    assert_eq!(bench.state().resolve(&bench.model.shared).unwrap().context, Ok(512));
}

#[test]
fn figures_are_kept_with_the_turn() {
    let mut bench = Bench::new();
    bench.say("one");
    let stream = bench.asks().remove(0).stream;
    let usage = Usage { prompt_tokens: 9, completion_tokens: 3, ..Usage::default() };
    let piece = |reasoning: &str, content: &str| {
        StreamEvent::Delta(Delta { reasoning: reasoning.into(), content: content.into(), ..Delta::default() })
    };
    let events = vec![
        (0.5, piece("hm", "")),
        (1.0, piece("m", "")),
        (1.5, piece("", "yes")),
        (1.6, StreamEvent::Usage(usage)),
        (1.6, StreamEvent::Done),
    ];
    bench.chat(Msg::Streamed { stream, events, over: true });
    let front = &bench.state().front;
    let turn = front.turn_of(Role::Assistant).unwrap();
    assert_eq!(turn.figures.first_token_seconds, Some(0.5));
    assert_eq!(turn.figures.reasoning_seconds, Some(0.5));
    assert_eq!(turn.figures.tokens_per_second(), Some(2.0));
    assert_eq!(front.context_used(), (Some(12), 0));
}
