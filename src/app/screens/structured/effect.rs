//! What the Structured screen asks of the world, and what the world tells it.

use super::cost::{Measured, Order};
use super::watch::{Ended, Heard};
use crate::app::screens::chat::target::Resolved;
use crate::base::Problem;
use crate::lab::structured::library::Entry;
use crate::lab::structured::lint::Finding;
use crate::lab::structured::{Constraint, Options, Request};
use crate::wire::Dialect;
use serde_json::Value;

/// A question under a constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Whom.
    pub target: Resolved,
    /// The conversation as it is sent.
    pub messages: Vec<Value>,
    /// What the answer must look like.
    pub constraint: Constraint,
    /// How that is written.
    pub options: Options,
    /// Other fields of the request.
    pub fields: Vec<(String, Value)>,
    /// Whether it is streamed.
    pub stream: bool,
    /// The answer of the run before under the same constraint, to hold the new one against.
    pub before: Option<String>,
}

/// What would be sent, and what the engine will not do of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Considered {
    /// The constraint in the engine's shape, or why the engine has none.
    pub request: Result<Request, Problem>,
    /// What its back end will not do as it stands.
    pub findings: Vec<Finding>,
}

/// What the Structured screen asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read the shipped constraints and the user's.
    Load,
    /// Keep a constraint in the user's folder.
    Save(Box<Entry>),
    /// Delete the user's constraint of this name.
    Delete(String),
    /// Look at a constraint before it is sent: the opinion of a back end takes a moment.
    Consider {
        /// Tells it from earlier ones.
        generation: u64,
        /// What the answer must look like.
        constraint: Box<Constraint>,
        /// Whose API it is.
        dialect: Dialect,
        /// How it is written.
        options: Options,
    },
    /// Make a constraint ready that is being written, to find whether a text can be followed under it.
    Check {
        /// Tells it from earlier ones.
        generation: u64,
        /// The constraint.
        constraint: Box<Constraint>,
    },
    /// Ask the model, and watch the answer.
    Ask {
        /// The answer's number.
        watch: u64,
        /// The question.
        ask: Box<Ask>,
    },
    /// Find what the constraint costs.
    Cost {
        /// Tells it from earlier ones.
        generation: u64,
        /// The question, and how often.
        order: Box<Order>,
    },
    /// Stop an answer, or the search for what a constraint costs.
    Stop(u64),
}

/// What the world tells the Structured screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The constraints there are, and files that cannot be used.
    Library {
        /// The shipped ones, then the user's.
        entries: Vec<Entry>,
        /// Names of the user's own, also of those that take a shipped one's place.
        own: Vec<String>,
        /// What is wrong with files.
        problems: Vec<Problem>,
    },
    /// What would be sent was looked at.
    Considered {
        /// Which.
        generation: u64,
        /// What was found.
        told: Box<Considered>,
    },
    /// A constraint that is being written was made ready, or could not be.
    Checked {
        /// Which.
        generation: u64,
        /// Why not.
        told: Result<(), Problem>,
    },
    /// More of an answer has come: at most once a frame.
    Heard {
        /// The answer.
        watch: u64,
        /// What has come.
        heard: Box<Heard>,
    },
    /// An answer has come to its end, or none came.
    Ended {
        /// The answer.
        watch: u64,
        /// What is to be said of it.
        told: Result<Box<Ended>, Problem>,
    },
    /// More is known of what the constraint costs.
    Cost {
        /// Which.
        generation: u64,
        /// What was measured so far, or why no more is.
        told: Result<Box<Measured>, Problem>,
    },
}
