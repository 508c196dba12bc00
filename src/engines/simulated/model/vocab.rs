//! The vocabulary: special tokens, every byte, and pieces of words. Any text and any byte can be written in it.

use std::collections::HashMap;

/// A token's number.
pub type TokenId = u32;

/// Ends a turn.
pub const END: TokenId = 0;
/// Opens a user's turn.
pub const USER: TokenId = 1;
/// Opens an answer.
pub const ASSISTANT: TokenId = 2;
/// Opens reasoning.
pub const THINK: TokenId = 3;
/// Closes reasoning.
pub const THINK_END: TokenId = 4;
const SPECIALS: [&str; 5] = ["<|end|>", "<|user|>", "<|assistant|>", "<think>", "</think>"];
const FIRST_BYTE: TokenId = SPECIALS.len() as TokenId;
const LONGEST_PIECE: usize = 14;

/// All tokens.
#[derive(Debug)]
pub struct Vocab {
    pieces: Vec<Vec<u8>>,
    by_piece: HashMap<Vec<u8>, TokenId>,
}

impl Vocab {
    /// Makes a vocabulary from texts: bytes, words with and without the space before them, and the commonest short
    /// letter groups, so that words never seen still split into pieces longer than a letter.
    pub fn from_texts<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut vocab = Self { pieces: Vec::new(), by_piece: HashMap::new() };
        vocab.pieces.extend(SPECIALS.iter().map(|name| name.as_bytes().to_vec()));
        for byte in 0..=255u8 {
            vocab.add(&[byte]);
        }
        for text in texts.clone() {
            for word in words(text) {
                if word.len() <= LONGEST_PIECE {
                    vocab.add(word.as_bytes());
                }
            }
        }
        for group in common_groups(texts, 500) {
            vocab.add(group.as_bytes());
        }
        vocab
    }

    fn add(&mut self, piece: &[u8]) {
        if !self.by_piece.contains_key(piece) {
            self.by_piece.insert(piece.to_vec(), self.pieces.len() as TokenId);
            self.pieces.push(piece.to_vec());
        }
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether a token is one of the special ones, which are never written out.
    pub fn is_special(token: TokenId) -> bool {
        token < FIRST_BYTE
    }

    /// The bytes a token writes; the name for special tokens.
    pub fn bytes(&self, token: TokenId) -> &[u8] {
        self.pieces.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// The token of exactly these bytes.
    pub fn token(&self, bytes: &[u8]) -> Option<TokenId> {
        self.by_piece.get(bytes).copied()
    }

    /// Splits any bytes into tokens, the longest piece first.
    pub fn encode(&self, mut bytes: &[u8]) -> Vec<TokenId> {
        let mut tokens = Vec::with_capacity(bytes.len() / 3 + 1);
        while !bytes.is_empty() {
            let longest = bytes.len().min(LONGEST_PIECE);
            let found = (1..=longest).rev().find_map(|n| self.token(&bytes[..n]).map(|token| (token, n)));
            let Some((token, n)) = found else { break };
            tokens.push(token);
            bytes = &bytes[n..];
        }
        tokens
    }

    /// The bytes of tokens, special ones left out.
    pub fn decode(&self, tokens: &[TokenId]) -> Vec<u8> {
        tokens.iter().filter(|&&t| !Self::is_special(t)).flat_map(|&t| self.bytes(t).iter().copied()).collect()
    }
}

/// Splits a text into words (with the space before them), digits, runs of newlines, and single marks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = word_end(rest)?;
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

fn word_end(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    let (_, first) = chars.next()?;
    let mut class = kind(first);
    if first == ' ' {
        match chars.peek() {
            Some(&(_, next)) if matches!(kind(next), Kind::Letter | Kind::Mark) => class = kind(next),
            _ => {}
        }
    }
    let mut end = first.len_utf8();
    let joins = matches!(class, Kind::Letter | Kind::Newline | Kind::Space | Kind::Mark);
    for (at, c) in chars {
        let same = kind(c) == class && joins;
        if !same || (class == Kind::Mark && at >= 4) {
            break;
        }
        end = at + c.len_utf8();
    }
    Some(end)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Letter,
    Digit,
    Space,
    Newline,
    Mark,
}

fn kind(c: char) -> Kind {
    match c {
        ' ' | '\t' => Kind::Space,
        '\n' => Kind::Newline,
        c if c.is_alphabetic() => Kind::Letter,
        c if c.is_numeric() => Kind::Digit,
        _ => Kind::Mark,
    }
}

/// The commonest groups of two and three lower-case letters, commonest first.
fn common_groups<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in texts.flat_map(words).map(str::trim_start).filter(|w| w.bytes().all(|b| b.is_ascii_lowercase())) {
        for n in [2, 3] {
            for at in 0..word.len().saturating_sub(n - 1) {
                *counts.entry(&word[at..at + n]).or_default() += n;
            }
        }
    }
    let mut groups: Vec<(&str, usize)> = counts.into_iter().collect();
    groups.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    groups.into_iter().take(most).map(|(group, _)| group.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vocab() -> Vocab {
        Vocab::from_texts(["The card is warm. The card is full.\n\nTry **less**."].into_iter())
    }

    #[test]
    fn words_are_one_token() {
        let vocab = vocab();
        for (text, pieces) in [
            ("The card is warm", vec!["The", " card", " is", " warm"]),
            (" full.\n\n", vec![" full", ".", "\n\n"]),
            ("Tokyo", vec!["T", "o", "k", "y", "o"]),
        ] {
            let tokens = vocab.encode(text.as_bytes());
            let got: Vec<_> = tokens.iter().map(|&t| String::from_utf8_lossy(vocab.bytes(t)).into_owned()).collect();
            assert_eq!(got, pieces);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let vocab = vocab();
            prop_assert_eq!(vocab.decode(&vocab.encode(&bytes)), bytes);
        }

        #[test]
        fn words_cover_the_text(text in "\\PC*") {
            prop_assert_eq!(words(&text).collect::<String>(), text);
        }
    }
}
