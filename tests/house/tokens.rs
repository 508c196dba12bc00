//! Rust source as bare tokens: identifiers, `::` and single punctuation marks, each with its line. Comments, strings,
//! characters and lifetimes are left out, so nothing written in them can pass for code.

/// One token and the line it starts on, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// The tokens of `source`.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { chars: source.chars().collect(), at: 0, line: 1 };
    let mut found = Vec::new();
    while let Some(c) = reader.peek(0) {
        let line = reader.line;
        if let Some(text) = reader.token(c) {
            found.push(Token { text, line });
        }
    }
    found
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn token(&mut self, c: char) -> Option<String> {
        match c {
            '/' if self.peek(1) == Some('/') => self.line_comment(),
            '/' if self.peek(1) == Some('*') => self.block_comment(),
            '"' => self.string(),
            '\'' => self.character_or_lifetime(),
            ':' if self.peek(1) == Some(':') => {
                self.skip(2);
                return Some("::".to_owned());
            }
            c if c.is_alphabetic() || c == '_' => return self.word(),
            c if c.is_whitespace() || c.is_ascii_digit() => self.skip(1),
            _ => {
                self.skip(1);
                return Some(c.to_string());
            }
        }
        None
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.skip(1);
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => (depth, _) = (depth + 1, self.skip(2)),
                (Some('*'), Some('/')) => (depth, _) = (depth - 1, self.skip(2)),
                (Some(_), _) => self.skip(1),
                (None, _) => return,
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.skip(1);
        while let Some(c) = self.next() {
            match c {
                '\\' => self.skip(1),
                '"' => return,
                _ => {}
            }
        }
    }

    fn raw_string(&mut self, hashes: usize) {
        self.skip(hashes + 1);
        while let Some(c) = self.next() {
            if c == '"' && (0..hashes).all(|i| self.peek(i) == Some('#')) {
                return self.skip(hashes);
            }
        }
    }

    fn character_or_lifetime(&mut self) {
        self.skip(1);
        match (self.peek(0), self.peek(1)) {
            (Some('\\'), _) => {
                self.skip(2);
                while self.next().is_some_and(|c| c != '\'') {}
            }
            (Some(_), Some('\'')) => self.skip(2),
            _ => {
                while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    self.skip(1);
                }
            }
        }
    }

    /// An identifier; or nothing, when the word is the prefix of a literal (`r"…"`, `br#"…"#`, `b'…'`).
    fn word(&mut self) -> Option<String> {
        let start = self.at;
        while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.skip(1);
        }
        let word: String = self.chars.get(start..self.at)?.iter().collect();
        let hashes = (0..).take_while(|&i| self.peek(i) == Some('#')).count();
        match (word.as_str(), self.peek(hashes)) {
            ("r" | "br" | "cr", Some('"')) => self.raw_string(hashes),
            ("b" | "c", Some('"')) if hashes == 0 => self.string(),
            ("b", Some('\'')) if hashes == 0 => self.character_or_lifetime(),
            ("r", Some(c)) if hashes == 1 && (c.is_alphabetic() || c == '_') => {
                self.skip(1);
                return self.word();
            }
            _ => return Some(word),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    fn words(source: &str) -> Vec<String> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn what_is_no_code_is_left_out() {
        for source in [
            "// use crate::ui;",
            "/// use crate::ui;",
            "/* a /* nested */ use crate::ui; */",
            r#""use crate::ui;""#,
            r#""a \" use crate::ui;""#,
            "r\"use crate::ui;\\\"",
            "r#\"a \" use crate::ui;\"#",
            "b\"x\"",
            "br##\"a \"# b\"##",
            "'u'",
            r"'\''",
            r"'\u{1F600}'",
            "b'x'",
            "'static",
        ] {
            assert_eq!(words(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn code_after_them_is_still_seen() {
        assert_eq!(words("'a' b 'c: d"), ["b", ":", "d"]);
        assert_eq!(words("\"x\\\\\" crate::ui"), ["crate", "::", "ui"]);
        assert_eq!(words("r#type::of"), ["type", "::", "of"]);
        assert_eq!(words("r#\"\"# a"), ["a"]);
    }

    #[test]
    fn lines_are_counted_through_comments_and_strings() {
        let last = tokens("/* \n */ \"\n\n\" r\"\n\" end").pop().map(|token| (token.text, token.line));
        assert_eq!(last, Some(("end".to_owned(), 5)));
    }
}
