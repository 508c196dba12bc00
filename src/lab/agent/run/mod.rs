//! What runs when a model calls, as data: nothing is done here.

mod calculator;
mod cut;
mod permission;
mod plan;

pub use calculator::calculate;
pub use cut::{Outcome, cut};
pub use permission::{Answer, Permissions};
pub(in crate::lab::agent) use plan::names;
pub use plan::{Plan, Use, plan};

use crate::base::text::clean_line;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Runner {
    /// Always the same answer.
    Canned {
        /// Text, or a value that is answered as JSON.
        answer: Value,
    },
    /// The calculator that is built in.
    Calculator {
        /// The argument that holds the expression.
        #[serde(default = "expression")]
        argument: String,
    },
    /// A program of the user's, without a shell.
    Command {
        /// The program and its words. `{name}` in a word is replaced by the argument of that name.
        argv: Vec<String>,
        /// Whether it gets the arguments as JSON on its standard input.
        #[serde(default)]
        stdin: bool,
    },
    /// A request over HTTP.
    Http {
        /// `GET`, `POST` and so on. All but `GET` and `HEAD` send the arguments that the address does not take as a JSON
        /// body; `DELETE` only where there are some.
        #[serde(default = "get")]
        method: String,
        /// Its address; `{name}` behind the host is replaced by the argument of that name, percent-encoded. `{?a,b}` becomes
        /// a query of those of the arguments that are given, `{&a,b}` goes on with one (as in RFC 6570).
        url: String,
        /// Headers as they are sent.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
    /// A tool of an MCP server.
    Mcp {
        /// The server's name among those that are set up.
        server: String,
        /// The tool's name there.
        tool: String,
    },
}

impl Runner {
    /// What runs, in words on one row, safe for the terminal; arguments stand as `{name}`, values of headers are not told.
    pub fn words(&self) -> String {
        let text = match self {
            Self::Canned { .. } => "a canned answer".to_owned(),
            Self::Calculator { .. } => "the calculator".to_owned(),
            Self::Command { argv, stdin } => {
                let words: Vec<String> = argv
                    .iter()
                    .map(|word| if word.contains(' ') { format!("{word:?}") } else { word.clone() })
                    .collect();
                format!(
                    "the program {}{}",
                    words.join(" "),
                    if *stdin { ", the arguments on its standard input" } else { "" }
                )
            }
            Self::Http { method, url, .. } => format!("{} {url}", method.to_ascii_uppercase()),
            Self::Mcp { server, tool } => format!("{tool} of the MCP server {server}"),
        };
        clean_line(&text)
    }
}

fn expression() -> String {
    "expression".to_owned()
}

fn get() -> String {
    "GET".to_owned()
}

impl Default for Runner {
    fn default() -> Self {
        Self::Canned { answer: Value::Object(Map::new()) }
    }
}

/// How long something may take and how much it may answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Seconds until it is ended.
    pub seconds: f64,
    /// Bytes of its answer that are kept.
    pub bytes: usize,
}

impl Limits {
    /// The time, from 0 to an hour whatever the figure is.
    pub fn time(self) -> std::time::Duration {
        let seconds = if self.seconds.is_finite() { self.seconds.clamp(0.0, 3600.0) } else { 0.0 };
        std::time::Duration::from_secs_f64(seconds)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { seconds: 30.0, bytes: 16 * 1024 }
    }
}
