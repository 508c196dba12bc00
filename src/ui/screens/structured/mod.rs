//! The Structured screen: the constraints and how the model is asked on the left; the question, how it stands with the answer,
//! its tree and a view beside it on the right. Where there is room for one alone, the view stands in the tree's place.

mod cost;
mod edit;
mod left;
mod status;
mod text;
mod tree;
mod verdict;

pub use text::Cache;

use crate::app::Model;
use crate::app::screens::structured::{Focus, State, Target as Here, View, WIDE};
use crate::app::seen::{Pane, Target};
use crate::base::text::{clean_line, fit};
use crate::ui::theme::Role;
use crate::ui::widgets::{field, offers, panel};
use crate::ui::{Canvas, widgets};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws the screen.
pub fn draw(model: &Model, cache: &mut Cache, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.structured;
    if state.focus == Focus::Scores {
        let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
        whom(state, canvas, head);
        let hit = |at| Target::Structured(Here::Score(at));
        return super::scores::draw(&state.scores, canvas, body, hit, Pane::StructuredText);
    }
    let wide = area.width >= WIDE;
    // In a narrow terminal what is looked at has the whole width.
    let alone = !wide && matches!(state.focus, Focus::Tree | Focus::View);
    let left = if alone { 0 } else { [30, 40][usize::from(wide)] };
    let [left, right] = Layout::horizontal([Constraint::Length(left), Constraint::Min(0)]).areas(area);
    if !alone {
        left::draw(state, canvas, left);
    }
    match state.focus {
        Focus::Edit => return edit::draw(state, canvas, right),
        Focus::Targets => {
            let target = |at| Target::Structured(Here::Offer(at));
            return offers::draw(canvas, right, &state.offers, state.offer, target);
        }
        _ => {}
    }
    let question = if alone { 0 } else { 3 };
    let [head, question, before, status, body] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(question),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(3),
    ])
    .areas(right);
    whom(state, canvas, head);
    if !alone {
        prompt(state, canvas, question);
    }
    status::before(state, canvas, before);
    status::draw(state, canvas, status);
    panes(state, cache, canvas, body, wide);
}

/// The tree and what stands beside it.
fn panes(state: &State, cache: &mut Cache, canvas: &mut Canvas<'_>, area: Rect, wide: bool) {
    if wide {
        let halves = [Constraint::Percentage(50), Constraint::Min(0)];
        let [first, second] = Layout::horizontal(halves).areas(area);
        let [words, second] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(second);
        tree::draw(state, canvas, first);
        tabs(state, canvas, words, wide);
        return view(state, cache, canvas, second);
    }
    let [words, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    tabs(state, canvas, words, wide);
    if state.view_in_front {
        view(state, cache, canvas, body);
    } else {
        tree::draw(state, canvas, body);
    }
}

/// The words for tree and views.
fn tabs(state: &State, canvas: &mut Canvas<'_>, area: Rect, wide: bool) {
    let mut x = area.x;
    let tree = (!wide).then_some(None);
    for one in tree.into_iter().chain(View::ALL.map(Some)) {
        let front = match one {
            None => !state.view_in_front,
            Some(view) => state.view == view && (wide || state.view_in_front),
        };
        let said = format!(" {} ", one.map_or("tree", View::title));
        let place = Rect { x, width: (said.len() as u16).min(area.right().saturating_sub(x)), ..area };
        let role = if front { Role::TabActive } else { Role::Tab };
        canvas.line(&Line::styled(said, canvas.style(role)), place);
        canvas.hit(place, Target::Structured(Here::Word(one)));
        x = place.right();
    }
}

fn view(state: &State, cache: &mut Cache, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Focus::View;
    let inner = panel(canvas, area, state.view.title(), focused);
    canvas.hit(area, Target::Structured(Here::Pane(Focus::View)));
    match state.view {
        View::Text => text::draw(state, cache, canvas, inner),
        View::Reasoning => text::reasoning(state, cache, canvas, inner),
        View::Request => text::request(state, cache, canvas, inner),
        View::Verdict => verdict::draw(state, canvas, inner),
        View::Cost => cost::draw(state, canvas, inner),
    }
}

/// Whom the question goes to, or why to nobody.
fn whom(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let line = match &state.resolved {
        Ok(target) => Line::from(vec![
            Span::styled(" asks ", canvas.style(Role::Dim)),
            Span::styled(clean_line(&target.model), canvas.style(Role::Strong)),
            Span::styled(clean_line(&format!(" at {}", target.base_url)), canvas.style(Role::Dim)),
            Span::styled(if target.simulated { " simulated" } else { "" }, canvas.style(Role::Simulated)),
        ]),
        Err(problem) => Line::from(vec![
            Span::styled(format!(" {}", clean_line(&problem.what)), canvas.style(Role::Warn)),
            Span::styled(clean_line(&format!(": {}", problem.hint)), canvas.style(Role::Dim)),
        ]),
    };
    canvas.line(&line, area);
}

fn prompt(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Focus::Prompt;
    let inner = panel(canvas, area, "question", focused);
    canvas.hit(area, Target::Structured(Here::Pane(Focus::Prompt)));
    let said = clean_line(state.prompt.text());
    if !focused && !said.is_empty() {
        // What is read and not written shows its beginning.
        let said = fit(&said, usize::from(inner.width)).into_owned();
        return canvas.line(&Line::styled(said, canvas.style(Role::Text)), inner);
    }
    let look = field::Look { placeholder: "what shall the model be asked?", focused, masked: false };
    field::draw(canvas, &state.prompt, look, inner);
}

/// Rows of text in an area from `offset` on, wrapped by the caller.
fn rows(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line<'_>], offset: usize) {
    for (line, y) in lines.iter().skip(offset).zip(area.y..area.bottom()) {
        canvas.line(line, Rect { y, height: 1, ..area });
    }
}

/// A paragraph in one role, wrapped.
fn paragraph(said: &str, role: Role, columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let style = canvas.style(role);
    let rows = widgets::wrap(said, usize::from(columns.max(1)));
    rows.into_iter().map(|row| Line::styled(row, style)).collect()
}

/// Paragraphs that say what a pane is for, while nothing is in it.
fn empty(canvas: &mut Canvas<'_>, area: Rect, said: &[&str]) {
    let lines: Vec<Line<'_>> = said.iter().flat_map(|one| paragraph(one, Role::Dim, area.width, canvas)).collect();
    rows(canvas, area, &lines, 0);
}
