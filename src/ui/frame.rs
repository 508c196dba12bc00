//! The frame around every screen: tabs, a banner when the driver has something to say, the screen, the VRAM line, the
//! key line; overlays and notices on top.

mod banner;
mod keys;
mod tabs;
mod toasts;
mod vram;

use crate::app::action::{Action, Global};
use crate::app::env::Env;
use crate::app::seen::Seen;
use crate::app::{Model, ScreenId};
use crate::base::text;
use crate::ui::theme::Role;
use crate::ui::{Cache, Canvas, Theme, overlays, screens, widgets};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// The smallest terminal that is drawn on (columns, rows).
pub const SMALLEST: (u16, u16) = (80, 24);

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
    canvas.fill(area, Role::Text);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(&mut canvas, area);
        if ascii {
            plain(buf);
        }
        return (Seen::default(), None);
    }
    let (mut top, mut bottom) = (area.y, area.bottom());
    tabs::draw(model, &mut canvas, row(area, top));
    top += 1;
    if let Some(problem) = model.shared.sample.as_ref().and_then(|sample| sample.problem.as_ref()) {
        let key = keys::key_for(model, Action::Global(Global::Details), ascii);
        banner::draw(problem, key.as_deref(), &mut canvas, row(area, top));
        top += 1;
    }
    bottom -= 1;
    keys::draw(model, &mut canvas, row(area, bottom));
    if model.screen != ScreenId::Card {
        bottom -= 1;
        vram::draw(model, &mut canvas, row(area, bottom));
    }
    let body = Rect { y: top, height: bottom - top, ..area };
    match model.screen {
        ScreenId::Card => screens::card::draw(model, &mut canvas, body),
        ScreenId::Models => screens::models::draw(model, &mut canvas, body),
        ScreenId::Engines => screens::engines::draw(model, &mut canvas, body),
        ScreenId::Chat => screens::chat::draw(model, &mut cache.chat, &mut canvas, body),
        ScreenId::Tools => screens::tools::draw(model, &mut canvas, body),
        ScreenId::Structured => screens::structured::draw(model, &mut cache.structured, &mut canvas, body),
        ScreenId::Lab => screens::lab::draw(model, &mut canvas, body),
    }
    if !model.overlays.is_empty() {
        // What lies below is seen, not reached.
        canvas.cursor = None;
        overlays::draw(model, &mut canvas, Rect { y: area.y, height: bottom, ..area });
    }
    toasts::draw(model, &mut canvas, body);
    let (seen, cursor) = (canvas.seen, canvas.cursor);
    if ascii {
        plain(buf);
    }
    (seen, cursor)
}

/// Puts ASCII in the place of whatever else was drawn: cut marks, and text that comes from elsewhere.
fn plain(buf: &mut Buffer) {
    for cell in buf.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        let stand_in = match cell.symbol() {
            "…" => "~",
            "·" | "•" => ".",
            "×" => "x",
            "–" | "—" | "─" | "━" => "-",
            "│" | "┃" | "▌" => "|",
            "“" | "”" => "\"",
            "‘" | "’" => "'",
            "→" => ">",
            "←" => "<",
            "█" | "▓" | "▒" => "#",
            "\u{a0}" => " ",
            _ => "?",
        };
        cell.set_symbol(stand_in);
    }
}

fn row(area: Rect, y: u16) -> Rect {
    Rect { y, height: 1, ..area }
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let size = format!("{}{}{}", area.width, canvas.glyph("×", "x"), area.height);
    let least = format!("{}{}{}", SMALLEST.0, canvas.glyph("×", "x"), SMALLEST.1);
    let lines = ["vramdeck needs room".to_owned(), format!("{size}, at least {least}")];
    let lines: Vec<String> = lines.iter().flat_map(|line| widgets::wrap(line, area.width.into())).collect();
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (line, y) in lines.iter().zip(top..area.bottom()) {
        let line = text::fit(line, area.width.into());
        let x = area.x + (area.width.saturating_sub(text::width(&line) as u16)) / 2;
        let style = canvas.style(Role::Strong);
        let place = Rect { x, y, width: area.right().saturating_sub(x), height: 1 };
        canvas.line(&Line::from(Span::styled(line, style)), place);
    }
}
