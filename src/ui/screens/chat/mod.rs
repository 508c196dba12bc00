//! The Chat screen. (To be furnished.)

use crate::app::Model;
use crate::ui::Canvas;
use ratatui::layout::Rect;

/// Wrapped and styled lines kept between frames.
#[derive(Debug, Default)]
pub struct Cache {}

/// Draws the screen.
pub fn draw(_model: &Model, _cache: &mut Cache, _canvas: &mut Canvas<'_>, _area: Rect) {}
