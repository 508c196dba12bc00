//! Structured outputs: the tree of a JSON text while it grows, how far it keeps to what was asked for, and the verdict.

pub mod conform;
pub mod possible;
pub mod tree;
