//! The lab: conversations, sampling settings and many answers side by side, structured outputs, probes, pooling models, tool calls, chat
//! templates, the agent loop and scored suites. No HTTP, no drawing.

pub mod agent;
pub mod chat;
pub mod pooling;
pub mod probes;
pub mod samples;
pub mod sampling;
pub mod schema;
pub mod structured;
pub mod suite;
pub mod template;
pub mod tools;
pub mod xray;
