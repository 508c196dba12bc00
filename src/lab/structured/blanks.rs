//! White space between the parts of JSON, counted while a text streams: a model under constraint can fill it without end.

/// Counts white space outside of JSON's strings. Feed the text as it comes, cut anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Blanks {
    /// Bytes of white space outside of strings.
    pub bytes: usize,
    /// Bytes of the white space that the text ends with now.
    pub run: usize,
    /// The longest such run.
    pub longest: usize,
    /// Bytes read.
    pub read: usize,
    in_string: bool,
    escaped: bool,
}

impl Blanks {
    /// Reads more of the text.
    pub fn feed(&mut self, text: &str) {
        for byte in text.bytes() {
            self.read = self.read.saturating_add(1);
            if self.in_string {
                self.run = 0;
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
            } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                self.bytes = self.bytes.saturating_add(1);
                self.run = self.run.saturating_add(1);
                self.longest = self.longest.max(self.run);
            } else {
                self.run = 0;
                self.in_string = byte == b'"';
            }
        }
    }

    /// The blanks of a whole text.
    pub fn of(text: &str) -> Self {
        let mut blanks = Self::default();
        blanks.feed(text);
        blanks
    }

    /// The share of white space in what was read; `None` before the first byte.
    pub fn share(&self) -> Option<f64> {
        (self.read > 0).then(|| self.bytes as f64 / self.read as f64)
    }
}

/// Bytes of white space on end that no formatting of JSON has.
const RUN: usize = 512;
/// Bytes of text of which nearly all must be white space, from which on that counts as well.
const MANY: usize = 2048;

/// Whether a model under constraint fills white space and nothing else: more than 512 bytes of it on end, or more than nine
/// tenths of a text of more than 2 KiB.
pub fn looping(blanks: &Blanks) -> Option<String> {
    let mostly = blanks.read > MANY && blanks.bytes / 9 >= (blanks.read - blanks.bytes);
    (blanks.run > RUN || mostly)
        .then(|| format!("the model writes white space without end: {} of {} bytes", blanks.bytes, blanks.read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_of_white_space_is_seen() {
        let blanks = |text: String| looping(&Blanks::of(&text)).is_some();
        assert!(blanks(format!("{{{}", " \n".repeat(300))) && !blanks(format!("{{{}", " ".repeat(500))));
        assert!(blanks("1 ".to_owned() + &format!(",{}", " ".repeat(400)).repeat(8)));
        assert!(!blanks(format!("\"{}\"", " ".repeat(9000))), "within a string it is text");
    }

    #[test]
    fn only_white_space_between_parts_counts() {
        for (text, bytes, run) in
            [("{\"a b\": 1 }", 2, 0), ("{\n\n  ", 4, 4), ("\"\\\"  \"  ", 2, 2), ("", 0, 0), ("\"  ", 0, 0)]
        {
            let whole = Blanks::of(text);
            assert_eq!((whole.bytes, whole.run), (bytes, run), "{text:?}");
            let mut cut = Blanks::default();
            text.chars().for_each(|c| cut.feed(c.encode_utf8(&mut [0; 4])));
            assert_eq!(cut, whole);
        }
        assert_eq!(Blanks::of("{ } ").share(), Some(0.5));
        assert_eq!((Blanks::default().share(), Blanks::of("{   }").longest), (None, 3));
    }
}
