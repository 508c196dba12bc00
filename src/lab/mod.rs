//! The lab: conversations, sampling settings and tool calls. No HTTP, no drawing.

pub mod chat;
pub mod sampling;
pub mod suite;
pub mod tools;
