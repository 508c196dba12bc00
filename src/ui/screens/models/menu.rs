//! The menu of cards to judge for.

use super::words;
use crate::app::screens::models::cards::{Item, items};
use crate::app::screens::models::{State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::text;
use crate::ui::widgets::{field, popup};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the menu over the screen.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let items = items(state);
    let (width, height) = (area.width.saturating_sub(4).min(64), area.height.saturating_sub(2).min(24));
    let x = area.x + (area.width - width) / 2;
    let place = Rect { x, y: area.y + (area.height - height) / 2, width, height };
    let inner = popup(canvas, place, "judge for another card");
    canvas.hit(area, Target::Models(Here::Menu));
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    canvas.line(&Line::styled(canvas.glyph("›", ">"), canvas.style(Role::Accent)), inner);
    let look = field::Look { placeholder: "part of a name, or a number of GiB", focused: true, masked: false };
    let typed = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), height: 1, ..inner };
    field::draw(canvas, &state.menu.typed, look, typed);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(2), ..inner };
    canvas.viewport(Pane::ModelsCards, list.height.into(), items.len());
    if items.is_empty() {
        canvas.line(&Line::styled("no card of that name is known: type its GiB", canvas.style(Role::Dim)), list);
    }
    let rows = usize::from(list.height);
    let first = state.menu.offset.max((state.menu.selected + 1).saturating_sub(rows));
    for ((at, item), y) in items.iter().enumerate().skip(first).zip(list.y..list.bottom()) {
        let row = Rect { y, height: 1, ..list };
        canvas.line(&line(item, canvas), row);
        if at == state.menu.selected {
            canvas.fill(row, Role::Selection);
        }
        canvas.hit(row, Target::Models(Here::Card(at)));
    }
    let note = "memory as CUDA reports it; all taken as free but 0.50 GiB";
    let below = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
    canvas.line(&Line::styled(note, canvas.style(Role::Dim)), below);
}

fn line(item: &Item, canvas: &Canvas<'_>) -> Line<'static> {
    let spec = item.spec();
    let (mark, role) = match item {
        Item::Hand(_) => (canvas.glyph("●", "*"), Role::Good),
        Item::Known(_) => (" ", Role::Dim),
        Item::Custom(_) => ("+", Role::Accent),
    };
    let name = text::clean_line(&spec.name);
    let pace = spec.bandwidth.map_or_else(|| "? GB/s".to_owned(), |pace| format!("{:.0} GB/s", pace / 1e9));
    let at_hand = if matches!(item, Item::Hand(_)) { "  at hand" } else { "" };
    Line::from(vec![
        Span::styled(format!("{mark} "), canvas.style(role)),
        Span::styled(format!("{:<30}", text::fit(&name, 30)), canvas.style(Role::Text)),
        Span::styled(format!("{:>8} GiB", words::gib(spec.total)), canvas.style(Role::Text)),
        Span::styled(format!("{pace:>11}"), canvas.style(Role::Dim)),
        Span::styled(at_hand, canvas.style(Role::Good)),
    ])
}
