//! The Structured screen.

use crate::app::Model;
use crate::ui::Canvas;
use ratatui::layout::Rect;

/// Draws the screen.
pub fn draw(_model: &Model, _canvas: &mut Canvas<'_>, _area: Rect) {}
