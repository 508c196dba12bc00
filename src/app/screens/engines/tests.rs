//! Key scripts against the Engines screen's state machine.

use super::dialog::recipe::Pick;
use super::dialog::{Item, Plan, Preview};
use super::*;
use crate::app::env::Env;
use crate::app::keymap::Keymap;
use crate::app::overlay::Overlay;
use crate::app::{Effect as Root, Model, Msg as RootMsg, ScreenId, update};
use crate::engines::recipe::{Extra, Profile};
use crate::engines::{Dialect, Phase, RunState};
use std::time::SystemTime;

fn env() -> Env {
    Env { now: SystemTime::UNIX_EPOCH + Duration::from_secs(1000), uptime: Duration::from_secs(5) }
}

fn run(name: &str, phase: Phase) -> RunState {
    let live = phase.is_live();
    RunState {
        run: RunId(name.into()),
        engine: EngineKind::LlamaCpp,
        dialect: Dialect::LlamaCpp,
        model: "tiny.gguf".into(),
        served_name: "tiny".into(),
        endpoint: Some("http://127.0.0.1:8080".into()),
        leader: None,
        keeper: None,
        pids: if live { vec![4242] } else { Vec::new() },
        phase,
        started_at: 900.0,
        ready_at: None,
        context_tokens: None,
        memory: None,
        owner_alive: live,
        argv: vec!["llama-server".into(), "-m".into(), "a b.gguf".into()],
        log: None,
        facts: crate::engines::run::RunFacts::default(),
    }
}

fn model(runs: Vec<RunState>) -> Model {
    let mut model = Model::new(Shared { keymap: Keymap::shipped().unwrap(), ..Shared::empty() }, ScreenId::Engines);
    update(&mut model, RootMsg::Runs(runs), &env());
    model
}

fn press(model: &mut Model, keys: &str) -> Vec<Root> {
    keys.split(' ')
        .flat_map(|key| {
            let key = crate::app::Key::parse(key).unwrap();
            update(model, RootMsg::Key(key), &env())
        })
        .collect()
}

fn sample(cards: Vec<crate::gpu::Card>) -> crate::gpu::Sample {
    crate::gpu::Sample {
        at: SystemTime::UNIX_EPOCH,
        source: crate::gpu::Source::None,
        driver: Err(crate::base::Unknown::because("no driver")),
        cards,
        host: crate::gpu::Host::unread(crate::base::Unknown::because("not asked")),
        problem: None,
    }
}

fn type_text(model: &mut Model, text: &str) -> Vec<Root> {
    update(model, RootMsg::Paste(text.into()), &env())
}

#[test]
fn the_log_of_the_selected_run_is_followed() {
    let mut model = model(vec![run("a", Phase::Ready), run("b", Phase::Warming)]);
    let first = model.engines.list.selected.clone();
    let effects = press(&mut model, "j");
    assert_ne!(model.engines.list.selected, first);
    assert_eq!(effects, [Root::Engines(Effect::Follow(model.engines.list.selected.clone()))]);
    assert!(press(&mut model, "j").is_empty(), "at the end the selection stays");
}

#[test]
fn choices_beside_the_profile_are_typed_completed_and_kept() {
    let mut model = model(Vec::new());
    press(&mut model, "n");
    type_text(&mut model, "org/m");
    press(&mut model, "f6 shift+tab");
    let form = |model: &Model| model.engines.dialog.clone().unwrap();
    assert_eq!(form(&model).focus, Item::With);
    let composed = |effects: &[Root]| {
        effects.iter().find_map(|effect| match effect {
            Root::Engines(Effect::Compose { asked, .. }) => Some(asked.choices.extras.clone()),
            _ => None,
        })
    };
    type_text(&mut model, "sl");
    let effects = press(&mut model, "tab");
    assert_eq!((form(&model).with.text(), composed(&effects)), ("sleep", Some(vec![Extra::Sleep])));
    let effects = type_text(&mut model, ", l");
    assert_eq!(composed(&effects), None, "l is no choice");
    assert!(form(&model).recipe.problem.unwrap().hint.contains("lora"));
    let effects = press(&mut model, "tab");
    assert_eq!(composed(&effects), Some(vec![Extra::Sleep, Extra::Lora]));
    let (_, named) = form(&model).kept().unwrap();
    assert_eq!((named.profile, named.extras.len()), (Some(Profile::Interactive), 2));
    // One that was kept and is kept again is still made by them.
    let mut again = form(&model);
    again.recipe.pick = Pick::Kept("many".into());
    again.load(&named);
    assert_eq!(again.kept().unwrap().1.extras, named.extras);
    press(&mut model, "f6 f6 f6 f6 f6 f6");
    assert_eq!(form(&model).focus, Item::Profile, "the row goes with the profile");
}

#[test]
fn a_profile_is_composed_for_what_the_desktop_leaves() {
    let mut model = model(Vec::new());
    let gib = |gib: u64| crate::base::Bytes(gib << 30);
    let unread = crate::base::Unknown::because("not asked");
    let memory = crate::gpu::Memory { total: gib(16), used: gib(4), free: gib(12), reserved: Ok(gib(0)) };
    let card = crate::gpu::Card { memory: Ok(memory), ..crate::gpu::Card::unread(0, unread) };
    model.shared.sample = Some(std::sync::Arc::new(sample(vec![card])));
    model.shared.reserve = gib(3);
    press(&mut model, "n");
    type_text(&mut model, "org/m");
    let effects = press(&mut model, "f6");
    let free = effects.iter().find_map(|effect| match effect {
        Root::Engines(Effect::Compose { asked, .. }) => asked.ground.as_ref().unwrap().room.free,
        _ => None,
    });
    assert_eq!(free, Some(gib(9).0));
}

#[test]
fn a_form_is_written_as_files() {
    let mut model = model(Vec::new());
    press(&mut model, "n");
    assert!(press(&mut model, "f9").is_empty(), "no model, no file");
    type_text(&mut model, "org/m");
    let effects = press(&mut model, "f9");
    let written = |effect: &Root| match effect {
        Root::Engines(Effect::Export { name, request }) => Some((name.clone(), request.spec.model.clone())),
        _ => None,
    };
    assert_eq!(effects.iter().find_map(written), Some(("m".to_owned(), "org/m".to_owned())));
    let done = Msg::Exported(Ok((vec!["/x/m.sh".into()], vec!["no image is known".into()])));
    update(&mut model, RootMsg::Engines(done), &env());
    let told = format!("{:?}", model.shared.toasts);
    assert!(told.contains("m.sh written to /x; no image is known"), "{told}");
}

#[test]
fn the_engine_follows_the_model_until_somebody_chooses_it() {
    let mut model = model(Vec::new());
    let form = |model: &Model| model.engines.dialog.clone().unwrap();
    press(&mut model, "n");
    for (typed, engine) in [
        ("org/m", EngineKind::Vllm),
        ("/m/tiny.gguf", EngineKind::LlamaCpp),
        ("qwen3:8b", EngineKind::Ollama),
        ("proxy.yaml", EngineKind::LiteLlm),
    ] {
        press(&mut model, "ctrl+u");
        let effects = type_text(&mut model, typed);
        assert_eq!(form(&model).engine, engine, "{typed}");
        let reads =
            |effect: &Root| matches!(effect, Root::Engines(Effect::ReadFlags { engine: read, .. }) if *read == engine);
        assert!(typed == "org/m" || effects.iter().any(reads), "its own flags are read: {effects:?}");
    }
    press(&mut model, "ctrl+u");
    type_text(&mut model, "/m/tiny.gguf");
    press(&mut model, "shift+tab shift+tab right");
    let chosen = form(&model).engine;
    assert_ne!(chosen, EngineKind::LlamaCpp);
    press(&mut model, "tab tab");
    assert_eq!(form(&model).focus, Item::Model);
    type_text(&mut model, "x");
    assert_eq!(form(&model).engine, chosen, "what a person chose stays");
}

#[test]
fn a_stop_asks_first_and_then_watches_for_the_memory() {
    let mut model = model(vec![run("a", Phase::Ready)]);
    assert!(press(&mut model, "s").is_empty());
    assert!(matches!(model.overlays.last(), Some(Overlay::Confirm(_))));
    assert!(press(&mut model, "enter").is_empty(), "No is selected first");
    assert!(model.overlays.is_empty());
    assert!(model.engines.releases.is_empty(), "nothing is watched for after a no");
    press(&mut model, "s");
    let effects = press(&mut model, "y");
    assert_eq!(effects, [Root::Engines(Effect::Stop(RunId("a".into())))]);
    update(&mut model, RootMsg::Engines(Msg::Stopping(RunId("a".into()))), &env());
    assert!(model.engines.is_stopping(&RunId("a".into())));
    assert!(press(&mut model, "s").is_empty() && model.overlays.is_empty(), "a second stop is not asked for");
    let done = Msg::Stopped { run: RunId("a".into()), result: Ok("gone".into()) };
    update(&mut model, RootMsg::Engines(done), &env());
    assert!(!model.engines.is_stopping(&RunId("a".into())));
}

#[test]
fn letters_in_the_dialog_are_text_and_answers_to_old_questions_are_dropped() {
    let mut model = model(Vec::new());
    let effects = press(&mut model, "n");
    assert!(effects.iter().any(|effect| matches!(effect, Root::Engines(Effect::ReadFlags { .. }))));
    press(&mut model, "q j ?");
    let form = model.engines.dialog.as_ref().unwrap();
    assert_eq!((form.model.text(), form.focus), ("qj?", Item::Model));
    let asked = form.generation;
    let preview = Preview { argv: vec!["x".into()], env: Vec::new(), checks: Vec::new() };
    let answer = |generation| RootMsg::Engines(Msg::Planned { generation, result: Ok(Box::new(preview.clone())) });
    update(&mut model, answer(asked - 1), &env());
    assert_eq!(model.engines.dialog.as_ref().unwrap().plan, Plan::Waiting);
    update(&mut model, answer(asked), &env());
    assert!(matches!(model.engines.dialog.as_ref().unwrap().plan, Plan::Ready(_)));
}

#[test]
fn a_launch_is_asked_for_once_and_the_form_outlives_a_refusal() {
    let mut model = model(Vec::new());
    press(&mut model, "n");
    type_text(&mut model, "tiny.gguf");
    let launches =
        |effects: &[Root]| effects.iter().filter(|effect| matches!(effect, Root::Engines(Effect::Launch(_)))).count();
    let effects = press(&mut model, "f5 f5");
    assert_eq!(launches(&effects), 1);
    let problem = Problem::failed("no", "because", "try");
    update(&mut model, RootMsg::Engines(Msg::Launched { result: Err(problem.clone()) }), &env());
    let form = model.engines.dialog.as_ref().unwrap();
    assert_eq!((form.model.text(), &form.plan), ("tiny.gguf", &Plan::Refused(problem)));
    assert_eq!(launches(&press(&mut model, "f5")), 1);
    let done = Msg::Launched { result: Ok(RunId("tiny".into())) };
    update(&mut model, RootMsg::Engines(done), &env());
    assert!(model.engines.dialog.is_none());
    update(&mut model, RootMsg::Runs(vec![run("other", Phase::Ready)]), &env());
    assert_eq!(model.engines.list.selected, Some(RunId("other".into())), "its record is not read yet");
    let both = vec![run("other", Phase::Ready), run("tiny", Phase::Starting)];
    update(&mut model, RootMsg::Runs(both), &env());
    assert_eq!(model.engines.list.selected, Some(RunId("tiny".into())));
}

#[test]
fn closing_keeps_the_form() {
    let mut model = model(Vec::new());
    press(&mut model, "n");
    type_text(&mut model, "half a na");
    press(&mut model, "esc");
    assert!(model.engines.dialog.is_none());
    press(&mut model, "n");
    assert_eq!(model.engines.dialog.as_ref().unwrap().model.text(), "half a na");
}

#[test]
fn only_a_ready_run_is_talked_to() {
    let mut model = model(vec![run("a", Phase::Warming)]);
    press(&mut model, "c");
    assert_eq!(model.screen, ScreenId::Engines);
    assert!(model.shared.toasts.newest_problem().unwrap().why.contains("warming"));
    update(&mut model, RootMsg::Runs(vec![run("a", Phase::Ready)]), &env());
    press(&mut model, "c");
    assert_eq!(model.screen, ScreenId::Chat);
}

#[test]
fn the_demo_offers_simulated_engines_only() {
    let mut model = model(Vec::new());
    model.shared.demo = Some("desktop".into());
    press(&mut model, "n");
    assert_eq!(model.engines.dialog.as_ref().unwrap().offered, [EngineKind::Simulated]);
}

#[test]
fn commands_are_copied_as_a_shell_reads_them() {
    let mut model = model(vec![run("a", Phase::Ready)]);
    assert_eq!(press(&mut model, "Y"), [Root::Copy("llama-server -m 'a b.gguf'".into())]);
    assert_eq!(press(&mut model, "y"), [Root::Copy("http://127.0.0.1:8080/v1".into())]);
}

#[test]
fn search_is_typed_then_walked() {
    let mut model = model(vec![run("a", Phase::Ready)]);
    let lines = ["one", "two error", "three"].map(|text| LogLine { text: text.into(), level: None, at: None });
    let log = Msg::Log { run: RunId("a".into()), reset: true, lines: lines.to_vec() };
    update(&mut model, RootMsg::Engines(log), &env());
    press(&mut model, "/ e r r enter");
    assert_eq!((model.engines.log.matches(), model.engines.log.at_match), (1, Some(1)));
    press(&mut model, "esc");
    assert_eq!(model.engines.focus, Focus::Runs);
}

#[test]
fn enter_on_a_flag_opens_and_takes_its_value_and_never_launches() {
    let mut model = model(Vec::new());
    press(&mut model, "n");
    let table = std::sync::Arc::new(crate::engines::flags::bundled(EngineKind::Vllm).unwrap());
    update(&mut model, RootMsg::Engines(Msg::Flags { engine: EngineKind::Vllm, table, reading: false }), &env());
    press(&mut model, "up up");
    let dialog = model.engines.dialog.as_mut().unwrap();
    dialog.focus = Item::Flags;
    type_text(&mut model, "--max-num-seqs");
    let effects = press(&mut model, "enter 6 4 enter");
    let dialog = model.engines.dialog.as_ref().unwrap();
    assert_eq!(dialog.flags.settings.len(), 1);
    assert_eq!(dialog.flags.settings[0].value.as_deref(), Some("64"));
    assert!(!dialog.launching && !effects.iter().any(|effect| matches!(effect, Root::Engines(Effect::Launch(_)))));
}

#[test]
fn without_a_readable_card_memory_is_unknown_and_not_zero() {
    let model = model(vec![run("a", Phase::Ready)]);
    let mut shared = model.shared;
    shared.sample = Some(std::sync::Arc::new(sample(Vec::new())));
    assert_eq!(release::held_by(&RunId("a".into()), &[4242], &shared), None);
}

fn sick(name: &str, log: &str) -> RunState {
    let finding = crate::engines::doctor::diagnose(log.as_bytes(), None).unwrap().finding.unwrap();
    let problem = crate::engines::phase::Failure::found("llama.cpp ended".to_owned(), finding, Vec::new());
    let mut run = run(name, Phase::Failed { problem });
    run.facts.asked = Some(crate::engines::LaunchSpec {
        engine: EngineKind::LlamaCpp,
        model: "tiny.gguf".into(),
        name: Some("mine".into()),
        port: Some(8080),
        program: None,
        flags: vec![crate::engines::FlagSetting { flag: "-ctk".into(), value: Some("q9_9".into()) }],
        env: Vec::new(),
    });
    run
}

const BAD_CACHE: &str = "error while handling argument \"--cache-type-k\": Unsupported cache type: q9_9";

#[test]
fn a_remedy_is_applied_with_one_key_and_tried_three_times_at_most() {
    let mut model = model(vec![sick("a", BAD_CACHE)]);
    assert!(press(&mut model, "w").is_empty() && model.engines.doctor.is_some());
    press(&mut model, "j");
    for round in 0..doctor::MOST_RETRIES {
        let effects = press(&mut model, "enter");
        let [Root::Engines(Effect::Launch(request))] = &effects[..] else { panic!("round {round}: {effects:?}") };
        let flags = &request.spec.flags;
        assert_eq!((flags[0].flag.as_str(), flags[0].value.as_deref()), ("--cache-type-k", Some("q8_0")));
        assert!(request.spec.name.as_deref().is_some_and(|name| name.starts_with("mine-")), "{:?}", request.spec.name);
        assert!(model.engines.doctor.is_none(), "the pane closes");
        assert!(press(&mut model, "w j enter").is_empty(), "one launch at a time");
        // It fails again as run b, c, d: each is one remedy further.
        let name = ["b", "c", "d"][usize::from(round)];
        let launched = Msg::Launched { result: Ok(RunId(name.into())) };
        update(&mut model, RootMsg::Engines(launched), &env());
        update(&mut model, RootMsg::Runs(vec![sick(name, BAD_CACHE)]), &env());
        press(&mut model, "esc w j");
    }
    assert!(
        press(&mut model, "enter").is_empty() && model.shared.toasts.newest_problem().is_some(),
        "a fourth time is refused"
    );
}

#[test]
fn a_remedy_can_be_looked_at_first_and_some_need_a_person() {
    let mut model = model(vec![sick("a", BAD_CACHE)]);
    press(&mut model, "w e");
    let dialog = model.engines.dialog.as_ref().unwrap();
    assert!(dialog.flags.settings.is_empty(), "the first remedy leaves the flag out: {:?}", dialog.flags.settings);
    let mut model =
        self::model(vec![sick("b", "0.0 E gguf_init_from_reader: invalid magic characters: 'hell', expected 'GGUF'")]);
    assert!(press(&mut model, "w enter").is_empty());
    assert!(model.shared.toasts.newest_problem().is_some() && model.engines.doctor.is_some());
    press(&mut model, "w");
    assert!(matches!(model.overlays.last(), Some(Overlay::Problem { .. })), "the whole of it");
}

#[test]
fn keys_are_not_on_record_so_the_dialog_asks_for_them() {
    let mut run = sick("a", BAD_CACHE);
    run.argv.push("--api-key=***".into());
    let mut model = model(vec![run]);
    press(&mut model, "w enter");
    assert!(model.engines.dialog.is_some());
}
