//! Two answers word by word.

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// The most words of one side that are compared; what comes after is told as gone and come.
const WORDS: usize = 4_000;

/// A part of two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// In both.
    Same(String),
    /// In the first alone.
    Gone(String),
    /// In the second alone.
    Come(String),
}

/// The parts of two texts, in order: those that are in both and those that are gone together are the first text, those in
/// both and those that came are the second one. White space belongs to no word and is compared as it is.
pub fn diff(before: &str, after: &str) -> Vec<Part> {
    let (old, old_rest) = words(before);
    let (new, new_rest) = words(after);
    let mut parts: Vec<Part> = Vec::new();
    for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (tag, old_range, new_range) = operation.as_tag_tuple();
        let text = |words: &[&str], range: std::ops::Range<usize>| words.get(range).unwrap_or_default().concat();
        if tag == DiffTag::Equal {
            add(&mut parts, Part::Same(text(&old, old_range)));
            continue;
        }
        add(&mut parts, Part::Gone(text(&old, old_range)));
        add(&mut parts, Part::Come(text(&new, new_range)));
    }
    add(&mut parts, Part::Gone(old_rest.to_owned()));
    add(&mut parts, Part::Come(new_rest.to_owned()));
    parts
}

/// Adds a part to the last one where it is of the same kind.
fn add(parts: &mut Vec<Part>, part: Part) {
    match (parts.last_mut(), part) {
        (_, Part::Same(text) | Part::Gone(text) | Part::Come(text)) if text.is_empty() => {}
        (Some(Part::Same(last)), Part::Same(text))
        | (Some(Part::Gone(last)), Part::Gone(text))
        | (Some(Part::Come(last)), Part::Come(text)) => last.push_str(&text),
        (_, part) => parts.push(part),
    }
}

/// Words and the white space between them, at most [`WORDS`], and the rest of the text.
fn words(text: &str) -> (Vec<&str>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if found.len() == WORDS {
            break;
        }
        let kind = class(first);
        let end = match kind {
            Class::Other => first.len_utf8(),
            _ => rest.find(|c| class(c) != kind).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(end);
        found.push(word);
        rest = after;
    }
    (found, rest)
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Word,
    Space,
    Other,
}

fn class(c: char) -> Class {
    match c {
        c if c.is_alphanumeric() || c == '_' => Class::Word,
        c if c.is_whitespace() => Class::Space,
        _ => Class::Other,
    }
}
