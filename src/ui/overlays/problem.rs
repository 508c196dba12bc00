//! A problem in full: what failed, why, what to try, and the evidence.

use crate::base::Problem;
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws it, from its row `offset` on.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, problem: &Problem, offset: usize) {
    let width = 100.min(area.width.saturating_sub(2));
    let rows = rows(problem, usize::from(width).saturating_sub(4));
    let place = super::middle(area, width, (rows.len() as u16).saturating_add(3).min(area.height.saturating_sub(2)));
    let inner = widgets::popup(canvas, place, "problem");
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let text = Rect { height: inner.height.saturating_sub(1), ..inner };
    let total = rows.len();
    let first = super::window(canvas, text, total, offset, 0);
    for ((role, row), y) in rows.iter().skip(first).zip(text.y..text.bottom()) {
        canvas.line(&Line::from(Span::styled(row.as_str(), canvas.style(*role))), Rect { y, height: 1, ..text });
    }
    let more = total.saturating_sub(first + usize::from(text.height));
    let foot = if more > 0 { format!("{more} more rows below, c copies it all") } else { "c copies it".to_owned() };
    let place = Rect { y: text.bottom(), height: 1, ..text };
    canvas.line(&Line::from(Span::styled(foot, canvas.style(Role::Dim))), place);
}

fn rows(problem: &Problem, columns: usize) -> Vec<(Role, String)> {
    let mut rows: Vec<(Role, String)> =
        widgets::wrap(&problem.what, columns).into_iter().map(|row| (Role::Bad, row)).collect();
    for (name, said) in [("why", &problem.why), ("try", &problem.hint)] {
        if said.is_empty() {
            continue;
        }
        rows.push((Role::Text, String::new()));
        for (index, row) in widgets::wrap(said, columns.saturating_sub(5)).into_iter().enumerate() {
            let label = if index == 0 { name } else { "" };
            rows.push((Role::Text, format!("{label:<5}{row}")));
        }
    }
    if !problem.detail.is_empty() {
        rows.push((Role::Text, String::new()));
        let lines = problem.detail.iter().flat_map(|line| widgets::wrap(line, columns.saturating_sub(2)));
        rows.extend(lines.map(|row| (Role::Dim, format!("| {row}"))));
    }
    rows
}
