//! Plain text broken into rows.

use crate::base::text;
use unicode_segmentation::UnicodeSegmentation;

/// Breaks cleaned text at spaces into rows of at most `columns`; a longer word is broken where it must be.
pub fn wrap(said: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    for line in text::clean(said).split('\n') {
        let mut row = String::new();
        for word in line.split_whitespace() {
            if !row.is_empty() && text::width(&row) + 1 + text::width(word) > columns {
                rows.push(std::mem::take(&mut row));
            }
            if !row.is_empty() {
                row.push(' ');
            }
            for grapheme in word.graphemes(true) {
                if text::width(&row) + text::width(grapheme) > columns && !row.is_empty() {
                    rows.push(std::mem::take(&mut row));
                }
                row.push_str(grapheme);
            }
        }
        rows.push(row);
    }
    rows
}

/// The first `most` rows of it; what is cut is marked on the last one.
pub fn wrap_to(said: &str, columns: usize, most: usize) -> Vec<String> {
    let mut rows = wrap(said, columns);
    if rows.len() > most {
        rows.truncate(most);
        if let Some(last) = rows.last_mut() {
            *last = text::fit(&format!("{last} …"), columns).into_owned();
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn breaks_at_spaces_and_long_words() {
        for (said, columns, rows) in [
            ("the quick fox", 9, &["the quick", "fox"][..]),
            ("a\n\nb", 5, &["a", "", "b"]),
            ("abcdefgh x", 3, &["abc", "def", "gh", "x"]),
            ("日本語", 4, &["日本", "語"]),
            ("", 4, &[""]),
        ] {
            assert_eq!(wrap(said, columns), rows, "{said}");
        }
    }

    #[test]
    fn what_is_cut_is_marked() {
        for (said, most, rows) in [
            ("the quick fox", 2, &["the quick", "fox"][..]),
            ("the quick fox", 1, &["the quic…"]),
            ("the fox ran off", 1, &["the fox …"]),
            ("the fox", 0, &[]),
        ] {
            assert_eq!(wrap_to(said, 9, most), rows, "{said} {most}");
        }
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_no_word_is_lost(said in "[a-zä日 ]{0,60}", columns in 2usize..20) {
            let rows = wrap(&said, columns);
            prop_assert!(rows.iter().all(|row| text::width(row) <= columns));
            let joined: String = rows.concat().chars().filter(|c| *c != ' ').collect();
            prop_assert_eq!(joined, said.chars().filter(|c| *c != ' ').collect::<String>());
        }
    }
}
