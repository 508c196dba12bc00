//! Key scripts against the Tools screen's state machine.

use super::*;
use crate::app::env::Env;
use crate::app::keymap::Keymap;
use crate::app::overlay::Overlay;
use crate::app::{Key, Model, Msg as RootMsg, ScreenId, update};
use crate::base::Unknown;
use crate::engines::{Dialect, EngineKind, FlagSetting, LaunchSpec, Phase, RunId, RunState};
use crate::lab::agent::run::Outcome;
use crate::lab::agent::{Answered, Asked, CallId, Definition, End, Library};
use crate::lab::xray::{Exchange, Question, Returned, Told};
use crate::wire::raw::Raw;
use serde_json::json;
use std::sync::Arc;
use std::time::SystemTime;

const HERMES: &str = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Ulm\"}}\n</tool_call>";

struct Bench {
    model: Model,
    now: Duration,
    out: Vec<Effect>,
}

fn run() -> RunState {
    let flag = FlagSetting { flag: "--tool-call-parser".into(), value: Some("pythonic".into()) };
    let asked = LaunchSpec {
        engine: EngineKind::Vllm,
        model: "org/m".into(),
        name: None,
        port: None,
        program: None,
        flags: vec![flag],
        env: Vec::new(),
    };
    RunState {
        run: RunId("tiny".into()),
        engine: EngineKind::Vllm,
        dialect: Dialect::Vllm,
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
        facts: crate::engines::run::RunFacts { asked: Some(asked), ..Default::default() },
    }
}

impl Bench {
    fn new() -> Self {
        let shared = Shared { keymap: Keymap::shipped().unwrap(), ..Shared::empty() };
        let mut bench = Self { model: Model::new(shared, ScreenId::Card), now: Duration::ZERO, out: Vec::new() };
        bench.send(RootMsg::Runs(vec![run()]));
        bench.press("5");
        assert_eq!(std::mem::take(&mut bench.out), [Effect::Load], "the tools are read once");
        bench.press("down up");
        assert!(bench.out.is_empty());
        let library = Library::shipped().clone();
        bench.tell(Msg::Library { library, own: Vec::new(), servers: Vec::new(), problems: Vec::new() });
        bench
    }

    fn send(&mut self, msg: RootMsg) {
        self.now += Duration::from_secs(1);
        let env = Env { now: SystemTime::UNIX_EPOCH, uptime: self.now };
        let effects = update(&mut self.model, msg, &env);
        self.out.extend(effects.into_iter().filter_map(|effect| match effect {
            Root::Tools(effect) => Some(effect),
            _ => None,
        }));
    }

    fn press(&mut self, keys: &str) {
        keys.split(' ').for_each(|key| self.send(RootMsg::Key(Key::parse(key).unwrap())));
    }

    fn tell(&mut self, msg: Msg) {
        self.send(RootMsg::Tools(msg));
    }

    fn state(&self) -> &State {
        &self.model.tools
    }

    /// The question that went out.
    fn asked(&mut self) -> (u64, Question) {
        match std::mem::take(&mut self.out).pop() {
            Some(Effect::Ask { trial, question, .. }) => (trial, *question),
            other => panic!("no question: {other:?}"),
        }
    }

    fn answers(&mut self, trial: u64, text: &str, calls: &[(&str, &str)]) {
        let asked = |(name, arguments): &(&str, &str)| Asked {
            id: "c".into(),
            name: (*name).into(),
            arguments: (*arguments).into(),
        };
        let calls: Vec<Asked> = calls.iter().map(asked).collect();
        let unknown = || Unknown::because("not asked");
        let returned = Returned { content: text.into(), calls: calls.clone(), ..Returned::default() };
        let exchange = Exchange {
            tools: self.state().trial.as_ref().unwrap().setup.tools.clone(),
            prompt: Err(unknown()),
            cost: Err(unknown()),
            raw: Ok(Raw { text: if calls.is_empty() { text.into() } else { HERMES.into() }, ..Raw::default() }),
            pieces: Err(unknown()),
            returned,
            server_parser: Some("pythonic".into()),
            prompted: None,
        };
        let answered = Answered { content: text.into(), calls, ..Answered::default() };
        self.tell(Msg::Answered { trial, told: Ok(Arc::new(Told::new(answered, exchange))) });
    }
}

const ULM: &str = "{\"city\": \"Ulm\"}";

#[test]
fn a_question_goes_out_and_a_call_runs_only_after_a_yes() {
    let mut bench = Bench::new();
    bench.press("r");
    let [Effect::Ask { target, .. }] = &bench.out[..] else { panic!("one question") };
    assert_eq!((target.base_url.as_str(), target.model.as_str()), ("http://127.0.0.1:8000", "m"));
    let (trial, ask) = bench.asked();
    assert_eq!(ask.context, Some(2048));
    assert_eq!(ask.tools.as_ref().unwrap()[0]["function"]["name"], "get_weather");
    assert_eq!(ask.server_parser.as_deref(), Some("pythonic"));
    assert!(bench.state().busy() && bench.state().focus == Focus::Tree);
    bench.answers(trial, "", &[("get_weather", ULM)]);
    assert!(bench.out.is_empty(), "nothing runs by itself");
    // Neither while the answer is looked through nor while one types does a letter allow it.
    bench.press("x y");
    bench.press("esc i y esc");
    assert!(bench.out.is_empty() && bench.state().prompt.text().ends_with("y"), "{:?}", bench.out);
    bench.press("y");
    let Some(Effect::Run { call, .. }) = std::mem::take(&mut bench.out).pop() else { panic!("it runs") };
    bench.tell(Msg::Ran { trial, call, outcome: Outcome::Answered(b"sun".to_vec()) });
    let (_, ask) = bench.asked();
    assert_eq!(ask.messages.last().unwrap()["content"], "sun");
    bench.answers(trial, "It is sunny.", &[]);
    assert_eq!(bench.state().trial.as_ref().unwrap().end(), Some(&End::Answered));
    assert_eq!(bench.state().row, bench.state().rows().len() - 1, "the selection went along");
}

#[test]
fn a_yes_for_one_call_is_none_for_the_next() {
    let mut bench = Bench::new();
    bench.press("r");
    let (trial, _) = bench.asked();
    bench.answers(trial, "", &[("get_weather", ULM), ("get_weather", "{\"city\": \"Bonn\"}")]);
    let env = |now: Duration| Env { now: SystemTime::UNIX_EPOCH, uptime: now };
    let yes = || RootMsg::Key(Key::parse("y").unwrap());
    let runs = |effects: Vec<Root>| effects.iter().filter(|one| matches!(one, Root::Tools(Effect::Run { .. }))).count();
    let now = bench.now + Duration::from_secs(1);
    assert_eq!(runs(update(&mut bench.model, yes(), &env(now))), 1);
    let soon = now + Duration::from_millis(50);
    assert_eq!(runs(update(&mut bench.model, yes(), &env(soon))), 0, "nobody has read it in that time");
    assert_eq!(runs(update(&mut bench.model, yes(), &env(now + Duration::from_secs(2)))), 1);
}

#[test]
fn refused_calls_are_told_and_stopping_cancels_what_is_under_way() {
    let mut bench = Bench::new();
    bench.press("r");
    let (trial, _) = bench.asked();
    bench.answers(trial, "", &[("get_weather", ULM)]);
    bench.press("n");
    let (_, ask) = bench.asked();
    assert!(ask.messages.last().unwrap()["content"].as_str().unwrap().contains("did not allow"));
    bench.press("r");
    assert!(bench.model.shared.toasts.newest_problem().unwrap().hint.contains("stop it with s"));
    bench.press("s");
    assert_eq!(bench.out, [Effect::Cancel { trial, call: None }]);
    assert_eq!(bench.state().trial.as_ref().unwrap().end(), Some(&End::Stopped));
    bench.out.clear();
    bench.answers(trial, "late", &[]);
    assert!(bench.state().trial.as_ref().unwrap().turns.len() == 1, "what comes late is dropped");
    bench.press("r");
    let (next, _) = bench.asked();
    assert_eq!(next, trial + 1);
    bench.tell(Msg::Ran { trial, call: CallId(0), outcome: Outcome::Answered(Vec::new()) });
    assert!(bench.out.is_empty(), "what an earlier exchange hears changes nothing");
}

#[test]
fn a_lost_call_is_found_and_another_parser_tried() {
    let mut bench = Bench::new();
    bench.press("r");
    let (trial, _) = bench.asked();
    bench.answers(trial, HERMES, &[]);
    let labels: Vec<_> =
        bench.state().trial.as_ref().unwrap().turns[0].told.differences().iter().map(|one| one.label()).collect();
    assert_eq!(labels, ["parser loss"]);
    bench.press("enter");
    let look = bench.state().look.clone().unwrap();
    assert_eq!((bench.state().focus, look.seen.unwrap().parsed.format.as_str()), (Focus::Xray, "hermes"));
    bench.press("P");
    let look = bench.state().look.clone().unwrap();
    assert_eq!(look.format, look.told.replayed.as_ref().unwrap().last().map(|one| one.format.clone()));
    assert!(look.seen.unwrap().parsed.calls.is_empty(), "the last one finds nothing");
    bench.press("0 h h h");
    let look = bench.state().look.clone().unwrap();
    assert_eq!((look.format, look.pane), (None, look::Pane::Calls), "three panes round");
    bench.press("esc");
    assert_eq!(bench.state().focus, Focus::Tree);
}

#[test]
fn settings_change_what_is_asked() {
    let mut bench = Bench::new();
    bench.press("tab right");
    assert!(bench.state().knobs.mode == 1);
    bench.press("r");
    let (trial, ask) = bench.asked();
    assert!(ask.prompted.is_some() && ask.tools.is_none());
    let told = ask.messages[0]["content"].as_str().unwrap();
    assert!(told.contains("get_weather"), "{told}");
    bench.answers(trial, "No call.", &[]);
    // Native, forced, one by one, going on with the conversation.
    bench.press("shift+tab shift+tab left down right down down right down down down right r");
    let (_, ask) = bench.asked();
    let field = |name: &str| ask.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
    assert_eq!((field("tool_choice"), field("parallel_tool_calls")), (Some(json!("required")), Some(json!(false))));
    assert_eq!(ask.messages.len(), 3, "{:?}", ask.messages);
}

#[test]
fn steps_wait_and_failures_are_said() {
    let mut bench = Bench::new();
    bench.model.tools.knobs.stepwise = true;
    bench.press("r");
    let (trial, _) = bench.asked();
    bench.answers(trial, "", &[("get_weather", ULM)]);
    bench.press("y");
    let Some(Effect::Run { call, .. }) = std::mem::take(&mut bench.out).pop() else { panic!("it runs") };
    bench.tell(Msg::Ran { trial, call, outcome: Outcome::TimedOut(3.0) });
    assert!(bench.out.is_empty() && bench.state().trial.as_ref().unwrap().paused);
    bench.press("g");
    let _ = bench.asked();
    let problem = crate::base::Problem::failed("the endpoint is gone", "refused", "start it");
    bench.tell(Msg::Answered { trial, told: Err(problem) });
    assert!(matches!(bench.state().trial.as_ref().unwrap().end(), Some(End::Failed(why)) if why.contains("start it")));
}

#[test]
fn tools_are_offered_written_and_deleted() {
    let mut bench = Bench::new();
    assert_eq!(bench.state().chosen().len(), 1);
    bench.press("a");
    assert_eq!(bench.state().chosen().len(), Library::shipped().tools.len());
    bench.press("a down space");
    assert_eq!(bench.state().chosen()[0].name, Library::shipped().tools[1].name);
    bench.press("delete");
    assert!(bench.model.overlays.is_empty(), "what is shipped stays");
    bench.press("n");
    assert!(bench.state().edit.as_ref().unwrap().read.is_ok());
    bench.press("x ctrl+s");
    assert!(bench.out.is_empty() && bench.state().focus == Focus::Edit, "what is no JSON is not saved");
    bench.press("esc n");
    assert!(bench.state().edit.as_ref().unwrap().read.is_err(), "what was written is still there");
    bench.press("backspace ctrl+s");
    let Some(Effect::Save(tool)) = std::mem::take(&mut bench.out).pop() else { panic!("it is saved") };
    let (mut library, own): (Library, Vec<String>) = (Library::shipped().clone(), vec![tool.name.clone()]);
    library.put(Definition::clone(&tool));
    bench.tell(Msg::Library { library, own, servers: Vec::new(), problems: Vec::new() });
    assert!(bench.state().edit.is_none() && bench.state().offered.contains(&tool.name));
    bench.press("end delete");
    assert!(matches!(bench.model.overlays.last(), Some(Overlay::Confirm(_))));
}

#[test]
fn whom_to_ask_is_chosen_and_nobody_is_said() {
    let mut bench = Bench::new();
    bench.press("w");
    assert_eq!((bench.state().focus, bench.state().offers.len()), (Focus::Targets, 1));
    bench.press("enter");
    assert!(bench.state().target.is_some() && bench.state().focus == Focus::List);
    bench.send(RootMsg::Runs(Vec::new()));
    bench.press("r");
    assert!(bench.out.is_empty());
    assert!(bench.model.shared.toasts.newest_problem().is_some());
}
