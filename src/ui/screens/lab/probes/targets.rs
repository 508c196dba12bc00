//! Whom one can probe.

use super::evidence::{paragraph, rows};
use crate::app::screens::lab::Target as Lab;
use crate::app::screens::lab::probes::{State, Target as Here};
use crate::app::seen::Target;
use crate::base::text::clean_line;
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the list.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, "whom to probe", true);
    if state.offers.is_empty() {
        let said = "No run is ready. Start one on Engines; endpoints are added on Chat (Ctrl+T).";
        let lines = paragraph(said, Role::Dim, inner.width, canvas);
        return rows(canvas, inner, &lines, 0);
    }
    let height = usize::from(inner.height.max(1));
    let first = (state.offer + 1).saturating_sub(height);
    for (at, offer) in state.offers.iter().enumerate().skip(first).take(height) {
        let place = Rect { y: inner.y + (at - first) as u16, height: 1, ..inner };
        let role = if offer.target.is_some() { Role::Strong } else { Role::Unavailable };
        let line = Line::from(vec![
            Span::styled(clean_line(&offer.model), canvas.style(role)),
            Span::styled(clean_line(&format!("  {}  {}", offer.place, offer.detail)), canvas.style(Role::Dim)),
        ]);
        canvas.line(&line, place);
        if at == state.offer {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, Target::Lab(Lab::Probes(Here::Offer(at))));
    }
}
