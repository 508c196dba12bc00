//! Styled text to rows of a width, by graphemes and their columns.

use super::highlight::Piece;
use super::roles::Roles;
use crate::base::text;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

/// Columns between tab stops of code.
const TAB: usize = 4;

/// Text of one style. A `\n` in it ends the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub text: String,
    pub style: Style,
}

/// One row and its columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub spans: Vec<Span<'static>>,
    pub columns: usize,
}

impl Row {
    /// Adds text of known width, to the last span when its style is the same.
    fn add(&mut self, text: &str, columns: usize, style: Style) {
        self.columns += columns;
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push_str(text),
            _ => self.spans.push(Span::styled(text.to_owned(), style)),
        }
    }
}

/// Wraps at spaces, and between wide characters; a word wider than a row is cut by graphemes. There is at least one row.
pub(super) fn words(runs: &[Run], width: usize) -> Vec<Row> {
    let mut wrapping = Wrapping { width: width.max(1), rows: vec![Row::default()], word: Vec::new(), space: None };
    for run in runs {
        wrapping.take(run);
    }
    wrapping.end_word();
    wrapping.rows
}

struct Wrapping<'a> {
    width: usize,
    rows: Vec<Row>,
    /// The word so far, which may go through several runs.
    word: Vec<(&'a str, Style)>,
    /// The style of the space before the word.
    space: Option<Style>,
}

impl<'a> Wrapping<'a> {
    fn take(&mut self, run: &'a Run) {
        let mut rest = run.text.as_str();
        while let Some(first) = rest.chars().next() {
            let end = match first {
                '\n' => {
                    self.end_word();
                    self.space = None;
                    self.rows.push(Row::default());
                    1
                }
                ' ' | '\t' => {
                    self.end_word();
                    self.space = Some(run.style);
                    1
                }
                _ => {
                    let end = word_end(rest);
                    let (word, alone) = (&rest[..end.0], end.1);
                    if alone {
                        self.end_word();
                    }
                    self.word.push((word, run.style));
                    if alone {
                        self.end_word();
                    }
                    end.0
                }
            };
            rest = &rest[end..];
        }
    }

    /// Puts the word on this row or the next.
    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let columns: usize = word.iter().map(|(text, _)| columns(text)).sum();
        let space = self.space.take();
        let Some(row) = self.rows.last_mut() else { return };
        let lead = if row.columns > 0 { space } else { None };
        if row.columns + usize::from(lead.is_some()) + columns <= self.width {
            if let Some(style) = lead {
                row.add(" ", 1, style);
            }
        } else if row.columns > 0 {
            self.rows.push(Row::default());
        }
        for (text, style) in word {
            cut(&mut self.rows, text, style, self.width);
        }
    }
}

/// How many bytes belong to the word at the start, and whether they are a wide character that may stand alone.
fn word_end(rest: &str) -> (usize, bool) {
    let ascii = rest.bytes().take_while(|b| b.is_ascii_graphic()).count();
    if rest.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
        return (ascii.max(1), false);
    }
    let mut end = 0;
    for grapheme in rest.graphemes(true) {
        let wide = columns(grapheme) > 1 && grapheme.chars().next().is_some_and(|c| c > '\u{2e7f}');
        if wide || grapheme.starts_with([' ', '\t', '\n']) {
            return if end == 0 { (grapheme.len(), wide) } else { (end, false) };
        }
        end += grapheme.len();
    }
    (end, false)
}

/// Adds text to the last row, going on to new rows by graphemes where it is full.
fn cut(rows: &mut Vec<Row>, text: &str, style: Style, width: usize) {
    let whole = columns(text);
    if let Some(row) = rows.last_mut()
        && row.columns + whole <= width
    {
        row.add(text, whole, style);
        return;
    }
    for grapheme in text.graphemes(true) {
        // A character wider than the whole row cannot be shown.
        let (grapheme, own) = match columns(grapheme) {
            own if own > width => ("…", 1),
            own => (grapheme, own),
        };
        if rows.last().is_none_or(|row| row.columns + own > width) {
            rows.push(Row::default());
        }
        if let Some(row) = rows.last_mut() {
            row.add(grapheme, own, style);
        }
    }
}

/// Columns of a text: the sum over its graphemes, which is how it is drawn.
pub(super) fn columns(text: &str) -> usize {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return text.len();
    }
    text.graphemes(true).map(text::width).sum()
}

/// Cuts to at most `width` columns.
pub(super) fn fit(text: &str, width: usize) -> String {
    text::fit(text, width).into_owned()
}

/// A line of code as rows, cut at the width, each after `margin`.
pub(super) fn code_line(
    pieces: &[Piece],
    margin: &'static str,
    width: usize,
    roles: &Roles,
    out: &mut Vec<Line<'static>>,
) {
    let margin = if width > 2 * margin.len() { margin } else { "" };
    let mut rows = vec![Row::default()];
    for piece in pieces {
        cut(&mut rows, &piece.text, piece.token.style(roles), width - margin.len());
    }
    out.extend(rows.into_iter().map(|row| {
        let lead = (!margin.is_empty()).then(|| Span::styled(margin, roles.code_block));
        Line::from(lead.into_iter().chain(row.spans).collect::<Vec<_>>())
    }));
}

/// Tabs as spaces up to the next tab stop.
pub(super) fn without_tabs(line: &str) -> String {
    if !line.contains('\t') {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len() + 16);
    let mut at = 0;
    for (n, part) in line.split('\t').enumerate() {
        if n > 0 {
            let spaces = TAB - at % TAB;
            out.extend(std::iter::repeat_n(' ', spaces));
            at += spaces;
        }
        out.push_str(part);
        at += columns(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(texts: &[&str], width: usize) -> Vec<String> {
        let runs: Vec<Run> = texts.iter().map(|text| Run { text: (*text).into(), style: Style::new() }).collect();
        let text = |row: Row| row.spans.iter().map(|span| span.content.as_ref()).collect();
        words(&runs, width).into_iter().map(text).collect()
    }

    #[test]
    fn words_wrap_by_columns() {
        for (texts, width, rows) in [
            (&["one two three"][..], 7, &["one two", "three"][..]),
            (&["un", "believ", "able so"], 12, &["unbelievable", "so"]),
            (&["a  b \n c"], 9, &["a b", "c"]),
            (&["abcdefgh ij"], 3, &["abc", "def", "gh", "ij"]),
            (&["日本語です ok"], 4, &["日本", "語で", "す", "ok"]),
            (&["naïve é̀ x"], 5, &["naïve", "é̀ x"]),
            (&["世"], 1, &["…"]),
            (&[""], 5, &[""]),
        ] {
            assert_eq!(wrapped(texts, width), rows, "{texts:?} at {width}");
        }
    }

    #[test]
    fn tabs_go_to_the_next_stop() {
        assert_eq!(without_tabs("\ta\tb日\tc"), "    a   b日 c");
    }
}
