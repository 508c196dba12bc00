//! Prompted mode: instructions as data for models whose template knows no tools.

mod convert;

use super::definition::Definition;
use crate::base::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::LazyLock;

const SHIPPED: &str = include_str!("../../../../presets/tools/prompts.toml");

/// Where instructions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Into the system turn, behind what stands there.
    #[default]
    System,
    /// Before the text of the first user turn.
    User,
}

/// How the list of tools is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// OpenAI's shape as JSON, one tool a line.
    #[default]
    Json,
    /// The same as one array.
    Array,
    /// `- name(argument: type, other?: type): description`.
    Lines,
}

/// A way to tell a model about tools in its prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// By which it is chosen.
    pub name: String,
    /// What it is, in words.
    #[serde(default)]
    pub about: String,
    /// The format of tool calls by which answers are read.
    pub format: String,
    /// Where the instructions go.
    #[serde(default)]
    pub place: Place,
    /// How the tools are written.
    #[serde(default)]
    pub show: Show,
    /// Turns alternate between user and assistant and there is no system turn.
    #[serde(default)]
    pub alternate: bool,
    /// The instructions; `{tools}` is the list.
    pub instructions: String,
    /// An earlier call as text.
    pub call: String,
    /// Stands before the calls of a turn.
    #[serde(default)]
    pub calls_open: String,
    /// Stands between them.
    #[serde(default = "line")]
    pub calls_separator: String,
    /// Stands behind them.
    #[serde(default)]
    pub calls_close: String,
    /// A result as text of a user turn; `{result_json}` is the result as a JSON string.
    pub result: String,
}

fn line() -> String {
    "\n".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    prompt: Vec<Prompt>,
}

/// The prompts that come with vramdeck; the first is the default.
pub fn prompts() -> &'static [Prompt] {
    static PROMPTS: LazyLock<Vec<Prompt>> = LazyLock::new(|| read(SHIPPED).unwrap_or_default());
    &PROMPTS
}

/// Reads prompts from TOML: an array of tables `prompt`.
///
/// # Errors
/// When the text is no such TOML, or a prompt does not tell the tools, two have one name, or calls or results lack their
/// place.
pub fn read(text: &str) -> Result<Vec<Prompt>, Problem> {
    let refuse = |why: String| {
        let hint = "write one [[prompt]] with name, format, instructions, call and result, as the shipped ones are";
        Problem::usage("the prompts for tools cannot be used", why, hint)
    };
    let file: File = toml::from_str(text).map_err(|error| refuse(error.to_string()))?;
    for (at, prompt) in file.prompt.iter().enumerate() {
        let lacks = |text: &str, all: &[&str]| !all.iter().any(|part| text.contains(part));
        let fault = match prompt {
            one if file.prompt[..at].iter().any(|other| other.name == one.name) => "it is described twice",
            one if one.name.is_empty() => "a prompt needs a name",
            one if lacks(&one.instructions, &["{tools}"]) => "`instructions` lacks {tools}",
            one if lacks(&one.call, &["{call}", "{name}", "{python}"]) => "`call` lacks {call}, {name} or {python}",
            one if lacks(&one.result, &["{result}", "{result_json}"]) => "`result` lacks {result} or {result_json}",
            _ => continue,
        };
        return Err(refuse(format!("{}: {fault}", prompt.name)));
    }
    Ok(file.prompt)
}

/// The shipped prompt of this name.
///
/// # Errors
/// When there is none; the names are told.
pub fn named(name: &str) -> Result<&'static Prompt, Problem> {
    prompts().iter().find(|prompt| prompt.name == name).ok_or_else(|| {
        let names: Vec<&str> = prompts().iter().map(|prompt| prompt.name.as_str()).collect();
        Problem::usage("the prompt is not known", format!("there is no prompt {name}"), names.join(", "))
    })
}

impl Prompt {
    /// The instructions with these tools.
    pub fn instruct(&self, tools: &[Definition]) -> String {
        let json = |tool: &Definition| tool.to_openai().to_string();
        let list = match self.show {
            Show::Json => tools.iter().map(json).collect::<Vec<_>>().join("\n"),
            Show::Array => format!("[{}]", tools.iter().map(json).collect::<Vec<_>>().join(", ")),
            Show::Lines => tools.iter().map(in_words).collect::<Vec<_>>().join("\n"),
        };
        self.instructions.trim().replace("{tools}", &list)
    }

    /// The calls of a turn as text.
    pub fn calls(&self, calls: &[(String, Map<String, Value>)]) -> String {
        let one = |(name, arguments): &(String, Map<String, Value>)| {
            let text = Value::Object(arguments.clone()).to_string();
            let call = serde_json::json!({"name": name, "arguments": arguments}).to_string();
            let python = || in_python(name, arguments);
            put(&self.call, &[("{call}", &call), ("{name}", name), ("{arguments}", &text), ("{python}", &python())])
        };
        let all: Vec<String> = calls.iter().map(one).collect();
        format!("{}{}{}", self.calls_open, all.join(&self.calls_separator), self.calls_close)
    }

    /// A result as text.
    pub fn result(&self, name: &str, result: &str) -> String {
        let json = Value::from(result).to_string();
        put(&self.result, &[("{name}", name), ("{result}", result), ("{result_json}", &json)])
    }
}

/// Replaces each name once over: what is put in is not looked through.
fn put(template: &str, values: &[(&str, &str)]) -> String {
    let (mut out, mut rest) = (String::new(), template);
    loop {
        let next = values.iter().filter_map(|(name, value)| rest.find(name).map(|at| (at, *name, *value)));
        let Some((at, name, value)) = next.min_by_key(|(at, ..)| *at) else {
            out.push_str(rest);
            return out;
        };
        out.push_str(rest.get(..at).unwrap_or_default());
        out.push_str(value);
        rest = rest.get(at + name.len()..).unwrap_or_default();
    }
}

fn in_words(tool: &Definition) -> String {
    let required = tool.parameters.get("required").and_then(Value::as_array);
    let needed = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let all = tool.parameters.get("properties").and_then(Value::as_object);
    let words = all.into_iter().flatten().map(|(name, schema)| {
        let kind = match (schema.get("enum"), schema.get("type")) {
            (Some(values), _) => values.to_string(),
            (None, Some(Value::String(kind))) => kind.clone(),
            (None, Some(kinds)) => kinds.to_string(),
            (None, None) => "any".to_owned(),
        };
        let about = schema.get("description").and_then(Value::as_str).map(|words| format!(" ({words})"));
        format!("{name}{}: {kind}{}", if needed(name) { "" } else { "?" }, about.unwrap_or_default())
    });
    format!("- {}({}): {}", tool.name, words.collect::<Vec<_>>().join(", "), tool.description)
}

fn in_python(name: &str, arguments: &Map<String, Value>) -> String {
    let all = arguments.iter().map(|(key, value)| format!("{key}={}", python(value)));
    format!("{name}({})", all.collect::<Vec<_>>().join(", "))
}

fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(all) => format!("[{}]", all.iter().map(python).collect::<Vec<_>>().join(", ")),
        Value::Object(all) => {
            let members = all.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), python(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
