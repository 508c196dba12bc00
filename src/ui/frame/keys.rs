//! The key line: what the focus understands, each with its key, clickable; on the right what holds everywhere.

use crate::app::Model;
use crate::app::action::{Action, Global};
use crate::app::key::Key;
use crate::app::seen::Target;
use crate::base::text;
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The most hints of the focus that are shown.
const MOST: usize = 7;

struct Hint {
    action: Action,
    key: String,
    label: String,
}

impl Hint {
    fn of(model: &Model, action: Action, ascii: bool) -> Option<Self> {
        key_for(model, action, ascii).map(|key| Self { action, key, label: action.label() })
    }

    fn width(&self) -> usize {
        text::width(&self.key) + 1 + text::width(&self.label)
    }
}

/// The key to name for an action in the focus, as printed; one that a text field would not swallow.
pub(super) fn key_for(model: &Model, action: Action, ascii: bool) -> Option<String> {
    let keys = model.shared.keymap.keys_of(&model.contexts(), action);
    let usable = |key: &&Key| !model.typing() || key.typed().is_none();
    let key = keys.iter().filter(usable).min_by_key(|key| widgets::key_rank(**key))?;
    Some(widgets::pretty_key(*key, ascii))
}

/// Draws the line.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let find = |action| Hint::of(model, action, canvas.ascii);
    let own: Vec<Hint> = model.hints().into_iter().filter_map(find).collect();
    let everywhere = [Global::Help, Global::Palette, Global::Quit].map(Action::Global);
    let everywhere: Vec<Hint> = everywhere.into_iter().filter_map(find).collect();
    let right: usize = everywhere.iter().map(|hint| hint.width() + 2).sum();
    let mut left = usize::from(area.width).saturating_sub(right + 1);
    let mut x = area.x + 1;
    for hint in own.iter().take(MOST) {
        let Some(rest) = left.checked_sub(hint.width() + 2) else { break };
        left = rest;
        x = put(canvas, area, x, hint);
    }
    x = area.right().saturating_sub((right + 1).saturating_sub(2) as u16);
    for hint in &everywhere {
        x = put(canvas, area, x, hint);
    }
}

fn put(canvas: &mut Canvas<'_>, area: Rect, x: u16, hint: &Hint) -> u16 {
    let line = Line::from(vec![
        Span::styled(hint.key.as_str(), canvas.style(Role::Key)),
        Span::raw(" "),
        Span::styled(hint.label.as_str(), canvas.style(Role::Hint)),
    ]);
    let place = Rect { x, width: hint.width() as u16, ..area }.intersection(area);
    canvas.line(&line, place);
    canvas.hit(place, Target::Act(hint.action));
    x + hint.width() as u16 + 2
}
