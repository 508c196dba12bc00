//! The Chat screen: conversations, transcript with composer, sampling settings, dialogs on top.

mod composer;
mod dialog;
mod images;
mod list;
mod sampling;
mod status;
mod transcript;
mod turn;

pub use transcript::Cache;

use crate::app::Model;
use crate::app::screens::chat::{Action, Pane, State, Target};
use crate::app::seen;
use crate::base::text;
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

/// Columns of the conversations.
const LIST: u16 = 30;
/// Columns of the sampling settings.
const SAMPLING: u16 = 46;

/// Draws the screen.
pub fn draw(model: &Model, cache: &mut Cache, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.chat;
    let width = model.shared.size.0.max(area.width);
    let (has_list, has_sampling) = (state.shows_list(width), state.shows_sampling(width));
    let (mut list, mut main, mut sampling) = (Rect::default(), area, Rect::default());
    if has_list {
        list = Rect { width: LIST.min(area.width), ..area };
    }
    if has_sampling {
        let columns = SAMPLING.min(area.width);
        sampling = Rect { x: area.right() - columns, width: columns, ..area };
    }
    if !State::narrow(width) {
        main.x += list.width;
        main.width -= list.width + sampling.width;
    }
    conversation(model, cache, canvas, main);
    for side in [list, sampling] {
        canvas.render(Clear, side);
        canvas.fill(side, Role::Text);
    }
    if has_list {
        list::draw(model, canvas, list);
    }
    if has_sampling {
        sampling::draw(model, canvas, sampling);
    }
    if state.dialog.is_some() {
        canvas.cursor = None;
        dialog::draw(model, canvas, area);
    }
}

/// The conversation in front: title, transcript, what waits, composer, live figures in the lower border.
fn conversation(model: &Model, cache: &mut Cache, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.chat;
    let focused = state.dialog.is_none() && matches!(state.focus, Pane::Transcript | Pane::Composer);
    let mut inner = panel(canvas, area, "", focused);
    status::title(model, canvas, area);
    status::figures(model, canvas, area);
    if inner.height < 3 {
        return;
    }
    if let Some(problem) = &state.storage.problem {
        let line = format!(" not saved: {}: {} (kept here, tried again)", problem.what, problem.why);
        let line = text::fit(&line, inner.width.into()).into_owned();
        canvas.line(&Line::styled(line, canvas.style(Role::Bad)), Rect { height: 1, ..inner });
        inner.y += 1;
        inner.height -= 1;
    }
    let waiting = state.front.queue.iter().len().min(3) as u16;
    let written = composer::rows(&state.front.composer, inner.width).clamp(1, (inner.height / 3).max(1));
    let foot = (waiting + written + 1).min(inner.height.saturating_sub(1));
    let above = Rect { height: inner.height - foot, ..inner };
    let below = Rect { y: above.bottom(), height: foot, ..inner };
    transcript::draw(model, cache, canvas, above);
    composer::draw(model, canvas, area, below);
}

/// Says that a target of this screen lies here.
fn hit(canvas: &mut Canvas<'_>, area: Rect, target: Target) {
    canvas.hit(area, seen::Target::Chat(target));
}

/// One row of an area.
fn row(area: Rect, index: u16) -> Rect {
    Rect { y: area.y.saturating_add(index).min(area.bottom()), height: u16::from(index < area.height), ..area }
}

/// A key for an action of this screen, as a person reads it.
fn key_of(model: &Model, ascii: bool, contexts: &[&'static str], action: Action) -> String {
    let keys = model.shared.keymap.keys_of(contexts, crate::app::Action::Chat(action));
    keys.first().map_or_else(|| "Ctrl+P".to_owned(), |key| crate::ui::widgets::pretty_key(*key, ascii))
}

/// Text with a style, cut to a width.
fn styled(canvas: &Canvas<'_>, content: &str, role: Role, columns: usize) -> Span<'static> {
    Span::styled(text::fit(content, columns).into_owned(), canvas.style(role))
}
