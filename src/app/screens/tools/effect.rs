//! What the Tools screen asks of the world, and what the world tells it.

use crate::app::screens::chat::target::KeyFrom;
use crate::base::Problem;
use crate::lab::agent::definition::Imported;
use crate::lab::agent::mcp::Server;
use crate::lab::agent::run::Outcome;
use crate::lab::agent::{Answered, CallId, Definition, Library, Plan};
use crate::lab::xray::Exchange;
use crate::wire::Dialect;
use serde_json::Value;
use std::sync::Arc;

/// A question to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Base URL without `/v1`.
    pub base_url: String,
    /// The model name to send.
    pub model: String,
    /// The key.
    pub key: KeyFrom,
    /// Whose API it is.
    pub dialect: Dialect,
    /// The conversation as it is sent.
    pub messages: Vec<Value>,
    /// The request's field `tools`.
    pub tools: Option<Value>,
    /// Other fields of the request.
    pub fields: Vec<(String, Value)>,
    /// Whether it is streamed.
    pub stream: bool,
    /// The tools that are offered, in whatever way.
    pub offered: Vec<Definition>,
    /// The format that the model was told to write, where its calls are read here.
    pub prompted: Option<String>,
    /// The parser that the server was told to use, where known.
    pub server_parser: Option<String>,
    /// Tokens of context, where known.
    pub context: Option<u64>,
}

/// An answer, with all that could be learnt of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What the loop gets.
    pub answered: Answered,
    /// What the X-ray gets.
    pub exchange: Arc<Exchange>,
}

/// What the Tools screen asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read the shipped tools and the user's.
    Load,
    /// Keep a tool in the user's folder.
    Save(Box<Definition>),
    /// Delete the user's tool of this name.
    Delete(String),
    /// Start an MCP server: a person has said yes to its lines.
    Start(Box<Server>),
    /// Of the scores.
    Scores(super::scores::Effect),
    /// Ask the model.
    Ask {
        /// The exchange it belongs to.
        trial: u64,
        /// The question.
        ask: Box<Ask>,
    },
    /// Run a call that was permitted.
    Run {
        /// The exchange it belongs to.
        trial: u64,
        /// The call.
        call: CallId,
        /// What runs.
        plan: Plan,
    },
    /// Stop a call, or the question and every call of an exchange.
    Cancel {
        /// The exchange.
        trial: u64,
        /// The call; all where none is named.
        call: Option<CallId>,
    },
}

/// What the world tells the Tools screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The tools there are, and files that cannot be used.
    Library {
        /// The tools.
        library: Library,
        /// Names of the user's own.
        own: Vec<String>,
        /// The MCP servers that are set up.
        servers: Vec<Server>,
        /// What is wrong with files.
        problems: Vec<Problem>,
    },
    /// An MCP server was started, or could not be.
    Started {
        /// Its name.
        name: String,
        /// Its tools.
        told: Result<Imported, Problem>,
    },
    /// About scores.
    Scores(super::scores::Msg),
    /// More of the answer has come.
    Heard {
        /// The exchange.
        trial: u64,
        /// Bytes of text so far.
        bytes: usize,
        /// Calls so far.
        calls: usize,
    },
    /// The model has answered, or could not be asked.
    Answered {
        /// The exchange.
        trial: u64,
        /// What came of it.
        told: Result<Box<Told>, Problem>,
    },
    /// A call has ended.
    Ran {
        /// The exchange.
        trial: u64,
        /// The call.
        call: CallId,
        /// What came of it.
        outcome: Outcome,
    },
}
