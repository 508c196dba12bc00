//! What is asked for, and whom one can ask.

use super::{here, paragraph, rows};
use crate::app::screens::lab::sampling::knobs::Knob;
use crate::app::screens::lab::sampling::{Focus, State, Target as Here};
use crate::base::text::{clean_line, fit};
use crate::lab::samples::{Equal, Grid};
use crate::ui::widgets::{field, panel};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Columns of the names.
const NAMES: u16 = 14;

/// Draws what is asked for.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = matches!(state.focus, Focus::Knobs | Focus::Value);
    let inner = panel(canvas, area, "what is asked for", focused);
    canvas.hit(area, here(Here::Pane(Focus::Knobs)));
    let knobs = Knob::ALL.len() as u16;
    let [list, said] = Layout::vertical([Constraint::Length(knobs + 1), Constraint::Min(0)]).areas(inner);
    for ((at, knob), y) in Knob::ALL.into_iter().enumerate().zip(list.y..list.bottom()) {
        row(state, (at, knob), canvas, Rect { y, height: 1, ..list });
    }
    let lines = sum(state, canvas, said.width);
    rows(canvas, said, &lines, 0);
}

fn row(state: &State, (at, knob): (usize, Knob), canvas: &mut Canvas<'_>, place: Rect) {
    let [name, value] = Layout::horizontal([Constraint::Length(NAMES), Constraint::Min(0)]).areas(place);
    canvas.line(&Line::styled(knob.title(), canvas.style(Role::Dim)), name);
    match state.knobs.text(knob) {
        Some(text) => {
            let typing = state.focus == Focus::Value && at == state.knob;
            let look = field::Look { placeholder: knob.placeholder(), focused: typing, masked: false };
            field::draw(canvas, text, look, value);
        }
        None => {
            let said = state.knobs.value(knob);
            let said = fit(&said, usize::from(value.width)).into_owned();
            canvas.line(&Line::styled(said, canvas.style(Role::Text)), value);
        }
    }
    if at == state.knob && matches!(state.focus, Focus::Knobs | Focus::Value) {
        let role = if state.focus == Focus::Value { Role::Strong } else { Role::Selection };
        canvas.fill(if state.focus == Focus::Value { name } else { place }, role);
    }
    canvas.hit(place, here(Here::Knob(at)));
}

/// How many answers that makes, or why it cannot be asked.
fn sum(state: &State, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let planned = state.knobs.grid().and_then(|grid: Grid| grid.settings());
    let mut lines = match planned {
        Ok(all) => {
            let targets = state.resolved.len().max(1);
            let answers = all.len() * state.knobs.answers * targets;
            let of = if targets > 1 { format!(" of {targets} models") } else { String::new() };
            let places = if all.len() == 1 { "1 setting".to_owned() } else { format!("{} settings", all.len()) };
            let said = format!("{places} × {} answers{of}: {answers} in all", state.knobs.answers);
            paragraph(&said, Role::Text, columns, canvas)
        }
        Err(problem) => paragraph(&format!("{}: {}", problem.what, problem.why), Role::Bad, columns, canvas),
    };
    let equal = match state.equal {
        Equal::Exact => "Equal answers are so byte for byte.",
        Equal::Spaced => "Equal answers may differ in white space.",
    };
    lines.extend(paragraph(equal, Role::Dim, columns, canvas));
    let said = "Log probabilities are the model's own, before temperature and all other sampling.";
    lines.extend(paragraph(said, Role::Dim, columns, canvas));
    lines
}

/// Draws whom one can ask.
pub(super) fn targets(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, "whom to ask", true);
    if state.offers.is_empty() {
        let said = "No run is ready. Start one on Engines; endpoints are added on Chat (Ctrl+T).";
        let lines = paragraph(said, Role::Dim, inner.width, canvas);
        return rows(canvas, inner, &lines, 0);
    }
    let height = usize::from(inner.height.max(1));
    let first = (state.offer + 1).saturating_sub(height);
    for (at, offer) in state.offers.iter().enumerate().skip(first).take(height) {
        let place = Rect { y: inner.y + (at - first) as u16, height: 1, ..inner };
        let chosen = offer.target.as_ref().is_some_and(|target| state.chosen.contains(target));
        let role = if offer.target.is_some() { Role::Strong } else { Role::Unavailable };
        let line = Line::from(vec![
            Span::styled(
                if chosen { "[x] " } else { "[ ] " },
                canvas.style(if chosen { Role::Good } else { Role::Dim }),
            ),
            Span::styled(clean_line(&offer.model), canvas.style(role)),
            Span::styled(clean_line(&format!("  {}  {}", offer.place, offer.detail)), canvas.style(Role::Dim)),
        ]);
        canvas.line(&line, place);
        if at == state.offer {
            canvas.fill(place, Role::Selection);
        }
        canvas.hit(place, here(Here::Offer(at)));
    }
}
