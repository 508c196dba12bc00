//! Pooling models: which task a server serves, and what it gave, as tables. Nothing is drawn and nothing is asked here.

pub mod labels;
pub mod serves;
pub mod similar;
pub mod told;

pub use serves::{About, Serves};
pub use similar::Similarity;
pub use told::{Given, Labelled, Ranked, Span, Token, Tokens, Told, tell};
