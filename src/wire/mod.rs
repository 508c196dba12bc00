//! The wire: OpenAI and Ollama requests, streams cut anywhere, deltas put together. Never the meaning of a tool or
//! a schema.
//!
//! bytes → [`Lines`] → [`SseParser`] or [`JsonLines`] → [`Decoder`] → [`StreamEvent`] → [`Reply`]; [`StreamReader`]
//! holds the chain together, [`live`] feeds it from a socket.

mod assemble;
mod decode;
pub mod endpoint;
pub mod event;
pub mod fault;
mod lines;
pub mod live;
pub mod models;
pub mod pooling;
pub mod raw;
mod read;
pub mod request;
mod sse;
#[cfg(test)]
mod tests;
mod tokens;

pub use assemble::{Reply, ReplyChoice, ReplyToolCall};
pub use decode::Decoder;
pub use endpoint::{Dialect, Endpoint, base_url};
pub use event::*;
pub use lines::{JsonLines, LineTooLong, Lines, MAX_LINE};
pub use models::{DetectedEngine, ModelInfo};
pub use read::{BodyKind, StreamReader};
pub use sse::{SseEvent, SseParser};
