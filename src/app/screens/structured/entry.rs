//! A constraint of the library.

use crate::lab::structured::Constraint;

/// A constraint with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// What it is for: extraction, classification, …
    pub category: String,
    /// A prompt that asks for such a reply.
    pub prompt: String,
    /// The constraint.
    pub constraint: Constraint,
}
