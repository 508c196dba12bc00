//! Megabytes a second that the parser of tool calls reads: `cargo bench --bench tools`. Ends with an error below 200 MB/s of
//! plain text, 50 MB/s of calls or 20 MB/s of text that means harm; a debug build only tells its figures.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints its figures and stops at what is wrong")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use vramdeck::lab::tools::{Compiled, Tools, named, parse};

const PROSE: &str = "The quick brown fox counts 1, 2, 3 and says nothing of tools.\n";
/// Bytes that are read for a figure.
const SIZE: usize = if cfg!(debug_assertions) { 200_000 } else { 10_000_000 };
const TEXT: f64 = 200.0;
const CALLS: f64 = 50.0;
const HARM: f64 = 20.0;

fn main() {
    let fill = |text: &str| text.repeat(SIZE / text.len() + 1);
    // A text with a hundred calls: more would measure the memory that they are kept in.
    let some = |text: &str| text.repeat(100);
    let json = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"San Francisco\", \"days\": [1, 2, 3], \"unit\": \"celsius\"}}\n</tool_call>\n";
    let tagged = "<tool_call>\n<function=write>\n<parameter=path>\nsrc/main.rs\n</parameter>\n<parameter=text>\nfn main() {\n    println!(\"Hello\");\n}\n</parameter>\n</function>\n</tool_call>\n";
    let python = "[get_weather(city='San Francisco', days=[1, 2, 3], unit='celsius'), search(query=\"a b c\")]\n";
    let gemma = "<|tool_call>call:get_weather{city:<|\"|>San Francisco<|\"|>,days:[1,2,3],on:true}<tool_call|>\n";
    let long = format!(
        "<tool_call>{{\"name\": \"f\", \"arguments\": {{\"text\": \"{}\"}}}}</tool_call>",
        fill("lorem ipsum \\n ")
    );
    let rows: [(&str, &str, String, f64); 20] = [
        ("prose", "hermes", fill(PROSE), TEXT),
        ("prose", "qwen3_coder", fill(PROSE), TEXT),
        ("prose", "llama3_json", fill(PROSE), TEXT),
        ("calls", "hermes", some(json), CALLS),
        ("calls", "qwen3_coder", some(tagged), CALLS),
        ("calls", "pythonic", some(python), CALLS),
        ("calls", "gemma4", some(gemma), CALLS),
        ("one long call", "hermes", long, CALLS),
        ("<", "hermes", fill("<"), HARM),
        ("<", "qwen3_coder", fill("<"), HARM),
        ("[", "pythonic", fill("["), HARM),
        ("{", "llama3_json", fill("{\"a\":"), HARM),
        ("openings", "hermes", fill("<tool_call>{\"a"), HARM),
        ("quotes", "lfm2", format!("<|tool_call_start|>[f(a={}", fill("' ")), HARM),
        ("white space", "hermes", format!("{json}{}", fill(" ")), HARM),
        ("markers", "mistral_v11", fill("[TOOL_CALLS]"), HARM),
        ("markers", "hermes", fill("<tool_call>"), HARM),
        ("calls cut off", "gemma4", fill("<|tool_call>call:f{a:<|\"|>x"), HARM),
        ("junk", "mistral_v3", format!("[TOOL_CALLS] [{}", fill("\"a\", ")), HARM),
        ("tags", "qwen3_coder", format!("<function=f><parameter=a>{}", fill("</function> ")), HARM),
    ];
    let missed = rows.iter().filter(|(what, format, text, least)| measure(what, format, text, *least) < *least).count();
    if missed > 0 && !cfg!(debug_assertions) {
        std::process::exit(1);
    }
}

/// Megabytes a second, the slower of all at once and 4096 bytes at a time; each the best of three.
fn measure(what: &str, format: &str, text: &str, least: f64) -> f64 {
    let compiled = Arc::new(Compiled::new(named(format).unwrap()).unwrap());
    let tools = Arc::new(Tools::default());
    let speed = |chunk: usize| {
        let rounds = (SIZE / text.len()).max(1);
        let once = || {
            let began = Instant::now();
            for _ in 0..rounds {
                black_box(parse(black_box(text.as_bytes()), &compiled, &tools, chunk));
            }
            (rounds * text.len()) as f64 / 1e6 / began.elapsed().as_secs_f64()
        };
        (0..3).map(|_| once()).fold(0.0, f64::max)
    };
    let (whole, pieces) = (speed(0), speed(4096));
    let told = whole.min(pieces);
    println!(
        "{what:<14} {format:<12} {whole:>8.0} MB/s at once {pieces:>8.0} MB/s in pieces {}",
        if told < least { "MISSED" } else { "" }
    );
    told
}
