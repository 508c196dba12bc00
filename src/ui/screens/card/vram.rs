//! The bar of a card's memory with its legend, and the way to the other cards.

use crate::app::screens::card::Target;
use crate::app::seen::Target as Any;
use crate::base::{Bytes, Reading, text};
use crate::gpu::holders::HolderKind;
use crate::gpu::ledger::Part;
use crate::gpu::reserve::kept;
use crate::gpu::{Card, Sample};
use crate::ui::theme::Role;
use crate::ui::widgets::bar::{self, Piece};
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the panel.
pub(super) fn draw(
    (sample, reserve): (&Sample, Bytes),
    (at, card): (usize, &Card),
    pieces: &Reading<Vec<Piece>>,
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let title = match &card.memory {
        Ok(memory) => {
            let (used, total, free) = (memory.used.gib(), memory.total.gib(), memory.free.gib());
            let wide = format!("{total:.2}").len();
            let kept = match kept(card, reserve) {
                _ if reserve == Bytes(0) => String::new(),
                Bytes(0) => ", the desktop holds all that is kept for it".to_owned(),
                bytes => format!(", {:.2} of it kept for the desktop", bytes.min(memory.free).gib()),
            };
            format!("VRAM {used:wide$.2} of {total:.2} GiB used, {free:wide$.2} free{kept}")
        }
        Err(_) => "VRAM".to_owned(),
    };
    let inner = widgets::panel(canvas, area, &title, false);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    cards(sample, at, canvas, area);
    match pieces {
        Ok(pieces) => {
            bar::draw_pieces(canvas, inner, pieces);
            let below = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
            legend(canvas, below, pieces);
        }
        Err(unknown) => {
            let said = format!("? {}", text::clean_line(&unknown.why));
            canvas.line(&Line::from(Span::styled(said, canvas.style(Role::Unknown))), inner);
        }
    }
}

/// The names of all cards on the border, where there are several; a click looks at one.
fn cards(sample: &Sample, at: usize, canvas: &mut Canvas<'_>, area: Rect) {
    if sample.cards.len() < 2 {
        return;
    }
    let names: Vec<String> =
        sample.cards.iter().map(|card| format!(" {} {} ", card.index, widgets::card_name(card))).collect();
    let wide: usize = names.iter().map(|name| text::width(name)).sum();
    let mut x = area.right().saturating_sub(wide as u16 + 2).max(area.x + area.width / 2);
    for (index, (name, card)) in names.iter().zip(&sample.cards).enumerate() {
        let place =
            Rect { x, width: (text::width(name) as u16).min((area.right() - 1).saturating_sub(x)), height: 1, ..area };
        let role = if index == at { Role::TabActive } else { Role::Tab };
        canvas.line(&Line::from(Span::styled(name.as_str(), canvas.style(role))), place);
        canvas.hit(place, Any::Card(Target::Card(card.key())));
        x += place.width;
    }
}

/// Rows that the legend takes at a width, between what is always kept for it and what can be spared.
pub(super) fn legend_rows(pieces: &[Piece], canvas: &Canvas<'_>, width: u16, least: u16, most: u16) -> u16 {
    let divided = pieces.iter().any(|piece| piece.entry.part != Part::Whole);
    if !divided {
        return least;
    }
    let (mut rows, mut x) = (1, 0);
    for entry in entries(canvas, pieces) {
        let wide = entry.width() as u16;
        if x + wide > width && x > 0 {
            (rows, x) = (rows + 1, 0);
        }
        x += wide + 3;
    }
    rows.clamp(least, most)
}

/// Every holder with its cells, name and GiB, a run with its parts; what does not fit is counted.
fn legend(canvas: &mut Canvas<'_>, area: Rect, pieces: &[Piece]) {
    let entries = entries(canvas, pieces);
    let (mut x, mut y) = (area.x, area.y);
    for (index, entry) in entries.iter().enumerate() {
        let wide = entry.width() as u16;
        let last_row = y + 1 >= area.bottom();
        let rest = entries.len() - index - 1;
        // The last row keeps room to say how many are left out.
        let keep = if last_row && rest > 0 { 9 } else { 0 };
        if x + wide + keep > area.right() && x > area.x {
            if last_row {
                let more = format!("+{} more", rest + 1);
                let place = Rect { x, y, width: area.right().saturating_sub(x), height: 1 };
                canvas.line(&Line::from(Span::styled(more, canvas.style(Role::Dim))), place);
                return;
            }
            (x, y) = (area.x, y + 1);
        }
        let place = Rect { x, y, width: area.right().saturating_sub(x), height: 1 };
        canvas.line(entry, place);
        x += wide + 3;
    }
}

/// One line a holder: what is free stands in the title.
fn entries(canvas: &Canvas<'_>, pieces: &[Piece]) -> Vec<Line<'static>> {
    let held = pieces.iter().filter(|piece| piece.entry.kind != HolderKind::Free).collect::<Vec<_>>();
    let several = pieces.iter().any(|piece| piece.run > 1);
    let same = |a: &&Piece, b: &&Piece| a.run > 0 && a.run == b.run && a.entry.holder == b.entry.holder;
    held.chunk_by(same)
        .map(|group| match group {
            [one] if one.entry.part == Part::Whole => entry(canvas, one),
            parts => run(canvas, parts, several),
        })
        .collect()
}

fn gib(canvas: &Canvas<'_>, bytes: &Reading<Bytes>, decimals: usize) -> Span<'static> {
    match bytes {
        Ok(bytes) => Span::styled(format!("{:.decimals$}", bytes.gib()), canvas.style(Role::Text)),
        Err(_) => Span::styled("?", canvas.style(Role::Unknown)),
    }
}

fn cell(canvas: &Canvas<'_>, piece: &Piece) -> Span<'static> {
    Span::styled(canvas.glyph(piece.look.glyph, piece.look.ascii), canvas.style(piece.look.role))
}

fn entry(canvas: &Canvas<'_>, piece: &Piece) -> Line<'static> {
    let label = match piece.entry.kind {
        HolderKind::Unattributed => "not explained".to_owned(),
        _ => text::fit(&text::clean_line(&piece.entry.holder), 24).into_owned(),
    };
    let label = Span::styled(label, canvas.style(Role::Dim));
    Line::from(vec![cell(canvas, piece), Span::raw(" "), label, Span::raw(" "), gib(canvas, &piece.entry.bytes, 2)])
}

/// A run with its parts, its number first where there are several.
fn run(canvas: &Canvas<'_>, parts: &[&Piece], several: bool) -> Line<'static> {
    let Some(first) = parts.first() else { return Line::default() };
    let number = if several { format!("{} ", first.run) } else { String::new() };
    // A run with all its parts fits into one row of a narrow screen.
    let narrow = canvas.buf.area.width < 110;
    let name = text::fit(
        &text::clean_line(&first.entry.holder),
        if several && narrow {
            10
        } else if narrow {
            12
        } else {
            24
        },
    )
    .into_owned();
    let mut spans = vec![Span::styled(format!("{number}{name}"), canvas.style(first.look.role))];
    for piece in parts {
        let word = match (piece.entry.part, narrow) {
            (Part::KvInUse, true) => "kv",
            // Beside what is in use of it.
            (Part::KvReserved, true) => "",
            (Part::Activations, true) => "act",
            (part, _) => part.word(),
        };
        spans.extend([Span::raw(" "), cell(canvas, piece), Span::raw(" ")]);
        let bytes = gib(canvas, &piece.entry.bytes, if narrow { 1 } else { 2 });
        let space = if word.is_empty() { "" } else { " " };
        spans.extend([Span::styled(word, canvas.style(Role::Dim)), Span::raw(space), bytes]);
    }
    Line::from(spans)
}
