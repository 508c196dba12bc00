//! A constraint of the library.

use crate::lab::structured::Constraint;

/// A constraint with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub about: String,
    /// The constraint.
    pub constraint: Constraint,
    /// A question that fits it.
    pub prompt: String,
    /// Whether it is the user's own.
    pub own: bool,
}
