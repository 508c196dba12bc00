//! The tools that cases refer to by name, those that only distract, and the cases that come with vramdeck.

use super::case::{Case, ToolSpec};
use super::family::Family;
use super::read;
use crate::base::Problem;
use serde::Deserialize;
use serde_json::Value;
use std::sync::LazyLock;

const TOOLS: &str = include_str!("../../../presets/suites/tools.jsonl");
const DISTRACTORS: &str = include_str!("../../../presets/suites/distractors.jsonl");
const CALLS: &str = include_str!("../../../presets/suites/calls.jsonl");
const STRUCTURED: &str = include_str!("../../../presets/suites/structured.jsonl");

/// Tools by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Library {
    tools: Vec<ToolSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Value,
}

impl Library {
    /// The tools that the shipped cases use.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Library> = LazyLock::new(|| Library::read(TOOLS, "tools.jsonl").unwrap_or_default());
        &SHIPPED
    }

    /// Tools that no shipped case needs.
    pub fn distractors() -> &'static Self {
        static SHIPPED: LazyLock<Library> =
            LazyLock::new(|| Library::read(DISTRACTORS, "distractors.jsonl").unwrap_or_default());
        &SHIPPED
    }

    /// Reads tools, one a line: `{"name", "description", "parameters"}`, also within `{"type": "function", "function": …}`.
    ///
    /// # Errors
    /// When a line is no tool, its schema cannot be used, or a name comes twice; every such line is told.
    pub fn read(text: &str, file: &str) -> Result<Self, Problem> {
        let mut tools: Vec<ToolSpec> = Vec::new();
        let mut faults = Vec::new();
        for (number, line) in read::lines(text) {
            match serde_json::from_str(line).map_err(|error| error.to_string()).and_then(tool) {
                Ok(tool) if tools.iter().any(|other| other.name == tool.name) => {
                    faults.push(format!("line {number}: tool {} comes twice", tool.name));
                }
                Ok(tool) => tools.push(tool),
                Err(why) => faults.push(format!("line {number}: {why}")),
            }
        }
        read::refuse(file, faults)?;
        Ok(Self { tools })
    }

    /// The tool of a name.
    pub fn get(&self, name: &str) -> Option<&ToolSpec> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// All of them, in the order of the file.
    pub fn tools(&self) -> &[ToolSpec] {
        &self.tools
    }
}

/// Reads one definition.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn tool(value: Value) -> Result<ToolSpec, String> {
    let bare = match value {
        Value::Object(mut map) if map.contains_key("function") => {
            if let Some(other) = map.keys().find(|key| !matches!(key.as_str(), "type" | "function")) {
                return Err(format!("unknown key `{other}` beside a function"));
            }
            map.remove("function").unwrap_or_default()
        }
        other => other,
    };
    let line: Line = serde_json::from_value(bare).map_err(|error| error.to_string())?;
    if line.name.trim().is_empty() {
        return Err("a tool has no name".to_owned());
    }
    crate::lab::schema::Schema::new(&line.parameters).map_err(|why| format!("the schema of {}: {why}", line.name))?;
    Ok(ToolSpec { name: line.name, description: line.description, parameters: line.parameters })
}

/// Which part of the shipped cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Some of each category.
    Quick,
    /// All of them.
    Full,
}

/// The cases on tool calls that come with vramdeck, in the order of their file: 130, of which 38 are quick.
pub fn shipped(size: Size) -> Vec<Case> {
    shipped_of(Family::Tools, size)
}

/// The cases of a family that come with vramdeck, in the order of their file. Of answers under a constraint there are 39, of which
/// 16 are quick.
pub fn shipped_of(family: Family, size: Size) -> Vec<Case> {
    static CASES: LazyLock<[Vec<Case>; 2]> = LazyLock::new(|| {
        let read = |text, file| read::cases(text, file, Library::shipped()).unwrap_or_default();
        [read(CALLS, "calls.jsonl"), read(STRUCTURED, "structured.jsonl")]
    });
    let [calls, structured] = &*CASES;
    let all = if family == Family::Tools { calls } else { structured };
    all.iter().filter(|case| size == Size::Full || case.quick).cloned().collect()
}
