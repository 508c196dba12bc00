//! Reads cases from JSONL: one case a line, unknown keys refused, every bad line told with its number.
//!
//! A line holds `id`, `category`, `messages` (a text or a list of messages), `tools` (names from the library or
//! definitions), `tool_choice`, the first turn's `calls`, `ordered`, `says` and `value`, further turns in `then` (the same
//! and `user`), `constraint` or, for a schema alone, `answer_schema`, `quick` and `note`. A call is `{"name", "arguments", "result"}`; without `calls` none is right.

use super::case::{Case, Choice, Expect, ToolSpec, Turn, WantedCall};
use super::form;
use super::library::{self, Library};
use super::want::Want;
use crate::base::Problem;
use crate::lab::schema::Schema;
use crate::lab::structured::Constraint;
use serde::Deserialize;
use serde_json::{Value, json};

/// Bad lines that are told.
const MOST_TOLD: usize = 20;
/// The most that one case may hold: tools, turns, and calls of one turn.
const MOST: [(&str, usize); 3] = [("tools", 128), ("turns", 16), ("calls at one turn", 64)];
/// Characters of an id or a category.
const LONGEST_WORD: usize = 80;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    category: String,
    #[serde(default)]
    quick: bool,
    messages: Value,
    #[serde(default)]
    tools: Vec<Value>,
    #[serde(default)]
    tool_choice: Option<Value>,
    #[serde(default)]
    answer_schema: Option<Value>,
    #[serde(default)]
    constraint: Option<Value>,
    #[serde(default)]
    calls: Vec<CallLine>,
    #[serde(default)]
    ordered: bool,
    #[serde(default)]
    says: Vec<Alternatives>,
    value: Option<Value>,
    #[serde(default)]
    then: Vec<TurnLine>,
    #[serde(default, rename = "note")]
    _note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnLine {
    user: Option<String>,
    #[serde(default)]
    calls: Vec<CallLine>,
    #[serde(default)]
    ordered: bool,
    #[serde(default)]
    says: Vec<Alternatives>,
    value: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallLine {
    name: String,
    #[serde(default)]
    arguments: Value,
    #[serde(default)]
    result: Value,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Alternatives {
    One(String),
    Any(Vec<String>),
}

/// Reads cases; `file` is its name, for messages. Empty lines and lines that begin with `//` are passed over.
///
/// # Errors
/// When a line is no case, a tool or a schema cannot be used, an answer breaks its tool's schema, or an id comes twice; up to
/// 20 such lines are told.
pub fn cases(text: &str, file: &str, library: &Library) -> Result<Vec<Case>, Problem> {
    let mut cases = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    let mut faults = Vec::new();
    for (number, line) in lines(text) {
        match case(line, library) {
            Ok(case) if !ids.insert(case.id.clone()) => {
                faults.push(format!("line {number}: id {} comes twice", case.id));
            }
            Ok(case) => cases.push(case),
            Err(why) => faults.push(format!("line {number}: {why}")),
        }
    }
    refuse(file, faults)?;
    Ok(cases)
}

/// The lines that hold something, with their numbers from 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let held = |(_, line): &(usize, &str)| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    (1..).zip(text.lines()).filter(held)
}

/// A problem that tells bad lines, if there are any.
pub(super) fn refuse(file: &str, mut faults: Vec<String>) -> Result<(), Problem> {
    let count = faults.len();
    if count == 0 {
        return Ok(());
    }
    faults.truncate(MOST_TOLD);
    let why = format!("{count} {} cannot be used", if count == 1 { "line" } else { "lines" });
    let hint = "each line is one JSON object; the lines below say what is wrong";
    Err(Problem::usage(format!("{file} is not used"), why, hint).with_detail(faults))
}

fn case(text: &str, library: &Library) -> Result<Case, String> {
    let line: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
    word("id", &line.id)?;
    word("category", &line.category)?;
    let tools = line.tools.into_iter().map(|tool| offered(tool, library)).collect::<Result<Vec<_>, _>>()?;
    if let Some(twice) =
        tools.iter().enumerate().find(|(at, tool)| tools[..*at].iter().any(|one| one.name == tool.name))
    {
        return Err(format!("tool {} is offered twice", twice.1.name));
    }
    let choice = choice(line.tool_choice)?;
    if let Choice::Named(name) = &choice
        && !tools.iter().any(|tool| tool.name == *name)
    {
        return Err(format!("tool_choice names {name}, which is not offered"));
    }
    let constraint = constraint(line.answer_schema, line.constraint)?;
    let first = TurnLine { user: None, calls: line.calls, ordered: line.ordered, says: line.says, value: line.value };
    let turns = std::iter::once(first).chain(line.then);
    let turns = turns.map(|one| turn(one, &tools, constraint.as_ref())).collect::<Result<Vec<_>, _>>()?;
    let most = turns.iter().map(|turn| turn.expect.calls.len()).max().unwrap_or(0);
    for ((what, limit), count) in MOST.into_iter().zip([tools.len(), turns.len(), most]) {
        if count > limit {
            return Err(format!("{count} {what}, at most {limit} are allowed"));
        }
    }
    if turns.windows(2).any(|pair| pair[0].expect.calls.is_empty() && pair[1].user.is_none()) {
        return Err("a turn follows another one without a call or a user's message between them".to_owned());
    }
    let messages = messages(line.messages)?;
    Ok(Case { id: line.id, category: line.category, quick: line.quick, messages, tools, choice, constraint, turns })
}

fn constraint(schema: Option<Value>, constraint: Option<Value>) -> Result<Option<Constraint>, String> {
    match (schema, constraint) {
        (Some(_), Some(_)) => Err("answer_schema and constraint exclude each other".to_owned()),
        (Some(schema), None) => {
            Schema::new(&schema).map_err(|why| format!("answer_schema: {why}"))?;
            Ok(Some(Constraint::Schema { name: "answer".to_owned(), schema }))
        }
        (None, Some(constraint)) => form::form(&constraint).map(Some).map_err(|why| format!("constraint: {why}")),
        (None, None) => Ok(None),
    }
}

fn word(what: &str, text: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > LONGEST_WORD || !text.chars().all(fits) {
        return Err(format!("{what} has 1 to {LONGEST_WORD} letters, digits, `-`, `_` and `.`"));
    }
    Ok(())
}

fn offered(tool: Value, library: &Library) -> Result<ToolSpec, String> {
    match tool {
        Value::String(name) => library.get(&name).cloned().ok_or(format!("tool {name} is not in the library")),
        other => library::tool(other),
    }
}

fn choice(value: Option<Value>) -> Result<Choice, String> {
    let Some(value) = value else { return Ok(Choice::Auto) };
    match value.as_str() {
        Some("auto") => return Ok(Choice::Auto),
        Some("required") => return Ok(Choice::Required),
        Some("none") => return Ok(Choice::Never),
        _ => {}
    }
    let name = value.pointer("/function/name").or_else(|| value.get("name")).and_then(Value::as_str);
    let bad = "tool_choice is \"auto\", \"required\", \"none\" or {\"name\": TOOL}";
    name.map(|name| Choice::Named(name.to_owned())).ok_or(bad.to_owned())
}

fn messages(value: Value) -> Result<Vec<Value>, String> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(vec![json!({"role": "user", "content": text})]),
        Value::Array(all) if !all.is_empty() => {
            let role = |one: &Value| matches!(one["role"].as_str(), Some("system" | "user" | "assistant" | "tool"));
            if all.iter().all(role) { Ok(all) } else { Err("a message has no role that is known".to_owned()) }
        }
        _ => Err("messages is a text or a list of messages".to_owned()),
    }
}

fn turn(line: TurnLine, tools: &[ToolSpec], constraint: Option<&Constraint>) -> Result<Turn, String> {
    let calls = line.calls.into_iter().map(|call| wanted(call, tools)).collect::<Result<Vec<_>, _>>()?;
    let says = line.says.into_iter().map(|one| match one {
        Alternatives::One(text) => vec![text],
        Alternatives::Any(all) => all,
    });
    let says: Vec<Vec<String>> = says.collect();
    if says.iter().any(|group| group.is_empty() || group.iter().any(String::is_empty)) {
        return Err("says holds an empty text".to_owned());
    }
    let value = line.value.map(|value| Want::read(&value).map_err(|why| format!("value: {why}"))).transpose()?;
    if let (Some(constraint), Some(sample)) = (constraint, value.as_ref().and_then(Want::sample)) {
        let text = match (&sample, constraint.schema()) {
            (Value::String(text), None) => text.clone(),
            _ => sample.to_string(),
        };
        if let Some(broken) = form::check(constraint, &text, false).broken.unwrap_or_default().first() {
            return Err(format!("value breaks the constraint: {} {}", broken.path, broken.why));
        }
    }
    Ok(Turn { user: line.user, expect: Expect { calls, ordered: line.ordered, says, value } })
}

fn wanted(line: CallLine, tools: &[ToolSpec]) -> Result<WantedCall, String> {
    let name = line.name;
    let tool = tools.iter().find(|tool| tool.name == name).ok_or(format!("{name} is called but not offered"))?;
    let given = if line.arguments.is_null() { json!({}) } else { line.arguments };
    let arguments = Want::read(&given).map_err(|why| format!("arguments of {name}: {why}"))?;
    if !arguments.is_object() {
        return Err(format!("arguments of {name} are no object, nor $any of objects"));
    }
    let result = match line.result {
        Value::String(text) => text,
        Value::Null => "ok".to_owned(),
        other => other.to_string(),
    };
    let call = WantedCall { name, arguments, result };
    obeys(&tool.parameters, &call.sample())
        .map_err(|why| format!("the right call of {} breaks its schema: {why}", call.name))?;
    Ok(call)
}

fn obeys(schema: &Value, value: &Value) -> Result<(), String> {
    match Schema::new(schema)?.faults(value).first() {
        Some(fault) => Err(format!("{} {}", fault.path, fault.why)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"id": "a", "category": "single", "messages": "hi", "tools": [{"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}}], "calls": [{"name": "f", "arguments": {"x": 1}, "result": {"y": 2}}], "then": [{"says": [["2", "two"], "is"]}]}"#;

    fn read(text: &str) -> Result<Vec<Case>, String> {
        cases(text, "mine.jsonl", &Library::default()).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_line_is_a_case() {
        let all = read(&format!("// mine\n\n{GOOD}\n")).unwrap();
        let case = &all[0];
        assert_eq!(case.turns.len(), 2);
        assert_eq!(case.turns[0].expect.calls[0].result, r#"{"y":2}"#);
        assert_eq!(case.turns[1].expect.says, [vec!["2", "two"], vec!["is"]]);
        assert_eq!((case.needed(), case.wants_call()), (vec!["f"], true));
        assert_eq!(case.messages, [json!({"role": "user", "content": "hi"})]);
    }

    #[test]
    fn every_bad_line_is_told_with_its_number() {
        let change = |from: &str, to: &str| {
            assert!(GOOD.contains(from), "{from}");
            GOOD.replacen(from, to, 1)
        };
        let table = [
            ("{".to_owned(), "EOF"),
            (change("\"id\"", "\"idd\""), "unknown field `idd`"),
            (change("\"result\"", "\"results\""), "unknown field `results`"),
            (change("\"says\"", "\"say\""), "unknown field `say`"),
            (change("{\"x\": 1}", "{\"x\": \"1\"}"), "breaks its schema"),
            (change("{\"x\": 1}", "{}"), "breaks its schema"),
            (change("{\"x\": 1}", "{\"x\": {\"$no\": 1}}"), "unknown key `$no`"),
            (change("\"calls\": [{\"name\": \"f\"", "\"calls\": [{\"name\": \"g\""), "g is called but not offered"),
            (change("\"integer\"", "\"number-ish\""), "schema of f"),
            (change("[{\"name\"", "[\"get_up\", {\"name\""), "get_up is not in the library"),
            (change("\"messages\": \"hi\"", "\"messages\": []"), "messages is"),
            (change("\"messages\": \"hi\"", "\"messages\": \"hi\", \"tool_choice\": \"maybe\""), "tool_choice is"),
            (
                change("\"messages\": \"hi\"", "\"messages\": \"hi\", \"tool_choice\": {\"name\": \"q\"}"),
                "q, which is not",
            ),
            (change("\"a\"", "\"a b\""), "id has"),
            (change("[\"2\", \"two\"]", "[]"), "empty text"),
        ];
        for (bad, why) in table {
            let told = read(&format!("{}\n{bad}", GOOD.replace("\"a\"", "\"z\""))).unwrap_err();
            assert!(told.contains("line 2: ") && told.contains(why), "{told}");
        }
        assert!(read(&format!("{GOOD}\n{GOOD}")).unwrap_err().contains("line 2: id a comes twice"));
        assert!(read(&"x\n".repeat(50)).unwrap_err().lines().count() < 30);
    }
}
