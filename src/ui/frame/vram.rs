//! The VRAM line at the foot of every screen but Card. (First version: used and total.)

use crate::app::Model;
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the line.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(card) = model.shared.sample.as_ref().and_then(|sample| sample.cards.first()) else { return };
    let text = match &card.memory {
        Ok(memory) => format!(" {} {:.1}/{:.1} GiB", widgets::card_name(card), memory.used.gib(), memory.total.gib()),
        Err(unknown) => format!(" {} ? ({unknown})", widgets::card_name(card)),
    };
    canvas.line(&Line::from(Span::styled(text, canvas.style(Role::Text))), area);
}
