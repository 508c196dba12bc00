//! A one-line text field. Swallows every letter; the composer of the chat is a full text area instead.

use crate::app::key::{Code, Key};
use unicode_segmentation::UnicodeSegmentation;

/// Text with a cursor that stands between grapheme clusters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    text: String,
    /// Byte offset of the cursor, always on a grapheme border.
    cursor: usize,
}

impl Field {
    /// A field with text in it and the cursor at its end.
    pub fn with(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before and after the cursor.
    pub fn split(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Empties it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Types text at the cursor; newlines become spaces, other controls vanish.
    pub fn insert(&mut self, text: &str) {
        let text: String =
            text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).filter(|c| !c.is_control()).collect();
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |g| self.cursor + g.len())
    }

    fn word_before(&self) -> usize {
        let head = self.text[..self.cursor].trim_end();
        head.rfind(char::is_whitespace).map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8))
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    /// Applies a key; tells whether the field had a use for it.
    pub fn key(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl, key.alt) {
            (Code::Char('a'), true, _) | (Code::Home, ..) => self.cursor = 0,
            (Code::Char('e'), true, _) | (Code::End, ..) => self.cursor = self.text.len(),
            (Code::Char('u'), true, _) => self.cut(0, self.cursor),
            (Code::Char('k'), true, _) => self.text.truncate(self.cursor),
            (Code::Char('w'), true, _) | (Code::Backspace, false, true) => self.cut(self.word_before(), self.cursor),
            (Code::Left, false, false) => self.cursor = self.before(),
            (Code::Right, false, false) => self.cursor = self.after(),
            (Code::Backspace, false, false) => self.cut(self.before(), self.cursor),
            (Code::Delete, ..) => {
                let (at, end) = (self.cursor, self.after());
                self.cut(at, end);
            }
            _ => match key.typed() {
                Some(c) => self.insert(c.encode_utf8(&mut [0; 4])),
                None => return false,
            },
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(keys: &[&str]) -> Field {
        let mut field = Field::default();
        for key in keys {
            field.key(Key::parse(key).unwrap());
        }
        field
    }

    #[test]
    fn edits() {
        for (keys, text) in [
            (&["q", "j", "?"][..], "qj?"),
            (&["a", "b", "left", "c"], "acb"),
            (&["a", "b", "backspace"], "a"),
            (&["a", "space", "b", "c", "ctrl+w"], "a "),
            (&["a", "b", "home", "delete"], "b"),
            (&["a", "b", "left", "ctrl+u"], "b"),
        ] {
            assert_eq!(typed(keys).text(), text, "{keys:?}");
        }
    }

    proptest! {
        #[test]
        fn cursor_stays_on_a_border(text in "\\PC{0,12}", keys in prop::collection::vec(0usize..8, 0..30)) {
            let mut field = Field::with(text);
            for key in keys {
                let name = ["left", "right", "backspace", "delete", "ctrl+w", "é", "home", "alt+backspace"][key];
                field.key(Key::parse(name).unwrap());
                let (before, after) = field.split();
                prop_assert_eq!(before.len() + after.len(), field.text().len());
            }
        }
    }
}
