//! Recorded starts and what `fit --batch` answers to them.

use serde_json::Value;
use std::io::Write;
use std::process::Command;
use std::sync::LazyLock;

const ROWS: &str = include_str!("rows.jsonl");
/// Starts that no rule and no constant was fitted to, for judging only.
const HELD_OUT: &str = include_str!("held-out.jsonl");
const GIB: f64 = 1_073_741_824.0;
const MIB: f64 = 1_048_576.0;
/// A failure that was this near to starting may be called tight, GiB.
const NEAR: f64 = 0.5;

/// One recorded figure beside the answer.
pub struct Row {
    pub id: String,
    pub kind: String,
    pub tags: Vec<String>,
    pub gate: bool,
    /// What was not logged, or why a row lies off.
    pub note: String,
    pub outcome: Outcome,
}

/// How the answer compares.
pub enum Outcome {
    /// Got, wanted, in the unit of the kind; the margin that was said.
    Figure { got: f64, want: f64, margin: f64 },
    /// Whether the verdict agrees, and whether a failure was called `fits`.
    Verdict { agrees: bool, false_fit: bool, said: String },
    /// No answer, and why.
    None(String),
}

static ANSWERED: LazyLock<Vec<Row>> = LazyLock::new(|| answer_all(ROWS));
static HELD: LazyLock<Vec<Row>> = LazyLock::new(|| answer_all(HELD_OUT));

/// All rows, answered once.
pub fn answered() -> &'static [Row] {
    &ANSWERED
}

/// Held-out rows, answered once.
pub fn held_out() -> &'static [Row] {
    &HELD
}

/// The lines of `fit --batch` for requests, run where no card and no session can leak into them.
pub fn batch(requests: &str) -> Vec<Value> {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("requests.jsonl");
    std::fs::File::create(&file).unwrap().write_all(requests.as_bytes()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
    for name in ["HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(name, home.path());
    }
    let out = command.arg("fit").arg("--batch").arg(&file).arg("--json").output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn answer_all(rows: &str) -> Vec<Row> {
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let requests: Vec<String> = rows.iter().map(|row| row["request"].to_string()).collect();
    let answers = batch(&requests.join("\n"));
    assert_eq!(answers.len(), rows.len(), "one answer a row, in order");
    rows.iter().zip(&answers).map(|(row, answer)| compare(row, answer)).collect()
}

fn compare(row: &Value, answer: &Value) -> Row {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let kind = text(&row["kind"]);
    let outcome = match answer.get("error") {
        Some(error) => Outcome::None(error["what"].to_string()),
        None => outcome(&kind, &row["expect"], answer),
    };
    let note = row["note"].as_str().unwrap_or_default().to_owned();
    let tags = row["tags"].as_array().unwrap().iter().map(text).collect();
    Row { id: text(&row["id"]), kind, tags, gate: row["gate"].as_bool().unwrap(), note, outcome }
}

fn outcome(kind: &str, expect: &Value, answer: &Value) -> Outcome {
    if kind == "verdict" {
        return verdict(expect, answer);
    }
    let (field, unit, want) = match kind {
        "weights" => ("weights_bytes", GIB, &expect["weights_gib"]),
        "kv_given" => (expect["compare"].as_str().unwrap(), 1.0, &expect["value"]),
        "end_to_end" => ("kv_available_bytes", GIB, &expect["kv_available_gib"]),
        "kv_total" => ("kv_bytes", MIB, &expect["kv_mib"]),
        "gguf_weights" => ("weights_bytes", MIB, &expect["weights_mib"]),
        other => panic!("{other} is no kind of row"),
    };
    match (answer[field].as_f64(), want.as_f64()) {
        (Some(got), Some(want)) => {
            let margin = answer["margin_bytes"].as_f64().unwrap_or(0.0) / unit;
            Outcome::Figure { got: got / unit, want, margin }
        }
        _ => Outcome::None(format!("{field} is {}", answer[field])),
    }
}

fn verdict(expect: &Value, answer: &Value) -> Outcome {
    let said = answer["verdict"].as_str().unwrap().to_owned();
    let starts = ["fits", "tight"].contains(&said.as_str());
    let near = expect["margin_gib"].as_f64().is_some_and(|margin| margin.abs() <= NEAR);
    let fits = expect["fits"].as_bool().unwrap();
    let agrees = if fits { starts } else { !starts || (said == "tight" && near) };
    Outcome::Verdict { agrees, false_fit: !fits && said == "fits", said }
}
