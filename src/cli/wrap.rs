//! Text wrapped to the terminal.

use crate::base::text;
use std::fmt::Write;
use std::io::IsTerminal;

/// Columns where stdout is no terminal.
const USUAL: usize = 80;
/// Longer lines are tiring to read.
const WIDEST: usize = 120;

/// Columns to keep to: those of the terminal, else 80.
pub(super) fn columns() -> usize {
    if !std::io::stdout().is_terminal() {
        return USUAL;
    }
    crate::runtime::terminal::columns().map_or(USUAL, |columns| columns.clamp(40, WIDEST))
}

/// Adds words wrapped to `columns`, the first line led by `lead`, the others by as many blanks.
pub(super) fn paragraph(out: &mut String, lead: &str, words: &str, columns: usize) {
    let indent = text::width(lead);
    let mut line = lead.to_owned();
    let mut fresh = true;
    for word in words.split(' ') {
        let gap = usize::from(!fresh);
        if !fresh && text::width(&line) + gap + text::width(word) > columns {
            let _ = writeln!(out, "{}", line.trim_end());
            line = " ".repeat(indent);
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(&text::fit(word, columns.saturating_sub(indent)));
        fresh = false;
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_to_the_width() {
        let mut out = String::new();
        paragraph(&mut out, "why: ", "one two three fourteen", 12);
        assert_eq!(out, "why: one two\n     three\n     fourte…\n");
    }
}
