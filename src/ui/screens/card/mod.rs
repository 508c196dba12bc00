//! The Card screen. (First version: what every card holds.)

use crate::app::Model;
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(sample) = &model.shared.sample else {
        let text = format!(" reading the card{}", canvas.glyph("…", "..."));
        canvas.line(&Line::from(Span::styled(text, canvas.style(Role::Dim))), area);
        return;
    };
    for (card, y) in sample.cards.iter().zip(area.y..area.bottom()) {
        let text = match &card.memory {
            Ok(memory) => format!(" {} {} of {}", widgets::card_name(card), memory.used, memory.total),
            Err(unknown) => format!(" {} ? ({unknown})", widgets::card_name(card)),
        };
        let line = Line::from(Span::styled(text, canvas.style(Role::Text)));
        canvas.line(&line, Rect { y, height: 1, ..area });
    }
}
