//! Prometheus' text form (exposition format 0.0.4, and what OpenMetrics adds to a line): one pass, nothing allocated.
//!
//! A line is `name{label="value",…} number [time]`; what does not read as one is left out, whatever it is.

use std::borrow::Cow;

/// One line with a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    /// Its name, suffixes such as `_total` and `_bucket` included.
    pub name: &'a str,
    /// What stands between the braces.
    labels: &'a str,
    /// Its number; may be infinite or not a number.
    pub value: f64,
}

impl<'a> Sample<'a> {
    /// The value of a label, its escapes (`\\`, `\"`, `\n`) undone.
    pub fn label(&self, name: &str) -> Option<Cow<'a, str>> {
        labels(self.labels).find(|(known, _)| *known == name).map(|(_, value)| unescape(value))
    }

    /// All labels in their order, escapes undone.
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        labels(self.labels).map(|(name, value)| (name, unescape(value)))
    }

    /// The number, where it is one that a counter can have.
    pub fn counted(&self) -> Option<f64> {
        Some(self.value).filter(|value| value.is_finite() && *value >= 0.0)
    }
}

/// The samples of a text, in its order. Comments, empty lines and what cannot be read are passed over.
pub fn samples(text: &str) -> impl Iterator<Item = Sample<'_>> {
    text.lines().filter_map(sample)
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let line = line.trim_matches([' ', '\t', '\r']);
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|c: char| !is_of_name(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => {
            let end = closing(inner)?;
            (&inner[..end], &inner[end + 1..])
        }
        None if rest.len() == line.len() - end => return None,
        None => ("", rest),
    };
    let number = rest.split([' ', '\t']).find(|word| !word.is_empty())?;
    Some(Sample { name, labels, value: number.parse().ok()? })
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// Where the brace closes that was open at the start: not within a quoted value.
fn closing(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'}' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Names and raw values of labels; ends at the first that is none.
fn labels(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, after) = rest.trim_start_matches([' ', ',']).split_once('=')?;
        let value = after.trim_start().strip_prefix('"')?;
        let end = quote(value)?;
        rest = &value[end + 1..];
        Some((name.trim(), &value[..end]))
    })
}

/// Where the quoted value ends.
fn quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            (c, false) => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_samples_and_lines_that_are_none() {
        for (line, read) in [
            ("a 1", Some(("a", 1.0))),
            ("vllm:x_total{a=\"b\"} 2e3", Some(("vllm:x_total", 2000.0))),
            ("  x{}\t3.5 1700000000 ", Some(("x", 3.5))),
            ("x{a=\"}\"} 4", Some(("x", 4.0))),
            ("x{a=\"\\\"}\",} 4 # {trace=\"1\"} 0.5", Some(("x", 4.0))),
            ("x {a=\"b\"} 5", Some(("x", 5.0))),
            ("x +Inf", Some(("x", f64::INFINITY))),
            ("x -Inf\r", Some(("x", f64::NEG_INFINITY))),
            ("# TYPE x gauge", None),
            ("", None),
            ("x", None),
            ("x y", None),
            ("1x 2", None),
            ("x{a=\"b\" 3", None),
            ("x{a=\"b\"}", None),
            ("<html> 404", None),
            ("x\u{e9} 2", None),
        ] {
            let found = sample(line).map(|sample| (sample.name, sample.value));
            assert_eq!(found, read, "{line:?}");
        }
        assert!(sample("x NaN").is_some_and(|sample| sample.value.is_nan()));
    }

    #[test]
    fn labels_come_with_their_escapes_undone() {
        let read = sample(r#"x{a="1", le="+Inf",b="q\"\\\n\z",c=oops,d="2"} 1"#).unwrap();
        assert_eq!(read.label("le").as_deref(), Some("+Inf"));
        assert_eq!(read.label("b").as_deref(), Some("q\"\\\nz"));
        assert_eq!(read.label("d"), None, "behind what is none");
        let names: Vec<_> = read.labels().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "le", "b"]);
    }
}
