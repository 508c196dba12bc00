//! Whom one can ask, as a list to choose from.

use super::{panel, wrap};
use crate::app::screens::chat::target::Offer;
use crate::app::seen::Target;
use crate::base::text::clean_line;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the list; `target` says what a row stands for when it is pointed at.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, offers: &[Offer], selected: usize, target: impl Fn(usize) -> Target) {
    let inner = panel(canvas, area, "whom to ask", true);
    if offers.is_empty() {
        let said = "No run is ready. Start one on Engines; endpoints are added on Chat (Ctrl+T).";
        for (row, y) in wrap(said, usize::from(inner.width)).into_iter().zip(inner.y..inner.bottom()) {
            canvas.line(&Line::styled(row, canvas.style(Role::Dim)), Rect { y, height: 1, ..inner });
        }
        return;
    }
    let height = usize::from(inner.height.max(1));
    let first = (selected + 1).saturating_sub(height);
    for (at, offer) in offers.iter().enumerate().skip(first).take(height) {
        let place = Rect { y: inner.y + (at - first) as u16, height: 1, ..inner };
        let role = if offer.target.is_some() { Role::Strong } else { Role::Unavailable };
        let line = Line::from(vec![
            Span::styled(clean_line(&offer.model), canvas.style(role)),
            Span::styled(clean_line(&format!("  {}  {}", offer.place, offer.detail)), canvas.style(Role::Dim)),
        ]);
        canvas.line(&line, place);
        if at == selected {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, target(at));
    }
}
