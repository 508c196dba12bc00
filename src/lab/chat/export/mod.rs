//! Conversations as text: Markdown to read, JSON to keep and import, curl to repeat a request.

pub mod curl;
pub mod json;
pub mod markdown;

pub use curl::as_curl;
pub use json::{from_json, to_json};
pub use markdown::to_markdown;
