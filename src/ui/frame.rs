//! The frame around every screen: tabs, the screen, the VRAM line, the key line, overlays on top. (First version.)

use crate::app::env::Env;
use crate::app::seen::Seen;
use crate::app::{Model, ScreenId};
use crate::ui::{Cache, Canvas, Theme, screens};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

/// Draws the whole model.
pub fn view(
    model: &Model,
    env: &Env,
    theme: &Theme,
    ascii: bool,
    cache: &mut Cache,
    buf: &mut Buffer,
) -> (Seen, Option<Position>) {
    let area = buf.area;
    let mut canvas = Canvas { buf, theme, env: *env, ascii, seen: Seen::default(), cursor: None };
    match model.screen {
        ScreenId::Card => screens::card::draw(model, &mut canvas, area),
        ScreenId::Engines => screens::engines::draw(model, &mut canvas, area),
        ScreenId::Chat => screens::chat::draw(model, &mut cache.chat, &mut canvas, area),
    }
    (canvas.seen, canvas.cursor)
}
