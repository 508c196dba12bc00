//! The tools that are shipped, and a user's files laid over them. Reading the files is the caller's.

use super::Definition;
use crate::base::Problem;
use serde_json::Value;
use std::sync::LazyLock;

const SHIPPED: &str = include_str!("../../../../presets/tools/library.json");
/// Tools that one file may hold.
const MOST: usize = 2048;

/// Tools by name, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Library {
    /// The tools; no two have one name.
    pub tools: Vec<Definition>,
}

/// Reads a file of tools: a JSON array, one object, or an object whose `tools` is the array.
///
/// # Errors
/// When it is no JSON, holds more than 2048, a tool cannot be used or two have one name; the tool's place is told.
pub fn parse(text: &str, file: &str) -> Result<Vec<Definition>, Problem> {
    let refuse = |why: String| {
        let hint = "write a JSON array of {\"type\": \"function\", \"function\": {…}, \"run\": {…}}";
        Problem::failed(format!("the tools of {file} cannot be used"), why, hint)
    };
    let value: Value = serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
    let entries = match value {
        Value::Array(entries) => entries,
        Value::Object(mut all) if all.get("tools").is_some_and(Value::is_array) => match all.remove("tools") {
            Some(Value::Array(entries)) => entries,
            _ => Vec::new(),
        },
        Value::Object(_) => vec![value],
        _ => return Err(refuse("it is no JSON array".to_owned())),
    };
    if entries.len() > MOST {
        return Err(refuse(format!("it holds {} tools, {MOST} are allowed", entries.len())));
    }
    let mut out: Vec<Definition> = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let tool = Definition::read(entry).map_err(|problem| {
            let more = problem.detail;
            refuse(format!("tool {}: {}: {}", at + 1, problem.what, problem.why)).with_detail(more)
        })?;
        if out.iter().any(|one| one.name == tool.name) {
            return Err(refuse(format!("{} is defined twice", tool.name)));
        }
        out.push(tool);
    }
    Ok(out)
}

impl Library {
    /// The tools that come with vramdeck; each has a canned answer or runs without touching the world.
    pub fn shipped() -> &'static Self {
        static LIBRARY: LazyLock<Library> =
            LazyLock::new(|| Library { tools: parse(SHIPPED, "library.json").unwrap_or_default() });
        &LIBRARY
    }

    /// The shipped tools with files (name and text) laid over them in order: a tool of a known name replaces it, others
    /// follow. A file that cannot be used is left out whole and told.
    pub fn with<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<Problem>) {
        let (mut all, mut problems) = (Self::shipped().clone(), Vec::new());
        for (name, text) in files {
            match parse(text, name) {
                Ok(tools) => tools.into_iter().for_each(|tool| all.put(tool)),
                Err(problem) => problems.push(problem),
            }
        }
        (all, problems)
    }

    /// Adds a tool, or replaces the one of its name.
    pub fn put(&mut self, tool: Definition) {
        match self.tools.iter_mut().find(|one| one.name == tool.name) {
            Some(one) => *one = tool,
            None => self.tools.push(tool),
        }
    }

    /// The tool of this name.
    pub fn get(&self, name: &str) -> Option<&Definition> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// The tools as a request's field `tools`.
    pub fn to_openai(&self) -> Value {
        self.tools.iter().map(Definition::to_openai).collect()
    }

    /// As a file keeps them; [`parse`] reads it.
    pub fn to_file(&self) -> String {
        let all: Value = self.tools.iter().map(Definition::to_file).collect();
        serde_json::to_string_pretty(&all).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::agent::run::{Runner, plan};
    use crate::lab::agent::schema;

    #[test]
    fn the_shipped_tools_can_be_used() {
        let tools = parse(SHIPPED, "library.json").unwrap();
        assert!(tools.len() >= 12, "{}", tools.len());
        for tool in &tools {
            assert!(!tool.description.is_empty(), "{} says what it does", tool.name);
            assert!(matches!(tool.run, Runner::Canned { .. } | Runner::Calculator { .. }), "{}", tool.name);
            assert!(tool.size().bytes < 1500, "{} is small: {:?}", tool.name, tool.size());
            assert!(tool.size().arguments > 0, "{}", tool.name);
        }
        assert_eq!(Library::shipped().tools, tools);
        assert_eq!(parse(&Library::shipped().to_file(), "again").unwrap(), tools);
        let sum = Library::shipped().get("calculator").unwrap();
        let arguments = serde_json::json!({"expression": "2 * 21"});
        assert_eq!(schema::faults(&sum.parameters, &arguments), Vec::<String>::new());
        assert_eq!(plan(sum, arguments.as_object().unwrap()).unwrap().known(), Some("42"));
    }

    #[test]
    fn a_users_files_lie_over_the_shipped_ones() {
        let own = r#"[{"name": "calculator", "description": "mine"}, {"name": "own"}]"#;
        let (all, problems) = Library::with([("a.json", own), ("b.json", "nope"), ("c.json", "[{\"name\": \"x y\"}]")]);
        assert_eq!(all.tools.len(), Library::shipped().tools.len() + 1);
        assert_eq!(all.get("calculator").map(|tool| tool.description.as_str()), Some("mine"));
        assert_eq!(problems.len(), 2);
        assert!(problems[1].why.contains("tool 1"), "{}", problems[1]);
        assert!(parse(r#"[{"name": "a"}, {"name": "a"}]"#, "d").unwrap_err().why.contains("twice"));
        assert!(parse("4", "e").is_err());
        assert_eq!(parse(r#"{"tools": [{"name": "a"}]}"#, "f").unwrap().len(), 1);
        assert_eq!(all.to_openai().as_array().map(Vec::len), Some(all.tools.len()));
    }
}
