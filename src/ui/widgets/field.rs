//! A one-line text field.

use crate::app::field::Field;
use crate::base::text;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// How a field is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look<'a> {
    /// Shown dimly while the field is empty.
    pub placeholder: &'a str,
    /// Whether it has the focus: then the cursor stands in it.
    pub focused: bool,
    /// Whether its text is a secret.
    pub masked: bool,
}

/// Draws a field on the first row of an area; long text scrolls so that the cursor stays in view.
pub fn draw(canvas: &mut Canvas<'_>, field: &Field, look: Look<'_>, area: Rect) {
    if field.text().is_empty() {
        let hint = text::fit(look.placeholder, area.width as usize).into_owned();
        canvas.line(&Line::styled(hint, canvas.style(Role::Dim)), area);
        if look.focused && area.width > 0 {
            canvas.cursor = Some(Position { x: area.x, y: area.y });
        }
        return;
    }
    let mask = canvas.glyph("•", "*");
    let shown = |part: &str| {
        if look.masked { mask.repeat(part.chars().count()) } else { text::clean_line(part) }
    };
    let (before, after) = field.split();
    let (mut before, after) = (shown(before), shown(after));
    let room = (area.width as usize).saturating_sub(1);
    while text::width(&before) > room {
        let first = before.chars().next().map_or(1, char::len_utf8);
        before.drain(..first);
    }
    if look.focused {
        canvas.cursor = Some(Position { x: area.x + text::width(&before) as u16, y: area.y });
    }
    let line = Line::from(vec![Span::raw(before), Span::raw(after)]).style(canvas.style(Role::Text));
    canvas.line(&line, area);
}
