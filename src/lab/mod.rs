//! The lab: conversations and sampling settings. No HTTP, no drawing.

pub mod chat;
pub mod sampling;
