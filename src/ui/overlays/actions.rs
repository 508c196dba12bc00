//! Help and palette: actions with their keys.

use crate::app::overlay::Picker;
use crate::app::rows::{self, Group, Row};
use crate::app::seen::Target;
use crate::base::text;
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the list.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, title: &str, picker: &Picker, groups: &[Group]) {
    let total = rows::lines(groups);
    let place = super::middle(area, 76, area.height.saturating_sub(2));
    let inner = widgets::popup(canvas, place, title);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let list = super::filter(canvas, inner, &picker.filter, "type to search");
    if total == 0 {
        canvas.line(&Line::from(Span::styled("nothing matches", canvas.style(Role::Dim))), list);
    }
    let first = super::window(canvas, list, total, picker.offset, rows::line_of(groups, picker.selected));
    let (mut line, mut entry) = (0, 0);
    for group in groups {
        let titled = !group.title.is_empty();
        if titled {
            if let Some(place) = row_at(list, line, first) {
                canvas.line(&Line::from(Span::styled(group.title, canvas.style(Role::Title))), place);
            }
            line += 1;
        }
        for row in &group.rows {
            if let Some(place) = row_at(list, line, first) {
                draw_row(canvas, place, row, !titled, entry == picker.selected);
                canvas.hit(place, Target::OverlayRow(entry));
            }
            (line, entry) = (line + 1, entry + 1);
        }
    }
}

/// Where a line of the list is drawn, if it is in view.
fn row_at(list: Rect, line: usize, first: usize) -> Option<Rect> {
    let down = line.checked_sub(first).filter(|down| *down < usize::from(list.height))?;
    Some(Rect { y: list.y + down as u16, height: 1, ..list })
}

/// What it does on the left, where it holds in the middle, its keys on the right.
fn draw_row(canvas: &mut Canvas<'_>, area: Rect, row: &Row, with_place: bool, selected: bool) {
    let mut keys = row.keys.clone();
    keys.sort_by_key(|key| widgets::key_rank(*key));
    let keys: Vec<String> = keys.iter().map(|key| widgets::pretty_key(*key, canvas.ascii)).collect();
    let keys = keys.join(" ");
    let keys_wide = (text::width(&keys) as u16).min(area.width);
    let right = Rect { x: area.right() - keys_wide, width: keys_wide, ..area };
    let place_wide = if with_place { 11 } else { 0 };
    let room = area.width.saturating_sub(keys_wide.max(8) + place_wide + 2);
    let indent = if with_place { "" } else { "  " };
    let said = format!("{indent}{}", row.action.describe());
    let left = Line::from(Span::styled(text::fit(&said, room.into()), canvas.style(Role::Text)));
    canvas.line(&left, area);
    if with_place {
        let x = area.x + room + 1;
        let place = Rect { x, width: area.right().saturating_sub(x), ..area };
        canvas.line(&Line::from(Span::styled(row.place, canvas.style(Role::Dim))), place);
    }
    canvas.line(&Line::from(Span::styled(keys, canvas.style(Role::Key))), right);
    if selected {
        canvas.fill(area, Role::Selection);
    }
}
