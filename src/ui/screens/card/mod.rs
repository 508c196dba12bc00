//! The Card screen: who holds the memory, how that went, what the card does, and which processes do it.

mod engines;
mod facts;
mod history;
mod host;
mod processes;
mod values;
mod vram;

use crate::app::Model;
use crate::base::Problem;
use crate::gpu::Sample;
use crate::ui::theme::Role;
use crate::ui::widgets::bar;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(sample) = model.shared.sample.as_deref() else {
        let said = format!("reading the card{}", canvas.glyph("…", "..."));
        return message(canvas, area, &[(Role::Dim, said)]);
    };
    let (body, foot) = cut_bottom(area, 1);
    host::draw(&sample.host, canvas, foot);
    let Some((at, card)) = model.card.card(&model.shared) else {
        let (body, below) = cut_bottom(body, engines::height(model, body.height));
        engines::draw(model, None, canvas, below);
        return no_card(sample, canvas, body);
    };
    let ledger = model.shared.ledger(at);
    let pieces = ledger.clone().map(bar::pieces);
    let (least, most) = if body.height >= 30 { (2, 5) } else { (1, 3) };
    let known = pieces.as_deref().unwrap_or_default();
    let legend = vram::legend_rows(known, canvas, body.width.saturating_sub(4), least, most);
    let (top, rest) = cut_top(body, 3 + legend);
    vram::draw((sample, model.shared.reserve), (at, card), &pieces, canvas, top);
    if model.card.facts {
        return facts::whole(model, sample, card, canvas, rest);
    }
    let (strip, rest) = cut_top(rest, engines::height(model, rest.height));
    engines::draw(model, ledger.as_ref().ok(), canvas, strip);
    let least = if strip.height > 0 || legend > 1 { 6 } else { 8 };
    let middle_height = if rest.height >= 40 { 14 } else { (rest.height / 2).clamp(least, 11) };
    let (middle, table) = cut_top(rest, middle_height);
    let facts_width = if middle.width >= 150 { 64 } else { (middle.width * 2 / 5).max(38) };
    let (left, right) = cut_right(middle, facts_width);
    history::draw(model, card, canvas, left);
    facts::few(sample, card, canvas, right);
    processes::draw(model, card, ledger.as_ref().ok(), canvas, table);
}

fn cut_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
}

fn cut_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    let (top, bottom) = cut_top(area, area.height.saturating_sub(height));
    (top, bottom)
}

fn cut_right(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    (Rect { width: area.width - width, ..area }, Rect { x: area.right() - width, width, ..area })
}

/// Nothing to show: why, and what to do next.
fn no_card(sample: &Sample, canvas: &mut Canvas<'_>, area: Rect) {
    let none = || Problem::failed("no card is listed", "the driver is there and lists none", "see nvidia-smi");
    let problem = sample.problem.clone().unwrap_or_else(none);
    let columns = usize::from(area.width.min(72));
    let mut rows = vec![(Role::Strong, problem.what)];
    rows.extend(widgets::wrap(&problem.why, columns).into_iter().map(|row| (Role::Text, row)));
    rows.push((Role::Text, String::new()));
    rows.extend(widgets::wrap(&problem.hint, columns).into_iter().map(|row| (Role::Text, row)));
    rows.push((Role::Text, String::new()));
    rows.push((Role::Dim, "engines and chat work without a card;".to_owned()));
    rows.push((Role::Dim, "`vramdeck --demo` shows everything on a simulated one".to_owned()));
    message(canvas, area, &rows);
}

/// A few rows in the middle.
fn message(canvas: &mut Canvas<'_>, area: Rect, rows: &[(Role, String)]) {
    let wide = rows.iter().map(|(_, row)| crate::base::text::width(row)).max().unwrap_or(0) as u16;
    let x = area.x + area.width.saturating_sub(wide) / 2;
    let top = area.y + area.height.saturating_sub(rows.len() as u16) / 2;
    for ((role, row), y) in rows.iter().zip(top..area.bottom()) {
        let place = Rect { x, y, width: area.right().saturating_sub(x), height: 1 };
        canvas.line(&Line::from(Span::styled(row.as_str(), canvas.style(*role))), place);
    }
}
