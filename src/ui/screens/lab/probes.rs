//! The Lab's view Probes: what is really on at an endpoint.

use crate::app::Model;
use crate::ui::Canvas;
use ratatui::layout::Rect;

/// Draws the view.
pub(super) fn draw(_model: &Model, _canvas: &mut Canvas<'_>, _area: Rect) {}
