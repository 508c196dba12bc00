//! The saved raw text read by other parsers: which of them finds the call?

use super::Exchange;
use crate::base::Reading;
use crate::lab::tools::{Compiled, Format, parse};
use std::cmp::Reverse;
use std::sync::Arc;

/// What one format makes of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// The format.
    pub format: String,
    /// Calls that are whole and of a tool that was offered.
    pub good: usize,
    /// Calls in all.
    pub calls: usize,
}

/// Reads the raw text with each format; those that find most come first, then those that leave least of the text.
///
/// # Errors
/// The raw text is not known.
pub fn replay(exchange: &Exchange, formats: &[Format]) -> Reading<Vec<Replayed>> {
    let raw = exchange.raw.as_ref().map_err(Clone::clone)?;
    let tools = exchange.offered();
    let read = |format: &Format| {
        let ready = Arc::new(Compiled::new(format).ok()?);
        let parsed = super::best(raw, |text| parse(text, &ready, &tools, 0));
        let good = parsed.calls.iter().filter(|call| call.complete && call.known != Some(false)).count();
        let left = parsed.content.as_ref().map_or(0, String::len);
        let replayed = Replayed { format: format.name.clone(), good, calls: parsed.calls.len() };
        Some(((Reverse(good), Reverse(replayed.calls), parsed.problems.len(), left), replayed))
    };
    let mut all: Vec<_> = formats.iter().filter_map(read).collect();
    all.sort_by_key(|(rank, _)| *rank);
    Ok(all.into_iter().map(|(_, replayed)| replayed).collect())
}
