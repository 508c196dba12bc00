//! A text area of several lines.

use crate::app::editor::Editor;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget;

/// Draws a text area; with the focus, the terminal's cursor stands in it.
pub fn draw(canvas: &mut Canvas<'_>, editor: &Editor, area: Rect, focused: bool) {
    let area = area.intersection(canvas.buf.area);
    if area.width == 0 || area.height == 0 {
        return;
    }
    editor.area().render(area, canvas.buf);
    let style = canvas.style(Role::Text);
    canvas.buf.set_style(area, style);
    if focused {
        let cursor = editor.area().screen_cursor();
        let (top, left) = editor.area().scroll_offset();
        let x = area.x + (cursor.col as u16).saturating_sub(left);
        let y = area.y + (cursor.row as u16).saturating_sub(top);
        canvas.cursor = Some(Position { x: x.min(area.right() - 1), y: y.min(area.bottom() - 1) });
    }
}
