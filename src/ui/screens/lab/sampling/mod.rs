//! The Lab's view Sampling: the prompt and whom it goes to on top, what is asked for on the left, the answers in columns. The
//! tokens of an answer and the difference of two take the whole view.

mod answers;
mod difference;
mod left;
mod tokens;

use crate::app::Model;
use crate::app::screens::lab::Target as Lab;
use crate::app::screens::lab::sampling::{Focus, State, Target as Here};
use crate::app::seen::Target;
use crate::base::text;
use crate::ui::widgets::{field, panel, wrap};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Columns from which the answers stand beside what is asked for, whatever has the focus.
const WIDE: u16 = 120;

/// Draws the view.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.lab.sampling;
    match state.focus {
        Focus::Tokens | Focus::Other => return tokens::draw(state, canvas, area),
        Focus::Difference => return difference::draw(state, canvas, area),
        _ => {}
    }
    let [head, prompt, body] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(3), Constraint::Min(0)]).areas(area);
    whom(state, canvas, head);
    written(state, canvas, prompt);
    let alone = area.width < WIDE && matches!(state.focus, Focus::Answers | Focus::Preset);
    let left = match (alone, area.width < WIDE) {
        (true, _) => 0,
        (_, true) => 36,
        _ => 44,
    };
    let [left, right] = Layout::horizontal([Constraint::Length(left), Constraint::Min(0)]).areas(body);
    if !alone {
        left::draw(state, canvas, left);
    }
    if state.focus == Focus::Targets {
        return left::targets(state, canvas, right);
    }
    answers::draw(state, canvas, right);
}

/// Something of this view to point at.
fn here(target: Here) -> Target {
    Target::Lab(Lab::Sampling(target))
}

/// Whom the prompt goes to, or why to nobody.
fn whom(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let mut spans = vec![Span::styled(" asks ", canvas.style(Role::Dim))];
    for (at, target) in state.resolved.iter().enumerate() {
        if at > 0 {
            spans.push(Span::styled(", ", canvas.style(Role::Dim)));
        }
        match target {
            Ok(target) => {
                spans.push(Span::styled(text::clean_line(&target.model), canvas.style(Role::Strong)));
                let place = text::clean_line(&format!(" at {}", target.base_url));
                spans.push(Span::styled(place, canvas.style(Role::Dim)));
                spans.extend(target.simulated.then(|| Span::styled(" simulated", canvas.style(Role::Simulated))));
            }
            Err(problem) => {
                let said = text::clean_line(&format!("{}: {}", problem.what, problem.hint));
                spans.push(Span::styled(said, canvas.style(Role::Warn)));
            }
        }
    }
    if state.resolved.is_empty() {
        spans.push(Span::styled("nobody: no run is ready; start one on Engines", canvas.style(Role::Warn)));
    }
    canvas.line(&Line::from(spans), area);
}

/// The prompt, the system text or the name of a preset: whichever is being written.
fn written(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let (title, text, focus, placeholder) = match state.focus {
        Focus::System => ("system text", &state.system, Focus::System, "none; Escape leaves it"),
        Focus::Preset => ("name of the preset", &state.name, Focus::Preset, "a name"),
        _ => ("prompt", &state.prompt, Focus::Prompt, "what shall be asked?"),
    };
    let focused = state.focus == focus;
    let system =
        if title == "prompt" && !state.system.text().is_empty() { "prompt, with a system text" } else { title };
    let inner = panel(canvas, area, system, focused);
    canvas.hit(area, here(Here::Pane(focus)));
    field::draw(canvas, text, field::Look { placeholder, focused, masked: false }, inner);
}

/// A paragraph in one role, wrapped.
fn paragraph(said: &str, role: Role, columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let style = canvas.style(role);
    wrap(said, usize::from(columns.max(1))).into_iter().map(|row| Line::styled(row, style)).collect()
}

/// Lines from `offset` on.
fn rows(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line<'_>], offset: usize) {
    for (line, y) in lines.iter().skip(offset).zip(area.y..area.bottom()) {
        canvas.line(line, Rect { y, height: 1, ..area });
    }
}
