//! What a parser tells as the text arrives.

use serde::Serialize;
use serde_json::{Map, Value};
use std::ops::Range;

/// A place in the whole text, in bytes.
pub type Span = Range<usize>;

/// A call that a model wrote.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// The function's name; empty where the format allows that it lacks.
    pub name: String,
    /// The arguments; `None` where they are not an object or break off.
    pub arguments: Option<Map<String, Value>>,
    /// The arguments as JSON text: as written where they were JSON, what there is of them where they break off.
    pub arguments_text: String,
    /// Whether the call was there in full, with an object of arguments.
    pub complete: bool,
    /// Where it stands, its own markers included.
    pub span: Span,
    /// Whether its name is among the tools; `None` where no tools were given.
    pub known: Option<bool>,
}

/// One step of the text, in the order in which it stands there.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Text for the reader. Bytes that are no UTF-8 appear as U+FFFD.
    Content {
        /// Where it stands.
        span: Span,
        /// The text.
        text: String,
    },
    /// Text of the model's reasoning.
    Reasoning {
        /// Where it stands.
        span: Span,
        /// The text.
        text: String,
    },
    /// Bytes that are neither text nor call: markers, and white space between them.
    Marker {
        /// Where they stand.
        span: Span,
    },
    /// A call begins.
    CallBegin {
        /// Its number from 0 on.
        index: usize,
        /// The function's name.
        name: String,
    },
    /// Its arguments as text.
    Arguments {
        /// The call's number.
        index: usize,
        /// The text.
        text: String,
    },
    /// It has ended; a [`Call`] is this with its name and text.
    CallEnd {
        /// Its number.
        index: usize,
        /// The arguments; `None` where they are not an object or break off.
        arguments: Option<Map<String, Value>>,
        /// Whether it was there in full.
        complete: bool,
        /// Where it stands.
        span: Span,
        /// Whether its name is among the tools.
        known: Option<bool>,
    },
    /// A closing marker shows that everything since `from` was reasoning, calls included.
    WasReasoning {
        /// Where the reasoning began; it ends where the marker begins.
        span: Span,
    },
    /// Something is wrong with the text, in words.
    Problem(String),
}
