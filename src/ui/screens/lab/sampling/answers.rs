//! The answers: a column a settings where there is room, one list where there is not; equal ones together.

use super::{here, paragraph, rows};
use crate::app::screens::lab::sampling::{Cell, Flight, Focus, Spot, State, Target as Here};
use crate::app::seen::Pane;
use crate::base::text::clean_line;
use crate::lab::samples::{Answer, Outcome, score};
use crate::lab::sampling::Param;
use crate::ui::widgets::panel;
use crate::ui::widgets::wrap_to;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns that a settings needs at least to stand beside others.
const LEAST: u16 = 44;

/// Draws them.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, &title(state, canvas), state.focus == Focus::Answers);
    canvas.hit(area, here(Here::Pane(Focus::Answers)));
    if state.flights.is_empty() {
        let said = "Nothing was asked yet. Several values, such as temperature 0,0.7,1.2, make a grid: each setting gets its \
                    own column of answers, equal ones together with their share.";
        let lines = paragraph(said, Role::Dim, inner.width, canvas);
        return rows(canvas, inner, &lines, 0);
    }
    let all: Vec<(usize, usize)> = state
        .flights
        .iter()
        .enumerate()
        .flat_map(|(flight, one)| (0..one.columns.len()).map(move |column| (flight, column)))
        .collect();
    if inner.width >= 2 * LEAST {
        return beside(state, &all, canvas, inner);
    }
    let parts: Vec<Part> = all.iter().flat_map(|one| parts(state, *one, (inner.width, 3), canvas)).collect();
    stacked(state, &parts, canvas, inner);
}

/// How far it is.
fn title(state: &State, canvas: &Canvas<'_>) -> String {
    if state.flights.is_empty() {
        return "answers".to_owned();
    }
    let done: usize = state.flights.iter().map(Flight::done).sum();
    let total: usize = state.flights.iter().map(|flight| flight.plan.total()).sum();
    let now = canvas.env.uptime.as_secs_f64();
    let seconds = state.flights.iter().map(|flight| flight.took.unwrap_or((now - flight.begun).max(0.0)));
    let seconds = seconds.fold(0.0, f64::max);
    let stopped = if state.flights.iter().any(|flight| flight.stopped) { ", stopped" } else { "" };
    format!("answers {done} of {total}, {seconds:.1} s{stopped}")
}

/// Columns beside each other, so many that the selected one is among them.
fn beside(state: &State, all: &[(usize, usize)], canvas: &mut Canvas<'_>, area: Rect) {
    let fits = usize::from(area.width / LEAST).clamp(1, all.len().max(1));
    let at = all.iter().position(|one| *one == (state.spot.flight, state.spot.column)).unwrap_or(0);
    let first = (at + 1).saturating_sub(fits);
    let width = area.width / fits as u16;
    for (place, one) in all.iter().skip(first).take(fits).enumerate() {
        let x = area.x + place as u16 * width;
        let column = Rect { x, width: width.saturating_sub(1), ..area };
        let parts = parts(state, *one, (column.width, 8), canvas);
        stacked(state, &parts, canvas, column);
    }
}

/// Lines that belong together: a heading, or a cell.
struct Part {
    spot: Option<Spot>,
    lines: Vec<Line<'static>>,
}

/// Parts below each other, so many that the selected one is among them.
fn stacked(state: &State, parts: &[Part], canvas: &mut Canvas<'_>, area: Rect) {
    let height = usize::from(area.height);
    let (mut total, mut end) = (0, 0);
    for part in parts {
        total += part.lines.len();
        if part.spot == Some(state.spot) {
            end = total;
        }
    }
    let offset = end.saturating_sub(height).min(total.saturating_sub(height));
    canvas.viewport(Pane::LabList, height, total);
    let mut row = 0usize;
    for part in parts {
        for line in &part.lines {
            if let Some(y) = row.checked_sub(offset).filter(|y| *y < height) {
                let place = Rect { y: area.y + y as u16, height: 1, ..area };
                canvas.line(line, place);
                if let Some(spot) = part.spot {
                    canvas.hit(place, here(Here::Cell(spot)));
                    if spot == state.spot && state.focus == Focus::Answers {
                        canvas.fill(place, Role::Selection);
                    }
                }
            }
            row += 1;
        }
    }
}

/// The heading and the cells of a column.
fn parts(state: &State, (at, column): (usize, usize), (width, most): (u16, usize), canvas: &Canvas<'_>) -> Vec<Part> {
    let Some(flight) = state.flights.get(at) else { return Vec::new() };
    let Some(cells) = flight.columns.get(column) else { return Vec::new() };
    let mut parts = vec![Part { spot: None, lines: heading(state, flight, cells.setting, width, canvas) }];
    for (cell, one) in cells.cells.iter().enumerate() {
        let spot = Spot { flight: at, column, cell };
        parts.push(Part { spot: Some(spot), lines: lines(state, (flight, one, spot), (width, most), canvas) });
    }
    parts
}

/// Which settings of whom, and how its answers were asked for.
fn heading(state: &State, flight: &Flight, setting: usize, width: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let planned = flight.plan.settings.get(setting);
    let label = planned.map(|planned| flight.grid.label(&planned.settings)).unwrap_or_default();
    let model = if state.flights.len() > 1 { flight.target.model.as_str() } else { "" };
    let name: Vec<&str> = [model, &label].into_iter().filter(|part| !part.is_empty()).collect();
    let name = if name.is_empty() { "all answers".to_owned() } else { name.join(" · ") };
    let mut lines = vec![Line::styled(clean_line(&name), canvas.style(Role::Heading))];
    let (asked, why) = flight.asked(setting);
    if planned.is_some_and(|planned| planned.answers > 1) {
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        lines.extend(wrapped(&format!("{asked}{why}"), Role::Dim, (width, 2), canvas));
    }
    if let Some(emulated) = &flight.plan.emulated {
        lines.extend(wrapped(&format!("emulated: {}", emulated.how), Role::Warn, (width, 3), canvas));
    }
    for note in &flight.plan.notes {
        lines.extend(wrapped(&format!("note: {note}"), Role::Warn, (width, 2), canvas));
    }
    lines
}

fn wrapped(said: &str, role: Role, (width, most): (u16, usize), canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let rows = wrap_to(&clean_line(said), usize::from(width.max(1)), most);
    rows.into_iter().map(|row| Line::styled(row, canvas.style(role))).collect()
}

fn lines(
    state: &State,
    (flight, cell, spot): (&Flight, &Cell, Spot),
    (width, most): (u16, usize),
    canvas: &Canvas<'_>,
) -> Vec<Line<'static>> {
    let Some(answer) = cell.place().and_then(|place| flight.answers.get(&place)) else { return Vec::new() };
    let mark = if state.marked == Some(spot) { canvas.glyph("◆ ", "* ") } else { "" };
    let mut lines = vec![Line::from(head(flight, cell, answer, mark, canvas))];
    let far = match cell {
        Cell::Branch(_, depth) => (2 * *depth).min(8) as u16,
        _ => 2,
    };
    let (text, role) = match &answer.outcome {
        Outcome::Failed(problem) => (format!("{}: {}", problem.what, problem.why), Role::Bad),
        _ if answer.text.trim().is_empty() && !answer.reasoning.is_empty() => {
            (format!("(all of it is reasoning) {}", answer.reasoning), Role::Reasoning)
        }
        _ if answer.text.is_empty() => ("(no text)".to_owned(), Role::Dim),
        _ => (answer.text.clone(), Role::Text),
    };
    let rows = wrap_to(&text, usize::from(width.saturating_sub(far).max(1)), most);
    let pad = " ".repeat(usize::from(far));
    lines.extend(rows.into_iter().map(|row| Line::styled(format!("{pad}{row}"), canvas.style(role))));
    lines
}

/// How often it came, and what the model thought of it.
fn head(flight: &Flight, cell: &Cell, answer: &Answer, mark: &'static str, canvas: &Canvas<'_>) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled(mark, canvas.style(Role::Accent))];
    match cell {
        Cell::Group { group, best, .. } => {
            let share = format!("{}× {:.1} %", group.members.len(), group.share * 100.0);
            spans.push(Span::styled(share, canvas.style(Role::Strong)));
            if *best {
                spans.push(Span::styled(" best", canvas.style(Role::Good)));
            }
            if group.forms > 1 {
                spans.push(Span::styled(format!(" {} forms", group.forms), canvas.style(Role::Dim)));
            }
        }
        Cell::Other(place) => {
            let (word, role) = match &answer.outcome {
                Outcome::Failed(_) => ("failed", Role::Bad),
                Outcome::Stopped => ("stopped", Role::Warn),
                _ => ("coming", Role::Info),
            };
            spans.push(Span::styled(format!("answer {} {word}", place.index), canvas.style(role)));
        }
        Cell::Branch(_, _) => {
            let parent = answer.parent.as_ref();
            let from = parent.map(|one| format!("what if token {} of {} were ", one.token, one.place.index));
            spans.push(Span::styled(from.unwrap_or_default(), canvas.style(Role::Dim)));
            let text = parent.map(|one| format!("{:?}", clean_line(&one.text))).unwrap_or_default();
            spans.push(Span::styled(text, canvas.style(Role::Accent)));
        }
    }
    spans.push(Span::styled(figures(flight, answer), canvas.style(Role::Dim)));
    spans
}

/// Mean log probability, tokens, time and end of an answer, as far as they are known.
pub(super) fn figures(flight: &Flight, answer: &Answer) -> String {
    let mut parts: Vec<String> = Vec::new();
    let setting = answer.place.setting;
    if flight.plan.beam(setting) {
        let planned = flight.plan.settings.get(setting);
        let penalty = planned.and_then(|planned| planned.settings.real(Param::LengthPenalty)).unwrap_or(1.0);
        let told = score(answer, penalty).ok();
        let less = |without_end: bool| if without_end { "≤ " } else { "" };
        parts.extend(told.map(|told| format!("score {}{:.4}", less(told.without_end), told.score)));
    }
    parts.extend(answer.mean_logprob().ok().map(|mean| format!("mean {mean:.3}")));
    parts.extend(answer.token_count().ok().map(|count| format!("{count} tok")));
    parts.extend(answer.seconds.map(|seconds| format!("{seconds:.2} s")));
    parts.extend(answer.finish().filter(|finish| *finish != "stop").map(clean_line));
    parts.into_iter().map(|part| format!(" · {part}")).collect()
}
