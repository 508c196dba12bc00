//! A text that grows, broken into rows once: a frame builds the rows that are seen, however long the text is.

use crate::base::text::{clean_line, width};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Where the rows of a text begin, kept between frames.
#[derive(Debug, Default)]
pub struct Breaks {
    /// Which text it is, in which width, and the place where a row begins whatever stands before it.
    key: (u64, usize, Option<usize>),
    starts: Vec<usize>,
    /// Bytes of the text that were broken.
    done: usize,
}

impl Breaks {
    /// Takes in what has come to the text `id` since the last frame. The rows are at most `columns` wide; one of them begins
    /// at the byte `forced`. A text only grows: another one has another `id`.
    pub fn update(&mut self, id: u64, text: &str, columns: usize, forced: Option<usize>) {
        let columns = columns.max(2);
        let (old_id, old_columns, old_forced) = self.key;
        if (old_id, old_columns) != (id, columns) || self.done > text.len() {
            (self.starts, self.done) = (Vec::new(), 0);
        }
        if old_forced != forced {
            let from = old_forced.unwrap_or(usize::MAX).min(forced.unwrap_or(usize::MAX));
            self.starts.truncate(self.starts.partition_point(|start| *start < from));
            self.done = 0;
        }
        self.key = (id, columns, forced);
        if self.done == text.len() && !self.starts.is_empty() {
            return;
        }
        // The last row may have room left.
        let from = text.floor_char_boundary(self.starts.pop().unwrap_or(0));
        self.starts.push(from);
        let mut used = 0;
        for (at, grapheme) in text[from..].grapheme_indices(true) {
            let at = from + at;
            let wide = width(&clean_line(grapheme)).min(columns);
            let is_forced = forced.is_some_and(|forced| (at..at + grapheme.len()).contains(&forced));
            if at > from && (used + wide > columns || is_forced) {
                self.starts.push(at);
                used = 0;
            }
            used += wide;
            if grapheme.ends_with('\n') {
                self.starts.push(at + grapheme.len());
                used = 0;
            }
        }
        self.starts.dedup();
        self.done = text.len();
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of a row.
    pub fn row(&self, at: usize) -> Range<usize> {
        let start = self.starts.get(at).copied().unwrap_or(self.done);
        start..self.starts.get(at + 1).copied().unwrap_or(self.done).max(start)
    }

    /// The row that a byte stands in.
    pub fn row_of(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows<'a>(breaks: &Breaks, text: &'a str) -> Vec<&'a str> {
        (0..breaks.rows()).map(|row| &text[breaks.row(row)]).collect()
    }

    #[test]
    fn rows_end_where_they_are_full_at_line_ends_and_where_one_is_forced() {
        let mut breaks = Breaks::default();
        breaks.update(1, "abcdef\ngh", 4, None);
        assert_eq!(rows(&breaks, "abcdef\ngh"), ["abcd", "ef\n", "gh"]);
        breaks.update(1, "abcdef\nghij", 4, Some(8));
        assert_eq!(rows(&breaks, "abcdef\nghij"), ["abcd", "ef\n", "g", "hij"]);
        assert_eq!((breaks.row_of(0), breaks.row_of(7), breaks.row_of(8), breaks.row_of(99)), (0, 2, 3, 3));
        breaks.update(2, "", 4, None);
        assert_eq!((breaks.rows(), breaks.row(0), breaks.row(7)), (1, 0..0, 0..0));
    }

    proptest! {
        #[test]
        fn breaking_as_it_comes_is_breaking_the_whole(
            pieces in prop::collection::vec("[a-c日\u{1b}\n ]{0,9}", 0..8), columns in 2usize..9, forced in 0usize..30,
        ) {
            let whole = pieces.concat();
            let forced = whole.is_char_boundary(forced).then_some(forced);
            let (mut grown, mut once, mut text) = (Breaks::default(), Breaks::default(), String::new());
            for piece in &pieces {
                text.push_str(piece);
                grown.update(7, &text, columns, None);
            }
            grown.update(7, &text, columns, forced);
            once.update(7, &whole, columns, forced);
            prop_assert_eq!(&grown.starts, &once.starts);
            prop_assert_eq!(rows(&once, &whole).concat(), whole.clone());
            let fits = |row: &&str| width(&clean_line(row.trim_end_matches('\n'))) <= columns.max(2);
            prop_assert!(rows(&once, &whole).iter().all(fits));
        }
    }
}
