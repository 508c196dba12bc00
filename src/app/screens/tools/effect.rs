//! What the Tools screen asks of the world, and what the world tells it.

use crate::app::screens::chat::target::Resolved;
use crate::base::Problem;
use crate::lab::agent::definition::Imported;
use crate::lab::agent::mcp::Server;
use crate::lab::agent::run::Outcome;
use crate::lab::agent::{CallId, Definition, Library, Plan};
use crate::lab::xray::{Question, Told};
use std::sync::Arc;

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
    /// Ask the model.
    Ask {
        /// The exchange it belongs to.
        trial: u64,
        /// Whom to ask.
        target: Box<Resolved>,
        /// The question.
        question: Box<Question>,
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
        told: Result<Arc<Told>, Problem>,
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
