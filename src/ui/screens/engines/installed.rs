//! The engines of this machine.

use crate::app::screens::engines::installed::{detail, row};
use crate::app::screens::engines::{State, Target as Here, asked};
use crate::app::seen::Target;
use crate::base::text;
use crate::ui::widgets::{panel, wrap};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws the pane: a row an engine, and what is known of the selected one.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, "engines of this machine", true);
    let Some(statuses) = &state.installed.statuses else {
        return canvas.line(&Line::styled("looking…", canvas.style(Role::Dim)), inner);
    };
    let [list, _, facts] =
        Layout::vertical([Constraint::Length(statuses.len() as u16), Constraint::Length(1), Constraint::Min(0)])
            .areas(inner);
    for (at, status) in statuses.iter().enumerate().take(list.height as usize) {
        let place = Rect { y: list.y + at as u16, height: 1, ..list };
        let row = row(status, asked(state, status.engine));
        let role = match row.good {
            Some(true) => Role::Good,
            Some(false) => Role::Bad,
            None => Role::Text,
        };
        let line = Line::from(vec![
            Span::styled(format!("{:<10} ", row.title), canvas.style(Role::Strong)),
            Span::styled(format!("{:<16} ", text::fit(&row.version, 16)), canvas.style(Role::Text)),
            Span::styled(row.state, canvas.style(role)),
        ]);
        canvas.line(&line, place);
        if at == state.installed.selected {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, Target::Engines(Here::Installed(at)));
    }
    draw_facts(state, canvas, facts);
}

fn draw_facts(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(status) = state.installed.current() else { return };
    let offers = state.installed.offers.as_ref().filter(|(package, _)| *package == status.engine);
    let lines = detail(status, offers.map(|(_, offers)| offers.as_slice()));
    let wrapped = lines.iter().flat_map(|line| wrap(line, area.width.max(1) as usize));
    for (at, line) in wrapped.take(area.height as usize).enumerate() {
        let place = Rect { y: area.y + at as u16, height: 1, ..area };
        canvas.line(&Line::styled(line, canvas.style(Role::Dim)), place);
    }
}
