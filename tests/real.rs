//! The same flow on real engines with a tiny trained model. They are found through `VRAMDECK_TEST_LLAMA_SERVER` and
//! `VRAMDECK_TEST_VLLM` (paths of the programs); without them a test says that it was skipped, and fails where
//! `CI=true`.

// Helpers of a test crate may panic: that is how a test fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[allow(dead_code, reason = "shared with the tests of stand-ins, which use the rest of it")]
#[path = "engines/stand.rs"]
mod stand;

#[path = "real/buffers.rs"]
mod buffers;
#[path = "real/calls.rs"]
mod calls;
#[path = "real/plugin.rs"]
mod plugin;
#[path = "real/pooling.rs"]
mod pooling;
#[path = "real/probes.rs"]
mod probes;
#[path = "real/proof.rs"]
mod proof;
#[path = "real/render.rs"]
mod render;
#[path = "real/samples.rs"]
mod samples;
#[path = "real/suite.rs"]
mod suite;

#[path = "real/doctor.rs"]
mod doctor;

use serde_json::{Value, json};
use stand::{Stand, VRAMDECK, failure, gone, kill, model};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vramdeck::base::units::GIB;
use vramdeck::engines::Request;
use vramdeck::engines::flags::{bundled, parse_args};
use vramdeck::engines::live::{self, Prepared};
use vramdeck::engines::{EngineKind, LaunchSpec, Phase, RunState};
use vramdeck::models::config;
use vramdeck::models::fit::kv::{Paged, PagedAsk};

const GRACE: Duration = Duration::from_secs(20);

fn program(variable: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(PathBuf::from(path));
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{variable} must name the engine");
    eprintln!("skipped: {variable} names no engine");
    None
}

/// Tests run side by side, each with folders of its own: the first free port would be that of all.
fn unused_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn request(engine: EngineKind, program: &Path, model: &Path, flags: &str) -> Request {
    let words: Vec<String> = flags.split_whitespace().map(str::to_owned).collect();
    let env = [("HF_HUB_OFFLINE", "1"), ("VLLM_NO_USAGE_STATS", "1"), ("VLLM_CPU_KVCACHE_SPACE", "1")];
    let spec = LaunchSpec {
        engine,
        model: model.to_string_lossy().into_owned(),
        name: None,
        port: Some(unused_port()),
        program: Some(program.to_owned()),
        flags: parse_args(&words, &bundled(engine).unwrap()).unwrap(),
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    };
    Request { spec, url: None, key: None, simulated_dialect: None, unchecked: false }
}

fn prepared(stand: &Stand, request: &Request) -> Prepared {
    live::prepare(&stand.paths, request).unwrap()
}

/// Starts and waits until ready, noting the phases seen.
fn fly(stand: &Stand, request: &Request) -> (RunState, Vec<&'static str>) {
    let plan = prepared(stand, request).into_plan().unwrap_or_else(|problem| panic!("{problem}"));
    let state = live::start_with(&stand.paths, &plan, Path::new(VRAMDECK)).unwrap();
    let (mut phases, began) = (Vec::new(), Instant::now());
    let patient = || began.elapsed() < Duration::from_secs(300);
    let ready = live::wait_ready(&stand.paths, &state.run, |state| phases.push(state.phase.name()), patient);
    let ready = ready.unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(ready.phase, Phase::Ready, "not in time: {phases:?}");
    phases.dedup();
    (ready, phases)
}

fn chat(state: &RunState) -> Value {
    let url = format!("{}/v1/chat/completions", state.endpoint.as_deref().unwrap());
    let body = json!({
        "model": state.served_name, "max_tokens": 16, "temperature": 0,
        "messages": [{"role": "user", "content": "Say hello."}],
    });
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        client.post(url).json(&body).send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    })
}

/// The cache that we predict for vLLM on a CPU, where a block holds 128 tokens.
fn predicted_cache(folder: &Path, len: u64) -> Paged {
    let facts = config::parse(&std::fs::read_to_string(folder.join("config.json")).unwrap()).unwrap();
    let ask = PagedAsk {
        block_size: Some(128),
        model_dtype: facts.geometry.dtype,
        max_model_len: len,
        max_num_batched_tokens: len,
        ..PagedAsk::default()
    };
    Paged::of(&facts.geometry, &ask)
}

fn assert_answers(state: &RunState) {
    let answer = chat(state);
    assert_eq!(answer["choices"][0]["message"]["role"], "assistant", "{answer}");
    assert!(answer["usage"]["completion_tokens"].as_u64().unwrap() > 0, "{answer}");
}

#[test]
fn llama_server_flies() {
    let Some(program) = program("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let stand = Stand::new();
    let (state, phases) = fly(&stand, &request(EngineKind::LlamaCpp, &program, &model("tiny-f16.gguf"), "-c 2048"));
    assert_eq!(phases.last(), Some(&"ready"), "{phases:?}");
    assert!(state.context_tokens.is_some() && state.owner_alive, "{state:?}");
    assert_answers(&state);
    render::prompts_are_those_of(&state);
    let report = live::stop(&stand.paths, &state.run, GRACE).unwrap();
    assert!(!report.killed, "{report:?}");
    gone(&state.pids);
    assert!(stand.carriers().is_empty());
    // Killed from outside, it is a failure, and nothing of it is left.
    let (state, _) = fly(&stand, &request(EngineKind::LlamaCpp, &program, &model("tiny-f16.gguf"), "-c 512"));
    kill(state.leader.unwrap().pid, "KILL");
    assert!(failure(&stand.ended(&state.run)).what.contains("signal 9"));
}

#[test]
fn llama_server_refuses_and_we_say_why() {
    let Some(program) = program("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let stand = Stand::new();
    let gguf = model("tiny-f16.gguf");
    let wish = |model: &Path, flags: &str| request(EngineKind::LlamaCpp, &program, model, flags);
    // The installed help is what flags are held against.
    let found = live::find(&stand.paths, EngineKind::LlamaCpp, Some(&program)).unwrap();
    let table = live::flag_table(&stand.paths, EngineKind::LlamaCpp, &found).unwrap();
    assert!(table.is_installed() && table.flags.len() > 150, "{:?} {}", table.source, table.flags.len());
    let problem = prepared(&stand, &wish(&gguf, "--gpu-mem-util 0.5")).into_plan().unwrap_err();
    assert_eq!(problem.exit_code(), 2, "{problem}");
    // Past our own checks, the engine's words are read as well.
    let mut plan = prepared(&stand, &wish(&gguf, "")).into_plan().unwrap();
    let good = plan.argv.clone();
    let cut = stand.dir.path().join("cut.gguf");
    let whole = std::fs::read(&gguf).unwrap();
    std::fs::write(&cut, &whole[..whole.len() * 2 / 3]).unwrap();
    assert!(prepared(&stand, &wish(&cut, "")).into_plan().unwrap_err().what.contains("truncated"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listener = std::net::TcpListener::bind(taken).unwrap();
    let swap = |from: &str, to: &str| -> Vec<String> {
        good.iter().map(|arg| if arg == from { to.to_owned() } else { arg.clone() }).collect()
    };
    let at = good.iter().position(|arg| arg == "--port").unwrap() + 1;
    let own = gguf.to_str().unwrap();
    for (argv, says) in [
        (swap("--metrics", "--gpu-mem-util"), "invalid argument"),
        (swap(own, cut.to_str().unwrap()), "not within the file bounds"),
        (swap(own, "/nowhere.gguf"), "No such file"),
        (swap(&good[at], &taken.port().to_string()), "couldn't bind"),
    ] {
        plan.argv = argv;
        let state = live::start_with(&stand.paths, &plan, Path::new(VRAMDECK)).unwrap();
        let failure = failure(&stand.ended(&state.run));
        assert!(failure.why.contains(says), "{failure:?}");
    }
    drop(listener);
}

/// A suite asked of the vLLM that runs, and of a llama-server beside it.
fn suite_on_both(stand: &Stand, vllm: &RunState) {
    let Some(program) = program("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let gguf = model("tiny-f16.gguf");
    let (llama, _) = fly(stand, &request(EngineKind::LlamaCpp, &program, &gguf, "--jinja --parallel 8"));
    let ids = [suite::scored(stand, vllm, &[]), suite::scored(stand, &llama, &["--whole"])];
    suite::compared(stand, [&ids[0], &ids[1]]);
    calls::loops(stand, vllm);
    calls::loops(stand, &llama);
    live::stop(&stand.paths, &llama.run, GRACE).unwrap();
}

/// One start serves all: it takes a minute.
#[test]
fn vllm_flies_and_its_orphans_are_found() {
    let Some(program) = program("VRAMDECK_TEST_VLLM") else { return };
    let stand = Stand::new();
    let folder = model("");
    let wish = |flags: &str| request(EngineKind::Vllm, &program, &folder, flags);
    for (flags, says) in [
        ("--gpu-mem-util 0.5", "--gpu-memory-utilization"),
        ("--max-model-len 100000", "4096"),
        ("--dtype int3", "one of auto"),
    ] {
        let problem = prepared(&stand, &wish(flags)).into_plan().unwrap_err();
        assert!(problem.exit_code() == 2 && problem.hint.contains(says), "{problem}");
    }
    let nowhere = request(EngineKind::Vllm, &program, Path::new("/nowhere/model"), "");
    assert!(prepared(&stand, &nowhere).into_plan().unwrap_err().what.contains("no model at"));

    let (state, phases) =
        fly(&stand, &wish("--enforce-eager --max-model-len 2048 --enable-auto-tool-choice --tool-call-parser hermes"));
    assert!(phases.contains(&"warming") && phases.last() == Some(&"ready"), "{phases:?}");
    assert_eq!(state.context_tokens, Some(2048));
    let cache = predicted_cache(&folder, 2048);
    assert_eq!(state.facts.kv_tokens, Some(cache.tokens(GIB, 2048)), "the engine's cache and ours: {:?}", state.facts);
    let (said, ours) = (state.facts.concurrency.unwrap(), cache.concurrency(GIB, 2048));
    assert!((said - ours).abs() < 0.005, "the engine says {said}, ours is {ours}");
    assert!(state.pids.len() >= 3, "API server, EngineCore and Worker: {:?}", state.pids);
    assert_answers(&state);
    render::prompts_are_those_of(&state);
    suite_on_both(&stand, &state);
    probes::held(&stand, &state, probes::VLLM);

    // The worst day: keeper and API process are killed; EngineCore and Worker would hold the card for ever.
    kill(state.keeper.unwrap().pid, "KILL");
    kill(state.leader.unwrap().pid, "KILL");
    let leader = state.leader.unwrap().pid;
    // A kill is sent at once; that the process is gone shows a moment later.
    let dead = |state: &RunState| !state.owner_alive && !state.pids.contains(&leader);
    let orphaned = stand.until(&state.run, "the deaths", dead);
    assert!(!orphaned.pids.is_empty() && orphaned.phase.is_live(), "{orphaned:?}");
    let report = live::stop(&stand.paths, &state.run, GRACE).unwrap();
    gone(&state.pids);
    gone(&report.ended_pids);
    assert!(stand.carriers().is_empty());
}
