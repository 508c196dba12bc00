//! The members of an object as they stand in the text, also where the text is cut off.

use super::scan::{Progress, Scanner};
use crate::lab::tools::marks::past_space;
use std::ops::Range;

/// One member: where its key (with quotes) and its value lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) key: Range<usize>,
    pub(crate) value: Range<usize>,
    /// Whether the value is there in full.
    pub(crate) whole: bool,
}

/// The members of the object that `text` begins with, in order; those after a fault are left out.
pub(crate) fn members(text: &[u8]) -> Vec<Member> {
    let mut out = Vec::new();
    let mut at = past_space(text, 0);
    if text.get(at) != Some(&b'{') {
        return out;
    }
    while let Some(b'{' | b',') = text.get(at) {
        let start = past_space(text, at + 1);
        let Some(end) = whole(text, start).filter(|_| text.get(start) == Some(&b'"')) else { break };
        let colon = past_space(text, end);
        if text.get(colon) != Some(&b':') {
            break;
        }
        let from = past_space(text, colon + 1);
        let to = whole(text, from);
        out.push(Member { key: start..end, value: from..to.unwrap_or(text.len()), whole: to.is_some() });
        let Some(to) = to else { break };
        at = past_space(text, to);
    }
    out
}

/// Where the value at `from` ends; `None` when the text ends before it.
fn whole(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    match rest.first()? {
        b'{' | b'[' | b'"' => match Scanner::new().push(rest) {
            Progress::Done(n) => Some(from + n),
            _ => None,
        },
        _ => {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b'}' | b']');
            rest.iter().position(ends).map(|n| from + n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(&str, &str, bool)> {
        members(text.as_bytes()).into_iter().map(|one| (&text[one.key], &text[one.value], one.whole)).collect()
    }

    #[test]
    fn members_are_told_with_their_text() {
        let text = r#" { "a" : 1 , "b":{"c": "}"}, "d": [2], "e": null}"#;
        let expected =
            [("\"a\"", "1", true), ("\"b\"", r#"{"c": "}"}"#, true), ("\"d\"", "[2]", true), ("\"e\"", "null", true)];
        assert_eq!(told(text), expected);
        assert_eq!(told("{}"), []);
        assert_eq!(told("[1]"), []);
    }

    #[test]
    fn a_cut_off_object_keeps_what_is_there() {
        assert_eq!(
            told(r#"{"name": "f", "arguments": {"a"#),
            [("\"name\"", "\"f\"", true), ("\"arguments\"", "{\"a", false)]
        );
        assert_eq!(told(r#"{"name": "f", "argu"#), [("\"name\"", "\"f\"", true)]);
        assert_eq!(told(r#"{"name": 12"#), [("\"name\"", "12", false)]);
    }
}
