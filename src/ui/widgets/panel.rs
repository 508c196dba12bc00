//! A bordered pane with a title.

use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType};

/// Borders of a terminal that speaks ASCII only.
pub const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Draws the border and the title; answers with the area inside.
pub fn panel(canvas: &mut Canvas<'_>, area: Rect, title: &str, focused: bool) -> Rect {
    let title = if title.is_empty() { String::new() } else { format!(" {title} ") };
    let (border, words) = if focused { (Role::BorderFocus, Role::Accent) } else { (Role::Border, Role::Title) };
    let mut block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(canvas.style(border))
        .title(Line::styled(title, canvas.style(words)));
    if canvas.ascii {
        block = block.border_set(ASCII_BORDER);
    }
    let inner = block.inner(area);
    canvas.render(block, area);
    inner
}

/// Like [`panel`], on cleared ground: for what lies on top of something else.
pub fn popup(canvas: &mut Canvas<'_>, area: Rect, title: &str) -> Rect {
    canvas.blank(area);
    panel(canvas, area, title, true)
}
