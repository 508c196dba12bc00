//! A page of lines in the making, with what can be pointed at on them.

use crate::app::screens::models::Target as Here;
use crate::app::seen::{Pane, Target};
use crate::base::text;
use crate::ui::{Canvas, Role, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Lines for a width.
pub(super) struct Page {
    /// Columns there are.
    pub(super) width: u16,
    /// The lines.
    pub(super) lines: Vec<Line<'static>>,
    /// Line, first column, columns, target.
    pub(super) hits: Vec<(usize, u16, u16, Here)>,
}

impl Page {
    /// An empty one.
    pub(super) fn new(width: u16) -> Self {
        Self { width, lines: Vec::new(), hits: Vec::new() }
    }

    /// Adds a line.
    pub(super) fn push(&mut self, spans: Vec<Span<'static>>) {
        self.lines.push(Line::from(spans));
    }

    /// Adds an empty line, unless one stands there.
    pub(super) fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    /// Adds the title of a section after an empty line.
    pub(super) fn title(&mut self, said: &str, canvas: &Canvas<'_>) {
        self.gap();
        self.push(vec![Span::styled(said.to_owned(), canvas.style(Role::Title))]);
    }

    /// Adds a text behind a first piece; rows after the first stand below where the text began.
    pub(super) fn say(&mut self, first: Vec<Span<'static>>, said: &str, role: Role, canvas: &Canvas<'_>) {
        let used: usize = first.iter().map(Span::width).sum();
        let room = usize::from(self.width).saturating_sub(used).max(12);
        let mut before = Some(first);
        for row in widgets::wrap(&text::clean(said), room) {
            let mut spans = before.take().unwrap_or_else(|| vec![Span::raw(" ".repeat(used))]);
            spans.push(Span::styled(row, canvas.style(role)));
            self.push(spans);
        }
        if let Some(spans) = before {
            self.push(spans);
        }
    }

    /// Adds a label with its value.
    pub(super) fn fact(&mut self, label: &str, said: &str, role: Role, canvas: &Canvas<'_>) {
        let label = Span::styled(format!("{label:<10} "), canvas.style(Role::Dim));
        self.say(vec![label], said, role, canvas);
    }

    /// Draws the page from a line on, and says what lies where.
    pub(super) fn draw(&self, offset: usize, pane: Option<Pane>, canvas: &mut Canvas<'_>, area: Rect) {
        let height = usize::from(area.height);
        let first = offset.min(self.lines.len().saturating_sub(height));
        if let Some(pane) = pane {
            canvas.viewport(pane, height, self.lines.len());
        }
        for (line, y) in self.lines.iter().skip(first).zip(area.y..area.bottom()) {
            canvas.line(line, Rect { y, height: 1, ..area });
        }
        for (line, x, width, target) in &self.hits {
            let Some(down) = line.checked_sub(first).filter(|down| *down < height) else { continue };
            let place = Rect { x: area.x + x, y: area.y + down as u16, width: *width, height: 1 };
            canvas.hit(place.intersection(area), Target::Models(target.clone()));
        }
    }
}
