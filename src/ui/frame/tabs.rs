//! The tab line: the tabs, and on the right what all numbers are about.

use crate::app::seen::Target;
use crate::app::{Model, ScreenId};
use crate::base::text;
use crate::gpu::{Sample, Source};
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the line.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let mut x = area.x + 1;
    x = put(canvas, area, x, "vramdeck", Role::Strong) + 2;
    for screen in ScreenId::ALL {
        let role = if screen == model.screen { Role::TabActive } else { Role::Tab };
        let end = put(canvas, area, x, &format!(" {} ", screen.title()), role);
        canvas.hit(Rect { x, width: end - x, ..area }, Target::Tab(screen));
        x = end + 1;
    }
    right(model, canvas, Rect { x, width: area.right().saturating_sub(x + 1), ..area });
}

/// Draws a text and answers with the column after it.
fn put(canvas: &mut Canvas<'_>, area: Rect, x: u16, text: &str, role: Role) -> u16 {
    let line = Line::from(Span::styled(text, canvas.style(role)));
    canvas.line(&line, Rect { x, width: area.right().saturating_sub(x), ..area });
    x + text::width(text) as u16
}

/// From the right: driver, card, the mark of a simulation; what does not fit goes, the mark last.
fn right(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let sample = model.shared.sample.as_deref();
    let mut parts: Vec<(String, Role)> = Vec::new();
    if let Some(scenario) = scenario(model) {
        parts.push((format!(" SIMULATED {scenario} "), Role::Simulated));
    }
    if let Some((_, card)) = model.card.card(&model.shared) {
        parts.push((widgets::card_name(card), Role::Text));
    }
    match sample.map(|sample| &sample.driver) {
        Some(Ok(driver)) => parts.push((format!("driver {}", text::clean_line(&driver.version)), Role::Dim)),
        Some(Err(_)) => parts.push(("no driver".to_owned(), Role::Unknown)),
        None => parts.push(("reading the card".to_owned() + canvas.glyph("…", "..."), Role::Dim)),
    }
    let wide = |parts: &[(String, Role)]| parts.iter().map(|(text, _)| text::width(text) + 2).sum::<usize>();
    while parts.len() > 1 && wide(&parts) > usize::from(area.width) {
        parts.pop();
    }
    let mut x = area.right().saturating_sub((wide(&parts).saturating_sub(2)) as u16).max(area.x);
    for (text, role) in parts {
        x = put(canvas, area, x, &text::fit(&text, area.right().saturating_sub(x).into()), role) + 2;
    }
}

/// The name of the scenario, where anything is simulated.
fn scenario(model: &Model) -> Option<String> {
    let from = |sample: &Sample| match &sample.source {
        Source::Simulated(name) => Some(name.clone()),
        Source::Nvml | Source::None => None,
    };
    let found = model.shared.demo.clone().or_else(|| model.shared.sample.as_deref().and_then(from));
    found.map(|name| text::clean_line(&name))
}
