//! Time to read what engines say of themselves, from recorded answers: `cargo bench --bench metrics`. Ends with an error
//! when reading vLLM's takes more than a millisecond; a debug build only tells its figures.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::time::Instant;
use vramdeck::engines::Dialect;
use vramdeck::engines::metrics::{Answers, gauges};

const VLLM: &str = include_str!("../engines/metrics/vllm-0.32.0.txt");
const LLAMA: &str = include_str!("../engines/metrics/llama-server-b11669.txt");
const SLOTS: &str = include_str!("../engines/metrics/llama-server-b11669-slots.json");
const OLLAMA: &str = include_str!("../engines/metrics/ollama-0.33.0-ps.json");
const RUNS: usize = 501;

fn main() {
    let none = Answers::default();
    let vllm = measure("vLLM", Dialect::Vllm, Answers { metrics: Some(VLLM), ..none });
    measure("llama-server", Dialect::LlamaCpp, Answers { metrics: Some(LLAMA), slots: Some(SLOTS), ..none });
    measure("Ollama", Dialect::Ollama, Answers { loaded: Some(OLLAMA), ..none });
    if vllm > 1000.0 {
        println!("MISSED vLLM's figures: {vllm:.0} µs, not at most 1000");
        if !cfg!(debug_assertions) {
            std::process::exit(1);
        }
    }
}

/// The median in microseconds.
fn measure(name: &str, dialect: Dialect, answers: Answers<'_>) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            black_box(gauges(dialect, "tiny", black_box(answers)));
            began.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let bytes: usize = [answers.metrics, answers.slots, answers.loaded].into_iter().flatten().map(str::len).sum();
    println!("{name:<14} {bytes:>6} B  median {:>7.1} µs  slowest {:>7.1} µs", times[RUNS / 2], times[RUNS - 1]);
    times[RUNS / 2]
}
