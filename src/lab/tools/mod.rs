//! Tool calls in a model's raw text: formats as data, a streaming parser, and what it finds.
//!
//! A [`Format`] says how calls are written; [`Compiled`] makes it ready; a [`Parser`] takes text in pieces of any size and
//! gives [`Event`]s; [`parse`] does all of it for a text that is there, and [`detect`] finds the format first. Nothing is
//! lost: every byte is text, reasoning, part of a call, or a marker. Nothing is repaired in silence: what is no call
//! stays text or is a call that is not complete, with a problem in words.

mod auto;
mod body;
mod compiled;
mod definition;
mod event;
mod fold;
pub mod format;
mod json;
mod marks;
mod parser;
mod plugin;
mod python;
#[cfg(test)]
mod tests;
mod typing;

pub use auto::detect;
pub use compiled::Compiled;
pub use definition::{Tool, Tools};
pub use event::{Call, Event, Span};
pub use fold::{Kind, Parsed, Reading, parse};
pub use format::{Format, formats, named};
pub use parser::Parser;
pub use plugin::plugin;
pub(crate) use python::literal;
