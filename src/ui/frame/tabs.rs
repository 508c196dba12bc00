//! The tab line: the tabs, and on the right what all numbers are about.

use crate::app::seen::Target;
use crate::app::{Model, ScreenId};
use crate::base::text;
use crate::gpu::{Sample, Source};
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// How wide the line is written.
#[derive(Clone, Copy)]
struct Style {
    /// Whether the program's name leads it.
    name: bool,
    /// Columns between two tabs.
    gap: u16,
    /// The most letters of a tab that is not in front.
    letters: usize,
}

/// From roomy to tight.
const STYLES: [Style; 4] = [
    Style { name: true, gap: 1, letters: usize::MAX },
    Style { name: false, gap: 1, letters: usize::MAX },
    Style { name: false, gap: 0, letters: usize::MAX },
    Style { name: false, gap: 0, letters: 4 },
];

impl Style {
    /// What a tab says.
    fn tab(self, screen: ScreenId, front: bool) -> String {
        let most = if front { usize::MAX } else { self.letters };
        format!(" {} ", screen.title().chars().take(most).collect::<String>())
    }

    /// The name's columns, the blank after it included.
    fn lead(self) -> u16 {
        if self.name { text::width(NAME) as u16 + 2 } else { 0 }
    }

    fn width(self, front: ScreenId) -> usize {
        let tabs = ScreenId::ALL.iter().map(|screen| text::width(&self.tab(*screen, *screen == front)));
        1 + usize::from(self.lead()) + tabs.sum::<usize>() + usize::from(self.gap) * ScreenId::ALL.len()
    }
}

const NAME: &str = "vramdeck";

/// Draws the line.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let parts = parts(model, canvas);
    // The mark of a simulation is never left out for the tabs' sake.
    let least = parts.first().map_or(0, |(text, _)| text::width(text) + 1);
    let fits = |style: &&Style| style.width(model.screen) + least <= usize::from(area.width);
    let style = STYLES.iter().find(fits).copied().unwrap_or(STYLES[STYLES.len() - 1]);
    let mut x = area.x + 1;
    if style.name {
        put(canvas, area, x, NAME, Role::Strong);
        x += style.lead();
    }
    for screen in ScreenId::ALL {
        let front = screen == model.screen;
        let role = if front { Role::TabActive } else { Role::Tab };
        let end = put(canvas, area, x, &style.tab(screen, front), role);
        canvas.hit(Rect { x, width: end - x, ..area }, Target::Tab(screen));
        x = end + style.gap;
    }
    right(parts, canvas, Rect { x, width: area.right().saturating_sub(x + 1), ..area });
}

/// Draws a text and answers with the column after it.
fn put(canvas: &mut Canvas<'_>, area: Rect, x: u16, text: &str, role: Role) -> u16 {
    let line = Line::from(Span::styled(text, canvas.style(role)));
    canvas.line(&line, Rect { x, width: area.right().saturating_sub(x), ..area });
    x + text::width(text) as u16
}

/// What all numbers are about, the most important first: the mark of a simulation, the card, its driver.
fn parts(model: &Model, canvas: &Canvas<'_>) -> Vec<(String, Role)> {
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
    parts
}

/// From the right; what does not fit goes, the last first.
fn right(mut parts: Vec<(String, Role)>, canvas: &mut Canvas<'_>, area: Rect) {
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
