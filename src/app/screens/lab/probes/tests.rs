//! Key scripts against the view Probes.

use super::*;
use crate::app::keymap::Keymap;
use crate::app::screens::lab::{Effect as LabEffect, Msg as LabMsg};
use crate::app::{Key, Model, Msg as RootMsg, ScreenId, update};
use crate::engines::{EngineKind, Phase, RunId, RunState};
use crate::lab::probes::{Finding, Subject, Verdict};
use crate::wire::Dialect;
use std::time::SystemTime;

fn env() -> Env {
    Env { now: SystemTime::UNIX_EPOCH + Duration::from_secs(1000), uptime: Duration::from_secs(5) }
}

fn model() -> Model {
    let mut shared = Shared::empty();
    shared.keymap = Keymap::shipped().unwrap();
    let mut model = Model::new(shared, ScreenId::Lab);
    model.lab.view = crate::app::screens::lab::View::Probes;
    model
}

fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let keys = keys.split(' ').map(|key| Key::parse(key).unwrap());
    let effects = keys.flat_map(|key| update(model, RootMsg::Key(key), &env())).collect::<Vec<_>>();
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Root::Lab(LabEffect::Probes(effect)) => Some(effect),
            _ => None,
        })
        .collect()
}

fn send(model: &mut Model, msg: Msg) {
    let _ = update(model, RootMsg::Lab(LabMsg::Probes(msg)), &env());
}

fn entry(name: &str, verdict: Verdict) -> Entry {
    let finding = Finding::plain(verdict, "so it is", 5);
    Entry { name: name.into(), group: "answers".into(), finding, at: 1.0, evidence: Vec::new() }
}

fn run() -> RunState {
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
        facts: Default::default(),
    }
}

fn ready(model: &mut Model) {
    let run = run();
    let _ = update(model, RootMsg::Runs(vec![run]), &env());
}

#[test]
fn nobody_is_probed_where_nobody_is() {
    let mut model = model();
    assert_eq!(press(&mut model, "r"), []);
    assert!(model.shared.toasts.newest_problem().unwrap().what.contains("nobody"));
}

#[test]
fn probes_run_stop_and_leave_a_card() {
    let mut model = model();
    ready(&mut model);
    let run = press(&mut model, "r");
    assert!(matches!(&run[..], [Effect::Run { weights, quick: false, .. }] if weights == "org/m"), "{run:?}");
    assert_eq!(press(&mut model, "r"), [], "one at a time");
    send(&mut model, Msg::Asks { now: "best_of", progress: (0, 36), requests: 16 });
    send(&mut model, Msg::Found(Box::new(entry("best_of", Verdict::Ignored)), (1, 36)));
    let card = model.lab.probes.card(&model.shared).unwrap().into_owned();
    assert_eq!((card.gist(), model.lab.probes.flying.as_ref().unwrap().progress), ("1 ignored".to_owned(), (1, 36)));
    assert_eq!(press(&mut model, "s s"), [Effect::Stop], "asked once");
    send(&mut model, Msg::Ended(Ok(())));
    assert!(model.lab.probes.card(&model.shared).is_none());
    let subject = Subject { engine: "vllm".into(), model: "m".into(), ..Subject::default() };
    let kept =
        Card { subject, capabilities: vec![entry("best_of", Verdict::Ignored), entry("n", Verdict::Yes)], ..card };
    send(&mut model, Msg::Kept(Arc::new(vec![kept])));
    press(&mut model, "down down");
    let state = &model.lab.probes;
    let card = state.card(&model.shared).unwrap();
    assert_eq!(state.current(&card).unwrap().name, "n");
    let copied = update(&mut model.clone(), RootMsg::Key(Key::parse("o").unwrap()), &env());
    assert!(
        copied
            .iter()
            .any(|effect| matches!(effect, Root::Copy(text) if text.contains("| best_of | ignored silently |")))
    );
}
