//! The wire: OpenAI and Ollama requests, streams cut anywhere, deltas put together. Never the meaning of a tool or
//! a schema.

pub mod endpoint;
pub mod event;

pub use endpoint::{Dialect, Endpoint};
pub use event::*;
