//! The HTTP client: chats as bounded channels of events, probes of endpoints.

mod client;
mod http;
mod pooling;
mod probe;
mod raw;

pub use client::{Client, Timed};
pub use http::plain_client;
pub use probe::Health;
