//! The conversations, and what a search through them found.

use super::{hit, row, styled};
use crate::app::Model;
use crate::app::screens::chat::list::{Entry, Search};
use crate::app::screens::chat::{Pane, Target};
use crate::app::seen;
use crate::base::text;
use crate::ui::widgets::{field, panel};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Rows of a place that was found: where, and what stands there.
const FOUND: u16 = 2;

/// Draws the pane.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.chat;
    let focused = state.dialog.is_none() && state.focus == Pane::List;
    let title = if state.list.search.is_some() { "search" } else { "conversations" };
    let inner = panel(canvas, area, title, focused);
    hit(canvas, inner, Target::List);
    match &state.list.search {
        Some(search) => found(canvas, search, focused, inner),
        None => entries(model, canvas, inner),
    }
}

fn entries(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.chat;
    let rows = usize::from(area.height);
    canvas.viewport(seen::Pane::ChatList, rows, state.list.entries.len());
    if state.list.entries.is_empty() {
        let line = styled(canvas, "none yet", Role::Dim, area.width.into());
        canvas.line(&Line::from(line), area);
        return;
    }
    let top = (state.list.selected + 1).saturating_sub(rows);
    for (index, entry) in state.list.entries.iter().enumerate().skip(top).take(rows) {
        let place = row(area, (index - top) as u16);
        hit(canvas, place, Target::ListRow(index));
        one(model, canvas, place, entry, index);
    }
}

fn one(model: &Model, canvas: &mut Canvas<'_>, area: Rect, entry: &Entry, index: usize) {
    let state = &model.chat;
    let talk = state.talk(entry.id);
    let mark = match talk {
        Some(talk) if talk.busy() => Span::styled(canvas.glyph("●", "*"), canvas.style(Role::Good)),
        Some(talk) if talk.unread => Span::styled(canvas.glyph("◆", "!"), canvas.style(Role::Warn)),
        _ => Span::raw(" "),
    };
    let age = age(canvas.env.unix() - entry.updated_at);
    let room = usize::from(area.width).saturating_sub(text::width(&age) + 3);
    let title = text::fit(&entry.title, room);
    let role = if entry.id == state.front.id() { Role::Strong } else { Role::Text };
    let gap = " ".repeat(room.saturating_sub(text::width(&title)) + 1);
    let line = Line::from(vec![
        mark,
        Span::raw(" "),
        Span::styled(title.into_owned(), canvas.style(role)),
        Span::raw(gap),
        Span::styled(age, canvas.style(Role::Dim)),
    ]);
    canvas.line(&line, area);
    if index == state.list.selected && state.focus == Pane::List {
        let style = canvas.style(Role::Selection);
        canvas.buf.set_style(area.intersection(canvas.buf.area), style);
    }
}

/// How long ago, in at most four columns.
fn age(seconds: f64) -> String {
    match seconds.max(0.0) as u64 {
        0..=59 => "now".to_owned(),
        s @ 60..=3599 => format!("{}m", s / 60),
        s @ 3600..=86_399 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86_400),
    }
}

fn found(canvas: &mut Canvas<'_>, search: &Search, focused: bool, area: Rect) {
    let look = field::Look { placeholder: "words to look for", focused, masked: false };
    field::draw(canvas, &search.field, look, row(area, 0));
    let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let rows = usize::from(area.height / FOUND).max(1);
    canvas.viewport(seen::Pane::ChatList, rows, search.hits.len());
    if let Some(problem) = &search.problem {
        let line = styled(canvas, &format!("{}: {}", problem.what, problem.why), Role::Bad, area.width.into());
        canvas.line(&Line::from(line), area);
        return;
    }
    if search.hits.is_empty() {
        let said = match &search.answered {
            Some(asked) if !asked.trim().is_empty() => "nothing has these words",
            _ => "searches all conversations",
        };
        canvas.line(&Line::from(styled(canvas, said, Role::Dim, area.width.into())), area);
        return;
    }
    let top = (search.selected + 1).saturating_sub(rows);
    for (index, found) in search.hits.iter().enumerate().skip(top).take(rows) {
        let place = Rect { y: area.y + (index - top) as u16 * FOUND, height: FOUND, ..area };
        let place = place.intersection(area);
        hit(canvas, place, Target::ListRow(index));
        let who = if found.role == "user" { "you" } else { found.role.as_str() };
        let title = format!("{} · {who}", text::clean_line(&found.title));
        canvas.line(&Line::from(styled(canvas, &title, Role::Strong, place.width.into())), row(place, 0));
        canvas.line(&snippet(canvas, &found.snippet, place.width.into()), row(place, 1));
        if index == search.selected {
            let style = canvas.style(Role::Selection);
            canvas.buf.set_style(place.intersection(canvas.buf.area), style);
        }
    }
}

/// The text around what matched, the match marked; begins near the first match.
fn snippet(canvas: &Canvas<'_>, snippet: &crate::store::Snippet, columns: usize) -> Line<'static> {
    let mut spans = vec![Span::raw("  ")];
    let mut at = 0;
    let mut push = |piece: Option<&str>, role| {
        let piece = piece.unwrap_or_default();
        if !piece.is_empty() {
            spans.push(Span::styled(text::clean_line(piece), canvas.style(role)));
        }
    };
    for mark in &snippet.marks {
        push(snippet.text.get(at..mark.start), Role::Dim);
        push(snippet.text.get(mark.clone()), Role::Match);
        at = mark.end;
    }
    push(snippet.text.get(at..), Role::Dim);
    super::status::cut(spans, columns)
}
