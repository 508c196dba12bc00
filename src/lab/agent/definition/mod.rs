//! Tools as data: a definition in OpenAI's shape, and beside it what runs when a model calls.

mod check;
mod library;
mod openapi;
mod signature;
mod size;

pub use library::{Library, parse};
pub use openapi::openapi;
pub use signature::signature;
pub use size::Size;

use super::run::{Limits, Runner};
use crate::base::Problem;
use serde_json::{Map, Value, json};

/// One tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// By which a model calls it: letters, digits, `_`, `-` and `.`, at most 64 characters.
    pub name: String,
    /// What it does, in words for the model.
    pub description: String,
    /// The JSON Schema of the object that holds its arguments.
    pub parameters: Value,
    /// Whether the server is asked to keep to the schema; `None` leaves it to the server.
    pub strict: Option<bool>,
    /// What runs when a model calls.
    pub run: Runner,
    /// How long it may take and how much it may answer.
    pub limits: Limits,
}

/// Tools taken from elsewhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// Those that can be used; no two have one name.
    pub tools: Vec<Definition>,
    /// What was left out or changed, in words. It holds names that somebody else chose: to be cleaned before it is drawn.
    pub told: Vec<String>,
}

impl Definition {
    /// Reads one definition in OpenAI's shape (`{"type": "function", "function": {…}}`), bare, or as an MCP server lists it
    /// (`inputSchema`). Beside the function may stand `run` and `limits`; without `run` a call is answered with `{}`.
    ///
    /// # Errors
    /// When it is no such object, has keys that are not known, or its name or schema cannot be used: all faults are told.
    pub fn read(value: &Value) -> Result<Self, Problem> {
        let name = || named(value).unwrap_or("without a name").to_owned();
        let refuse = |why: String, more: Vec<String>| {
            let hint = "give {\"type\": \"function\", \"function\": {\"name\", \"description\", \"parameters\"}}";
            Problem::failed(format!("the tool {} cannot be used", name()), why, hint).with_detail(more)
        };
        let read = fields(value).map_err(|why| refuse(why, Vec::new()))?;
        let mut faults = check::faults(&read);
        match faults.len() {
            0 => Ok(read),
            _ => Err(refuse(faults.remove(0), faults)),
        }
    }

    /// What is wrong with it, in words; nothing where it can be used.
    pub fn faults(&self) -> Vec<String> {
        check::faults(self)
    }

    /// As a request offers it: `{"type": "function", "function": {…}}`.
    pub fn to_openai(&self) -> Value {
        json!({"type": "function", "function": self.to_bare()})
    }

    /// The function alone.
    pub fn to_bare(&self) -> Value {
        let mut out = Map::new();
        out.insert("name".to_owned(), self.name.clone().into());
        out.insert("description".to_owned(), self.description.clone().into());
        out.insert("parameters".to_owned(), self.parameters.clone());
        if let Some(strict) = self.strict {
            out.insert("strict".to_owned(), strict.into());
        }
        Value::Object(out)
    }

    /// As a file keeps it, with what runs and its limits; [`Definition::read`] reads it.
    pub fn to_file(&self) -> Value {
        let mut out = self.to_openai();
        out["run"] = serde_json::to_value(&self.run).unwrap_or_default();
        if self.limits != Limits::default() {
            out["limits"] = serde_json::to_value(self.limits).unwrap_or_default();
        }
        out
    }
}

fn named(value: &Value) -> Option<&str> {
    value.get("function").unwrap_or(value).get("name")?.as_str()
}

const BESIDE: [&str; 4] = ["type", "function", "run", "limits"];
const WITHIN: [&str; 4] = ["name", "description", "strict", "parameters"];
/// What other programs write into a bare definition and nothing here needs.
const PASSED_OVER: [&str; 5] = ["title", "annotations", "outputSchema", "_meta", "icons"];

fn fields(value: &Value) -> Result<Definition, String> {
    let outer = value.as_object().ok_or("it is no JSON object")?;
    let wrapped = outer.get("function").is_some();
    let inner = outer.get("function").unwrap_or(value).as_object().ok_or("`function` is no JSON object")?;
    if outer.get("type").is_some_and(|kind| kind != "function") {
        return Err("`type` is not `function`".to_owned());
    }
    let beside = |key: &str| BESIDE.contains(&key);
    let within = |key: &str| WITHIN.contains(&key) || key == "inputSchema" || PASSED_OVER.contains(&key);
    let known = |key: &&String| if wrapped { beside(key) } else { beside(key) || within(key) };
    let strange = outer.keys().find(|key| !known(key));
    if let Some(key) = strange.or_else(|| inner.keys().find(|key| wrapped && !within(key))) {
        return Err(format!("`{key}` is not known"));
    }
    let text = |key: &str| match inner.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("`{key}` is no text")),
    };
    let run = outer.get("run").cloned().map_or_else(|| Ok(Runner::default()), serde_json::from_value);
    let limits = outer.get("limits").cloned().map_or_else(|| Ok(Limits::default()), serde_json::from_value);
    let parameters = inner.get("parameters").or_else(|| inner.get("inputSchema")).filter(|value| !value.is_null());
    Ok(Definition {
        name: text("name")?,
        description: text("description")?,
        parameters: parameters.cloned().unwrap_or_else(|| json!({"type": "object", "properties": {}})),
        strict: inner.get("strict").and_then(Value::as_bool),
        run: run.map_err(|error| format!("`run`: {error}"))?,
        limits: limits.map_err(|error| format!("`limits`: {error}"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read_and_written() {
        let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
        let bare = json!({"name": "weather", "description": "d", "parameters": parameters, "strict": true});
        let mcp = json!({"name": "weather", "description": "d", "inputSchema": parameters, "annotations": {}});
        let whole = json!({"type": "function", "function": bare, "run": {"kind": "canned", "answer": 4},
            "limits": {"seconds": 2.0}});
        for value in [&bare, &mcp, &whole] {
            let read = Definition::read(value).unwrap();
            assert_eq!((read.name.as_str(), &read.parameters), ("weather", &parameters));
            assert_eq!(Definition::read(&read.to_file()).unwrap(), read);
            assert_eq!(Definition::read(&read.to_openai()).unwrap().to_bare(), read.to_bare());
        }
        assert_eq!(Definition::read(&whole).unwrap().limits.seconds, 2.0);
        assert_eq!(Definition::read(&bare).unwrap().to_bare(), bare);
    }

    #[test]
    fn what_is_no_definition_says_why() {
        let table = [
            (json!(4), "no JSON object"),
            (json!({"function": 4}), "`function` is no JSON object"),
            (json!({"type": "retrieval", "name": "a"}), "not `function`"),
            (json!({"name": "a", "params": {}}), "`params` is not known"),
            (json!({"function": {"name": "a", "nme": 1}}), "`nme` is not known"),
            (json!({"name": 4}), "`name` is no text"),
            (json!({"name": ""}), "needs a name"),
            (json!({"name": "a", "run": {"kind": "shell"}}), "`run`"),
            (json!({"name": "a", "run": {"kind": "canned", "answer": 1, "x": 1}}), "`run`"),
            (json!({"name": "a", "limits": {"second": 1}}), "`limits`"),
        ];
        for (value, why) in table {
            let problem = Definition::read(&value).unwrap_err();
            assert!(problem.why.contains(why), "{value}: {problem}");
            assert_eq!(problem.exit_code(), 1);
        }
    }
}
