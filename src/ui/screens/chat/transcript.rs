//! The transcript: blocks of rows, laid out once, of which only those in view are drawn.

use super::hit;
use super::sampling::wrap;
use super::turn::{Facts, Laid, lay_out};
use crate::app::Model;
use crate::app::screens::chat::Target;
use crate::app::screens::chat::talk::{Ground, Scroll, Talk};
use crate::app::seen;
use crate::base::text;
use crate::lab::chat::{ConversationId, Turn, TurnId};
use crate::ui::markdown::Roles;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::HashMap;

/// Columns of the names at the left.
const GUTTER: u16 = 7;

/// Rows laid out, kept between frames.
#[derive(Debug, Default)]
pub struct Cache {
    conversation: Option<ConversationId>,
    look: Option<(u16, Roles)>,
    turns: HashMap<TurnId, Laid>,
}

impl Cache {
    /// Forgets what another conversation or another look left.
    fn fit(&mut self, conversation: ConversationId, width: u16, roles: Roles) {
        if self.conversation != Some(conversation) {
            self.turns.clear();
            self.conversation = Some(conversation);
        }
        let look = Some((width, roles));
        if self.look != look {
            self.turns.values_mut().for_each(Laid::forget);
            self.look = look;
        }
    }
}

/// Draws the transcript.
pub(super) fn draw(model: &Model, cache: &mut Cache, canvas: &mut Canvas<'_>, area: Rect) {
    let talk = &model.chat.front;
    let path = talk.tree.path();
    if path.is_empty() {
        return empty(model, canvas, area);
    }
    let width = area.width.saturating_sub(GUTTER + 1).max(1);
    cache.fit(talk.id(), width, Roles::of(canvas.theme, canvas.ascii));
    let starts = blocks(model, cache, canvas, &path, width);
    let total = starts.last().copied().unwrap_or(0);
    let rows = usize::from(area.height);
    let most = total.saturating_sub(rows);
    let top = top_row(talk.scroll, &path, &starts, most);
    canvas.viewport(seen::Pane::ChatTranscript, rows, total);
    let first = starts.partition_point(|start| *start <= top).saturating_sub(1).min(path.len() - 1);
    let shown = Scroll::At { turn: path[first].id, row: (top - starts[first]) as i64 };
    hit(canvas, area, Target::Transcript(Ground { asked: talk.scroll, shown, below: most - top }));
    for (index, turn) in path.iter().enumerate().skip(first) {
        if starts[index] >= top + rows {
            break;
        }
        if let Some(laid) = cache.turns.get(&turn.id) {
            block(talk, canvas, area, turn, laid, starts[index] as i64 - top as i64);
        }
    }
    if most > top {
        below(canvas, area, most - top);
    }
}

/// Lays out what changed; answers with the first row of each block, and the end of the last.
fn blocks(model: &Model, cache: &mut Cache, canvas: &Canvas<'_>, path: &[&Turn], width: u16) -> Vec<usize> {
    let talk = &model.chat.front;
    let mut changes = talk.tree.changes().into_iter().peekable();
    let roles = cache.look.as_ref().map(|(_, roles)| roles.clone()).unwrap_or_else(|| Roles::of(canvas.theme, false));
    let mut starts = Vec::with_capacity(path.len() + 1);
    let mut at = 0;
    for turn in path {
        let change = changes.next_if(|change| change.before == turn.id).map(|change| change.to_string());
        let facts = Facts::of(model, canvas, turn, change);
        let laid = cache.turns.entry(turn.id).or_default();
        starts.push(at);
        at += lay_out(model, laid, canvas, turn, facts, width, &roles);
    }
    starts.push(at);
    starts
}

/// The first row to show.
fn top_row(scroll: Scroll, path: &[&Turn], starts: &[usize], most: usize) -> usize {
    let Scroll::At { turn, row } = scroll else { return most };
    let Some(index) = path.iter().position(|other| other.id == turn) else { return most };
    usize::try_from((starts[index] as i64).saturating_add(row)).unwrap_or(0).min(most)
}

/// Draws the rows of a block that are in view; `top` is its first row, counted from that of the area.
fn block(talk: &Talk, canvas: &mut Canvas<'_>, area: Rect, turn: &Turn, laid: &Laid, top: i64) {
    let first = usize::try_from(-top).unwrap_or(0);
    let from = usize::try_from(top).unwrap_or(0);
    let room = usize::from(area.height).saturating_sub(from);
    let last = laid.rows().saturating_sub(1).min(first + room);
    if first >= last {
        return;
    }
    let y = area.y + from as u16;
    let place = Rect { y, height: (last - first) as u16, ..area };
    hit(canvas, place, Target::Turn(turn.id));
    let selected = talk.selected == Some(turn.id);
    let name_row = laid.name_row();
    let mut targets = Vec::new();
    laid.visible(first..last, |index, line, marks, role| {
        let row = Rect { y: y + (index - first) as u16, height: 1, ..area };
        let content = Rect { x: row.x + GUTTER, width: row.width.saturating_sub(GUTTER), ..row };
        canvas.line(line, content);
        if let Some(role) = role {
            let style = canvas.style(role);
            canvas.buf.set_style(content.intersection(canvas.buf.area), style);
        }
        if selected {
            let mark = canvas.glyph("▌", "|");
            canvas.line(&Line::styled(mark, canvas.style(Role::Accent)), row);
        }
        if index == name_row {
            let (name, role) = laid.name();
            let line = Line::styled(format!(" {name}"), canvas.style(role));
            let x = row.x + u16::from(selected);
            let line = if selected { Line::styled(name.to_owned(), canvas.style(role)) } else { line };
            canvas.line(&line, Rect { x, width: (GUTTER - u16::from(selected)).min(row.width), ..row });
        }
        for (columns, target) in marks {
            let x = content.x.saturating_add(columns.start);
            targets.push((Rect { x, width: columns.end - columns.start, ..row }, target.clone()));
        }
    });
    targets.into_iter().for_each(|(place, target)| hit(canvas, place, target));
}

/// The mark that says that there is more below.
fn below(canvas: &mut Canvas<'_>, area: Rect, rows: usize) {
    let words = format!(" {} {} below ", canvas.glyph("▼", "v"), rows);
    let columns = (text::width(&words) as u16).min(area.width);
    let place = Rect { x: area.right() - columns, y: area.bottom() - 1, width: columns, height: 1 };
    canvas.line(&Line::styled(words, canvas.style(Role::Info)), place);
    hit(canvas, place, Target::NewBelow);
}

/// What to do, where nothing was said yet.
fn empty(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    use crate::app::screens::chat::Action as A;
    let state = &model.chat;
    let mut lines: Vec<(String, Role)> = Vec::new();
    match state.resolve(&model.shared) {
        Ok(resolved) => {
            lines.push((format!("{} is ready.", text::clean_line(&resolved.model)), Role::Strong));
            lines.push(("Write a message below and press Enter.".to_owned(), Role::Text));
        }
        Err(problem) => {
            lines.push((format!("{}: {}", problem.what, problem.why), Role::Warn));
            lines.push((problem.hint, Role::Text));
        }
    }
    lines.push((String::new(), Role::Text));
    let contexts = ["chat", "global"];
    for (action, words) in [
        (A::Target, "whom to talk to"),
        (A::Sampling, "sampling settings"),
        (A::System, "system prompt"),
        (A::List, "conversations"),
        (A::Search, "search in all of them"),
    ] {
        let key = super::key_of(model, canvas.ascii, &contexts, action);
        lines.push((format!("{key:<8} {words}"), Role::Dim));
    }
    hit(canvas, area, Target::Composer);
    let mut y = 1;
    for (words, role) in lines {
        for part in if words.starts_with('^') || words.is_empty() { vec![words] } else { wrap_kept(&words, area.width) }
        {
            let place = super::row(area, y);
            let place = Rect { x: place.x + 2, width: place.width.saturating_sub(3), ..place };
            canvas.line(&Line::from(Span::styled(part, canvas.style(role))), place);
            y += 1;
        }
    }
}

fn wrap_kept(words: &str, width: u16) -> Vec<String> {
    let columns = usize::from(width.saturating_sub(3)).max(1);
    if text::width(words) <= columns { vec![words.to_owned()] } else { wrap(words, columns) }
}
