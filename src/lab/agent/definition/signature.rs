//! A definition from a function's signature as Python writes it, with its docstring.

use super::Definition;
use crate::base::Problem;
use crate::lab::agent::run::{Limits, Runner};
use crate::lab::schema::type_of;
use crate::lab::tools::literal;
use serde_json::{Map, Value, json};

/// Bytes that are read.
const LONGEST: usize = 64 * 1024;
/// Types within each other.
const DEPTH: usize = 16;

/// Reads `def name(city: str, days: int = 3) -> dict: "what it does"`, also over several lines, with a docstring in triple
/// quotes whose section `Args:` describes the arguments. Types become JSON Schema, arguments without a default are
/// required, and a type that is not known allows everything. `self`, `cls`, `*args` and `**kwargs` are left out.
///
/// # Errors
/// When the text is no such signature, or what it gives cannot be used as a definition.
pub fn signature(text: &str) -> Result<Definition, Problem> {
    let refuse = |why: &str| {
        let hint = "write it as def weather(city: str, days: int = 3) -> dict: \"The weather of a city\"";
        Problem::failed("the signature cannot be read", why, hint)
    };
    if text.len() > LONGEST {
        return Err(refuse("it is longer than 64 KiB"));
    }
    let start = find_def(text).ok_or_else(|| refuse("there is no `def`"))?;
    let open = start.find('(').ok_or_else(|| refuse("there is no parenthesis behind the name"))?;
    let (inside, rest) = within(&start[open + 1..], ')').ok_or_else(|| refuse("the parenthesis is not closed"))?;
    let doc = docstring(rest);
    let (description, told) = described(&doc);
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in split(&without_comments(inside), ',') {
        let Some((name, mut schema, default)) = parameter(part.trim()) else { continue };
        if let Some((_, words)) = told.iter().find(|(one, _)| *one == name) {
            schema.insert("description".to_owned(), words.clone().into());
        }
        match default {
            Some(Value::Null) => {}
            Some(value) => drop(schema.insert("default".to_owned(), value)),
            None => required.push(Value::from(name.clone())),
        }
        properties.insert(name, Value::Object(schema));
    }
    let mut parameters = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        parameters["required"] = required.into();
    }
    let name = start[..open].trim().to_owned();
    let (run, limits) = (Runner::default(), Limits::default());
    let tool = Definition { name, description, parameters, strict: None, run, limits };
    tool.faults().first().map_or_else(|| Ok(tool.clone()), |fault| Err(refuse(fault)))
}

/// What follows the first `def ` that begins a line or follows `async`.
fn find_def(text: &str) -> Option<&str> {
    let lines = text.lines().find_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("async ").unwrap_or(line).trim_start().strip_prefix("def ")
    })?;
    let at = lines.as_ptr() as usize - text.as_ptr() as usize;
    text.get(at..)
}

/// The text up to the bracket that closes, and what is behind it; brackets within and strings are passed over.
fn within(text: &str, close: char) -> Option<(&str, &str)> {
    let mut walk = Walk::default();
    for (at, c) in text.char_indices() {
        if walk.outside() && c == close {
            return Some((&text[..at], &text[at + c.len_utf8()..]));
        }
        walk.take(c);
    }
    None
}

/// The parts between separators that stand outside of brackets and strings.
fn split(text: &str, by: char) -> Vec<&str> {
    let (mut walk, mut from, mut out) = (Walk::default(), 0, Vec::new());
    for (at, c) in text.char_indices() {
        if walk.outside() && c == by {
            out.push(&text[from..at]);
            from = at + c.len_utf8();
        } else {
            walk.take(c);
        }
    }
    out.push(&text[from..]);
    out
}

/// Where a reader stands: in how many brackets, in which string.
#[derive(Debug, Default)]
struct Walk {
    depth: usize,
    quote: Option<char>,
    escaped: bool,
    comment: bool,
}

impl Walk {
    fn outside(&self) -> bool {
        self.depth == 0 && self.quote.is_none() && !self.comment
    }

    fn take(&mut self, c: char) {
        match (self.quote, c) {
            (Some(_), _) if self.escaped => self.escaped = false,
            (Some(_), '\\') => self.escaped = true,
            (Some(quote), c) if c == quote => self.quote = None,
            (Some(_), _) => {}
            (None, '\n') => self.comment = false,
            (None, _) if self.comment => {}
            (None, '#') => self.comment = true,
            (None, '"' | '\'') => self.quote = Some(c),
            (None, '(' | '[' | '{') => self.depth += 1,
            (None, ')' | ']' | '}') => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

fn without_comments(text: &str) -> String {
    let (mut walk, mut out) = (Walk::default(), String::with_capacity(text.len()));
    for c in text.chars() {
        walk.take(c);
        if !walk.comment {
            out.push(c);
        }
    }
    out
}

fn parameter(text: &str) -> Option<(String, Map<String, Value>, Option<Value>)> {
    if text.is_empty() || text.starts_with('*') || matches!(text, "/" | "self" | "cls") {
        return None;
    }
    let sides = split(text, '=');
    let default = (sides.len() > 1).then(|| literal(text[sides[0].len() + 1..].trim()).unwrap_or(Value::Null));
    let (name, kind) = sides[0].split_once(':').unwrap_or((sides[0], ""));
    let mut schema = schema_of(kind.trim(), 0);
    if kind.trim().is_empty()
        && let Some(one) = default.as_ref().map(type_of).filter(|kind| *kind != "null")
    {
        schema.insert("type".to_owned(), one.into());
    }
    Some((name.trim().to_owned(), schema, default))
}

fn one(key: &str, value: impl Into<Value>) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value.into())])
}

fn schema_of(kind: &str, depth: usize) -> Map<String, Value> {
    if depth > DEPTH {
        return Map::new();
    }
    let choices: Vec<&str> = split(kind, '|').into_iter().map(str::trim).collect();
    if choices.len() > 1 {
        return any_of(&choices, depth);
    }
    let (name, inner) = match kind.split_once('[') {
        Some((name, inner)) => (name.trim(), inner.trim_end().trim_end_matches(']')),
        None => (kind.trim_matches(['"', '\'']), ""),
    };
    let inner = kind.split_once('[').and_then(|(_, rest)| within(rest, ']')).map_or(inner, |(inside, _)| inside);
    let parts: Vec<&str> = split(inner, ',').into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
    match name.rsplit('.').next().unwrap_or(name) {
        "str" => one("type", "string"),
        "int" => one("type", "integer"),
        "float" | "Decimal" => one("type", "number"),
        "bool" => one("type", "boolean"),
        "None" | "NoneType" => one("type", "null"),
        "dict" | "Dict" | "Mapping" | "TypedDict" => one("type", "object"),
        "list" | "List" | "Sequence" | "Iterable" | "set" | "Set" | "tuple" | "Tuple" | "frozenset" => {
            let mut out = one("type", "array");
            if let Some(part) = parts.first() {
                out.insert("items".to_owned(), Value::Object(schema_of(part, depth + 1)));
            }
            out
        }
        "Optional" => any_of(&[inner, "None"], depth),
        "Union" => any_of(&parts, depth),
        "Annotated" => annotated(&parts, depth),
        "Literal" => {
            let values: Vec<Value> = parts.iter().filter_map(|part| literal(part)).collect();
            let kind = values.first().map(type_of).filter(|kind| *kind != "null");
            let kind = kind.filter(|kind| values.iter().all(|value| type_of(value) == *kind));
            let mut out = kind.map(|kind| one("type", kind)).unwrap_or_default();
            out.insert("enum".to_owned(), values.into());
            out
        }
        _ => Map::new(),
    }
}

fn annotated(parts: &[&str], depth: usize) -> Map<String, Value> {
    let mut out = parts.first().map(|part| schema_of(part, depth + 1)).unwrap_or_default();
    if let Some(Value::String(words)) = parts.get(1).and_then(|part| literal(part)) {
        out.insert("description".to_owned(), words.into());
    }
    out
}

/// Plain types become a list of names, others `anyOf`.
fn any_of(choices: &[&str], depth: usize) -> Map<String, Value> {
    let all: Vec<Map<String, Value>> = choices.iter().map(|one| schema_of(one, depth + 1)).collect();
    if all.iter().any(Map::is_empty) {
        return Map::new();
    }
    if let Some(names) =
        all.iter().map(|one| one.get("type").filter(|_| one.len() == 1).cloned()).collect::<Option<Vec<_>>>()
    {
        return one("type", names);
    }
    one("anyOf", all.into_iter().map(Value::Object).collect::<Vec<_>>())
}

/// The first string behind the colon of the signature.
fn docstring(rest: &str) -> String {
    let Some(body) = split(rest, ':').first().and_then(|result| rest.get(result.len() + 1..)) else {
        return String::new();
    };
    let body = body.trim_start().trim_start_matches(['r', 'R']);
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        if let Some(text) = body.strip_prefix(quote) {
            return text.find(quote).map_or(text, |end| &text[..end]).trim().to_owned();
        }
    }
    String::new()
}

/// What stands before the sections of a docstring, and the words on each argument.
fn described(doc: &str) -> (String, Vec<(String, String)>) {
    const SECTIONS: [&str; 7] = ["args:", "arguments:", "parameters:", "returns:", "raises:", "example:", "examples:"];
    let (mut words, mut told, mut section) = (Vec::new(), Vec::<(String, String)>::new(), None);
    for line in doc.lines().map(str::trim) {
        let lower = line.to_ascii_lowercase();
        if let Some(at) = SECTIONS.iter().position(|name| *name == lower) {
            section = Some(at);
            continue;
        }
        match section {
            None => words.push(line),
            Some(0..=2) => match line.split_once(':') {
                Some((name, text)) if !name.trim().contains("  ") && name.split(['(', ' ']).next() != Some("") => {
                    let name = name.split(['(', ' ']).next().unwrap_or_default();
                    told.push((name.to_owned(), text.trim().to_owned()));
                }
                _ => {
                    if let Some((_, text)) = told.last_mut().filter(|_| !line.is_empty()) {
                        text.push(' ');
                        text.push_str(line);
                    }
                }
            },
            Some(_) => {}
        }
    }
    (words.join("\n").trim().to_owned(), told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_signature_on_one_line() {
        let tool = signature("def f(city: str, days: int = 3) -> dict: \"The weather\"").unwrap();
        assert_eq!((tool.name.as_str(), tool.description.as_str()), ("f", "The weather"));
        let expected = json!({"type": "object", "properties": {"city": {"type": "string"},
            "days": {"type": "integer", "default": 3}}, "required": ["city"]});
        assert_eq!(tool.parameters, expected);
        assert_eq!(signature("def g(): pass").unwrap().parameters, json!({"type": "object", "properties": {}}));
    }

    #[test]
    fn types_become_schemas() {
        let table = [
            ("list[int]", json!({"type": "array", "items": {"type": "integer"}})),
            ("typing.List[dict[str, int]]", json!({"type": "array", "items": {"type": "object"}})),
            ("Optional[float]", json!({"type": ["number", "null"]})),
            ("int | None", json!({"type": ["integer", "null"]})),
            (
                "Union[str, list[str]]",
                json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
            ),
            ("Literal[\"c\", 'f']", json!({"type": "string", "enum": ["c", "f"]})),
            ("Literal[1, \"a\"]", json!({"enum": [1, "a"]})),
            ("Annotated[bool, \"whether, or not\"]", json!({"type": "boolean", "description": "whether, or not"})),
            ("Thing", json!({})),
            ("", json!({})),
        ];
        for (kind, expected) in table {
            assert_eq!(Value::Object(schema_of(kind, 0)), expected, "{kind}");
        }
    }

    #[test]
    fn several_lines_with_a_docstring() {
        let text = r#"
@tool
async def find(
    self,
    query: str,  # what, (to find
    *args,
    limit=10,
    by: str = "a, b) -> c",
    none: str = None,
) -> "list[str]":
    """Finds things.

    In any order.

    Args:
        query: the words,
            also several
        limit (int): how many
    Returns:
        a list: of things
    """
    return []
"#;
        let tool = signature(text).unwrap();
        assert_eq!(tool.name, "find");
        assert_eq!(tool.description, "Finds things.\n\nIn any order.");
        let expected = json!({
            "query": {"type": "string", "description": "the words, also several"},
            "limit": {"type": "integer", "description": "how many", "default": 10},
            "by": {"type": "string", "default": "a, b) -> c"},
            "none": {"type": "string"},
        });
        assert_eq!(tool.parameters["properties"], expected);
        assert_eq!(tool.parameters["required"], json!(["query"]));
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        for text in ["", "class A:", "def f", "def f(a", "def (a)", "def f g(a)", "def f(a: str = \")"] {
            assert!(signature(text).is_err(), "{text}");
        }
        assert!(signature(&format!("def f(a: {}", "list[".repeat(20_000))).is_err());
        assert!(signature(&format!("def f(a: {}): x", "list[".repeat(5000))).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(def )?[a-z(){}\\[\\]:=|,\"'* #\\n\u{e4}-]{0,60}") {
            let _ = signature(&text);
            let _ = signature(&format!("def f(a: {text}) -> {text}: \"{text}\""));
        }
    }
}
