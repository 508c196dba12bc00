//! Files that name MCP servers, as several programs write them.

use super::expand::expand;
use super::{Reach, Server, Text};
use crate::base::Problem;
use serde_json::{Map, Value};

/// Bytes of a file.
const LONGEST: usize = 1024 * 1024;
/// Servers of a file.
const SERVERS: usize = 128;
/// Words, variables or headers of a server.
const PARTS: usize = 256;
/// Characters of a server's name.
const NAME: usize = 64;

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a file names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Servers {
    /// Servers that can be used, in the file's order.
    pub servers: Vec<Server>,
    /// What is wrong with the others, each with its name.
    pub problems: Vec<Problem>,
}

/// Reads `{"mcpServers": {name: entry}}` as Claude, Cursor and LM Studio write it, or `{"servers": …}` and
/// `{"mcp": {"servers": …}}` as VS Code does. An entry has `command`, `args`, `env` and `cwd`, or `url` and `headers`; what
/// other programs keep beside them, such as tools that they never ask about, counts for nothing here. `env` gives the value of
/// a variable of the environment, for `${NAME}`.
///
/// # Errors
/// When the text is no such JSON, or names more than 128 servers. What is wrong with one server is among the problems.
pub fn read(text: &str, env: Env<'_>) -> Result<Servers, Problem> {
    let refuse = |why: String| {
        let hint = "write {\"mcpServers\": {\"NAME\": {\"command\": \"PROGRAM\", \"args\": []}}}";
        Problem::failed("the file of MCP servers cannot be used", why, hint)
    };
    if text.len() > LONGEST {
        return Err(refuse(format!("it is longer than {LONGEST} bytes")));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
    let all = entries(&value).ok_or_else(|| refuse("it has neither `mcpServers` nor `servers`".to_owned()))?;
    if all.len() > SERVERS {
        return Err(refuse(format!("it names {} servers, {SERVERS} are allowed", all.len())));
    }
    let mut out = Servers::default();
    for (name, entry) in all {
        match server(name, entry, env) {
            Ok(server) => out.servers.push(server),
            Err(why) => out.problems.push(Problem::failed(
                format!("the MCP server {} cannot be used", name.chars().take(NAME).collect::<String>()),
                why,
                "correct its entry in the file",
            )),
        }
    }
    Ok(out)
}

/// The servers of a file, under whatever name; `None` where it has none.
pub(super) fn entries(value: &Value) -> Option<&Map<String, Value>> {
    let places = ["/mcpServers", "/servers", "/mcp/servers", "/mcp/mcpServers"];
    places.iter().find_map(|place| value.pointer(place)?.as_object())
}

fn server(name: &str, entry: &Value, env: Env<'_>) -> Result<Server, String> {
    if name.trim().is_empty() || name.chars().count() > NAME || name.contains(char::is_control) {
        return Err(format!("its name must have 1 to {NAME} plain characters"));
    }
    let entry = entry.as_object().ok_or("its entry is no JSON object")?;
    let kind = ["type", "transport", "transportType"].iter().find_map(|key| entry.get(*key)?.as_str());
    let address = ["url", "serverUrl", "httpUrl"].iter().find_map(|key| entry.get(*key));
    let kind = kind.map(str::to_ascii_lowercase);
    let reach = match (kind.as_deref(), entry.get("command"), address) {
        (Some("sse"), ..) => return Err("it speaks the old transport `sse`; only streamable HTTP is spoken".to_owned()),
        (_, Some(_), Some(_)) => return Err("it has both a command and an address".to_owned()),
        (None | Some("stdio"), Some(command), None) => process(command, entry, env)?,
        (None | Some("http" | "streamable-http" | "streamable_http" | "streamablehttp"), None, Some(url)) => {
            Reach::Http { url: address_of(url, env)?, headers: named(entry, "headers", env)? }
        }
        (None, None, None) => return Err("it has neither `command` nor `url`".to_owned()),
        (Some(kind), ..) => return Err(format!("its type `{kind}` does not go with the rest, or is not known")),
    };
    let off = |key: &str, is: bool| entry.get(key).and_then(Value::as_bool) == Some(is);
    Ok(Server { name: name.to_owned(), reach, disabled: off("disabled", true) || off("enabled", false) })
}

fn process(command: &Value, entry: &Map<String, Value>, env: Env<'_>) -> Result<Reach, String> {
    if entry.get("envFile").is_some_and(|file| !file.is_null()) {
        return Err("`envFile` is not read: write the variables as `env`, such as \"KEY\": \"${KEY}\"".to_owned());
    }
    let command = text(command, "command", env)?;
    if command.value.trim().is_empty() {
        return Err("`command` is empty".to_owned());
    }
    let words = match entry.get("args") {
        None | Some(Value::Null) => &Vec::new(),
        Some(Value::Array(words)) if words.len() <= PARTS => words,
        Some(_) => return Err(format!("`args` is no list of at most {PARTS} words")),
    };
    let args = words.iter().map(|word| text(word, "args", env)).collect::<Result<_, _>>()?;
    let cwd = entry.get("cwd").filter(|cwd| !cwd.is_null()).map(|cwd| text(cwd, "cwd", env)).transpose()?;
    Ok(Reach::Process { command, args, env: named(entry, "env", env)?, cwd })
}

fn named(entry: &Map<String, Value>, key: &str, env: Env<'_>) -> Result<Vec<(String, Text)>, String> {
    let all = match entry.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(all)) if all.len() <= PARTS => all,
        Some(_) => return Err(format!("`{key}` is no object of at most {PARTS} texts")),
    };
    let fine = |name: &str| {
        let token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !name.is_empty() && name.chars().all(token)
    };
    let each = all.iter().map(|(name, value)| {
        if !fine(name) {
            return Err(format!("`{key}` has a name that cannot be one"));
        }
        let value = text(value, key, env)?;
        let steers = key == "headers" && value.value.contains(|c: char| c.is_control() && c != '\t');
        if steers {
            Err(format!("the header {name} has a value that cannot be sent"))
        } else {
            Ok((name.clone(), value))
        }
    });
    each.collect()
}

fn text(value: &Value, key: &str, env: Env<'_>) -> Result<Text, String> {
    let written = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return Err(format!("`{key}` holds something that is no text")),
    };
    expand(&written, env).map_err(|why| format!("`{key}`: {why}"))
}

fn address_of(value: &Value, env: Env<'_>) -> Result<Text, String> {
    let url = text(value, "url", env)?;
    let rest = url.value.strip_prefix("https://").or_else(|| url.value.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if host.is_empty() || url.value.contains(char::is_whitespace) || url.value.contains(char::is_control) {
        return Err("`url` must begin with http:// or https:// and a host".to_owned());
    }
    if host.contains('@') {
        return Err("`url` holds a name or password: send it as a header".to_owned());
    }
    Ok(url)
}
