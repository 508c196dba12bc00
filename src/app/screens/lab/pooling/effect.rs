//! What the view asks of the world, and what comes back.

use crate::app::screens::chat::target::Resolved;
use crate::base::{Problem, Reading};
use crate::lab::pooling::{Serves, Told};
use crate::wire::pooling::Ask;
use std::sync::Arc;

/// Whom a question goes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Whom {
    /// Address, key, dialect, model.
    pub to: Resolved,
    /// The run, and the model it was started with.
    pub run: Option<(String, String)>,
}

/// What this view asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Which tasks a server serves; answered by [`Msg::Serves`].
    Serves(Box<Whom>),
    /// Ask; answered by [`Msg::Told`].
    Ask {
        /// Comes back with the answer.
        asked: u64,
        /// Whom.
        whom: Box<Whom>,
        /// What.
        ask: Ask,
    },
    /// Close the connection of the question on its way.
    Stop,
}

/// Messages to this view.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// Which tasks a server serves.
    Serves {
        /// Its base URL and the model.
        of: (String, String),
        /// The tasks, or why they are not known.
        serves: Reading<Serves>,
    },
    /// An answer.
    Told {
        /// To which question.
        asked: u64,
        /// The answer, or why there is none.
        result: Result<Arc<Told>, Problem>,
    },
}
