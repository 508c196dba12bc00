//! The composer: what waits above it, a rule with what Enter does, the text area.

use super::{hit, key_of, row};
use crate::app::Model;
use crate::app::screens::chat::composer::Composer;
use crate::app::screens::chat::{Action, Pane, Target};
use crate::base::text;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// Columns of the prompt's mark.
const MARK: u16 = 2;

/// Rows that the text takes in so many columns.
pub(super) fn rows(composer: &Composer, columns: u16) -> u16 {
    let columns = usize::from(columns.saturating_sub(MARK + 1)).max(1);
    let rows: usize =
        composer.editor.area().lines().iter().map(|line| (text::width(line) / columns + 1).min(64)).take(64).sum();
    rows.min(64) as u16
}

/// Draws what waits, the rule and the text area; `frame` is the panel around.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, frame: Rect, area: Rect) {
    let talk = &model.chat.front;
    let waiting: Vec<_> = talk.queue.iter().collect();
    let shown = waiting.len().min(usize::from(area.height.saturating_sub(2))).min(3);
    let hidden = waiting.len() - shown;
    rule(model, canvas, Rect { y: area.y, height: 1, ..frame });
    for (index, queued) in waiting.iter().skip(hidden).enumerate() {
        let place = row(area, index as u16 + 1);
        let first = text::clean_line(queued.text.lines().next().unwrap_or_default());
        let more = if index == 0 && hidden > 0 { format!(" (and {hidden} before)") } else { String::new() };
        let line = format!(" queued{more}: {first}");
        let line = text::fit(&line, place.width.into()).into_owned();
        canvas.line(&Line::styled(line, canvas.style(Role::Dim)), place);
        hit(canvas, place, Target::Queued(queued.id));
    }
    let top = 1 + shown as u16;
    let place = Rect { y: area.y + top, height: area.height.saturating_sub(top), ..area };
    hit(canvas, place, Target::Composer);
    field(model, canvas, place);
}

/// The rule above the text, with what is being done and the key for a new line.
fn rule(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.chat;
    let focused = state.dialog.is_none() && matches!(state.focus, Pane::Transcript | Pane::Composer);
    let style = canvas.style(if focused { Role::BorderFocus } else { Role::Border });
    let (left, line, right) = if canvas.ascii { ("+", "-", "+") } else { ("├", "─", "┤") };
    let inner = usize::from(area.width.saturating_sub(2));
    canvas.line(&Line::styled(format!("{left}{}{right}", line.repeat(inner)), style), area);
    let doing = match (state.front.editing.is_some(), state.front.busy()) {
        (true, _) => {
            let key = key_of(model, canvas.ascii, &["chat.input", "chat", "global"], Action::Back);
            format!(" in place of an earlier message: sending makes a branch, {key} gives up ")
        }
        (false, true) => {
            let key = key_of(model, canvas.ascii, &["chat.input", "chat.busy", "chat", "global"], Action::Cancel);
            format!(" answering: Enter queues, {key} stops ")
        }
        (false, false) => String::new(),
    };
    let newline = if model.shared.enhanced_keys { "Shift+Enter" } else { "Ctrl+J" };
    let hint = format!(" {newline} new line ");
    let room = inner.saturating_sub(text::width(&hint) + 4);
    if !doing.is_empty() && room > 8 {
        let doing = text::fit(&doing, room).into_owned();
        let place = Rect { x: area.x + 2, width: text::width(&doing) as u16, ..area };
        canvas.line(&Line::styled(doing, canvas.style(Role::Hint)), place);
    }
    if inner > text::width(&hint) + 2 {
        let columns = text::width(&hint) as u16;
        let place = Rect { x: area.right() - 2 - columns, width: columns, ..area };
        canvas.line(&Line::styled(hint, canvas.style(Role::Hint)), place);
    }
}

fn field(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.chat;
    let focused = state.dialog.is_none() && state.focus == Pane::Composer;
    let role = if focused { Role::Accent } else { Role::Dim };
    canvas.line(&Line::styled(canvas.glyph("›", ">").to_owned(), canvas.style(role)), area);
    let place = Rect { x: area.x + MARK, width: area.width.saturating_sub(MARK), ..area };
    if place.width == 0 || place.height == 0 {
        return;
    }
    let editor = &state.front.composer.editor;
    if editor.is_empty() {
        let hint = text::fit("write a message", place.width.into()).into_owned();
        canvas.line(&Line::from(Span::styled(hint, canvas.style(Role::Dim))), place);
        if focused {
            canvas.cursor = Some(Position { x: place.x, y: place.y });
        }
        return;
    }
    crate::ui::widgets::text_area::draw(canvas, editor, place, focused);
}
