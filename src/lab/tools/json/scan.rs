//! Finds the end of a JSON value byte by byte, and the first byte at which it can be none.

/// How deep values may lie in each other; `serde_json` refuses at 128.
const DEEPEST: usize = 120;

/// How far a push came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All bytes belong to the value, which goes on.
    More,
    /// The value ends after this many bytes of the push.
    Done(usize),
    /// The byte after this many cannot stand there.
    Bad(usize),
    /// As `Bad`: the value lies too deep there.
    Deep(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    FirstValue,
    FirstKey,
    Key,
    Colon,
    After,
    Text {
        key: bool,
    },
    Escape {
        key: bool,
    },
    /// A number or a word; read in full when the value is read.
    Word,
}

/// Reads one object, array or string. Raw line breaks within strings are let through, as models write them.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    /// Whether each open value is an object.
    open: Vec<bool>,
    state: State,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { open: Vec::new(), state: State::Value }
    }

    pub(crate) fn push(&mut self, data: &[u8]) -> Progress {
        let mut at = 0;
        while let Some(byte) = data.get(at) {
            at += 1;
            match self.state {
                State::Text { key } => match memchr::memchr2(b'"', b'\\', &data[at - 1..]) {
                    None => return Progress::More,
                    Some(n) => {
                        at += n;
                        if data[at - 1] == b'\\' {
                            self.state = State::Escape { key };
                        } else if key {
                            self.state = State::Colon;
                        } else if self.close() {
                            return Progress::Done(at);
                        }
                    }
                },
                State::Escape { key } => self.state = State::Text { key },
                _ if byte.is_ascii_whitespace() => {
                    if self.state == State::Word {
                        self.state = State::After;
                    }
                }
                _ => match self.byte(*byte) {
                    Step::On => {}
                    Step::End => return Progress::Done(at),
                    Step::Bad => return Progress::Bad(at - 1),
                    Step::Deep => return Progress::Deep(at - 1),
                },
            }
        }
        Progress::More
    }

    /// A value has ended: whether it was the outermost.
    fn close(&mut self) -> bool {
        self.state = State::After;
        self.open.is_empty()
    }

    fn byte(&mut self, byte: u8) -> Step {
        match (self.state, byte) {
            (State::Word, b',' | b'}' | b']') => {
                self.state = State::After;
                self.byte(byte)
            }
            (State::Word, _) => {
                if is_word(byte) {
                    Step::On
                } else {
                    Step::Bad
                }
            }
            (State::FirstKey | State::Key, b'"') => self.go(State::Text { key: true }),
            (State::FirstKey, b'}') | (State::FirstValue, b']') => self.pop(),
            (State::Colon, b':') => self.go(State::Value),
            (State::After, b',') => match self.open.last() {
                Some(true) => self.go(State::Key),
                Some(false) => self.go(State::Value),
                None => Step::Bad,
            },
            (State::After, b'}') if self.open.last() == Some(&true) => self.pop(),
            (State::After, b']') if self.open.last() == Some(&false) => self.pop(),
            (State::Value | State::FirstValue, b'{' | b'[') => {
                if self.open.len() >= DEEPEST {
                    return Step::Deep;
                }
                self.open.push(byte == b'{');
                self.go(if byte == b'{' { State::FirstKey } else { State::FirstValue })
            }
            (State::Value | State::FirstValue, b'"') => self.go(State::Text { key: false }),
            (State::Value | State::FirstValue, _) if is_word(byte) && !self.open.is_empty() => self.go(State::Word),
            _ => Step::Bad,
        }
    }

    fn go(&mut self, state: State) -> Step {
        self.state = state;
        Step::On
    }

    fn pop(&mut self) -> Step {
        self.open.pop();
        if self.close() { Step::End } else { Step::On }
    }
}

enum Step {
    On,
    End,
    Bad,
    Deep,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Progress {
        Scanner::new().push(text.as_bytes())
    }

    #[test]
    fn the_end_of_a_value_is_found() {
        for (text, rest) in
            [("{}x", 1), ("[1, 2]", 0), (r#"{"a": "}\"", "b": [{}, -1.5e3, null]} "#, 1), ("\"a\" b", 2)]
        {
            assert_eq!(scan(text), Progress::Done(text.len() - rest), "{text}");
        }
        for text in ["{", "[1", r#"{"a"#, r#"{"a": tr"#, r#"["\""#] {
            assert_eq!(scan(text), Progress::More, "{text}");
        }
    }

    #[test]
    fn a_byte_that_cannot_stand_there_ends_it() {
        for (text, at) in [("{a", 1), ("{{", 1), ("[,", 1), (r#"{"a" 1"#, 5), (r#"{"a": 1,}"#, 8), ("[1}", 2), ("5", 0)]
        {
            assert_eq!(scan(text), Progress::Bad(at), "{text}");
        }
        assert_eq!(scan(&"[".repeat(200)), Progress::Deep(DEEPEST));
    }

    #[test]
    fn chunks_make_no_difference() {
        let text = r#"{"a": "\\\"}", "b": [true, {"c": 12}], "d": "é"}"#;
        let mut scanner = Scanner::new();
        let last = text.len() - 1;
        for (at, byte) in text.bytes().enumerate() {
            let expected = if at == last { Progress::Done(1) } else { Progress::More };
            assert_eq!(scanner.push(&[byte]), expected, "byte {at}");
        }
    }
}
