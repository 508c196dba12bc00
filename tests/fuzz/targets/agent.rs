//! Tools and what runs when a model calls: definitions, imports and the loop, whatever comes in.

use crate::check;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use vramdeck::base::text::clean_line;
use vramdeck::lab::agent::definition::{self, openapi, signature};
use vramdeck::lab::agent::run::{Answer, Outcome, calculate, cut, plan};
use vramdeck::lab::agent::{
    Answered, Asked, CallId, Definition, Effect, Imported, Loop, Message, Mode, Settings, Use, mcp, prompts, schema,
};

/// What holds of every tool that was let in.
fn laws(tool: &Definition) {
    assert_eq!(tool.faults(), Vec::<String>::new(), "a tool that was let in can be used");
    assert_eq!(&Definition::read(&tool.to_file()).unwrap(), tool, "a file keeps it");
    check::row("what runs", &tool.run.words());
    for arguments in [json!({}), json!({"a": "../-x\0&b=\r\n", "b": -1, "text": "--x", "id": ".."})] {
        let all = arguments.as_object().unwrap();
        match plan(tool, all) {
            Ok(plan) => {
                plan.lines().iter().for_each(|line| check::row("a line of a plan", line));
                if let Use::Request { url, .. } = &plan.uses {
                    let host = |url: &str| {
                        url.split("://").nth(1).map(|rest| rest.split(['/', '?', '#']).next().unwrap_or("").to_owned())
                    };
                    let vramdeck::lab::agent::Runner::Http { url: template, .. } = &tool.run else {
                        panic!("a request of no request")
                    };
                    assert_eq!(host(url), host(template), "arguments lead to another host");
                }
            }
            Err(problem) => check::problem(&problem),
        }
        let _ = schema::faults(&tool.parameters, &arguments);
    }
}

fn imported(all: &Imported) {
    all.tools.iter().for_each(laws);
    let mut names: Vec<&str> = all.tools.iter().map(|tool| tool.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.tools.len(), "two tools have one name");
}

/// A file of tools.
pub fn tools(data: &[u8]) {
    match definition::parse(&String::from_utf8_lossy(data), "own.json") {
        Ok(tools) => tools.iter().take(20).for_each(laws),
        Err(problem) => check::problem(&problem),
    }
}

/// A signature.
pub fn python(data: &[u8]) {
    match signature(&String::from_utf8_lossy(data)) {
        Ok(tool) => laws(&tool),
        Err(problem) => check::problem(&problem),
    }
}

/// An OpenAPI file.
pub fn api(data: &[u8]) {
    match openapi(&String::from_utf8_lossy(data)) {
        Ok(all) => imported(&all),
        Err(problem) => check::problem(&problem),
    }
}

/// A file of MCP servers.
pub fn servers(data: &[u8]) {
    let env = |name: &str| (name == "KEY").then(|| "never-told-value".to_owned());
    let read = match mcp::read(&String::from_utf8_lossy(data), &env) {
        Ok(read) => read,
        Err(problem) => return check::problem(&problem),
    };
    read.problems.iter().for_each(check::problem);
    for server in &read.servers {
        for line in server.lines() {
            check::row("a line of a server", &line);
            assert!(!line.contains("never-told-value"), "{line}");
        }
        assert!(!format!("{server:?}").contains("never-told-value"));
        let again = json!({"mcpServers": {server.name.clone(): server.to_entry()}}).to_string();
        assert_eq!(&mcp::read(&again, &env).unwrap().servers[0], server, "a file keeps it");
    }
}

/// What a server lists and answers.
pub fn listed(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    let list = value.as_array().cloned().unwrap_or_else(|| vec![value]);
    imported(&mcp::definitions("it", &list));
}

/// An expression.
pub fn expression(data: &[u8]) {
    match calculate(&String::from_utf8_lossy(data)) {
        Ok(text) => assert!(text.parse::<f64>().is_ok_and(f64::is_finite), "{text} is no number"),
        Err(why) => assert!(!why.is_empty() && clean_line(&why).len() < 20_000),
    }
}

/// Two tools, of which one starts a program.
fn offered() -> Vec<Definition> {
    let all = json!([
        {"name": "run", "parameters": {"properties": {"a": {"type": "string"}}}, "run": {"kind": "command", "argv": ["run", "{a}"]}},
        {"name": "sum", "parameters": {"properties": {"expression": {}}}, "run": {"kind": "calculator"}, "limits": {"bytes": 8}}]);
    definition::parse(&all.to_string(), "").unwrap()
}

/// The loop, driven by lines: `+ID`, `*ID`, `-ID` and `!ID` are a person's answers, `=ID TEXT` is a result, `{` begins calls of
/// a model, `stop` and `go` are themselves, all else is what the model says. Nothing runs without a yes.
pub fn exchange(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let mode = match prompts().get(usize::from(first % 8)) {
        Some(prompt) => Mode::Prompted(Box::new(prompt.clone())),
        None => Mode::Native,
    };
    let settings = Settings { mode, parallel: first & 8 == 0, stepwise: first & 16 == 0, ..Settings::default() };
    let mut it = Loop::new(settings, offered()).unwrap();
    let mut yes = Yes::default();
    yes.look(&it, it_begins(&mut it.clone()));
    let effects = it.begin(vec![json!({"role": "user", "content": "hi"})]);
    yes.look(&it, effects);
    for line in rest.split(|byte| *byte == b'\n').take(64) {
        let message = message(line);
        yes.note(&it, &message);
        let effects = it.update(message, 1.0);
        yes.look(&it, effects);
    }
    assert!(it.trace().rows().len() == it.trace().nodes.len());
    if it.end().is_some() {
        assert!(it.trace().nodes.iter().all(|node| node.ended.is_some()));
        let made: usize = it.messages().iter().filter_map(|one| Some(one["tool_calls"].as_array()?.len())).sum();
        let answered = it.messages().iter().filter(|one| one["role"] == "tool").count();
        assert!(made == 0 || made == answered, "{made} calls, {answered} results");
    }
}

/// A loop that was not begun does nothing, whatever it is told.
fn it_begins(it: &mut Loop) -> Vec<Effect> {
    [
        Message::Go,
        Message::Permitted(CallId(0), Answer::Chat),
        Message::Result(CallId(0), Outcome::Answered(Vec::new())),
    ]
    .into_iter()
    .flat_map(|message| it.update(message, 0.0))
    .collect()
}

#[derive(Default)]
struct Yes {
    /// Answers to calls that were asked about, with the plan that was shown.
    calls: BTreeMap<CallId, vramdeck::lab::agent::Plan>,
    tools: Vec<String>,
    ran: Vec<CallId>,
}

impl Yes {
    fn note(&mut self, it: &Loop, message: &Message) {
        let Message::Permitted(id, answer) = message else { return };
        let Some((_, name, plan)) = it.asked().find(|(one, ..)| one == id) else { return };
        if answer.is_yes() {
            self.calls.insert(*id, plan.clone());
        }
        if *answer == Answer::Chat {
            self.tools.push(name.to_owned());
        }
    }

    fn look(&mut self, it: &Loop, effects: Vec<Effect>) {
        for effect in effects {
            let Effect::Run { call, plan } = effect else { continue };
            let shown = self.calls.get(&call).is_some_and(|shown| *shown == plan);
            let tool = match &plan.uses {
                Use::Process { argv, .. } => argv.first().cloned().unwrap_or_default(),
                _ => "sum".to_owned(),
            };
            assert!(shown || self.tools.contains(&tool), "{plan:?} runs without a yes");
            assert!(!self.ran.contains(&call), "{call:?} runs twice");
            assert!(it.asked().all(|(id, ..)| id != call));
            self.ran.push(call);
        }
    }
}

fn message(line: &[u8]) -> Message {
    let text = String::from_utf8_lossy(line);
    let id = |text: &str| CallId(text.split(' ').next().and_then(|id| id.parse().ok()).unwrap_or_default());
    let permitted = |rest: &str, answer| Message::Permitted(id(rest), answer);
    match text.as_ref() {
        "stop" => Message::Stop,
        "go" => Message::Go,
        text => match (text.chars().next(), text.get(1..)) {
            (Some('+'), Some(rest)) => permitted(rest, Answer::Once),
            (Some('*'), Some(rest)) => permitted(rest, Answer::Chat),
            (Some('-'), Some(rest)) => permitted(rest, Answer::No),
            (Some('!'), Some(rest)) => permitted(rest, Answer::Never),
            (Some('='), Some(rest)) => {
                assert!(cut(rest.as_bytes(), 8).0.len() < 100);
                Message::Result(id(rest), Outcome::Answered(rest.as_bytes().to_vec()))
            }
            (Some('{'), Some(rest)) => {
                let call = |part: &str| {
                    let (name, arguments) = part.split_once(':').unwrap_or((part, ""));
                    Asked { id: name.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() }
                };
                Message::Answered(Answered { calls: rest.split(';').map(call).collect(), ..Answered::default() })
            }
            _ => Message::Answered(Answered { content: text.replace("\\n", "\n"), ..Answered::default() }),
        },
    }
}
