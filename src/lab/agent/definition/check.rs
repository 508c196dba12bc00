//! Whether a definition can be used, and what is wrong with it in words.

use super::Definition;
use crate::lab::agent::run::Runner;
use serde_json::{Map, Value};

/// Characters that a name may have (OpenAI's bound).
const NAME: usize = 64;
/// Bytes of a whole schema as compact JSON.
const BYTES: usize = 64 * 1024;
/// Objects and lists within each other.
const DEPTH: usize = 24;
/// Faults that are told of one definition.
const TOLD: usize = 12;
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// JSON Schema's types, and those that descriptions of tools use instead of them.
const TYPES: [&str; 11] =
    ["null", "boolean", "integer", "number", "string", "array", "object", "float", "dict", "any", "tuple"];

pub(super) fn faults(tool: &Definition) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(name(&tool.name));
    let size = serde_json::to_string(&tool.parameters).map_or(usize::MAX, |text| text.len());
    if size > BYTES {
        out.push(format!("its schema has {size} bytes, {BYTES} are allowed"));
        return out;
    }
    match &tool.parameters {
        Value::Object(all) if all.get("type").is_some_and(|kind| kind != "object" && kind != "dict") => {
            out.push("its schema must be of type `object`: arguments have names".to_owned());
        }
        Value::Object(_) => schema(&tool.parameters, &tool.parameters, "parameters", 0, &mut out),
        _ => out.push("`parameters` is no JSON object".to_owned()),
    }
    out.extend(remote(&tool.parameters, 0));
    out.extend(runner(&tool.run));
    if !(tool.limits.seconds > 0.0 && tool.limits.seconds <= 3600.0) {
        out.push("`limits.seconds` must be above 0 and at most 3600".to_owned());
    }
    if !(1..=16 * 1024 * 1024).contains(&tool.limits.bytes) {
        out.push("`limits.bytes` must be from 1 to 16777216".to_owned());
    }
    out.truncate(TOLD);
    out
}

fn name(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name {
        "" => Some("a tool needs a name".to_owned()),
        name if name.chars().count() > NAME => Some(format!("its name has more than {NAME} characters")),
        name => name
            .chars()
            .find(|c| !plain(*c))
            .map(|c| format!("its name has {c:?}; allowed are letters, digits, `_`, `-` and `.`")),
    }
}

fn schema(schema: &Value, root: &Value, at: &str, depth: usize, out: &mut Vec<String>) {
    if out.len() >= TOLD {
        return;
    }
    if depth > DEPTH {
        out.push(format!("{at}: the schema is nested more than {DEPTH} deep"));
        return;
    }
    let all = match schema {
        Value::Object(all) => all,
        Value::Bool(_) => return,
        _ => return out.push(format!("{at}: a schema is an object")),
    };
    reference(all, root, at, out);
    kinds(all, at, out);
    required(all, at, out);
    for key in ["properties", "$defs", "definitions", "patternProperties"] {
        match all.get(key) {
            None => {}
            Some(Value::Object(inner)) => {
                inner.iter().for_each(|(name, one)| self::schema(one, root, &format!("{at}.{name}"), depth + 1, out));
            }
            Some(_) => out.push(format!("{at}: `{key}` is no object")),
        }
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(inner) = all.get(key).filter(|inner| !inner.is_array()) {
            self::schema(inner, root, &format!("{at}[{key}]"), depth + 1, out);
        }
    }
    for key in ["anyOf", "oneOf", "allOf", "prefixItems"] {
        match all.get(key) {
            None => {}
            Some(Value::Array(inner)) => {
                inner.iter().for_each(|one| self::schema(one, root, &format!("{at}[{key}]"), depth + 1, out));
            }
            Some(_) => out.push(format!("{at}: `{key}` is no list")),
        }
    }
}

fn reference(all: &Map<String, Value>, root: &Value, at: &str, out: &mut Vec<String>) {
    for key in ["$ref", "$dynamicRef", "$schema"] {
        match all.get(key) {
            None => {}
            Some(Value::String(_)) if key == "$schema" => {}
            Some(Value::String(path)) => match path.strip_prefix('#') {
                Some(inner) if root.pointer(inner).is_none() => {
                    out.push(format!("{at}: `{key}` leads to {path}, which is not there"));
                }
                _ => {}
            },
            Some(_) => out.push(format!("{at}: `{key}` is no text")),
        }
    }
}

/// A reference that leads out of the schema, wherever in it, also below keywords that are not looked at otherwise.
fn remote(value: &Value, depth: usize) -> Option<String> {
    if depth > 4 * DEPTH {
        return Some(format!("its schema is nested more than {} deep", 4 * DEPTH));
    }
    match value {
        Value::Array(all) => all.iter().find_map(|one| remote(one, depth + 1)),
        Value::Object(all) => all.iter().find_map(|(key, one)| match (key.as_str(), one) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(path)) if !path.starts_with('#') => {
                let path: String = path.chars().take(200).collect();
                Some(format!("`{key}` leads to {path}; only references within the schema are followed"))
            }
            // Values, not schemas.
            ("enum" | "const" | "default" | "example" | "examples", _) => None,
            _ => remote(one, depth + 1),
        }),
        _ => None,
    }
}

fn kinds(all: &Map<String, Value>, at: &str, out: &mut Vec<String>) {
    let names: Vec<&Value> = match all.get("type") {
        None => return,
        Some(Value::Array(names)) => names.iter().collect(),
        Some(one) => vec![one],
    };
    for name in names {
        match name.as_str() {
            Some(name) if TYPES.contains(&name) => {}
            _ => out.push(format!("{at}: {name} is no type; there are {}", TYPES[..7].join(", "))),
        }
    }
}

fn required(all: &Map<String, Value>, at: &str, out: &mut Vec<String>) {
    let Some(required) = all.get("required") else { return };
    let Some(names) = required.as_array() else { return out.push(format!("{at}: `required` is no list")) };
    let properties = all.get("properties").and_then(Value::as_object);
    for name in names {
        match name.as_str() {
            Some(name) if properties.is_none_or(|all| all.contains_key(name)) => {}
            _ => out.push(format!("{at}: `required` names {name}, which is no property")),
        }
    }
}

fn runner(run: &Runner) -> Option<String> {
    let fault = match run {
        Runner::Command { argv, .. } if argv.first().is_none_or(String::is_empty) => "`argv` names no program",
        Runner::Command { argv, .. } if argv.first().is_some_and(|word| word.contains('{')) => {
            "the program itself cannot come from an argument"
        }
        Runner::Command { argv, .. } if runs_code(argv) => {
            "an argument would be part of a program's text; let the text take it as a word of its own, such as \"$1\""
        }
        Runner::Http { method, .. } if !METHODS.contains(&method.to_ascii_uppercase().as_str()) => "`method` is none",
        Runner::Http { headers, .. } if headers.iter().any(|(name, value)| !header(name, value)) => {
            "a header has a name or a value that cannot be sent"
        }
        Runner::Http { url, .. } if !fixed_host(url) => {
            "`url` must begin with http:// or https:// and a host that comes from no argument"
        }
        Runner::Mcp { server, tool } if server.is_empty() || tool.is_empty() => "`server` and `tool` are needed",
        _ => return None,
    };
    Some(format!("`run`: {fault}"))
}

/// Whether an argument would stand within the text of a shell or of another interpreter: it would run as a program, whatever
/// the words around it.
fn runs_code(argv: &[String]) -> bool {
    const READERS: [(&str, &[char]); 6] = [
        ("sh", &['c']),
        ("python", &['c']),
        ("perl", &['e', 'E']),
        ("ruby", &['e']),
        ("node", &['e', 'p']),
        ("php", &['r']),
    ];
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let flags = argv.iter().find_map(|word| {
        let name = base(word);
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let shell = matches!(name, "bash" | "dash" | "zsh" | "ksh" | "fish" | "busybox" | "ash");
        READERS.iter().find(|(reader, _)| *reader == name || shell && *reader == "sh").map(|(_, flags)| *flags)
    });
    let Some(flags) = flags else { return false };
    let text = |flag: &str| {
        let short = flag.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        short.is_some_and(|rest| rest.contains(flags)) || matches!(flag, "--eval" | "--print" | "--command" | "--run")
    };
    argv.windows(2).any(|pair| matches!(pair, [flag, word] if text(flag) && word.contains('{') && word.contains('}')))
}

fn header(name: &str, value: &str) -> bool {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    // What frames a message is not a tool's to say.
    let framing = ["connection", "content-length", "te", "trailer", "transfer-encoding", "upgrade"];
    let frames = framing.iter().any(|one| name.eq_ignore_ascii_case(one));
    !name.is_empty() && !frames && name.chars().all(token) && !value.contains(|c: char| c.is_control() && c != '\t')
}

fn fixed_host(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && !host.contains(['{', '}', '\\', '@']) && !host.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(parameters: Value) -> String {
        let tool = json!({"name": "t", "parameters": parameters});
        Definition::read(&tool).map_err(|problem| problem.to_string()).err().unwrap_or_default()
    }

    #[test]
    fn schemas_that_cannot_be_used_say_where() {
        let mut deep = json!({"type": "string"});
        for _ in 0..40 {
            deep = json!({"type": "object", "properties": {"a": deep}});
        }
        let table = [
            (json!([]), "no JSON object"),
            (json!({"type": "string"}), "arguments have names"),
            (json!({"properties": {"a": {"$ref": "http://example.org/s.json"}}}), "only references within"),
            (json!({"properties": {"a": {"$ref": "#/$defs/x"}}}), "not there"),
            (json!({"if": {"contains": {"$ref": "other.json#/a"}}}), "only references within"),
            (json!({"dependentSchemas": {"a": {"$dynamicRef": "https://h/s"}}}), "only references within"),
            (json!({"properties": {"a": {"type": "sting"}}}), "parameters.a: \"sting\" is no type"),
            (json!({"properties": {"a": 4}}), "a schema is an object"),
            (json!({"properties": {"a": {}}, "required": ["b"]}), "names \"b\""),
            (json!({"properties": []}), "`properties` is no object"),
            (json!({"anyOf": {}}), "`anyOf` is no list"),
            (deep, "nested more than"),
            (json!({"description": "x".repeat(70_000)}), "bytes"),
        ];
        for (parameters, why) in table {
            let told = of(parameters);
            assert!(told.contains(why), "{why}: {told}");
        }
        let fine = json!({"type": "object", "$defs": {"n": {"type": "number"}}, "properties": {
            "a": {"$ref": "#/$defs/n"}, "b": {"type": ["string", "null"], "enum": ["x"]}, "c": {"items": {"type": "object"}},
            "$ref": {"default": {"$ref": "x"}}}});
        assert_eq!(of(fine), "");
    }

    #[test]
    fn names_and_runners_are_held_to_bounds() {
        let read = |value: Value| Definition::read(&value).map_err(|problem| problem.why).err().unwrap_or_default();
        assert!(read(json!({"name": "get weather"})).contains("' '"));
        assert!(read(json!({"name": "a".repeat(65)})).contains("64"));
        let run = |run: Value| read(json!({"name": "t", "run": run}));
        assert!(run(json!({"kind": "command", "argv": []})).contains("no program"));
        assert!(run(json!({"kind": "command", "argv": ["{x}"]})).contains("from an argument"));
        for url in ["ftp://a/", "http://{host}/", "https://", "http://a@b/", "file:///etc"] {
            assert!(run(json!({"kind": "http", "url": url})).contains("host"), "{url}");
        }
        assert_eq!(run(json!({"kind": "http", "url": "https://example.org/{city}"})), "");
        for argv in [
            ["sh", "-c", "ls {x}"],
            ["/bin/bash", "-lc", "{x}"],
            ["python3.12", "-c", "print({x})"],
            ["node", "--eval", "{x}"],
        ] {
            assert!(run(json!({"kind": "command", "argv": argv})).contains("program's text"), "{argv:?}");
        }
        assert_eq!(run(json!({"kind": "command", "argv": ["sh", "-c", "ls -- \"$1\"", "sh", "{x}"]})), "");
        assert_eq!(run(json!({"kind": "command", "argv": ["grep", "-c", "{x}"]})), "");
        for method in ["", "GET x", "a\r\nb", "CONNECT"] {
            assert!(
                run(json!({"kind": "http", "method": method, "url": "https://h/"})).contains("method"),
                "{method:?}"
            );
        }
        for (name, value) in [("a b", "c"), ("a", "b\r\nc: d"), ("", "x"), ("Content-Length", "9")] {
            let headers = json!({name: value});
            assert!(run(json!({"kind": "http", "url": "https://h/", "headers": headers})).contains("header"));
        }
        assert!(read(json!({"name": "t", "limits": {"seconds": 0}})).contains("seconds"));
        assert!(read(json!({"name": "t", "limits": {"bytes": 0}})).contains("bytes"));
    }
}
