//! What it costs to watch a reply grow: `cargo bench --bench structured`. A document of 200 kB comes at 2,000 tokens a second,
//! four bytes a token. Ends with an error above 5 % of a core for tree, schema and constraint together, or where the last
//! eighth of the document costs more than twice the first a token; a debug build only tells its figures.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints its figures and stops at what is wrong")]

use serde_json::{Value, json};
use std::hint::black_box;
use std::time::{Duration, Instant};
use vramdeck::lab::schema::Schema;
use vramdeck::lab::structured::conform::{Grammar, Matcher};
use vramdeck::lab::structured::tree::Tree;
use vramdeck::lab::structured::watch::Watch;

/// Bytes of the document.
const SIZE: usize = 200_000;
/// Bytes of a token.
const TOKEN: usize = 4;
/// Tokens a second.
const SPEED: f64 = 2000.0;
/// Share of a core.
const MOST: f64 = 0.05;
/// The last eighth over the first.
const FLAT: f64 = 2.0;

fn main() {
    let records = json!({"type": "object", "required": ["rows"], "additionalProperties": false, "properties": {"rows": {"type": "array",
        "items": {"type": "object", "required": ["id", "kind", "text"], "additionalProperties": false, "properties": {
            "id": {"type": "integer", "minimum": 0}, "kind": {"enum": ["alpha", "beta", "gamma"]},
            "text": {"type": "string", "maxLength": 200}, "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
            "at": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"x": {"type": "number"}, "y": {"type": "number"}}}]}}}}}});
    let row = |n: usize| {
        let kind = ["alpha", "beta", "gamma"][n % 3];
        let at = if n.is_multiple_of(2) { Value::Null } else { json!({"x": 1.5, "y": -2e3}) };
        json!({"id": n, "kind": kind, "text": "the quick brown fox \"jumps\"\n",
        "tags": ["red", "green"], "at": at})
    };
    let rows = json!({"rows": (0..SIZE / 130).map(row).collect::<Vec<_>>()}).to_string();
    let text = json!({"text": "lorem ipsum dolor sit amet \n ".repeat(SIZE / 30)}).to_string();
    let string = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    let wide = json!({"type": "array", "items": {"type": "integer"}});
    let numbers = json!((0..SIZE / 7).map(|n| n * 31 % 100_000).collect::<Vec<_>>()).to_string();
    let members = Value::Object((0..SIZE / 20).map(|n| (format!("key_{n}"), json!(n))).collect()).to_string();
    let free = json!({"type": "object", "additionalProperties": {"type": "integer"}});
    let deep = "[".repeat(SIZE / 2) + &"]".repeat(SIZE / 2);
    let nested = json!({"type": "array", "items": {"$ref": "#"}});
    let mut missed = 0;
    for (name, schema, text) in [
        ("records", &records, &rows),
        ("one string", &string, &text),
        ("numbers", &wide, &numbers),
        ("members", &free, &members),
        ("100k deep", &nested, &deep),
    ] {
        missed += usize::from(!measure(name, schema, text));
    }
    if missed > 0 && !cfg!(debug_assertions) {
        std::process::exit(1);
    }
}

/// Seconds of each token: the best of three.
fn tokens(text: &str, mut begin: impl FnMut() -> Box<dyn FnMut(&str)>) -> Vec<f64> {
    let pieces: Vec<&str> = (0..text.len()).step_by(TOKEN).map(|at| &text[at..(at + TOKEN).min(text.len())]).collect();
    let mut best = vec![f64::INFINITY; pieces.len()];
    for _ in 0..3 {
        let mut push = begin();
        for (piece, best) in pieces.iter().zip(&mut best) {
            let began = Instant::now();
            push(black_box(piece));
            *best = best.min(began.elapsed().as_secs_f64());
        }
    }
    best
}

fn measure(name: &str, schema: &Value, text: &str) -> bool {
    let ready = Schema::read(schema).unwrap();
    let began = Instant::now();
    let matcher = Matcher::new(&Grammar::Schema(schema.clone())).unwrap();
    let compiled = began.elapsed();
    let tree = tokens(text, || {
        let mut tree = Tree::new();
        Box::new(move |piece| tree.push(piece))
    });
    let judged = tokens(text, || {
        let mut watch = Watch::new(Some(&ready), None);
        Box::new(move |piece| watch.push(piece))
    });
    let all = tokens(text, || {
        let mut watch = Watch::new(Some(&ready), Some(matcher.clone()));
        Box::new(move |piece| watch.push(piece))
    });
    let eighth = |costs: &[f64], n: usize| costs.iter().skip(costs.len() * n / 8).take(costs.len() / 8).sum::<f64>();
    let mean = |costs: &[f64]| costs.iter().sum::<f64>() / costs.len() as f64;
    let ratio = |costs: &[f64]| eighth(costs, 7) / eighth(costs, 0);
    let share = mean(&all) * SPEED;
    let fine = share <= MOST && ratio(&all) <= FLAT;
    let micro = |costs: &[f64]| Duration::from_secs_f64(mean(costs));
    println!(
        "{name:<11} {:>4} kB  a token: tree {:>8.2?}, with schema {:>8.2?}, with constraint {:>8.2?}; {:>5.2} % of a core; last eighth over first {:.2} (tree {:.2}, schema {:.2}); compiled in {compiled:.1?} {}",
        text.len() / 1000,
        micro(&tree),
        micro(&judged),
        micro(&all),
        share * 100.0,
        ratio(&all),
        ratio(&tree),
        ratio(&judged),
        if fine { "" } else { "MISSED" }
    );
    fine
}
