//! The tools there are, and how an exchange is led.

use crate::app::screens::tools::knobs::Knob;
use crate::app::screens::tools::{Focus, State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::text;
use crate::lab::agent::{Definition, Runner};
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws both panes.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let knobs = Knob::ALL.len() as u16 + 2;
    let [top, bottom] = Layout::vertical([Constraint::Min(4), Constraint::Length(knobs)]).areas(area);
    list(state, canvas, top);
    draw_knobs(state, canvas, bottom);
}

fn list(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let (all, offered) = (state.tools(), state.chosen());
    let title = match &state.library {
        None => "tools".to_owned(),
        Some(_) => format!("tools, {} of {} offered", offered.len(), all.len()),
    };
    let inner = panel(canvas, area, &title, state.focus == Focus::List);
    canvas.hit(area, Target::Tools(Here::Pane(Focus::List)));
    if state.library.is_none() {
        return canvas.line(&Line::styled("reading the tools", canvas.style(Role::Dim)), inner);
    }
    let [body, foot] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(inner);
    let rows = usize::from(body.height);
    canvas.viewport(Pane::ToolsList, rows, all.len());
    for (at, tool) in all.iter().enumerate().skip(state.offset).take(rows) {
        let place = Rect { y: body.y + (at - state.offset) as u16, height: 1, ..body };
        row(state, at, tool, canvas, place);
    }
    let bytes: usize = offered.iter().map(|tool| tool.size().bytes).sum();
    let said = format!("offered: {bytes} bytes of JSON");
    canvas.line(&Line::styled(said, canvas.style(Role::Dim)), foot);
}

fn row(state: &State, at: usize, tool: &Definition, canvas: &mut Canvas<'_>, place: Rect) {
    let offered = state.offered.contains(&tool.name);
    let mark = if offered { "[x] " } else { "[ ] " };
    let kind = kind(tool, state.own.contains(&tool.name));
    let room = usize::from(place.width).saturating_sub(mark.len() + text::width(&kind) + 1);
    let name = text::clean_line(&tool.name);
    let line = Line::from(vec![
        Span::styled(mark, canvas.style(if offered { Role::Good } else { Role::Dim })),
        Span::styled(format!("{:<room$} ", text::fit(&name, room)), canvas.style(Role::Text)),
        Span::styled(kind, canvas.style(Role::Dim)),
    ]);
    canvas.line(&line, place);
    if at == state.selected {
        let role = if state.focus == Focus::List { Role::Selection } else { Role::Strong };
        canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(role));
    }
    canvas.hit(place, Target::Tools(Here::Tool(at)));
}

/// What runs when it is called, in a word; the user's own are marked.
fn kind(tool: &Definition, own: bool) -> String {
    let word = match &tool.run {
        Runner::Canned { .. } => "canned",
        Runner::Calculator { .. } => "runs",
        Runner::Command { .. } => "command",
        Runner::Http { .. } => "http",
        Runner::Mcp { .. } => "mcp",
    };
    if own { format!("{word}, yours") } else { word.to_owned() }
}

fn draw_knobs(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Focus::Knobs;
    let inner = panel(canvas, area, "how", focused);
    canvas.hit(area, Target::Tools(Here::Pane(Focus::Knobs)));
    for ((at, knob), y) in Knob::ALL.into_iter().enumerate().zip(inner.y..inner.bottom()) {
        let place = Rect { y, height: 1, ..inner };
        let void = knob == Knob::Choice && state.knobs.mode > 0;
        let value = if void { "not in this mode".to_owned() } else { state.knobs.value(knob) };
        let role = if void { Role::Unavailable } else { Role::Text };
        let line = Line::from(vec![
            Span::styled(format!("{:<14}", knob.title()), canvas.style(Role::Dim)),
            Span::styled(
                text::fit(&value, usize::from(place.width).saturating_sub(14)).into_owned(),
                canvas.style(role),
            ),
        ]);
        canvas.line(&line, place);
        if focused && at == state.knob {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, Target::Tools(Here::Knob(at)));
    }
}
