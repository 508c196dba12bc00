//! What exactly a call would do, with its arguments in place: what a person is asked about and what then runs.

use super::calculator::calculate;
use super::{Limits, Runner};
use crate::base::{Problem, text::clean_line};
use crate::lab::agent::definition::Definition;
use serde_json::{Map, Value};

/// What a call does.
#[derive(Debug, Clone, PartialEq)]
pub enum Use {
    /// Nothing outside: the answer is known.
    Known(String),
    /// Starts a program.
    Process {
        /// The program and its words.
        argv: Vec<String>,
        /// What it gets on its standard input.
        stdin: Option<String>,
    },
    /// Sends a request.
    Request {
        /// Its method.
        method: String,
        /// Its whole address.
        url: String,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body, as JSON.
        body: Option<String>,
    },
    /// Calls a tool of an MCP server.
    Mcp {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
        /// Its arguments.
        arguments: Map<String, Value>,
    },
}

/// A call that is ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What it does.
    pub uses: Use,
    /// How long and how much.
    pub limits: Limits,
}

impl Plan {
    /// The answer, where it is known without running anything.
    pub fn known(&self) -> Option<&str> {
        match &self.uses {
            Use::Known(text) => Some(text),
            _ => None,
        }
    }

    /// What a person is shown: each line on one row, safe for the terminal. Values of headers are not told.
    pub fn lines(&self) -> Vec<String> {
        let mut out = match &self.uses {
            Use::Known(text) => vec![format!("nothing runs; the answer is {text}")],
            Use::Process { argv, stdin } => {
                let words = argv.iter().enumerate().map(|(at, word)| format!("word {at}: {word}"));
                words.chain(stdin.iter().map(|text| format!("standard input: {text}"))).collect()
            }
            Use::Request { method, url, headers, body } => {
                let names = headers.iter().map(|(name, _)| format!("header {name}"));
                let first = std::iter::once(format!("{method} {url}"));
                first.chain(names).chain(body.iter().map(|text| format!("body: {text}"))).collect()
            }
            Use::Mcp { server, tool, arguments } => {
                let all = arguments.iter().map(|(name, value)| format!("{name} = {value}"));
                std::iter::once(format!("{tool} of the server {server}")).chain(all).collect()
            }
        };
        out.push(format!("at most {} s and {} bytes", self.limits.seconds, self.limits.bytes));
        out.iter().map(|line| clean_line(line)).collect()
    }
}

/// Puts the arguments of a call in place.
///
/// # Errors
/// When an argument that is needed is missing, or would be more than a value where it stands: a flag of a program, a step up
/// in a path, a text with a NUL.
pub fn plan(tool: &Definition, arguments: &Map<String, Value>) -> Result<Plan, Problem> {
    let refuse =
        |why: String| Problem::failed(format!("{} does not run", tool.name), why, "call it with other arguments");
    let json = || Value::Object(arguments.clone()).to_string();
    let uses = match &tool.run {
        Runner::Canned { answer: Value::String(text) } => Use::Known(text.clone()),
        Runner::Canned { answer } => Use::Known(answer.to_string()),
        Runner::Calculator { argument } => {
            let text = arguments.get(argument).ok_or_else(|| refuse(format!("`{argument}` is missing")))?;
            Use::Known(calculate(&plain(text)).unwrap_or_else(|why| format!("error: {why}")))
        }
        Runner::Command { argv, stdin } => {
            let words = argv.iter().map(|one| word(one, arguments).map_err(&refuse));
            Use::Process { argv: words.collect::<Result<_, _>>()?, stdin: stdin.then(json) }
        }
        Runner::Http { method, url, headers } => {
            let method = method.to_ascii_uppercase();
            let mut left = arguments.clone();
            names(url).into_iter().for_each(|name| drop(left.remove(name)));
            let sent = match method.as_str() {
                "GET" | "HEAD" => false,
                "DELETE" => !left.is_empty(),
                _ => true,
            };
            Use::Request {
                url: address(url, arguments).map_err(&refuse)?,
                headers: headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
                body: sent.then(|| Value::Object(left).to_string()),
                method,
            }
        }
        Runner::Mcp { server, tool } => {
            Use::Mcp { server: server.clone(), tool: tool.clone(), arguments: arguments.clone() }
        }
    };
    Ok(Plan { uses, limits: tool.limits })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A piece of a template.
enum Piece<'a> {
    /// Text as it is.
    Text(&'a str),
    /// What stands between braces.
    Name(&'a str),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let (mut out, mut rest) = (Vec::new(), template);
    while let Some((before, behind)) = rest.split_once('{') {
        out.push(Piece::Text(before));
        match behind.split_once('}') {
            Some((name, after)) => {
                out.push(Piece::Name(name));
                rest = after;
            }
            None => {
                out.push(Piece::Text("{"));
                rest = behind;
            }
        }
    }
    out.push(Piece::Text(rest));
    out
}

/// The names of the arguments that a template takes.
pub(in crate::lab::agent) fn names(template: &str) -> Vec<&str> {
    let all = pieces(template).into_iter().filter_map(|piece| match piece {
        Piece::Name(name) => Some(name.strip_prefix(['?', '&']).map_or(vec![name], |all| all.split(',').collect())),
        Piece::Text(_) => None,
    });
    all.flatten().collect()
}

/// A word of a program with its arguments in place. What an argument begins must not be read as a flag: a JSON number may be
/// negative, a text that begins with `-` is refused even where it looks like one (`-inf` is three flags to many programs).
fn word(template: &str, arguments: &Map<String, Value>) -> Result<String, String> {
    let mut out = String::new();
    for piece in pieces(template) {
        let name = match piece {
            Piece::Text(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Name(name) => name,
        };
        let value = arguments.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
        let text = plain(value);
        if text.contains('\0') {
            return Err(format!("`{name}` holds a NUL"));
        }
        if out.is_empty() && text.starts_with('-') && !value.is_number() {
            return Err(format!("`{name}` begins with `-` and would be a flag of the program"));
        }
        out.push_str(&text);
    }
    Ok(out)
}

/// An address with its arguments in place: each is a value where it stands and leads nowhere else.
fn address(template: &str, arguments: &Map<String, Value>) -> Result<String, String> {
    let mut out = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Name(name) => match (name.chars().next(), name.get(1..)) {
                (Some(sign @ ('?' | '&')), Some(all)) => query(&mut out, sign, all, arguments),
                _ => {
                    let value = arguments.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
                    let text = plain(value);
                    if text.is_empty() && !out.contains(['?', '#']) {
                        return Err(format!("`{name}` is empty and would name something else"));
                    }
                    out.push_str(&as_part(&text));
                }
            },
        }
    }
    without_steps(out)
}

fn query(out: &mut String, sign: char, names: &str, arguments: &Map<String, Value>) {
    let mut sign = sign;
    for (name, value) in names.split(',').filter_map(|name| Some((name, arguments.get(name)?))) {
        let each = match value {
            Value::Array(all) => all.iter().collect(),
            other => vec![other],
        };
        for value in each {
            out.push(sign);
            out.push_str(&format!("{}={}", as_part(name), as_part(&plain(value))));
            sign = '&';
        }
    }
}

/// Parts of a path that lead elsewhere are none that an argument may make.
fn without_steps(url: String) -> Result<String, String> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let step =
        path.split(['/', '\\']).any(|part| matches!(part.replace("%2e", ".").replace("%2E", ".").as_str(), "." | ".."));
    if step { Err("an argument would be a step within the address".to_owned()) } else { Ok(url) }
}

fn as_part(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(run: Value, arguments: Value) -> Result<Use, String> {
        let tool = Definition::read(&json!({"name": "t", "run": run})).unwrap();
        plan(&tool, arguments.as_object().unwrap()).map(|plan| plan.uses).map_err(|problem| problem.why)
    }

    #[test]
    fn arguments_are_put_in_place_as_values() {
        let command = |argv: &[&str], stdin: bool| json!({"kind": "command", "argv": argv, "stdin": stdin});
        let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let process = |all: &[&str]| Ok(Use::Process { argv: words(all), stdin: None });
        let say = command(&["say", "{text}", "--n={n}"], false);
        assert_eq!(of(say.clone(), json!({"text": "a; rm *", "n": 3})), process(&["say", "a; rm *", "--n=3"]));
        assert_eq!(of(say.clone(), json!({"text": "{n}", "n": "-x"})), process(&["say", "{n}", "--n=-x"]));
        assert_eq!(of(say.clone(), json!({"text": -3, "n": {}})), process(&["say", "-3", "--n={}"]));
        for flag in ["--exec", "-", "-inf", "-nan", "-3"] {
            assert!(of(say.clone(), json!({"text": flag, "n": 1})).unwrap_err().contains("flag"), "{flag}");
        }
        assert!(of(say.clone(), json!({"text": "a\0", "n": 1})).unwrap_err().contains("NUL"));
        assert!(of(say, json!({"text": "a"})).unwrap_err().contains("`n` is missing"));
        let stdin = of(command(&["a", "{"], true), json!({"b": 1})).unwrap();
        assert_eq!(stdin, Use::Process { argv: words(&["a", "{"]), stdin: Some("{\"b\":1}".to_owned()) });
    }

    #[test]
    fn addresses_stay_where_they_lead() {
        let http = |method: &str| json!({"kind": "http", "method": method, "url": "https://h/{a}?q={a}", "headers": {"k": "secret"}});
        let url = |text: &str| match of(http("get"), json!({"a": text})).unwrap() {
            Use::Request { method, url, body: None, .. } => format!("{method} {url}"),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            url("x y/../@b?&#é"),
            "GET https://h/x%20y%2F..%2F%40b%3F%26%23%C3%A9?q=x%20y%2F..%2F%40b%3F%26%23%C3%A9"
        );
        assert!(of(http("get"), json!({"a": ".."})).unwrap_err().contains("step"));
        assert!(
            matches!(of(http("post"), json!({"a": 1, "b": 2})), Ok(Use::Request { body: Some(text), .. }) if text == "{\"b\":2}")
        );
        assert!(matches!(of(http("delete"), json!({"a": 1})), Ok(Use::Request { body: None, .. })));
        assert!(of(http("delete"), json!({"a": ""})).unwrap_err().contains("empty"), "not the whole collection");
        let optional = json!({"kind": "http", "url": "https://h/x{?a,b}#{c}"});
        let url = |arguments: Value| match of(optional.clone(), arguments) {
            Ok(Use::Request { url, .. }) => url,
            other => format!("{other:?}"),
        };
        assert_eq!(url(json!({"c": ""})), "https://h/x#");
        assert_eq!(url(json!({"b": "1&c=2", "c": 1})), "https://h/x?b=1%26c%3D2#1");
        assert_eq!(url(json!({"a": ["x", 2], "b": null, "c": 1})), "https://h/x?a=x&a=2&b=null#1");
        let dots = json!({"kind": "http", "url": "https://h/a/.{a}/%2e{a}"});
        assert!(of(dots, json!({"a": "."})).unwrap_err().contains("step"));
    }

    #[test]
    fn a_person_sees_what_runs() {
        let tool = Definition::read(&json!({"name": "t", "run": {"kind": "command", "argv": ["say", "{a}"]}})).unwrap();
        let lines = plan(&tool, json!({"a": "b\u{1b}[2J\nc"}).as_object().unwrap()).unwrap().lines();
        assert_eq!(lines, ["word 0: say", "word 1: b\u{241b}[2J\u{23ce}c", "at most 30 s and 16384 bytes"]);
        let http = json!({"kind": "http", "url": "https://h/", "headers": {"Authorization": "secret"}});
        let tool = Definition::read(&json!({"name": "t", "run": http})).unwrap();
        let lines = plan(&tool, &Map::new()).unwrap().lines();
        assert_eq!(lines[..2], ["GET https://h/", "header Authorization"]);
        assert_eq!(
            of(json!({"kind": "calculator"}), json!({"expression": "1/0"})),
            Ok(Use::Known("error: division by zero".to_owned()))
        );
        assert_eq!(of(json!({"kind": "canned", "answer": "text"}), json!({})), Ok(Use::Known("text".to_owned())));
        assert!(matches!(of(json!({"kind": "mcp", "server": "s", "tool": "u"}), json!({"a": 1})), Ok(Use::Mcp { .. })));
    }
}
