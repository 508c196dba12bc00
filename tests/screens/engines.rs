//! The Engines screen: runs in every phase, a log, the start dialog, the models of an Ollama server.

use crate::support::{self, check, draw, draw_ascii, press, send};
use std::sync::Arc;
use vramdeck::app::screens::engines::Msg as Engines;
use vramdeck::app::screens::engines::dialog::recipe::Pick;
use vramdeck::app::screens::engines::dialog::{Item, Plan, Preview};
use vramdeck::app::screens::engines::ollama::{Job, Model as OllamaModel, Msg as Ollama};
use vramdeck::app::{Model, Msg};
use vramdeck::base::{Bytes, Problem};
use vramdeck::engines::flags::bundled;
use vramdeck::engines::logfacts::{Level, MemoryPart};
use vramdeck::engines::phase::Failure;
use vramdeck::engines::recipe::{Chosen, Origin, Profile, Recipe};
use vramdeck::engines::{Check, EngineKind, FlagSetting, LogLine, Phase, RunId, RunState};

fn failed() -> RunState {
    let problem = Failure {
        what: "vllm exited with code 1".into(),
        why: "the KV cache is too small for one request of the full length".into(),
        hint: "lower --max-model-len to 13104, or raise --gpu-memory-utilization".into(),
        last_lines: vec!["ValueError: To serve at least one request …".into()],
    };
    support::run("phi-4-awq", Phase::Failed { problem }, &[])
}

fn ready() -> RunState {
    let mut run = support::run("qwen3-8b-awq", Phase::Ready, &[41_822]);
    run.context_tokens = Some(32_768);
    run.facts.kv_tokens = Some(39_312);
    run.facts.concurrency = Some(1.2);
    run.facts.memory.insert(MemoryPart::Weights, Bytes::from_gib(5.79));
    run.facts.memory.insert(MemoryPart::KvCache, Bytes::from_gib(2.9));
    run
}

fn orphan() -> RunState {
    let mut run = support::run("tiny-gguf", Phase::Ready, &[77]);
    run.engine = EngineKind::LlamaCpp;
    run.owner_alive = false;
    run
}

fn deck(mut runs: Vec<RunState>, selected: &str) -> Model {
    let mut model = support::model(support::desktop());
    for (age, run) in runs.iter_mut().enumerate() {
        run.started_at -= age as f64 * 60.0;
    }
    press(&mut model, "3");
    send(&mut model, Msg::Runs(runs));
    model.engines.list.selected = Some(RunId(selected.to_owned()));
    send(&mut model, Msg::Tick);
    model
}

fn log(model: &mut Model, run: &str) {
    let line = |text: &str, level| LogLine { text: text.to_owned(), level, at: None };
    let lines = vec![
        line("(APIServer pid=1) INFO 11-21 08:00:01 [api.py:1] ready to read", Some(Level::Info)),
        line("(EngineCore pid=2) WARNING 11-21 08:00:02 [x.py:2] something to look at", Some(Level::Warning)),
        line("(EngineCore pid=2) ERROR 11-21 08:00:03 [x.py:3] ValueError: it did not fit", Some(Level::Error)),
        line(
            "a line that states no level and is much longer than any pane is wide, so that it is cut or wrapped, as the person likes it better",
            None,
        ),
    ];
    send(model, Msg::Engines(Engines::Log { run: RunId(run.to_owned()), reset: true, lines }));
}

#[test]
fn runs_in_every_phase() {
    let runs = || {
        vec![
            ready(),
            support::run("loading-one", Phase::Loading { percent: Some(45) }, &[5]),
            support::run("starting-one", Phase::Starting, &[6]),
            orphan(),
            failed(),
        ]
    };
    let mut model = deck(runs(), "qwen3-8b-awq");
    log(&mut model, "qwen3-8b-awq");
    for size in [(80, 24), (120, 40), (200, 50)] {
        check(&format!("engines_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
    check("engines_light", &draw(&model, "light", (120, 30)));
    check("engines_mono", &draw(&model, "mono", (120, 30)));
    check("engines_ascii", &draw_ascii(&model, "terminal", (120, 30)));
    for (name, selected) in [("engines_failed", "phi-4-awq"), ("engines_orphan", "tiny-gguf")] {
        check(name, &draw(&deck(runs(), selected), "terminal", (100, 28)));
    }
}

#[test]
fn nothing_runs() {
    let mut model = support::model(support::desktop());
    press(&mut model, "3");
    check("engines_empty", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn the_log_is_searched_filtered_and_wrapped() {
    for (name, keys) in [
        ("engines_log_search", "/ v a l u e enter"),
        ("engines_log_errors", "enter l l l"),
        ("engines_log_wrapped", "enter w"),
    ] {
        let mut model = deck(vec![ready()], "qwen3-8b-awq");
        log(&mut model, "qwen3-8b-awq");
        press(&mut model, keys);
        check(name, &draw(&model, "terminal", (90, 24)));
    }
}

fn dialog() -> Model {
    let mut model = deck(vec![ready()], "qwen3-8b-awq");
    press(&mut model, "n");
    let table = Arc::new(bundled(EngineKind::Vllm).unwrap());
    send(&mut model, Msg::Engines(Engines::Flags { engine: EngineKind::Vllm, table, reading: true }));
    send(&mut model, Msg::Paste("Qwen/Qwen3-8B-AWQ".into()));
    model
}

fn planned(model: &mut Model, result: Result<Preview, Problem>) {
    let generation = model.engines.dialog.as_ref().unwrap().generation;
    send(model, Msg::Engines(Engines::Planned { generation, result: result.map(Box::new) }));
}

#[test]
fn the_start_dialog() {
    let mut model = dialog();
    let argv = ["vllm", "serve", "Qwen/Qwen3-8B-AWQ", "--host", "127.0.0.1", "--port", "8000", "--api-key", "***"];
    let checks = vec![
        Check::pass("program", "/usr/bin/vllm"),
        Check::warn("version", "it did not say which"),
        Check::skip("model", "a hub name: it is looked up by the engine"),
        Check::fail("port", Problem::failed("port 8000 is taken", "held by pid 4", "use 8001")),
    ];
    let preview = Preview { argv: argv.map(str::to_owned).to_vec(), env: Vec::new(), checks };
    planned(&mut model, Ok(preview));
    for size in [(80, 24), (120, 36), (200, 50)] {
        check(&format!("dialog_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
    check("dialog_mono", &draw(&model, "mono", (120, 36)));
    model.engines.dialog.as_mut().unwrap().focus = Item::Flags;
    send(&mut model, Msg::Paste("kv-cache-dtype".into()));
    press(&mut model, "enter n o n s e n s e enter");
    check("dialog_wrong_value", &draw(&model, "terminal", (120, 36)));
    let refused = Problem::failed("vllm is not installed", "it is not on the PATH", "name it as the program");
    planned(&mut model, Err(refused));
    check("dialog_refused", &draw(&model, "light", (80, 24)));
}

fn recipe() -> Recipe {
    let chosen = |flag: &str, value: Option<&str>, origin, why: &str, cost: &str| Chosen {
        flag: flag.into(),
        value: value.map(str::to_owned),
        default: (origin == Origin::Solver).then(|| "256".to_owned()),
        why: why.into(),
        cost: cost.into(),
        source: "vLLM config/scheduler.py".into(),
        origin,
        passed: true,
    };
    let chosen = vec![
        chosen("--max-num-seqs", Some("16"), Origin::Solver, "buffers are made for this many", "further requests wait"),
        chosen(
            "--stream-interval",
            Some("8"),
            Origin::Profile,
            "sends eight tokens an event",
            "text comes in larger pieces",
        ),
        chosen("--enforce-eager", None, Origin::Person, "set by hand", ""),
        chosen("--api-key", Some("sk-secret"), Origin::Person, "set by hand", ""),
    ];
    let set = |one: &Chosen| FlagSetting { flag: one.flag.clone(), value: one.value.clone() };
    let notes = vec!["--max-num-seqs 128 gives way to --max-num-seqs 16: the sum of memory asks for it".to_owned()];
    Recipe { profile: Some(Profile::Agents), flags: chosen.iter().map(set).collect(), env: Vec::new(), chosen, notes }
}

#[test]
fn a_profile_fills_the_start_dialog_and_says_why() {
    let mut model = dialog();
    press(&mut model, "f6 f6 f6");
    let row = |model: &Model| model.engines.dialog.as_ref().unwrap().recipe.clone();
    assert!(row(&model).waiting && row(&model).pick == Pick::Profile(Profile::Agents));
    let generation = row(&model).generation;
    let stale = Engines::Composed { generation: generation - 1, result: Ok(Box::default()) };
    send(&mut model, Msg::Engines(stale));
    assert!(row(&model).waiting, "an answer to an older question is dropped");
    send(&mut model, Msg::Engines(Engines::Composed { generation, result: Ok(Box::new(recipe())) }));
    let argv = ["vllm", "serve", "Qwen/Qwen3-8B-AWQ", "--max-num-seqs", "16", "--stream-interval", "8"];
    planned(&mut model, Ok(Preview { argv: argv.map(str::to_owned).to_vec(), env: Vec::new(), checks: Vec::new() }));
    for size in [(80, 24), (200, 50)] {
        let drawn = draw(&model, "terminal", size);
        check(&format!("dialog_profile_{}x{}", size.0, size.1), &drawn);
    }
    press(&mut model, "f7");
    check("dialog_reasons_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "f7 f6");
    let form = model.engines.dialog.as_ref().unwrap();
    let asked = form.asked(Err("no card".into())).unwrap();
    let own: Vec<&str> = asked.choices.own.iter().map(|set| set.flag.as_str()).collect();
    assert_eq!(own, ["--enforce-eager", "--api-key"], "what was set by hand goes into the next profile");
}

#[test]
fn a_pasted_command_fills_the_start_dialog() {
    let mut model = deck(vec![ready()], "qwen3-8b-awq");
    press(&mut model, "n");
    send(&mut model, Msg::Paste("A=1 llama-server -m x.gguf \\\r  -c 512 --port 8123".into()));
    let form = model.engines.dialog.as_ref().unwrap();
    assert_eq!((form.engine, form.model.text(), form.port.text()), (EngineKind::LlamaCpp, "x.gguf", "8123"));
    assert_eq!((form.flags.settings.len(), form.environment.text()), (1, "A=1"));
    model.engines.dialog.as_mut().unwrap().model.clear();
    send(&mut model, Msg::Paste("vllm serve 'org/m".into()));
    let form = model.engines.dialog.as_ref().unwrap();
    assert!(matches!(&form.plan, Plan::Refused(problem) if problem.what.contains("never closed")), "{:?}", form.plan);
}

#[test]
fn models_of_an_ollama_server() {
    let mut model = deck(vec![ready()], "qwen3-8b-awq");
    press(&mut model, "o");
    let one = |name: &str, gib: f64, loaded: Option<(f64, f64)>| OllamaModel {
        name: name.into(),
        size: Bytes::from_gib(gib),
        detail: "8.2B Q4_K_M".into(),
        loaded: loaded.map(|(all, card)| (Bytes::from_gib(all), Bytes::from_gib(card))),
    };
    let models = vec![
        one("qwen3:8b", 4.9, Some((6.1, 6.1))),
        one("qwen3:32b", 18.8, Some((21.0, 13.5))),
        one("gemma3:4b", 3.1, None),
    ];
    let base_url = "http://127.0.0.1:11434".to_owned();
    let listed = Ollama::Listed { base_url, result: Ok(models) };
    send(&mut model, Msg::Engines(Engines::Ollama(listed)));
    check("ollama_models", &draw(&model, "terminal", (120, 30)));
    let job = Job { name: "phi4".into(), status: "pulling".into(), bytes: Some((Bytes(400), Bytes(1000))) };
    send(&mut model, Msg::Engines(Engines::Ollama(Ollama::Progress(job))));
    check("ollama_pull", &draw(&model, "mono", (100, 24)));
}
