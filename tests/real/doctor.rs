//! Real engines made to fail, and brought back by the doctor's own remedies: each applied to what was asked for, nothing
//! changed by hand unless the remedy says that only a person can do it.

use super::stand::{Stand, VRAMDECK, model};
use super::{assert_answers, prepared, program, request};
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};
use vramdeck::engines::doctor::apply;
use vramdeck::engines::{EngineKind, Phase, Request, RunState, live};

/// Starts what is asked for although our own checks would refuse it, and waits until it is ready or over.
fn start(stand: &Stand, request: &Request) -> RunState {
    let plan = prepared(stand, request).plan.unwrap();
    let state = live::start_with(&stand.paths, &plan, Path::new(VRAMDECK)).unwrap();
    let began = Instant::now();
    loop {
        let state = live::get(&stand.paths, &state.run).unwrap();
        if state.phase == Phase::Ready || (!state.phase.is_live() && !state.owner_alive) {
            return state;
        }
        assert!(began.elapsed() < Duration::from_secs(300), "neither ready nor over: {state:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Starts again and again with the first remedy that a launch can hold; answers with the run that came up and the causes
/// on the way.
fn healed(stand: &Stand, mut wish: Request, most: usize) -> (RunState, Vec<String>) {
    let mut causes = Vec::new();
    for _ in 0..=most {
        let state = start(stand, &wish);
        let Phase::Failed { problem } = &state.phase else { return (state, causes) };
        let cause = problem.cause.clone().unwrap_or_else(|| panic!("no cause: {problem:?}"));
        let asked = state.facts.asked.clone().unwrap();
        let next = problem.remedies.iter().find_map(|remedy| apply(remedy, &asked));
        wish.spec = next.unwrap_or_else(|| panic!("nothing can be applied: {problem:?}"));
        causes.push(cause);
    }
    panic!("{most} remedies did not bring it up: {causes:?}");
}

#[test]
fn llama_server_is_brought_back_by_remedies() {
    let Some(program) = program("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let stand = Stand::new();
    let gguf = model("tiny-f16.gguf");
    for (flags, cause) in [
        ("-c 512 --gpu-mem-util 0.5", "bad_flag"),
        ("-c 512 --cache-type-k q9_9", "bad_cache_type"),
        ("-c 512 --ctx-sizes 4", "bad_flag"),
    ] {
        let mut wish = request(EngineKind::LlamaCpp, &program, &gguf, flags);
        wish.unchecked = true;
        let (ready, causes) = healed(&stand, wish, 1);
        assert_eq!(causes, [cause], "{flags}");
        assert_answers(&ready);
        live::stop(&stand.paths, &ready.run, Duration::from_secs(5)).unwrap();
    }
    // A port that another server holds.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut wish = request(EngineKind::LlamaCpp, &program, &gguf, "-c 512");
    wish.spec.port = Some(taken.local_addr().unwrap().port());
    let (ready, causes) = healed(&stand, wish, 1);
    assert_eq!(causes, ["port_in_use"]);
    assert_answers(&ready);
    live::stop(&stand.paths, &ready.run, Duration::from_secs(5)).unwrap();
    // A file that was cut off: only a person can fetch it again, and the remedy says so.
    let cut = stand.dir.path().join("cut.gguf");
    let whole = std::fs::read(&gguf).unwrap();
    std::fs::write(&cut, &whole[..whole.len() * 2 / 3]).unwrap();
    let wish = request(EngineKind::LlamaCpp, &program, &cut, "-c 512");
    let state = start(&stand, &wish);
    let Phase::Failed { problem } = &state.phase else { panic!("{state:?}") };
    assert_eq!(problem.cause.as_deref(), Some("truncated_weights"));
    assert!(problem.remedies.iter().all(|remedy| remedy.is_by_hand()) && problem.hint.contains("fetch it again"));
    std::fs::write(&cut, &whole).unwrap();
    assert_answers(&start(&stand, &wish));
}

/// One launch with six faults: each start brings one to light, each remedy mends one, and the seventh start serves.
#[test]
fn vllm_is_brought_back_from_six_faults() {
    let Some(program) = program("VRAMDECK_TEST_VLLM") else { return };
    let stand = Stand::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let flags = "--enforce-eager --dtype int3 --gpu-mem-util 0.5 --enable-auto-tool-choice --tool-call-parser nosuch \
                 --max-model-len 100000 --quantization awq";
    let mut wish = request(EngineKind::Vllm, &program, &model(""), flags);
    wish.unchecked = true;
    wish.spec.port = Some(taken.local_addr().unwrap().port());
    let (ready, causes) = healed(&stand, wish, 6);
    let causes: BTreeSet<&str> = causes.iter().map(String::as_str).collect();
    let expected = ["bad_dtype", "bad_flag", "bad_parser", "bad_quantization", "context_too_large", "port_in_use"];
    assert_eq!(causes, BTreeSet::from(expected));
    assert_eq!(ready.context_tokens, Some(4096), "the model's own length");
    assert_answers(&ready);
}
