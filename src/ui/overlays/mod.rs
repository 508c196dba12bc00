//! What lies on top of a screen. Whatever is below an overlay is seen, not reached.

mod actions;
mod answers;
mod problem;
mod themes;

use crate::app::seen::{Pane, Target};
use crate::app::{Model, Overlay, rows};
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the overlays, the last one on top.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    for overlay in &model.overlays {
        canvas.hit(area, Target::Overlay);
        match overlay {
            Overlay::Help(picker) => {
                actions::draw(canvas, area, "keys", picker, &rows::help(model, picker.filter.text()));
            }
            Overlay::Palette(picker) => {
                actions::draw(canvas, area, "find an action", picker, &rows::palette(model, picker.filter.text()));
            }
            Overlay::Themes { picker, before } => themes::draw(model, canvas, area, picker, before),
            Overlay::Confirm(confirm) => answers::confirm(canvas, area, confirm),
            Overlay::Quit { selected } => answers::quit(model, canvas, area, *selected),
            Overlay::Problem { problem, offset } => problem::draw(canvas, area, problem, *offset),
        }
    }
}

/// A place of this size in the middle, smaller where there is less room.
fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width.saturating_sub(2)), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Draws the filter of a list and answers with the area below it.
fn filter(canvas: &mut Canvas<'_>, area: Rect, field: &crate::app::field::Field, placeholder: &str) -> Rect {
    let sign = canvas.glyph("›", ">");
    canvas.line(&Line::from(Span::styled(sign, canvas.style(Role::Accent))), area);
    let place = Rect { x: area.x + 2, width: area.width.saturating_sub(2), height: 1, ..area };
    let look = widgets::field::Look { placeholder, focused: true, masked: false };
    widgets::field::draw(canvas, field, look, place);
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}

/// Where a list starts so that its selected line is seen, and says how high it is.
fn window(canvas: &mut Canvas<'_>, area: Rect, total: usize, offset: usize, selected_line: usize) -> usize {
    let rows = usize::from(area.height);
    canvas.viewport(Pane::Overlay, rows, total);
    offset.max((selected_line + 1).saturating_sub(rows)).min(total.saturating_sub(rows))
}
