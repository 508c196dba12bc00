//! The words of a type's definition, with their places.

use super::super::read::Mistake;
use crate::base::Problem;
use crate::base::text::clean_line;

/// Bytes of a definition that is read.
const MOST: usize = 1 << 20;

/// A word, a number, a text in quotes with them, or one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// Where it begins.
    pub(super) at: usize,
    /// The comment that stands before it, where it is one that documents.
    pub(super) doc: Option<&'a str>,
}

/// Cuts a definition into words; comments go, but for those that document what follows.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Mistake> {
    let refuse = |at: usize, why: &str| {
        Mistake::at(text, at, Problem::usage("the type cannot be read", why, "correct it there"))
    };
    if text.len() > MOST {
        return Err(refuse(0, "it is larger than 1 MiB"));
    }
    let (mut out, mut at, mut doc) = (Vec::new(), 0, None);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if rest.starts_with("//") {
            let line = rest.split('\n').next().unwrap_or_default();
            doc = line.strip_prefix("///").map(str::trim).or(doc);
            at += line.len();
            continue;
        } else if rest.starts_with("/*") {
            let end = rest.find("*/").ok_or_else(|| refuse(at, "a comment does not end"))?;
            let inner = &rest[2..end.max(2)];
            doc = inner
                .strip_prefix('*')
                .map(|inner| inner.trim_matches(|c: char| c.is_whitespace() || c == '*'))
                .or(doc);
            at += end + 2;
            continue;
        } else if c == '"' || (c == '\'' && !lifetime(rest)) {
            let close = rest[1..].find(c).ok_or_else(|| refuse(at, "a text does not end"))?;
            close + 2
        } else if c.is_alphanumeric() || c == '_' || c == '$' {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$' || c == '.')).unwrap_or(rest.len())
        } else {
            c.len_utf8()
        };
        out.push(Token { text: &rest[..length], at, doc: doc.take() });
        at += length;
    }
    Ok(out)
}

/// `'a` of Rust, and not a text in single quotes.
fn lifetime(rest: &str) -> bool {
    let mut chars = rest[1..].chars();
    let word = chars.by_ref().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let line = rest.split(['\n', ';', ',', '>', '}']).next().unwrap_or_default();
    word && line.matches('\'').count() == 1
}

/// Reads words one after another.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    all: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the first word.
    pub(super) fn new(text: &'a str, all: Vec<Token<'a>>) -> Self {
        Self { text, all, at: 0 }
    }

    /// The word that comes; empty at the end.
    pub(super) fn peek(&self) -> &'a str {
        self.all.get(self.at).map_or("", |token| token.text)
    }

    /// The word after it.
    pub(super) fn peek_second(&self) -> &'a str {
        self.all.get(self.at + 1).map_or("", |token| token.text)
    }

    /// The comment before the word that comes.
    pub(super) fn doc(&self) -> &'a str {
        self.all.get(self.at).and_then(|token| token.doc).unwrap_or_default()
    }

    /// Takes the word that comes.
    pub(super) fn next(&mut self) -> &'a str {
        let text = self.peek();
        self.at += 1;
        text
    }

    /// Takes the word that comes if it is this one.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let there = self.peek() == text;
        self.at += usize::from(there);
        there
    }

    /// Takes this word.
    pub(super) fn want(&mut self, text: &str) -> Result<(), Mistake> {
        if self.take(text) { Ok(()) } else { Err(self.wrong(&format!("here {text} should stand"))) }
    }

    /// Takes a name.
    pub(super) fn name(&mut self) -> Result<&'a str, Mistake> {
        let text = self.peek();
        if text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$') {
            Ok(self.next())
        } else {
            Err(self.wrong("here a name should stand"))
        }
    }

    /// A mistake at the word that comes.
    pub(super) fn wrong(&self, why: &str) -> Mistake {
        let at = self.all.get(self.at).map_or(self.text.len(), |token| token.at);
        let found = if self.peek().is_empty() { "the end".to_owned() } else { clean_line(self.peek()) };
        let hint =
            "plain types are read: texts, numbers, lists, optional members, literals, other types of the same text";
        Mistake::at(self.text, at, Problem::usage("the type cannot be read", format!("{why}, not {found}"), hint))
    }
}
