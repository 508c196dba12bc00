//! Conversations: a tree of turns, with branches, a queue and export.

pub mod turn;
pub use turn::*;
