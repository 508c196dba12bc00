//! The lab: conversations, sampling settings, tool calls and the agent loop. No HTTP, no drawing.

pub mod agent;
pub mod chat;
pub mod sampling;
pub mod tools;
