//! What came back, as rows: a matrix, ranks with bars, labels with bars, tokens.

use crate::base::text::{clean_line, fit, width};
use crate::lab::pooling::{Given, Labelled, Ranked, Similarity, Tokens, Told};
use crate::ui::{Canvas, Role};
use ratatui::text::{Line, Span};

/// Columns of a number of a matrix, with the blank before it.
const CELL: usize = 7;
/// Columns of a bar.
const BAR: usize = 20;
/// Labels that are shown of one text.
const LABELS: usize = 10;

/// All rows.
pub(super) fn lines(told: &Told, column: usize, columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let columns = usize::from(columns);
    match &told.given {
        Given::Similar(all) => similar(all, told, column, columns, canvas),
        Given::Ranked(ranked) => self::ranked(ranked, told, columns, canvas),
        Given::Labels(all) => {
            all.iter().enumerate().flat_map(|(at, one)| labels(at, one, told, columns, canvas)).collect()
        }
        Given::Tokens(all) => {
            all.iter().enumerate().flat_map(|(at, one)| tokens(at, one, told, columns, canvas)).collect()
        }
    }
}

fn text_of(told: &Told, at: usize, columns: usize) -> String {
    let text = clean_line(told.ask.texts.get(at).map_or("", String::as_str));
    fit(&text, columns).into_owned()
}

fn dim(canvas: &Canvas<'_>, words: String) -> Line<'static> {
    Line::styled(words, canvas.style(Role::Dim))
}

/// `text` in exactly so many columns.
fn cell(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(&text))))
}

fn bar(canvas: &Canvas<'_>, share: f64) -> String {
    let cells = (share.clamp(0.0, 1.0) * BAR as f64).round() as usize;
    let (full, empty) = (canvas.glyph("█", "#"), canvas.glyph("·", "."));
    format!("{}{}", full.repeat(cells), empty.repeat(BAR.saturating_sub(cells)))
}

/// The matrix: numbers of texts on the left with their start, cosines to the right.
fn similar(all: &Similarity, told: &Told, first: usize, columns: usize, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let mut lines = vec![dim(canvas, format!("{} dimensions; cosine from -1 to 1", all.dimensions))];
    let size = all.compared();
    let first = first.min(size.saturating_sub(1));
    let label = columns.saturating_sub(4 + 8 + CELL * 3).clamp(8, 32);
    let room = (columns.saturating_sub(4 + label + 8) / CELL).max(1);
    let shown = first..size.min(first + room);
    let heads: String = shown.clone().map(|column| format!("{:>CELL$}", column + 1)).collect();
    lines.push(dim(canvas, format!("{}    norm{heads}", " ".repeat(4 + label))));
    let nearest = all.nearest();
    for row in 0..all.norms.len() {
        let mut spans = vec![
            Span::styled(format!("{:>3} ", row + 1), canvas.style(Role::Dim)),
            Span::styled(cell(&text_of(told, row, label), label), canvas.style(Role::Text)),
            Span::styled(format!("{:>8.3}", all.norms[row]), canvas.style(Role::Dim)),
        ];
        for column in shown.clone() {
            let pair = nearest.is_some_and(|(a, b, _)| (a, b) == (row, column) || (b, a) == (row, column));
            let (role, text) = match all.cosine(row, column) {
                Ok(_) if row == column => (Role::Dim, "1.000".to_owned()),
                Ok(cosine) if pair => (Role::Accent, format!("{cosine:.3}")),
                Ok(cosine) => (Role::Text, format!("{cosine:.3}")),
                Err(_) => (Role::Unknown, "?".to_owned()),
            };
            spans.push(Span::styled(format!("{text:>CELL$}"), canvas.style(role)));
        }
        lines.push(Line::from(spans));
    }
    if shown.len() < size {
        let more = format!("columns {} to {} of {size}; left and right show the others", shown.start + 1, shown.end);
        lines.push(dim(canvas, more));
    }
    if size < all.norms.len() {
        lines.push(dim(canvas, format!("the first {size} texts are compared")));
    }
    if let Some((one, other, cosine)) = nearest {
        let words = format!("most alike: {} and {} ({cosine:.3})", one + 1, other + 1);
        lines.push(Line::styled(words, canvas.style(Role::Text)));
    }
    lines
}

fn ranked(ranked: &Ranked, told: &Told, columns: usize, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let mut lines = vec![dim(canvas, ranked.scale().to_owned())];
    for (at, number) in &ranked.order {
        lines.push(Line::from(vec![
            Span::styled(format!("{:>3} {number:>10.4}  ", at + 1), canvas.style(Role::Strong)),
            Span::styled(bar(canvas, ranked.share(*number)), canvas.style(Role::Accent)),
            Span::styled(
                format!("  {}", text_of(told, *at, columns.saturating_sub(18 + BAR))),
                canvas.style(Role::Text),
            ),
        ]));
    }
    lines
}

fn head(at: usize, told: &Told, columns: usize, canvas: &Canvas<'_>) -> Line<'static> {
    let text = text_of(told, at, columns.saturating_sub(4));
    Line::from(vec![
        Span::styled(format!("{:>3} ", at + 1), canvas.style(Role::Dim)),
        Span::styled(text, canvas.style(Role::Strong)),
    ])
}

fn labels(at: usize, one: &Labelled, told: &Told, columns: usize, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let mut lines = vec![head(at, told, columns, canvas)];
    for (place, (name, number)) in one.labels.iter().take(LABELS).enumerate() {
        let role = if place == 0 { Role::Text } else { Role::Dim };
        let mut spans = vec![Span::styled(format!("    {} {number:>9.4}  ", cell(name, 24)), canvas.style(role))];
        if !told.ask.raw {
            spans.push(Span::styled(bar(canvas, *number), canvas.style(Role::Accent)));
        }
        lines.push(Line::from(spans));
    }
    if one.labels.len() > LABELS {
        lines.push(dim(canvas, format!("    and {} more", one.labels.len() - LABELS)));
    }
    lines
}

fn tokens(at: usize, one: &Tokens, told: &Told, columns: usize, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let mut lines = vec![head(at, told, columns, canvas)];
    for span in one.spans() {
        let words = format!("    {}: {} ({:.4})", clean_line(&span.label), clean_line(&span.text), span.score);
        lines.push(Line::styled(fit(&words, columns).into_owned(), canvas.style(Role::Accent)));
    }
    if let Some(unknown) = &one.textless {
        let words = format!("    the tokens' texts are unknown: {unknown}");
        lines.push(Line::styled(fit(&words, columns).into_owned(), canvas.style(Role::Unknown)));
    }
    for (place, token) in one.tokens.iter().enumerate() {
        let text = token.text.as_deref().map_or(format!("token {}", place + 1), clean_line);
        let role = if token.label == "O" { Role::Dim } else { Role::Text };
        let words = format!("    {} {:>9.4}  {}", cell(&text, 18), token.score, clean_line(&token.label));
        lines.push(Line::styled(fit(&words, columns).into_owned(), canvas.style(role)));
    }
    lines
}
