//! Finds the parenthesis that ends a call's arguments.

/// How much white space after a quote is looked through for what follows it.
const LOOK: usize = 64;

/// What may follow the quote that ends a string.
pub(crate) fn may_follow(byte: u8) -> bool {
    matches!(byte, b',' | b')' | b']' | b'}' | b':')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    Text(u8),
    Triple(u8),
}

/// Reads from behind the opening parenthesis. A quote ends a string only where something follows that can follow one, so
/// that `'sed -n '1,9p' f'` is one string.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    at: usize,
    depth: usize,
    state: State,
}

impl Scanner {
    /// Begins at this place of the bytes that later calls of [`Scanner::end`] are given.
    pub(crate) fn new(at: usize) -> Self {
        Self { at, depth: 0, state: State::Plain }
    }

    /// The place of the closing parenthesis, as soon as the bytes hold it.
    pub(crate) fn end(&mut self, data: &[u8], last: bool) -> Option<usize> {
        while let Some(byte) = data.get(self.at).copied() {
            match self.state {
                State::Plain => match byte {
                    b')' if self.depth == 0 => return Some(self.at),
                    b'(' | b'[' | b'{' => self.depth += 1,
                    b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                    b'\'' | b'"' => {
                        let next = [data.get(self.at + 1).copied(), data.get(self.at + 2).copied()];
                        if !last && (next[0].is_none() || (next[0] == Some(byte) && next[1].is_none())) {
                            return None;
                        }
                        let triple = next == [Some(byte); 2];
                        self.at += if triple { 2 } else { 0 };
                        self.state = if triple { State::Triple(byte) } else { State::Text(byte) };
                    }
                    _ => {}
                },
                State::Text(quote) => {
                    let rest = &data[self.at..];
                    let Some(n) = memchr::memchr2(quote, b'\\', rest) else {
                        self.at = data.len();
                        return None;
                    };
                    self.at += n;
                    if !self.quote_or_escape(data, quote, last)? {
                        continue;
                    }
                }
                State::Triple(quote) => {
                    let rest = &data[self.at..];
                    if rest.len() < 3 && !last {
                        return None;
                    }
                    if byte == b'\\' {
                        self.at += 1;
                    } else if rest.starts_with(&[quote; 3]) {
                        self.at += 2;
                        self.state = State::Plain;
                    }
                }
            }
            self.at += 1;
        }
        None
    }

    /// At a quote or a backslash within a string; `None` when more bytes are needed, false when the place has been set.
    fn quote_or_escape(&mut self, data: &[u8], quote: u8, last: bool) -> Option<bool> {
        if data.get(self.at) != Some(&quote) {
            if self.at + 1 >= data.len() && !last {
                return None;
            }
            self.at += 2;
            return Some(false);
        }
        let after = &data[self.at + 1..];
        let follower = after.iter().take(LOOK).find(|byte| !byte.is_ascii_whitespace());
        match follower {
            Some(byte) if !may_follow(*byte) => {}
            None if after.len() < LOOK && !last => return None,
            _ => self.state = State::Plain,
        }
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_parenthesis_is_found_at_every_split() {
        let table = [
            "a=1)",
            "a='x)', b=\"(\")",
            "c='sed -n '1,9p' f')",
            "d={'k': [(1, 2)]})",
            "e=\"\"\"a) \"b\" \"\"\")",
            "f='it\\'s)')",
            "g='')",
            "",
        ];
        for text in table {
            let expected = text.len().checked_sub(1);
            let whole = format!("{text} rest");
            let found = |size: usize| {
                let mut scanner = Scanner::new(0);
                (1..=whole.len()).step_by(size).find_map(|n| scanner.end(&whole.as_bytes()[..n], false))
            };
            let expected = expected.filter(|_| !text.is_empty());
            assert_eq!((found(1), found(3)), (expected, expected), "{text}");
        }
    }
}
