//! Tool calls in raw text: rows of upstreams' own tests, own texts, laws that hold for any text, and the commands; suites asked
//! of a scripted server; what runs when a model calls; chat templates, against what Hugging Face's own library renders.
//!
//! `cargo test --test tools rows -- --nocapture` prints the score by format.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing step fails the test")]
#![allow(clippy::print_stdout, reason = "the score is printed")]
#![allow(missing_docs, reason = "tests are not a library")]
#![allow(dead_code, reason = "what tests share is not all used here")]

#[path = "tools/command.rs"]
mod command;
#[path = "tools/import.rs"]
mod import;
#[path = "tools/laws.rs"]
mod laws;
#[path = "support/openai.rs"]
mod openai;
#[path = "tools/own.rs"]
mod own;
#[path = "tools/program.rs"]
mod program;
#[path = "tools/render.rs"]
mod render;
#[path = "tools/rows.rs"]
mod rows;
#[path = "tools/run.rs"]
mod run;
#[allow(dead_code, reason = "shared with other test binaries, each of which uses a part")]
#[path = "support/standin.rs"]
mod standin;
#[path = "tools/structured.rs"]
mod structured;
#[path = "tools/suite.rs"]
mod suite;
#[path = "tools/templates.rs"]
mod templates;

use serde_json::Value;
use std::sync::Arc;
use vramdeck::lab::tools::{Compiled, Parsed, Tools, named, parse};

/// What a text holds in a format that is built in.
fn read(format: &str, text: &[u8], tools: &Tools, chunk: usize) -> Parsed {
    let compiled = Compiled::new(named(format).unwrap()).unwrap();
    parse(text, &Arc::new(compiled), &Arc::new(tools.clone()), chunk)
}

/// Name and arguments of each call.
fn calls(parsed: &Parsed) -> Vec<(&str, Option<Value>)> {
    parsed.calls.iter().map(|call| (call.name.as_str(), call.arguments.clone().map(Value::Object))).collect()
}
