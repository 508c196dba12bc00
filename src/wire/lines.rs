//! Lines out of a byte stream that is cut anywhere, with a bound on how much of one line is held.

/// The longest line held by default: 8 MiB.
pub const MAX_LINE: usize = 8 << 20;

/// A line grew beyond the bound; what was held of it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line is longer than {limit} bytes")]
pub struct LineTooLong {
    /// The bound in bytes.
    pub limit: usize,
}

/// Splits bytes into lines ended by LF, CRLF or CR. A byte-order mark at the start is dropped.
#[derive(Debug)]
pub struct Lines {
    held: Vec<u8>,
    limit: usize,
    after_cr: bool,
    begun: bool,
    failed: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self::with_limit(MAX_LINE)
    }
}

impl Lines {
    /// A splitter that holds at most `limit` bytes of one line.
    pub fn with_limit(limit: usize) -> Self {
        Self { held: Vec::new(), limit, after_cr: false, begun: false, failed: false }
    }

    /// The bound in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Calls `line` for each line that `bytes` completes, without its end.
    ///
    /// # Errors
    /// When a line exceeds the bound; from then on every call fails.
    pub fn feed(&mut self, mut bytes: &[u8], mut line: impl FnMut(&[u8])) -> Result<(), LineTooLong> {
        self.still_good()?;
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (head, rest) = bytes.split_at(end);
            self.room_for(head.len())?;
            if self.held.is_empty() {
                line(self.without_mark(head));
            } else {
                self.held.extend_from_slice(head);
                let whole = std::mem::take(&mut self.held);
                line(self.without_mark(&whole));
            }
            bytes = &rest[1..];
            if rest[0] == b'\r' {
                self.after_cr = bytes.is_empty();
                bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
            }
        }
        self.room_for(bytes.len())?;
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    /// Gives the last line, where the stream ended without a line end.
    pub fn finish(&mut self, mut line: impl FnMut(&[u8])) {
        let rest = std::mem::take(&mut self.held);
        if !rest.is_empty() {
            line(self.without_mark(&rest));
        }
    }

    fn still_good(&self) -> Result<(), LineTooLong> {
        if self.failed { Err(LineTooLong { limit: self.limit }) } else { Ok(()) }
    }

    fn room_for(&mut self, more: usize) -> Result<(), LineTooLong> {
        if self.held.len() + more > self.limit {
            self.failed = true;
            self.held = Vec::new();
        }
        self.still_good()
    }

    fn without_mark<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        if std::mem::replace(&mut self.begun, true) {
            return line;
        }
        line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
    }
}

/// Text from bytes; invalid UTF-8 becomes U+FFFD, and `replaced` counts how often.
pub(super) fn text(bytes: &[u8], replaced: &mut u64) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let mut out = String::with_capacity(bytes.len() + 8);
            for piece in bytes.utf8_chunks() {
                out.push_str(piece.valid());
                if !piece.invalid().is_empty() {
                    out.push('\u{fffd}');
                    *replaced += 1;
                }
            }
            out
        }
    }
}

/// Splits a stream of JSON lines (Ollama's native API) into the text of each; empty lines are skipped.
#[derive(Debug, Default)]
pub struct JsonLines {
    lines: Lines,
    replaced: u64,
}

impl JsonLines {
    /// A splitter with the given bound on one line, in bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self { lines: Lines::with_limit(limit), replaced: 0 }
    }

    /// Takes bytes, cut anywhere, and adds the lines they complete to `out`.
    ///
    /// # Errors
    /// When a line exceeds the bound.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<String>) -> Result<(), LineTooLong> {
        let replaced = &mut self.replaced;
        self.lines.feed(bytes, |line| push_line(line, replaced, out))
    }

    /// Adds the last line, where the stream ended without a line end.
    pub fn finish(&mut self, out: &mut Vec<String>) {
        let replaced = &mut self.replaced;
        self.lines.finish(|line| push_line(line, replaced, out));
    }

    /// How many invalid UTF-8 sequences were replaced.
    pub fn replaced(&self) -> u64 {
        self.replaced
    }
}

fn push_line(line: &[u8], replaced: &mut u64, out: &mut Vec<String>) {
    if !line.trim_ascii().is_empty() {
        out.push(text(line, replaced));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
        let (mut lines, mut out, mut at) = (JsonLines::default(), Vec::new(), 0);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.sort_unstable();
        for cut in cuts.into_iter().chain([bytes.len()]) {
            lines.feed(&bytes[at..cut], &mut out).unwrap();
            at = cut;
        }
        lines.finish(&mut out);
        out
    }

    #[test]
    fn every_line_end_counts() {
        assert_eq!(split(b"\xef\xbb\xbfa\nb\r\nc\rd\n\n\ne", &[]), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn a_long_line_is_an_error_and_not_held() {
        let mut lines = Lines::with_limit(10);
        assert_eq!(lines.feed(b"12345\n1234567", |_| {}), Ok(()));
        assert_eq!(lines.feed(b"8901", |_| {}), Err(LineTooLong { limit: 10 }));
        assert_eq!(lines.held.capacity(), 0);
        assert_eq!(lines.feed(b"\n", |_| {}), Err(LineTooLong { limit: 10 }));
        assert!(Lines::with_limit(3).feed(b"abcd\n", |_| {}).is_err());
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_lines(
            bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(0xef), Just(0xbb), Just(0xbf), any::<u8>()], 0..80),
            cuts in prop::collection::vec(0usize..80, 0..6),
        ) {
            prop_assert_eq!(split(&bytes, &cuts), split(&bytes, &[]));
        }
    }
}
