//! Sliders, lists, dialogs, drafts, what is copied and kept.

use super::*;
use crate::lab::chat::Role;
use crate::lab::sampling::Param;
use crate::wire::Usage;

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
fn a_place_chosen_while_it_is_asked_is_taken_when_it_answers() {
    use crate::app::screens::chat::target::{Added, KeyFrom};
    let url = "http://localhost:1234".to_owned();
    let model = |id: &str| crate::wire::ModelInfo { id: id.into(), owner: String::new(), context_tokens: None };
    let found = |models| crate::wire::DetectedEngine { dialect: Dialect::OpenAi, version: None, models };
    let added = Added { base_url: url.clone(), key: KeyFrom::parse(""), dialect: Dialect::OpenAi };
    for (keys, models, chosen) in [
        ("ctrl+t enter", vec![model("m")], true),
        ("ctrl+t enter", vec![model("m"), model("n")], false),
        ("ctrl+t enter down", vec![model("m")], false),
        ("ctrl+t", vec![model("m")], false),
        ("ctrl+t enter esc", vec![model("m")], false),
    ] {
        let mut bench = Bench::new();
        bench.model.shared.runs.clear();
        bench.model.chat.front.target = None;
        bench.model.chat.targets.added = vec![added.clone()];
        bench.press(keys);
        let open = bench.state().dialog.is_some();
        bench.chat(Msg::Detected { base_url: url.clone(), result: Ok(found(models)) });
        assert_eq!(bench.state().front.target.is_some(), chosen, "{keys}");
        assert_eq!(bench.state().dialog.is_some(), open && !chosen, "{keys}");
    }
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
