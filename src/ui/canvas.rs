//! What drawing functions get: the cells, the theme, and a place to say what lies where.

use crate::app::env::Env;
use crate::app::seen::{Area, Hit, Pane, Seen, Target, Viewport};
use crate::ui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

/// Results kept between frames; never state that decides anything.
#[derive(Debug, Default)]
pub struct Cache {
    /// Of the Chat screen.
    pub chat: crate::ui::screens::chat::Cache,
    /// Of the Structured screen.
    pub structured: crate::ui::screens::structured::Cache,
}

/// One frame in the making.
pub struct Canvas<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// Colours by meaning.
    pub theme: &'a Theme,
    /// The time.
    pub env: Env,
    /// Whether only ASCII may be drawn.
    pub ascii: bool,
    /// What lies where.
    pub seen: Seen,
    /// Where the terminal's cursor goes; hidden where none.
    pub cursor: Option<Position>,
}

impl Canvas<'_> {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Lays a role's style over an area; what is drawn there stays.
    pub fn fill(&mut self, area: Rect, role: Role) {
        let style = self.style(role);
        self.buf.set_style(area.intersection(self.buf.area), style);
    }

    /// Empties an area and gives it the ground of ordinary text, for what lies on top.
    pub fn blank(&mut self, area: Rect) {
        self.render(ratatui::widgets::Clear, area);
        self.fill(area, Role::Text);
    }

    /// Draws a widget.
    pub fn render(&mut self, widget: impl Widget, area: Rect) {
        widget.render(area.intersection(self.buf.area), self.buf);
    }

    /// Draws one line of text at the top of an area, cut to its width.
    pub fn line(&mut self, line: &Line<'_>, area: Rect) {
        let area = area.intersection(self.buf.area);
        if area.height > 0 {
            self.buf.set_line(area.x, area.y, line, area.width);
        }
    }

    /// Says that something to point at lies here; later targets lie on top.
    pub fn hit(&mut self, area: Rect, target: Target) {
        let area = Area { x: area.x, y: area.y, width: area.width, height: area.height };
        self.seen.hits.push(Hit { area, target });
    }

    /// Says how high a scrolling pane is, and how much there is in it.
    pub fn viewport(&mut self, pane: Pane, rows: usize, total: usize) {
        self.seen.viewports.push(Viewport { pane, rows, total });
    }

    /// The glyph, or its ASCII stand-in.
    pub fn glyph(&self, glyph: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { glyph }
    }
}
