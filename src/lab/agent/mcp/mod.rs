//! MCP servers as data: files that name them, and their tools as definitions. Nothing is started here.

mod expand;
mod read;
#[cfg(test)]
mod tests;
mod tools;

pub use read::{Servers, read};
pub use tools::{Answered, Content, answer, definitions};

use crate::base::text::clean_line;
use serde_json::{Map, Value, json};

/// A text of a server's entry: as the file has it, and with variables in their place. Only its [`std::fmt::Display`], which
/// is the text as it was written, is meant to be shown, and of values of variables and headers not even that.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    written: String,
    value: String,
    /// Values of variables whose names are those of keys.
    keys: Vec<String>,
}

impl Text {
    /// As the file has it, with `${NAME}` unreplaced.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Values that were put in for variables such as `API_KEY`: never to be told.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// With variables in their place, for the one place that uses it.
    pub fn expose(&self) -> &str {
        &self.value
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text(***)")
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&clean_line(&self.written))
    }
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A program that is started and talked to over its standard input and output.
    Process {
        /// The program.
        command: Text,
        /// Its words.
        args: Vec<Text>,
        /// Variables that it gets besides the few that every server gets.
        env: Vec<(String, Text)>,
        /// The folder it works in; that of vramdeck where none is told.
        cwd: Option<Text>,
    },
    /// An address that speaks streamable HTTP.
    Http {
        /// The address.
        url: Text,
        /// Headers that are sent with each request.
        headers: Vec<(String, Text)>,
    },
}

/// A server that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name in the file.
    pub name: String,
    /// How it is reached.
    pub reach: Reach,
    /// The file says that it is not to be used.
    pub disabled: bool,
}

impl Server {
    /// What a person is shown before it is started: each word on a row, safe for the terminal. Variables stand as they were
    /// written; values of the environment and of headers, and what follows `?` in an address, are not told.
    pub fn lines(&self) -> Vec<String> {
        let name = |name: &String| clean_line(name);
        match &self.reach {
            Reach::Process { command, args, env, cwd } => {
                let words =
                    std::iter::once(command).chain(args).enumerate().map(|(at, word)| format!("word {at}: {word}"));
                let env = env.iter().map(|(one, _)| format!("variable {}", name(one)));
                words.chain(env).chain(cwd.iter().map(|cwd| format!("in {cwd}"))).collect()
            }
            Reach::Http { url, headers } => {
                let shown = url.to_string();
                let shown = shown.split_once('?').map_or(shown.clone(), |(before, _)| format!("{before}?…"));
                let headers = headers.iter().map(|(one, _)| format!("header {}", name(one)));
                std::iter::once(format!("connects to {shown}")).chain(headers).collect()
            }
        }
    }

    /// The entry as a file keeps it, with variables unreplaced: [`read`] reads `{"mcpServers": {NAME: entry}}`.
    pub fn to_entry(&self) -> Value {
        let all = |texts: &[(String, Text)]| -> Map<String, Value> {
            texts.iter().map(|(name, text)| (name.clone(), text.written.clone().into())).collect()
        };
        let mut out = match &self.reach {
            Reach::Process { command, args, env, cwd } => {
                let words: Vec<&str> = args.iter().map(Text::written).collect();
                let mut out = json!({"command": command.written, "args": words});
                if !env.is_empty() {
                    out["env"] = all(env).into();
                }
                if let Some(cwd) = cwd {
                    out["cwd"] = cwd.written.clone().into();
                }
                out
            }
            Reach::Http { url, headers } => {
                let mut out = json!({"type": "http", "url": url.written});
                if !headers.is_empty() {
                    out["headers"] = all(headers).into();
                }
                out
            }
        };
        if self.disabled {
            out["disabled"] = true.into();
        }
        out
    }
}
