//! The whole flow in a terminal: card → launch → chat → slider → stop, in the demo and on real engines.

use crate::support::deck::Deck;
use crate::support::term::{Exit, Term};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What differs between the engines that are flown.
struct Flight<'a> {
    engine: &'a str,
    model: &'a str,
    program: Option<&'a Path>,
    environment: &'a str,
    flags: &'a [(&'a str, &'a str)],
    patience: Duration,
    /// Whether loading takes long enough to be seen.
    loads_slowly: bool,
    /// What stands on every screen.
    mark: &'a str,
}

fn launch(term: &mut Term, flight: &Flight<'_>) {
    term.press("3");
    term.wait_for("Nothing runs");
    term.wait_for(flight.mark);
    term.press("n");
    term.wait_for("engine  [");
    let chosen = format!("[{}]", flight.engine);
    if !flight.engine.is_empty() && term.find(&chosen).is_none() {
        term.click_on(&format!(" {} ", flight.engine));
        term.wait_for(&chosen);
    }
    fill(term, "model", flight.model);
    fill(term, "port", &free_port());
    if let Some(program) = flight.program {
        fill(term, "program", &program.to_string_lossy());
    }
    if !flight.environment.is_empty() {
        fill(term, "environment", flight.environment);
    }
    for (count, (flag, value)) in flight.flags.iter().enumerate() {
        set_flag(term, flag, value);
        term.wait_for(&format!("{} set", count + 1));
    }
    term.press("f5");
    term.wait_gone("start an engine");
    if flight.loads_slowly {
        term.wait_for("loading");
    }
    term.wait_for(" ready ");
}

/// One that nobody is offered by himself, so that flights beside each other do not meet there.
pub fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port().to_string()
}

/// Clicks on a row of the form and types into it.
pub fn fill(term: &mut Term, label: &str, text: &str) {
    term.click_on(&format!("{label}  "));
    term.paste(text);
    let end: String = text.chars().skip(text.chars().count().saturating_sub(20)).collect();
    term.wait_for(&end);
}

/// Finds a flag in the list and gives it a value; a switch is turned on.
pub fn set_flag(term: &mut Term, flag: &str, value: &str) {
    term.click_on("find ");
    term.press("ctrl+u");
    term.type_text(flag);
    // Once in the field, once in the list: the list may still be on its way.
    term.wait_until(flag, |screen| screen.contents().matches(flag).count() > 1);
    term.press("enter");
    if !value.is_empty() {
        term.type_text(value);
        term.press("enter");
    }
}

fn talk(term: &mut Term, flight: &Flight<'_>) {
    term.press("c");
    term.wait_for("chat: ");
    term.wait_for(flight.mark);
    term.type_text("Say hello.");
    term.press("enter");
    term.wait_for("tok/s");
    term.wait_for(" context");
    // The sliders: the first step from unset goes to the least temperature, the next above it.
    term.press("ctrl+s");
    term.wait_for("▸temperature");
    term.press("right");
    term.press("right");
    term.wait_for("0.05");
    term.press("esc");
    term.wait_gone("▸temperature");
    term.type_text("And again?");
    term.press("enter");
    term.wait_for("temperature unset → 0.05");
}

fn stop(term: &mut Term, gone: &str) {
    term.press("alt+3");
    term.wait_for("log of ");
    term.press("s");
    term.wait_for("Stop ");
    term.press("y");
    term.wait_for(gone);
    term.wait_for("Nothing runs");
}

pub fn leave(mut term: Term, deck: &Deck) {
    term.press("q");
    assert_eq!(term.wait_exit(), Exit::Code(0));
    assert_eq!(term.not_restored(), Vec::<String>::new());
    assert_eq!(deck.processes(), Vec::new(), "nothing is left behind");
}

fn demo(columns: u16, rows: u16) {
    let deck = Deck::new();
    let mut term = Term::start(&deck, &["--demo"], columns, rows);
    let flight = Flight {
        engine: "",
        model: "demo-4B",
        program: None,
        environment: "",
        flags: &[("--load-seconds", "1")],
        patience: Duration::from_secs(30),
        loads_slowly: true,
        mark: "SIMULATED",
    };
    term.wait_for("VRAM");
    term.wait_for("firefox");
    term.wait_for("SIMULATED");
    launch(&mut term, &flight);
    term.press("1");
    term.wait_for("demo-4b");
    term.press("3");
    talk(&mut term, &flight);
    stop(&mut term, "came back");
    leave(term, &deck);
}

#[test]
fn the_demo_flies_on_a_small_terminal() {
    demo(80, 24);
}

#[test]
fn the_demo_flies_on_a_large_terminal() {
    demo(200, 50);
}

/// The program a variable names; where it names none a test is skipped visibly, but fails in CI.
pub fn engine(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{variable} must name the engine");
        eprintln!("skipped: {variable} names no engine");
    }
    path
}

fn real(flight: &Flight<'_>) {
    let deck = Deck::new().with_env("VRAMDECK_NVML_LIB", "/nonexistent/libnvidia-ml.so.1");
    let mut term = Term::start(&deck, &[], 120, 36).patience(flight.patience);
    term.wait_for("no NVIDIA driver");
    launch(&mut term, flight);
    talk(&mut term, flight);
    stop(&mut term, "gone after");
    leave(term, &deck);
}

#[test]
fn a_real_llama_server_flies() {
    let Some(program) = engine("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-tools/tiny-f16.gguf");
    real(&Flight {
        engine: "llama.cpp",
        model: &model.to_string_lossy(),
        program: Some(&program),
        environment: "",
        flags: &[],
        patience: Duration::from_secs(60),
        loads_slowly: false,
        mark: "Chat",
    });
}

#[test]
fn a_real_vllm_flies() {
    let Some(program) = engine("VRAMDECK_TEST_VLLM") else { return };
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-tools");
    real(&Flight {
        engine: "vllm",
        model: &model.to_string_lossy(),
        program: Some(&program),
        environment: "HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 VLLM_CPU_KVCACHE_SPACE=1",
        flags: &[("--max-model-len", "2048"), ("--enforce-eager", "")],
        patience: Duration::from_secs(180),
        loads_slowly: false,
        mark: "Chat",
    });
}
