//! Finds the format of a text by reading it with each that has a marker in it.

use super::compiled::Compiled;
use super::definition::Tools;
use super::fold::{Parsed, parse};
use super::format::{Body, Format};
use memchr::memmem;
use std::cmp::Reverse;
use std::sync::Arc;

/// Reads the text with every format whose markers it holds, and gives the best result: most complete calls to tools that were
/// offered, then most complete calls, then most calls, then fewest problems, then the earlier format. Formats whose calls
/// may begin with a bare bracket come after those with markers. A text without calls is read by a format whose reasoning
/// markers it holds, else it is plain text.
pub fn detect(text: &[u8], formats: &[Format], tools: &Arc<Tools>, chunk: usize) -> Parsed {
    let (bare, marked): (Vec<&Format>, Vec<&Format>) =
        formats.iter().partition(|format| format.call.iter().any(|call| call.bare) || format.at_start);
    let calls = |parsed: &Parsed| !parsed.calls.is_empty();
    let best =
        best(text, &marked, tools, chunk).filter(calls).or_else(|| best(text, &bare, tools, chunk).filter(calls));
    best.or_else(|| {
        let thinks = |format: &&Format| format.think.iter().any(|think| holds(text, &think.close));
        let channels = |format: &&Format| has_channel(format) && opens(text, format);
        let format =
            formats.iter().find(thinks).or_else(|| formats.iter().find(channels)).or_else(|| formats.first())?;
        read(text, format, tools, chunk)
    })
    .unwrap_or_default()
}

fn best(text: &[u8], formats: &[&Format], tools: &Arc<Tools>, chunk: usize) -> Option<Parsed> {
    let candidates = formats.iter().filter(|format| opens(text, format));
    let read = candidates.filter_map(|format| read(text, format, tools, chunk)).enumerate();
    read.max_by_key(|(place, parsed)| (score(parsed), Reverse(*place))).map(|(_, parsed)| parsed)
}

fn read(text: &[u8], format: &Format, tools: &Arc<Tools>, chunk: usize) -> Option<Parsed> {
    Compiled::new(format).ok().map(|compiled| parse(text, &Arc::new(compiled), tools, chunk))
}

type Score = (usize, usize, usize, Reverse<usize>, Reverse<usize>);

fn score(parsed: &Parsed) -> Score {
    let complete = || parsed.calls.iter().filter(|call| call.complete);
    let known = complete().filter(|call| call.known == Some(true)).count();
    let left = parsed.content.as_ref().map_or(0, String::len);
    (known, complete().count(), parsed.calls.len(), Reverse(parsed.problems.len()), Reverse(left))
}

fn opens(text: &[u8], format: &Format) -> bool {
    format.at_start || format.call.iter().flat_map(|call| &call.open).any(|open| holds(text, open))
}

fn has_channel(format: &Format) -> bool {
    format.call.iter().any(|call| call.body == Body::Channel)
}

fn holds(text: &[u8], marker: &str) -> bool {
    !marker.is_empty() && memmem::find(text, marker.as_bytes()).is_some()
}
