//! What lies on top of a screen. (First version: only its ground.)

use crate::app::Model;
use crate::app::seen::Target;
use crate::ui::Canvas;
use ratatui::layout::Rect;

/// Draws the overlays, the last one on top.
pub fn draw(_model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.hit(area, Target::Overlay);
}
