//! The Engines screen: runs in every phase, a log, the start dialog, the models of an Ollama server.

use crate::support::{self, check, draw, draw_ascii, press, send};
use std::sync::Arc;
use std::time::Duration;
use vramdeck::app::env::Env;
use vramdeck::app::screens::engines::Msg as Engines;
use vramdeck::app::screens::engines::dialog::recipe::Pick;
use vramdeck::app::screens::engines::dialog::{Item, Plan, Preview};
use vramdeck::app::screens::engines::ollama::{Job, Model as OllamaModel, Msg as Ollama};
use vramdeck::app::{Model, Msg};
use vramdeck::base::{Bytes, Problem};
use vramdeck::engines::flags::bundled;
use vramdeck::engines::logfacts::{Level, MemoryPart};
use vramdeck::engines::phase::Failure;
use vramdeck::engines::proof::{self, ProofPart};
use vramdeck::engines::recipe::{Chosen, Origin, Profile, Recipe};
use vramdeck::engines::stages::{Amount, Past, Stage, StageKind, Stages, Took, Unit};
use vramdeck::engines::{Check, EngineKind, FlagSetting, LogLine, Phase, RunId, RunState};

fn failed() -> RunState {
    let problem = Failure {
        what: "vllm exited with code 1".into(),
        why: "the KV cache is too small for one request of the full length".into(),
        hint: "lower --max-model-len to 13104, or raise --gpu-memory-utilization".into(),
        last_lines: vec!["ValueError: To serve at least one request …".into()],
        ..Failure::default()
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

fn installed(model: &mut Model) -> Vec<vramdeck::engines::install::Status> {
    use vramdeck::engines::install::{Build, Installing, Package, Place, Progress, Stage, Status, Whose};
    let place = |whose, path: &str, version: &str| Place {
        whose,
        path: path.into(),
        version: Some(version.into()),
        build: (whose == Whose::Own).then_some(Build::Cuda),
        disk_bytes: (whose == Whose::Own).then_some(9_000_000_000),
        broken: None,
        used: true,
    };
    let status = |engine, places| Status {
        engine,
        places,
        pinned: None,
        newest_known: None,
        installing: None,
        recovered: None,
        last_failure: None,
        kept: Bytes(0),
    };
    let progress = Progress {
        stage: Stage::Packages,
        step: 3,
        steps: 7,
        text: "Downloading torch (789.4MiB)".into(),
        packages: Some((12, 164)),
        bytes: Some((400 << 20, 2 << 30)),
        seconds: 75.0,
        silent_seconds: 31.0,
    };
    let own = place(Whose::Own, "/data/engines/vllm/0.32.0-1/venv/bin/vllm", "0.32.0");
    let mut broken = place(Whose::Own, "/data/engines/litellm/1.106.2-1/venv/bin/litellm", "1.106.2");
    broken.used = false;
    broken.broken =
        Some(Problem::failed("x", "the Python it was made with is gone", "vramdeck engines repair litellm"));
    let installing = Installing { pid: 4711, what: "installing Ollama".into(), progress: Some(progress) };
    let all = vec![
        Status { newest_known: Some("0.33.0".into()), ..status(Package::Vllm, vec![own]) },
        status(Package::LlamaCpp, vec![place(Whose::System, "/usr/bin/llama-server", "11669")]),
        Status { installing: Some(installing), ..status(Package::Ollama, Vec::new()) },
        status(Package::LiteLlm, vec![broken]),
    ];
    use vramdeck::app::screens::engines::installed::Msg as Said;
    send(model, Msg::Engines(Engines::Installed(Said::Listed(all.clone()))));
    all
}

#[test]
fn engines_of_this_machine() {
    let mut model = deck(vec![ready()], "qwen3-8b-awq");
    press(&mut model, "i");
    check("installed_asking", &draw(&model, "terminal", (80, 24)));
    installed(&mut model);
    check("installed_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "j");
    press(&mut model, "j");
    check("installed_busy_200x50", &draw(&model, "terminal", (200, 50)));
    press(&mut model, "j");
    check("installed_broken_80x24", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn nothing_is_installed_without_a_yes() {
    use vramdeck::app::Effect;
    use vramdeck::app::screens::engines::Effect as Ask;
    use vramdeck::app::screens::engines::installed::{Effect as Do, Msg as Said, Work};
    use vramdeck::engines::install::Package;
    let mut model = deck(vec![ready()], "qwen3-8b-awq");
    press(&mut model, "i");
    let all = installed(&mut model);
    assert!(press(&mut model, "u").is_empty(), "only asked");
    check("installed_upgrade_80x24", &draw(&model, "terminal", (80, 24)));
    let effects = press(&mut model, "y");
    let wanted = Effect::Engines(Ask::Installed(Do::Do(Package::Vllm, Work::Upgrade)));
    assert!(effects.contains(&wanted), "{effects:?}");
    send(&mut model, Msg::Engines(Engines::Installed(Said::Begun(Package::Vllm, Work::Upgrade))));
    let again = send(&mut model, Msg::Tick);
    assert!(again.contains(&Effect::Engines(Ask::Installed(Do::Follow))), "progress is asked for: {again:?}");
    let env = support::env();
    let later = Env { uptime: env.uptime + Duration::from_secs(2), ..env };
    assert!(model.wants_tick(&later).is_some_and(|due| due <= later.uptime), "the tick comes due without a key");
    assert_eq!(send(&mut model, Msg::Tick), [], "not asked again before the answer is there");
    let at_work = all.iter().map(|status| (status.engine, status.installing.clone())).collect();
    let still = send(&mut model, Msg::Engines(Engines::Installed(Said::Followed(at_work))));
    assert_eq!(still, [], "the installer that was listed is still at work");
    send(&mut model, Msg::Engines(Engines::Installed(Said::Done(Package::Vllm, Work::Upgrade, Ok("done".into())))));
    press(&mut model, "j");
    assert!(press(&mut model, "r").is_empty() && model.overlays.is_empty(), "llama.cpp is the system's");
    assert_eq!(press(&mut model, "i"), [Effect::Engines(Ask::Installed(Do::Offers(Package::LlamaCpp)))]);
    press(&mut model, "j");
    assert_eq!(press(&mut model, "x"), [Effect::Engines(Ask::Installed(Do::Cancel(Package::Ollama)))]);
    let ended = send(&mut model, Msg::Engines(Engines::Installed(Said::Followed(vec![(Package::Ollama, None)]))));
    assert_eq!(ended, [Effect::Engines(Ask::Installed(Do::List))], "what it left is looked at");
    assert!(press(&mut model, "x").is_empty(), "nothing is under way");
    press(&mut model, "esc");
    assert_eq!(model.engines.focus, vramdeck::app::screens::engines::Focus::Runs);
}

/// A start watched: two files fetched, the weights half read, the last start known.
fn loading(now: f64) -> RunState {
    let amount = |done, total, unit| Some(Amount { done, total: Some(total), unit });
    let stage = |kind, began: f64, ended: Option<f64>| Stage {
        kind,
        began: now - began,
        ended: ended.map(|ended| now - ended),
        said: None,
        progress: None,
        still: 0.0,
    };
    let past =
        [(StageKind::Start, 21.0), (StageKind::Weights, 40.0), (StageKind::Compile, 35.0), (StageKind::Graphs, 8.0)]
            .map(|(kind, seconds)| Took { kind, seconds, still: seconds / 2.0 });
    let mut run = support::run("qwen3-8b-awq", Phase::Loading { percent: Some(50) }, &[41_822]);
    run.facts.stages = Stages {
        list: vec![
            stage(StageKind::Start, 80.0, Some(58.0)),
            stage(StageKind::Download, 58.0, Some(12.0)),
            Stage { progress: amount(2, 4, Unit::Shards), ..stage(StageKind::Weights, 12.0, None) },
        ],
        moved_at: now - 3.0,
        past: Past::of(&[past.into()]),
        ..Stages::default()
    };
    run
}

fn proven() -> RunState {
    let gib = |gib: f64| gib * 1_073_741_824.0;
    let row = |part, predicted: f64, found: Option<f64>, margin: f64| {
        let difference = found.map(|found| found - predicted);
        let within = difference.map(|off| off.abs() <= margin);
        proof::Row { part, predicted, margin: Some(margin), engine: found, card: None, difference, within }
    };
    let mut run = ready();
    run.facts.proof = vec![
        row(ProofPart::Weights, gib(5.71), Some(gib(5.79)), gib(0.12)),
        row(ProofPart::Activation, gib(0.19), None, gib(0.03)),
        row(ProofPart::Beside, gib(1.26), Some(gib(1.81)), gib(0.46)),
        row(ProofPart::Kv, gib(5.41), Some(gib(4.9)), gib(0.48)),
        row(ProofPart::KvTokens, 39_424.0, Some(35_700.0), 3_498.0),
        row(ProofPart::Concurrency, 9.6, Some(8.7), 0.9),
    ];
    let held = proof::Row {
        engine: None,
        card: Some(gib(12.5)),
        ..row(ProofPart::Total, gib(12.38), Some(gib(12.5)), gib(0.25))
    };
    run.facts.proof.push(held);
    run
}

#[test]
fn a_start_is_watched_and_held_against_its_prediction() {
    let now = support::env().unix();
    let model = deck(vec![loading(now)], "qwen3-8b-awq");
    check("engines_stages_120x40", &draw(&model, "terminal", (120, 40)));
    check("engines_stages_80x24", &draw(&model, "terminal", (80, 24)));
    check("engines_stages_ascii", &draw_ascii(&model, "terminal", (80, 24)));
    let mut run = loading(now);
    run.facts.stages.moved_at = now - 45.0;
    run.facts.stages.last_line = "Loading safetensors checkpoint shards:  50% Completed | 2/4".into();
    let model = deck(vec![run], "qwen3-8b-awq");
    check("engines_stuck", &draw(&model, "terminal", (120, 40)));
    let model = deck(vec![proven()], "qwen3-8b-awq");
    check("engines_proof_120x40", &draw(&model, "terminal", (120, 40)));
    check("engines_proof_80x24", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn where_nothing_can_be_held_against_a_prediction_the_reason_stands() {
    let shown = |run: RunState| crate::look::symbols(&draw(&deck(vec![run], "qwen3-8b-awq"), "terminal", (120, 40)));
    let mut silent = proven();
    for row in &mut silent.facts.proof {
        (row.engine, row.card) = (None, None);
    }
    let seen = shown(silent);
    assert!(seen.contains("neither engine nor card says what it took; predicted: weights 5.71 GiB"), "{seen}");
    let mut unknown = ready();
    unknown.facts.predicted_unknown = Some("neither this machine nor the catalogue knows m".into());
    let seen = shown(unknown);
    assert!(seen.contains("not held against a prediction: neither this machine nor the catalogue knows m"), "{seen}");
}

fn sick() -> RunState {
    let log = "(EngineCore pid=9) ERROR 11-21 01:37:59 [core.py:1510] ValueError: To serve at least one request with the model's max seq len (40960), (5.62 GiB KV cache is needed, which is larger than the available KV cache memory (2.41 GiB). Based on the available memory, the estimated maximum model length is 17552. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.";
    let finding = vramdeck::engines::doctor::diagnose(log.as_bytes(), None).unwrap().finding.unwrap();
    let problem = Failure::found("vllm exited with code 1".into(), finding, Vec::new());
    support::run("phi-4-awq", Phase::Failed { problem }, &[])
}

#[test]
fn the_doctor_lists_what_to_do() {
    for size in [(80, 24), (120, 40), (200, 50)] {
        let mut model = deck(vec![ready(), sick()], "phi-4-awq");
        press(&mut model, "w down");
        check(&format!("engines_doctor_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
    let mut model = deck(vec![ready(), sick()], "phi-4-awq");
    press(&mut model, "w");
    check("engines_doctor_ascii", &draw_ascii(&model, "terminal", (80, 24)));
}
