//! Cuts a stream of bytes into lines, whatever the bytes are and wherever the stream is cut.

use crate::base::text::strip_ansi;
use crate::engines::logfacts::Level;
use serde::Serialize;

/// One line of a run's log, safe for a terminal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogLine {
    /// The engine's own text.
    pub text: String,
    /// The level the line states, where it states one.
    pub level: Option<Level>,
    /// When it came, seconds since the Unix epoch.
    pub at: Option<f64>,
}

/// The longest line kept; what is beyond is counted, not kept.
pub const LONGEST: usize = 64 * 1024;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its text: valid UTF-8, without escape sequences, safe for a terminal.
    pub text: String,
    /// Whether a carriage return ended it: a progress bar that the next piece overwrites.
    pub bar: bool,
}

/// Splits at `\n` and `\r`; `\r\n` is one end.
#[derive(Debug, Default)]
pub struct Splitter {
    pending: Vec<u8>,
    beyond: u64,
    after_return: bool,
}

impl Splitter {
    /// Takes the next bytes and hands out each line that they complete.
    pub fn push(&mut self, mut bytes: &[u8], mut take: impl FnMut(Line)) {
        while let Some(&first) = bytes.first() {
            if self.after_return {
                self.after_return = false;
                let newline = first == b'\n';
                self.emit(!newline, &mut take);
                if newline {
                    bytes = bytes.get(1..).unwrap_or_default();
                    continue;
                }
            }
            let end = bytes.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let (piece, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            self.keep(piece);
            match rest.first() {
                Some(b'\n') => self.emit(false, &mut take),
                Some(_) => self.after_return = true,
                None => {}
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
    }

    /// The stream ended: hands out what is left.
    pub fn end(&mut self, mut take: impl FnMut(Line)) {
        self.after_return = false;
        if !self.pending.is_empty() || self.beyond > 0 {
            self.emit(false, &mut take);
        }
    }

    /// The text of the line that is not complete yet, where it is short: what a progress bar shows now.
    pub fn peek(&self) -> Option<String> {
        let short = !self.pending.is_empty() && self.pending.len() < 1024;
        short.then(|| strip_ansi(&String::from_utf8_lossy(&self.pending)))
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = LONGEST.saturating_sub(self.pending.len());
        let (kept, beyond) = piece.split_at(piece.len().min(room));
        self.pending.extend_from_slice(kept);
        self.beyond += beyond.len() as u64;
    }

    fn emit(&mut self, bar: bool, take: &mut impl FnMut(Line)) {
        let mut text = strip_ansi(&String::from_utf8_lossy(&self.pending));
        if self.beyond > 0 {
            text.push_str(&format!(" … {} bytes more", self.beyond));
        }
        self.pending.clear();
        self.beyond = 0;
        if !(bar && text.is_empty()) {
            take(Line { text, bar });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(pieces: &[&[u8]]) -> Vec<Line> {
        let (mut splitter, mut lines) = (Splitter::default(), Vec::new());
        for piece in pieces {
            splitter.push(piece, |line| lines.push(line));
        }
        splitter.end(|line| lines.push(line));
        lines
    }

    fn line(text: &str, bar: bool) -> Line {
        Line { text: text.to_owned(), bar }
    }

    #[test]
    fn newlines_returns_and_colours() {
        assert_eq!(
            split(&[b"one\r\n\r 50%\r100%\ntwo \x1b[31mred\x1b[0m \xff\nrest"]),
            [
                line("one", false),
                line(" 50%", true),
                line("100%", false),
                line("two red \u{fffd}", false),
                line("rest", false)
            ]
        );
    }

    #[test]
    fn a_gigantic_line_is_cut_and_counted() {
        let big = vec![b'x'; LONGEST + 1000];
        let lines = split(&[&big, &big, b"\nnext"]);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].text.ends_with(&format!("x … {} bytes more", LONGEST + 2000)), "{}", lines[0].text.len());
        assert_eq!(lines[1], line("next", false));
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200), at in 0_usize..200) {
            let at = at.min(bytes.len());
            prop_assert_eq!(split(&[&bytes]), split(&[&bytes[..at], &bytes[at..]]));
        }
    }
}
