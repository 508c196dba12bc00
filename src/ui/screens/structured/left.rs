//! The constraints there are, and how the model is asked.

use crate::app::screens::structured::knobs::Knob;
use crate::app::screens::structured::{Entry, Focus, State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::text::{clean_line, fit, width};
use crate::lab::structured::{Constraint as Rule, Kind};
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use crate::wire::Dialect;
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
    let all = state.entries();
    let inner = panel(canvas, area, "constraints", state.focus == Focus::List);
    canvas.hit(area, Target::Structured(Here::Pane(Focus::List)));
    if state.library.is_none() {
        return canvas.line(&Line::styled("reading the constraints", canvas.style(Role::Dim)), inner);
    }
    if all.is_empty() {
        return super::empty(canvas, inner, &["There is none. Write one with n."]);
    }
    let rows = usize::from(inner.height);
    canvas.viewport(Pane::StructuredList, rows, all.len());
    let first = state.offset.min(state.selected).max((state.selected + 1).saturating_sub(rows.max(1)));
    for (at, entry) in all.iter().enumerate().skip(first).take(rows) {
        let place = Rect { y: inner.y + (at - first) as u16, height: 1, ..inner };
        row(state, at, entry, canvas, place);
    }
}

fn row(state: &State, at: usize, entry: &Entry, canvas: &mut Canvas<'_>, place: Rect) {
    let own = if state.own.contains(&entry.name) { ", yours" } else { "" };
    let kind = format!("{}{own}", kind(&entry.constraint));
    let room = usize::from(place.width).saturating_sub(width(&kind) + 1);
    let name = clean_line(&entry.name);
    let name = fit(&name, room);
    let gap = room.saturating_sub(width(&name)) + 1;
    let line = Line::from(vec![
        Span::styled(format!("{name}{:gap$}", ""), canvas.style(Role::Text)),
        Span::styled(kind, canvas.style(Role::Dim)),
    ]);
    canvas.line(&line, place);
    if at == state.selected {
        let role = if state.focus == Focus::List { Role::Selection } else { Role::Strong };
        canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(role));
    }
    canvas.hit(place, Target::Structured(Here::Entry(at)));
}

/// The kind, in a word.
fn kind(constraint: &Rule) -> &'static str {
    match constraint {
        Rule::Grammar { syntax, .. } => syntax.title(),
        other => match other.kind() {
            Kind::JsonMode => "JSON",
            Kind::Schema => "schema",
            Kind::Regex => "regex",
            Kind::Choice => "choice",
            Kind::Grammar => "grammar",
            Kind::Tag => "tag",
        },
    }
}

fn draw_knobs(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Focus::Knobs;
    let inner = panel(canvas, area, "how", focused);
    canvas.hit(area, Target::Structured(Here::Pane(Focus::Knobs)));
    for ((at, knob), y) in Knob::ALL.into_iter().enumerate().zip(inner.y..inner.bottom()) {
        let place = Rect { y, height: 1, ..inner };
        let here = state.resolved.as_ref().ok();
        let void = knob == Knob::Blanks && here.is_some_and(|target| target.dialect != Dialect::Vllm);
        let value = if void { "vLLM alone".to_owned() } else { state.knobs.value(knob) };
        let role = if void { Role::Unavailable } else { Role::Text };
        let line = Line::from(vec![
            Span::styled(format!("{:<13}", knob.title()), canvas.style(Role::Dim)),
            Span::styled(fit(&value, usize::from(place.width).saturating_sub(13)).into_owned(), canvas.style(role)),
        ]);
        canvas.line(&line, place);
        if focused && at == state.knob {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, Target::Structured(Here::Knob(at)));
    }
}
