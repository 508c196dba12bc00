//! Text from models, engines and other programs is hostile until cleaned: nothing in it may steer the terminal.

use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Whether a character may reach the terminal as part of text. Tab and newline may; all other C0 and C1 controls,
/// bidirectional overrides and invisible format characters that can hide text may not.
pub fn is_safe(c: char) -> bool {
    match c {
        '\t' | '\n' => true,
        '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => false,
        c => !c.is_control(),
    }
}

/// Replaces every unsafe character by its visible picture (`␛` for ESC, `�` for C1 and format characters).
/// Carriage returns before a newline vanish. Escape sequences thereby lose their ESC and become inert text.
///
/// Works on any cut of a stream: cleaning piece by piece gives the same text as cleaning the whole, but for a
/// carriage return that stands at a cut.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_safe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if matches!(chars.peek(), Some('\n') | None) => {}
            c if is_safe(c) => out.push(c),
            '\u{0}'..='\u{1f}' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\u{7f}' => out.push('\u{2421}'),
            _ => out.push('\u{fffd}'),
        }
    }
    Cow::Owned(out)
}

/// Whether a word of a command line is a flag and not a value such as `-1`.
pub fn is_flag(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c == '-' || c.is_ascii_alphabetic()))
}

/// Cleans one line: like [`clean`], but tabs become spaces and newlines `⏎`, so that it fits one row.
pub fn clean_line(text: &str) -> String {
    clean(text).replace('\t', "    ").replace('\n', "\u{23ce}")
}

/// Removes ANSI escape sequences (CSI, OSC, two-character escapes) from a program's own output, then cleans the
/// rest. For log lines, whose colours carry no information that we keep.
pub fn strip_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('[') => while chars.next().is_some_and(|c| !('\u{40}'..='\u{7e}').contains(&c)) {},
            Some(']' | 'P' | 'X' | '^' | '_') => {
                while let Some(c) = chars.next() {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    clean(&out).into_owned()
}

/// Columns that `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Cuts `text` to at most `columns`, with `…` at the end where something was cut.
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut used = 1;
    for grapheme in text.graphemes(true) {
        used += width(grapheme);
        if used > columns {
            break;
        }
        out.push_str(grapheme);
    }
    if columns > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_become_inert() {
        for (raw, safe) in [
            ("plain\ttext\n", "plain\ttext\n"),
            ("\u{1b}]52;c;aGk=\u{7}", "␛]52;c;aGk=␇"),
            ("a\r\nb", "a\nb"),
            ("a\rb", "a␍b"),
            ("\u{9b}31m\u{202e}x", "\u{fffd}31m\u{fffd}x"),
            ("\u{7f}", "␡"),
        ] {
            assert_eq!(clean(raw), safe);
        }
    }

    #[test]
    fn ansi_goes_and_text_stays() {
        for (raw, text) in [
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("cut \u{1b}[3", "cut "),
        ] {
            assert_eq!(strip_ansi(raw), text);
        }
    }

    #[test]
    fn fits_by_columns() {
        for (text, columns, cut) in [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 4, "日…"), ("abc", 0, "")]
        {
            assert_eq!(fit(text, columns), cut);
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_survives(text in "\\PC*|[\\x00-\\x1f\\x7f-\\x9f\u{202e}a]*") {
            for out in [clean(&text).into_owned(), strip_ansi(&text), clean_line(&text)] {
                prop_assert!(out.chars().all(is_safe));
            }
        }

        #[test]
        fn never_wider_than_asked(text in "\\PC*", columns in 0usize..20) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
        }
    }
}
