//! The lab: conversations, sampling settings, tool calls and scored suites. No HTTP, no drawing.

pub mod chat;
pub mod sampling;
pub mod suite;
pub mod tools;
