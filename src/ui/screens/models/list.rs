//! The ranked list: what narrows it, its heads, its rows, and a word on the selected one where no detail stands beside it.

use super::columns::{self, Column};
use super::words;
use crate::app::action::Action as Any;
use crate::app::screens::models::ranking::{Ranking, starts, verdict};
use crate::app::screens::models::view::{self, Sort};
use crate::app::screens::models::{Action, Focus, State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::app::{Model, screens::models::ranking::Pick};
use crate::base::text;
use crate::models::catalogue::Capability;
use crate::models::rank::Row;
use crate::ui::widgets::{self, field, panel};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws the panel; `beside` says that the detail stands beside it.
pub(super) fn draw(model: &Model, ranking: &Ranking, canvas: &mut Canvas<'_>, area: Rect, beside: bool) {
    let state = &model.models;
    let inner = panel(canvas, area, &title(state, ranking, canvas), matches!(state.focus, Focus::List | Focus::Filter));
    let foot = if beside { 0 } else { 2 };
    let [chips, head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Min(0), Constraint::Length(foot)])
            .areas(inner);
    draw_chips(state, canvas, chips);
    canvas.hit(body, Target::Models(Here::List));
    canvas.viewport(Pane::ModelsList, body.height.into(), state.list.lines());
    if state.list.order.is_empty() {
        return empty(state, ranking, canvas, body);
    }
    let layout = columns::layout(inner.width, !state.cards.is_empty());
    draw_head(state, &layout, canvas, head);
    draw_rows(state, ranking, &layout, canvas, body);
    if !beside {
        draw_foot(state, ranking, canvas, foot);
    }
}

fn title(state: &State, ranking: &Ranking, canvas: &Canvas<'_>) -> String {
    let fits = ranking.rows.iter().filter(|row| starts(row)).count();
    let what = super::situation(state, &ranking.situation, canvas.env.uptime);
    let dot = canvas.glyph("·", "-");
    text::clean_line(&format!("{fits} of {} models fit {dot} {what}", ranking.rows.len()))
}

/// What narrows and orders the list, each a button; while a filter is typed, its field.
fn draw_chips(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let list = &state.list;
    let mut x = area.x + 1;
    let typing = state.focus == Focus::Filter;
    if typing || !list.filter.text.is_empty() {
        let slash = Rect { x, width: 1.min(area.width), ..area };
        canvas.line(&Line::styled("/", canvas.style(Role::Accent)), slash);
        let wide = if typing { 26 } else { (text::width(list.typed.text()) as u16 + 1).min(26) };
        let place = Rect { x: x + 1, width: wide.min(area.right().saturating_sub(x + 1)), ..area };
        field::draw(
            canvas,
            &list.typed,
            field::Look { placeholder: "name, variant, task", focused: typing, masked: false },
            place,
        );
        canvas.hit(place, Target::Act(Any::Models(Action::Filter)));
        x += wide + 2;
    }
    let chips = [
        (format!("for {}", super::intent(state.intent)), Action::Intent, true),
        (format!("by {}", view::name(list.sort)), Action::Sort, list.sort != Sort::Score),
        (if list.filter.fits_only { "fits only" } else { "all" }.to_owned(), Action::Fits, list.filter.fits_only),
        (
            if list.filter.local_only { "here only" } else { "anywhere" }.to_owned(),
            Action::OnDisk,
            list.filter.local_only,
        ),
        (list.filter.task.map_or("any task", Capability::name).to_owned(), Action::Task, list.filter.task.is_some()),
    ];
    for (said, action, set) in chips {
        let wide = text::width(&said) as u16;
        if x + wide > area.right() {
            break;
        }
        let place = Rect { x, width: wide, ..area };
        canvas.line(&Line::styled(said, canvas.style(if set { Role::Accent } else { Role::Dim })), place);
        canvas.hit(place, Target::Act(Any::Models(action)));
        x += wide + 3;
    }
    let listed = format!("{} listed ", list.order.len());
    let wide = listed.len() as u16;
    if x + wide <= area.right() {
        let place = Rect { x: area.right() - wide, width: wide, ..area };
        canvas.line(&Line::styled(listed, canvas.style(Role::Dim)), place);
    }
}

fn draw_head(state: &State, layout: &[(Column, u16)], canvas: &mut Canvas<'_>, area: Rect) {
    let mut x = area.x + 2;
    for (column, width) in layout {
        let (said, sort) = column.head();
        let role = if sort.is_some_and(|sort| sort == state.list.sort) { Role::Accent } else { Role::Dim };
        let place = Rect { x, width: *width, ..area };
        canvas.line(&Line::styled(column.cell(said, *width), canvas.style(role)), place);
        if let Some(sort) = sort {
            canvas.hit(place, Target::Models(Here::Head(sort)));
        }
        x += width;
    }
}

fn draw_rows(state: &State, ranking: &Ranking, layout: &[(Column, u16)], canvas: &mut Canvas<'_>, area: Rect) {
    let list = &state.list;
    let selected = list.at(ranking);
    let height = usize::from(area.height);
    let at_line = selected.map_or(0, |at| list.line_of(at));
    // The height may have changed since the selection moved.
    let first = list.offset.max((at_line + 1).saturating_sub(height)).min(list.lines().saturating_sub(height));
    let heading = list.has_heading().then_some(list.starting);
    for (line, y) in (first..list.lines()).zip(area.y..area.bottom()) {
        let place = Rect { y, height: 1, ..area };
        let at = match heading {
            Some(heading) if line == heading => {
                draw_heading(list.order.len() - list.starting, canvas, place);
                continue;
            }
            Some(heading) if line > heading => line - 1,
            _ => line,
        };
        let Some(row) = list.order.get(at).and_then(|row| ranking.rows.get(*row)) else { break };
        draw_row(state, ranking, row, layout, canvas, place);
        if selected == Some(at) {
            canvas.fill(place, Role::Selection);
        }
        canvas.hit(place, Target::Models(Here::Row(at)));
    }
}

fn draw_heading(count: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let line = canvas.glyph("─", "-");
    let said = format!("{} does not fit now: {count} ", line.repeat(2));
    let rest = usize::from(area.width).saturating_sub(text::width(&said));
    canvas.line(&Line::styled(format!("{said}{}", line.repeat(rest)), canvas.style(Role::Border)), area);
}

fn draw_row(
    state: &State,
    ranking: &Ranking,
    row: &Row,
    layout: &[(Column, u16)],
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let (glyph, role) = words::mark(canvas, verdict(row));
    let is_marked = state.marked.as_ref().is_some_and(|pick: &Pick| pick.key == ranking.key(row));
    let seat = state.seats.iter().position(|pick| pick.key == ranking.key(row));
    let side = match seat {
        _ if is_marked => canvas.glyph("▌", "|").to_owned(),
        Some(at) => (at + 1).to_string(),
        None => " ".to_owned(),
    };
    let mut spans = vec![Span::styled(side, canvas.style(Role::Accent)), Span::styled(glyph, canvas.style(role))];
    for (column, width) in layout {
        let (said, role) = columns::cell(state, ranking, row, *column, canvas);
        spans.push(Span::styled(column.cell(&said, *width), canvas.style(role)));
    }
    canvas.line(&Line::from(spans), area);
}

/// The selected model's verdict and why.
fn draw_foot(state: &State, ranking: &Ranking, canvas: &mut Canvas<'_>, area: Rect) {
    let Some((row, choice)) = state.selected() else { return };
    let Some(choice) = ranking.rows.get(row).and_then(|row| row.choices.get(choice)) else { return };
    let detail = state.pick().and_then(|pick| state.detail(&pick).cloned());
    let (verdict, why) = match detail.as_ref().map(|detail| (detail, &detail.fit)) {
        Some((detail, Ok(fit))) => super::detail::headline(detail, choice, fit),
        Some((_, Err(problem))) => (choice.sum.verdict, problem.why.clone()),
        None => (choice.sum.verdict, choice.refusal.as_deref().map_or_else(String::new, text::clean_line)),
    };
    let (glyph, role) = words::mark(canvas, Some(verdict));
    let said = format!("{}: {why}", words::verdict(verdict));
    let said = if why.is_empty() { words::verdict(verdict).to_owned() } else { said };
    let room = usize::from(area.width).saturating_sub(3);
    let mut rows = widgets::wrap(&said, room);
    if rows.len() > usize::from(area.height) {
        let rest = rows.split_off(usize::from(area.height).saturating_sub(1)).join(" ");
        rows.push(text::fit(&rest, room).into_owned());
    }
    for (at, (row, y)) in rows.into_iter().zip(area.y..area.bottom()).enumerate() {
        let sign = if at == 0 { glyph } else { " " };
        let line = Line::from(vec![
            Span::styled(format!(" {sign} "), canvas.style(role)),
            Span::styled(row, canvas.style(Role::Dim)),
        ]);
        canvas.line(&line, Rect { y, height: 1, ..area });
    }
}

/// Nothing is listed: why, and what to do next.
fn empty(state: &State, ranking: &Ranking, canvas: &mut Canvas<'_>, area: Rect) {
    let filter = &state.list.filter;
    let said = match () {
        () if ranking.rows.is_empty() => "No model is known.",
        () if !filter.text.is_empty() => "No model matches what was typed: Esc takes the filter away.",
        () if filter.local_only && state.scans == 0 => "Looking through this machine's models…",
        () if filter.local_only => "No model lies on this machine: L lists all, D downloads one.",
        () if filter.fits_only => "Nothing fits: f lists all, g judges for another card.",
        () => "No model does this: T goes on to the next task.",
    };
    let rows = widgets::wrap(said, usize::from(area.width).saturating_sub(4));
    for (row, y) in rows.into_iter().zip(area.y + area.height / 3..area.bottom()) {
        let place = Rect { x: area.x + 2, width: area.width.saturating_sub(2), y, height: 1 };
        canvas.line(&Line::styled(row, canvas.style(Role::Dim)), place);
    }
}
