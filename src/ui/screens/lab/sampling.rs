//! The Lab's view Sampling: many answers to one prompt, side by side.

use crate::app::Model;
use crate::ui::Canvas;
use ratatui::layout::Rect;

/// Draws the view.
pub(super) fn draw(_model: &Model, _canvas: &mut Canvas<'_>, _area: Rect) {}
