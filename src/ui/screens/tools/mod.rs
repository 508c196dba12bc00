//! The Tools screen: the tools and how they are offered on the left; the question, what happened, and what waits for a yes
//! on the right. An answer looked through takes the whole screen.

mod calls;
mod edit;
mod left;
mod raw;
mod targets;
mod tree;
mod xray;

use crate::app::Model;
use crate::app::screens::tools::{Focus, State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::text;
use crate::ui::theme::Role;
use crate::ui::widgets::{field, panel};
use crate::ui::{Canvas, widgets};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws the screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.tools;
    if let (Focus::Xray, Some(look)) = (state.focus, &state.look) {
        return xray::draw(look, canvas, area);
    }
    if state.focus == Focus::Scores {
        let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
        whom(state, canvas, head);
        let hit = |at| Target::Tools(Here::Score(at));
        return super::scores::draw(&state.scores, canvas, body, hit, Pane::ToolsXray);
    }
    let left = if area.width >= 120 { 42 } else { 30 };
    let [left, right] = Layout::horizontal([Constraint::Length(left), Constraint::Min(0)]).areas(area);
    left::draw(state, canvas, left);
    match state.focus {
        Focus::Edit => return edit::draw(state, canvas, right),
        Focus::Targets => return targets::draw(state, canvas, right),
        Focus::Servers => return targets::draw_servers(state, canvas, right),
        _ => {}
    }
    let asked = tree::asked_height(state, right);
    let [head, question, body, below] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(3), Constraint::Min(3), Constraint::Length(asked)])
            .areas(right);
    whom(state, canvas, head);
    prompt(state, canvas, question);
    tree::draw(state, canvas, body);
    tree::draw_asked(state, canvas, below);
}

/// Whom the question goes to, or why to nobody.
fn whom(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let line = match &state.resolved {
        Ok(target) => Line::from(vec![
            Span::styled(" asks ", canvas.style(Role::Dim)),
            Span::styled(text::clean_line(&target.model), canvas.style(Role::Strong)),
            Span::styled(text::clean_line(&format!(" at {}", target.base_url)), canvas.style(Role::Dim)),
            Span::styled(if target.simulated { " simulated" } else { "" }, canvas.style(Role::Simulated)),
        ]),
        Err(problem) => Line::from(vec![
            Span::styled(format!(" {}", text::clean_line(&problem.what)), canvas.style(Role::Warn)),
            Span::styled(text::clean_line(&format!(": {}", problem.hint)), canvas.style(Role::Dim)),
        ]),
    };
    canvas.line(&line, area);
}

fn prompt(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Focus::Prompt;
    let inner = panel(canvas, area, "question", focused);
    canvas.hit(area, Target::Tools(Here::Pane(Focus::Prompt)));
    let look = field::Look { placeholder: "what shall the model be asked?", focused, masked: false };
    field::draw(canvas, &state.prompt, look, inner);
}

/// Rows of text in an area from `offset` on, wrapped by the caller; answers with nothing drawn where there is no room.
pub(super) fn rows(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line<'_>], offset: usize) {
    for (line, y) in lines.iter().skip(offset).zip(area.y..area.bottom()) {
        canvas.line(line, Rect { y, height: 1, ..area });
    }
}

/// A paragraph in one role, wrapped; each row is as far in as the first.
pub(super) fn paragraph(said: &str, role: Role, columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let style = canvas.style(role);
    let far = said.len() - said.trim_start_matches(' ').len();
    let rows = widgets::wrap(said, usize::from(columns.max(1)).saturating_sub(far));
    rows.into_iter().map(|row| Line::styled(format!("{:far$}{row}", ""), style)).collect()
}
