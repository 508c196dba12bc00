//! Text as a model reads or writes it: every line break where it is, what cannot be seen made visible, tokens told apart.

use crate::app::screens::tools::look::Look;
use crate::base::text::{clean, width};
use crate::lab::tools::Kind;
use crate::ui::{Canvas, Role};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

/// Breaks styled pieces of text into rows: at line breaks, which are marked, and where a row is full.
#[derive(Default)]
struct Rows {
    columns: usize,
    rows: Vec<Line<'static>>,
    spans: Vec<Span<'static>>,
    used: usize,
}

impl Rows {
    fn put(&mut self, said: &str, style: Style) {
        let mut held = String::new();
        for grapheme in said.graphemes(true) {
            let wide = width(grapheme);
            if self.used + wide > self.columns && self.used > 0 {
                self.spans.push(Span::styled(std::mem::take(&mut held), style));
                self.end();
            }
            held.push_str(grapheme);
            self.used += wide;
        }
        if !held.is_empty() {
            self.spans.push(Span::styled(held, style));
        }
    }

    fn end(&mut self) {
        self.rows.push(Line::from(std::mem::take(&mut self.spans)));
        self.used = 0;
    }

    /// Text with line breaks; each break is shown by a mark of its own.
    fn text(&mut self, said: &str, style: Style, (mark, dim): (&'static str, Style)) {
        for (at, line) in clean(said).split('\n').enumerate() {
            if at > 0 {
                self.put(mark, dim);
                self.end();
            }
            self.put(line, style);
        }
    }

    fn finish(mut self) -> Vec<Line<'static>> {
        if !self.spans.is_empty() {
            self.end();
        }
        self.rows
    }
}

fn mark(canvas: &Canvas<'_>) -> (&'static str, Style) {
    (canvas.glyph("⏎", "$"), canvas.style(Role::Dim))
}

/// A text in one style.
pub(super) fn plain(text: &str, columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let mut rows = Rows { columns: usize::from(columns.max(1)), ..Rows::default() };
    rows.text(text, canvas.style(Role::Text), mark(canvas));
    rows.finish()
}

/// What the model wrote, coloured by what our parser makes of it, every other token underlined.
pub(super) fn lines(look: &Look, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let exchange = look.exchange();
    let raw = match &exchange.raw {
        Ok(raw) => raw,
        Err(unknown) => {
            return super::paragraph(&format!("not known: {}", unknown.why), Role::Unknown, columns, canvas);
        }
    };
    let mut lines = super::paragraph(raw.basis, Role::Dim, columns, canvas);
    let pieces = match &exchange.pieces {
        Ok(pieces) => {
            lines.extend(super::paragraph(
                &format!("{} tokens, each second one underlined; {}", pieces.pieces.len(), pieces.basis),
                Role::Dim,
                columns,
                canvas,
            ));
            pieces.pieces.clone()
        }
        Err(unknown) => {
            lines.extend(super::paragraph(&format!("tokens: {}", unknown.why), Role::Unknown, columns, canvas));
            vec![raw.text.clone()]
        }
    };
    lines.push(Line::default());
    let kinds = look.seen.as_ref().map_or(&[][..], |seen| &seen.parsed.segments);
    let mut rows = Rows { columns: usize::from(columns.max(1)), ..Rows::default() };
    let (mut at, marked) = (0, pieces.len() > 1);
    for (number, piece) in pieces.iter().enumerate() {
        // A token may lie in several parts, such as text and a marker.
        let mut rest = piece.as_str();
        while !rest.is_empty() {
            let here = kinds.iter().find(|(_, span)| span.contains(&at));
            let until = here.map_or(rest.len(), |(_, span)| (span.end - at).min(rest.len()));
            let (part, after) = rest.split_at(rest.ceil_char_boundary(until.max(1)));
            let style = canvas.style(here.map_or(Role::Dim, |(kind, _)| role(*kind)));
            let style = if marked && number % 2 == 1 { style.add_modifier(Modifier::UNDERLINED) } else { style };
            rows.text(part, style, mark(canvas));
            at += part.len();
            rest = after;
        }
    }
    lines.extend(rows.finish());
    lines
}

fn role(kind: Kind) -> Role {
    match kind {
        Kind::Content => Role::Text,
        Kind::Reasoning => Role::Reasoning,
        Kind::Call => Role::Tool,
        Kind::Marker => Role::Dim,
    }
}
