//! Whom one can ask, and MCP servers that can be started.

use crate::app::screens::tools::state::Started;
use crate::app::screens::tools::{State, Target as Here};
use crate::app::seen::Target;
use crate::base::text::clean_line;
use crate::ui::widgets::{offers, panel};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the list.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    offers::draw(canvas, area, &state.offers, state.offer, |at| Target::Tools(Here::Offer(at)));
}

/// Draws the MCP servers that are set up.
pub(super) fn draw_servers(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, "MCP servers", true);
    if state.servers.is_empty() {
        let said = "None is set up. `vramdeck tools import FILE` takes them from a file with mcpServers; none is started by that.";
        let lines = super::paragraph(said, Role::Dim, inner.width, canvas);
        return super::rows(canvas, inner, &lines, 0);
    }
    let height = usize::from(inner.height.max(1));
    let first = (state.server + 1).saturating_sub(height);
    for (at, server) in state.servers.iter().enumerate().skip(first).take(height) {
        let place = Rect { y: inner.y + (at - first) as u16, height: 1, ..inner };
        let (role, said) = match state.started.get(&server.name) {
            None => (Role::Dim, "not started".to_owned()),
            Some(Started::Runs(tools)) => (Role::Good, format!("was started: {} tools", tools.len())),
            Some(Started::Failed(why)) => (Role::Bad, why.clone()),
        };
        let line = Line::from(vec![
            Span::styled(clean_line(&server.name), canvas.style(Role::Strong)),
            Span::styled(clean_line(&format!("  {said}")), canvas.style(role)),
        ]);
        canvas.line(&line, place);
        if at == state.server {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, Target::Tools(Here::Server(at)));
    }
}
