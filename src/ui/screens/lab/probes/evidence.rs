//! What a verdict rests on: requests and answers.

use super::mark;
use crate::app::screens::lab::Target as Lab;
use crate::app::screens::lab::probes::Target as Here;
use crate::app::seen::{Pane, Target};
use crate::base::text::clean_line;
use crate::lab::probes::{Entry, Evidence, capability};
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role, widgets};
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Draws the pane.
pub(super) fn draw(entry: Option<&Entry>, offset: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let title = entry.map_or_else(String::new, |entry| clean_line(&entry.name));
    let inner = panel(canvas, area, &title, false);
    canvas.hit(area, Target::Lab(Lab::Probes(Here::Evidence)));
    let lines = entry.map(|entry| told(entry, inner.width, canvas)).unwrap_or_default();
    let height = usize::from(inner.height);
    canvas.viewport(Pane::LabDetail, height, lines.len());
    rows(canvas, inner, &lines, offset.min(lines.len().saturating_sub(height)));
}

fn told(entry: &Entry, columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let say = |said: &str, role: Role| paragraph(&clean_line(said), role, columns, canvas);
    let finding = &entry.finding;
    let (glyph, role) = mark(finding.verdict, canvas);
    let mut lines = say(&format!("{glyph} {}: {}", finding.verdict.words(), finding.why), role);
    if let Some(one) = capability(&entry.name) {
        lines.extend(say(&format!("yes means: {}", one.means), Role::Dim));
    }
    let chance = match finding.alpha {
        Some(alpha) => format!("wrong by chance: at most {:.2} %", alpha * 100.0),
        None => "there is no chance in it".to_owned(),
    };
    lines.extend(say(&format!("n {} · {chance}", finding.samples), Role::Dim));
    for one in &entry.evidence {
        lines.push(Line::default());
        lines.extend(exchange(one, columns, canvas));
    }
    lines
}

fn exchange(one: &Evidence, columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let say = |said: &str, role: Role| paragraph(&clean_line(said), role, columns, canvas);
    let mut lines = say(&format!("{} ({} asked)", one.round, one.asked), Role::Accent);
    lines.extend(say(&one.request.to_string(), Role::Dim));
    lines.extend(
        one.replies.iter().flat_map(|reply| say(&format!("{} times: {}", reply.times, reply.text), Role::Text)),
    );
    let shown: u32 = one.replies.iter().map(|reply| reply.times).sum();
    if shown < one.asked {
        lines.extend(say(&format!("{} more", one.asked - shown), Role::Dim));
    }
    lines
}

/// Rows of text in an area from `offset` on.
pub(super) fn rows(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line<'_>], offset: usize) {
    for (line, y) in lines.iter().skip(offset).zip(area.y..area.bottom()) {
        canvas.line(line, Rect { y, height: 1, ..area });
    }
}

/// A paragraph in one role, wrapped.
pub(super) fn paragraph(said: &str, role: Role, columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let style = canvas.style(role);
    widgets::wrap(said, usize::from(columns.max(1))).into_iter().map(|row| Line::styled(row, style)).collect()
}
