//! Chat templates: the prompt as the model sees it. Text in, text out.
//!
//! A [`Template`] is rendered as Hugging Face's libraries render it: Jinja with trimmed blocks, `tojson` as Python writes
//! JSON, `raise_exception`, `strftime_now`, the model's special tokens as variables. A template comes from a stranger: its
//! steps, its output and its depth are bounded. [`Templates`] is what a model's own files say, [`Tokenizer`] counts by them,
//! [`compare`] holds two renderings against each other to the first difference.

mod brackets;
mod clock;
mod conversation;
mod cost;
mod engine;
mod fault;
mod float;
mod json;
pub mod live;
mod methods;
mod parity;
mod prepare;
mod sources;
#[cfg(test)]
mod tests;
mod tokens;
mod value;

pub use clock::Now;
pub use conversation::{Conversation, conversations, messages, shipped, tools};
pub use cost::{Cost, Measured, cost};
pub use engine::{Rendered, Template};
pub use parity::{Difference, Sequence, Unit, compare};
pub use sources::{Files, Found, Templates};
pub use tokens::Tokenizer;
