//! Rows of upstreams' own tests: `tests/tools/rows.jsonl`, told of in `SOURCES.md` beside it.

use crate::{calls, read};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use vramdeck::lab::tools::Tools;

const ROWS: &str = include_str!("rows.jsonl");
const TOOLS: &str = include_str!("tools.json");

/// Rows with text or reasoning that this project reads otherwise, on purpose: text beside calls is kept, reasoning that the
/// prompt began without a closing marker is text, and what the prompt held is no part of the answer.
const OTHERWISE: usize = 6;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub format: String,
    pub source: String,
    pub text: String,
    #[serde(default)]
    broken: bool,
    #[serde(default)]
    calls: Vec<(String, Value)>,
    content: Option<String>,
    reasoning: Option<String>,
    #[serde(default)]
    tools: Vec<usize>,
}

pub fn rows() -> Vec<Row> {
    ROWS.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

impl Row {
    pub fn offered(&self) -> Tools {
        let all: Vec<Value> = serde_json::from_str(TOOLS).unwrap();
        let offered: Vec<&Value> = self.tools.iter().map(|place| &all[*place]).collect();
        Tools::read(&serde_json::to_string(&offered).unwrap()).unwrap()
    }
}

/// Equal as JSON, with 1 and 1.0 the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

#[test]
fn rows_of_upstreams_are_read_as_they_expect() {
    let mut score: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut otherwise = Vec::new();
    for row in rows() {
        let parsed = read(&row.format, row.text.as_bytes(), &row.offered(), 0);
        let got = calls(&parsed);
        let right = if row.broken {
            parsed.calls.iter().all(|call| !call.complete || call.arguments.is_some())
        } else {
            let same = |((name, got), (wanted, value)): (&(&str, Option<Value>), &(String, Value))| {
                name == wanted && got.as_ref().is_some_and(|got| same(got, value))
            };
            got.len() == row.calls.len() && got.iter().zip(&row.calls).all(same)
        };
        assert!(right, "{} of {}: {:?} gave {got:?}, {:?}", row.format, row.source, row.text, parsed.problems);
        let (all, _) = score.entry(row.format.clone()).or_default();
        *all += 1;
        let words =
            |text: Option<&String>| text.map_or("", String::as_str).split_whitespace().collect::<Vec<_>>().join(" ");
        let told = words(parsed.content.as_ref()) == words(row.content.as_ref());
        let thought = row.reasoning.is_none() || words(parsed.reasoning.as_ref()) == words(row.reasoning.as_ref());
        let as_told = told && thought;
        if !row.broken && !as_told {
            otherwise.push(row.source);
        }
    }
    score.iter().for_each(|(format, (all, _))| println!("{format:<18} {all}"));
    assert!(otherwise.len() <= OTHERWISE, "{otherwise:#?}");
}
