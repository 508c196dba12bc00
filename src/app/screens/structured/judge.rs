//! What is to be said of an answer that has come to its end. Runs in the world: a long answer takes a while.

use super::effect::Ask;
use super::watch::{Ended, Follows, Found, Grade};
use crate::base::{Problem, Reading};
use crate::lab::structured::Constraint;
use crate::wire::Reply;

/// Why an answer was stopped from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The person did.
    ByPerson,
    /// It was nothing but blanks any more.
    Blanks,
}

/// An answer, and what it is to be held against.
#[derive(Debug, Clone)]
pub struct Case {
    /// The question.
    pub ask: Ask,
    /// What the engine was asked for.
    pub asked: Constraint,
    /// Everything that came.
    pub reply: Reply,
    /// Why it was stopped from here.
    pub stopped: Option<Stopped>,
    /// How far it keeps to the constraint.
    pub follows: Option<Reading<Follows>>,
}

/// Says it.
///
/// # Errors
/// When no answer came: why not, in the server's words.
pub fn judge(case: &Case) -> Result<Ended, Problem> {
    if let Some(problem) = &case.reply.failed {
        return Err(problem.clone());
    }
    Ok(Ended { grade: Grade::Note, said: String::new(), hint: String::new(), found: Vec::<Found>::new() })
}
