//! Calls of one answer: what can be used, and what is wrong with the rest.

use crate::lab::agent::definition::Definition;
use crate::lab::agent::run::{Plan, cut, plan};
use crate::lab::agent::schema;
use serde_json::{Map, Value};

/// Bytes of what a model is told of its own faults.
const TOLD: usize = 2000;
/// Bytes of the arguments of one call.
const LONGEST: usize = 1024 * 1024;

/// Identity of a call within an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub usize);

/// A call as a model made it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The server's id for it; one is made where it lacks.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as text.
    pub arguments: String,
}

/// Where a call stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nobody has been asked yet.
    Held,
    Asked,
    Running,
    /// With what the model is told.
    Done(String),
}

/// A call at work.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) wire: String,
    pub(super) name: String,
    pub(super) plan: Plan,
    pub(super) stage: Stage,
    pub(super) node: usize,
}

/// What a call comes to: its arguments and what it would do, or what is wrong with it.
pub(super) fn examine(asked: &Asked, tools: &[Definition]) -> Result<(Map<String, Value>, Plan), String> {
    // A fault may hold what the model wrote: it does not get a megabyte back.
    look(asked, tools).map_err(|why| cut(why.as_bytes(), TOLD).0)
}

fn look(asked: &Asked, tools: &[Definition]) -> Result<(Map<String, Value>, Plan), String> {
    let Some(tool) = tools.iter().find(|tool| tool.name == asked.name) else { return Err(unknown(asked, tools)) };
    let arguments = arguments(&asked.arguments).map_err(|why| format!("the arguments of {} {why}", tool.name))?;
    let faults = schema::faults(&tool.parameters, &Value::Object(arguments.clone()));
    if !faults.is_empty() {
        return Err(format!("the arguments of {} do not fit: {}", tool.name, faults.join("; ")));
    }
    let plan = plan(tool, &arguments).map_err(|problem| format!("{}: {}", problem.what, problem.why))?;
    Ok((arguments, plan))
}

/// The object that a text of arguments is; an empty text is an object without members.
pub(super) fn arguments(text: &str) -> Result<Map<String, Value>, String> {
    if text.len() > LONGEST {
        return Err(format!("have {} bytes, {LONGEST} are allowed", text.len()));
    }
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(all)) => Ok(all),
        Ok(other) => Err(format!("are no JSON object but {}", short(&other.to_string()))),
        Err(error) => Err(format!("are no JSON: {error}")),
    }
}

fn unknown(asked: &Asked, tools: &[Definition]) -> String {
    let likeness = |tool: &&Definition| strsim::jaro_winkler(&tool.name, &asked.name);
    let near = tools.iter().filter(|tool| likeness(tool) > 0.8);
    let near = near.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).map(|tool| &tool.name);
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).take(64).collect();
    let mean = near.map(|name| format!(" Did you mean {name}?")).unwrap_or_default();
    format!("there is no tool named {:?}.{mean} The tools are: {}", short(&asked.name), names.join(", "))
}

fn short(text: &str) -> String {
    let mut out: String = text.chars().take(80).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}
