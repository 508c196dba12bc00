//! The theme chooser: moving through it shows each theme at once, on everything.

use crate::app::overlay::Picker;
use crate::app::seen::Target;
use crate::app::{Model, rows};
use crate::base::text;
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the list on the right, so that the screen beside it shows the theme.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, picker: &Picker, before: &str) {
    let names = rows::names(&model.shared.themes, picker.filter.text());
    let width = 34.min(area.width);
    let height = (model.shared.themes.len() as u16 + 6).min(area.height.saturating_sub(2));
    let place = Rect { x: area.right() - width, y: area.y + 1, width, height };
    let inner = widgets::popup(canvas, place, "themes");
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let below = super::filter(canvas, inner, &picker.filter, "type to search");
    let list = Rect { height: below.height.saturating_sub(3), ..below };
    let first = super::window(canvas, list, names.len(), picker.offset, picker.selected);
    for ((index, name), y) in names.iter().enumerate().skip(first).zip(list.y..list.bottom()) {
        let row = Rect { y, height: 1, ..list };
        let mark = if name == before { canvas.glyph("•", "*") } else { " " };
        let said = format!("{mark} {}", text::fit(&text::clean_line(name), list.width.saturating_sub(2).into()));
        canvas.line(&Line::from(Span::styled(said, canvas.style(Role::Text))), row);
        if index == picker.selected {
            canvas.fill(row, Role::Selection);
        }
        canvas.hit(row, Target::OverlayRow(index));
    }
    swatch(canvas, Rect { y: list.bottom(), height: below.bottom().saturating_sub(list.bottom()), ..list });
}

/// Three rows that show the theme at work.
fn swatch(canvas: &mut Canvas<'_>, area: Rect) {
    let words = |canvas: &Canvas<'_>, roles: &[(&'static str, Role)]| {
        let spans = roles.iter().flat_map(|(word, role)| [Span::styled(*word, canvas.style(*role)), Span::raw(" ")]);
        Line::from(spans.collect::<Vec<_>>())
    };
    let block = canvas.glyph("███", "###");
    let rows = [
        words(canvas, &[("text", Role::Text), ("dim", Role::Dim), ("strong", Role::Strong), ("accent", Role::Accent)]),
        words(canvas, &[("good", Role::Good), ("warn", Role::Warn), ("bad", Role::Bad), ("unknown", Role::Unknown)]),
        words(
            canvas,
            &[
                (block, Role::BarDriver),
                (block, Role::BarDesktop),
                (block, Role::BarForeign),
                (block, Role::BarRun1),
                (block, Role::BarRun2),
                (block, Role::BarRun3),
                (block, Role::BarRun4),
            ],
        ),
    ];
    for (line, y) in rows.iter().zip(area.y..area.bottom()) {
        canvas.line(line, Rect { y, height: 1, ..area });
    }
}
