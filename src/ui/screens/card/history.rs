//! Ten minutes of memory: what runs held, what others held, and the peak.

use crate::app::Model;
use crate::base::units;
use crate::gpu::Card;
use crate::gpu::history::{Metric, Peak};
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Columns of the scale on the left.
const SCALE: u16 = 5;
const EIGHTHS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// What one column of the chart shows, in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Column {
    /// Held by others, the lower part; all that is used where the runs' part is not known.
    others: f64,
    /// Held by runs, above; none where not known.
    runs: Option<f64>,
}

/// Draws the panel.
pub(super) fn draw(model: &Model, card: &Card, canvas: &mut Canvas<'_>, area: Rect) {
    let history = &model.shared.history;
    let key = card.key();
    let peak = history.peak(&key, Metric::Used);
    let window = history.window();
    let minutes = (window.as_secs_f64() / 60.0).round();
    let title = match &peak {
        Some(peak) => {
            format!(
                "last {minutes} min {} peak {:.2} GiB {}",
                canvas.glyph("·", "-"),
                gib(peak.value),
                ago(canvas, peak)
            )
        }
        None => format!("last {minutes} min"),
    };
    let inner = widgets::panel(canvas, area, &title, false);
    let Ok(memory) = &card.memory else { return };
    let chart = Rect { x: inner.x + SCALE, width: inner.width.saturating_sub(SCALE), ..inner };
    let (chart, foot) = match chart.height {
        0..=2 => (chart, None),
        height => (Rect { height: height - 1, ..chart }, Some(Rect { y: chart.bottom() - 1, height: 1, ..chart })),
    };
    let total = memory.total.0 as f64;
    scale(canvas, Rect { width: SCALE, height: chart.height, ..inner }, total);
    let series = |metric| history.series(&key, metric, chart.width.into());
    let (used, runs) = (series(Metric::Used), series(Metric::Runs));
    for ((used, runs), x) in used.into_iter().zip(runs).zip(chart.x..chart.right()) {
        let Some(used) = used else { continue };
        let column = Column { others: used - runs.unwrap_or(0.0), runs };
        draw_column(canvas, Rect { x, width: 1, ..chart }, column, total);
    }
    if let Some(peak) = peak {
        mark(canvas, chart, &peak, total, window);
    }
    if let Some(foot) = foot {
        words(canvas, foot, minutes);
    }
}

fn gib(bytes: f64) -> f64 {
    bytes / units::GIB as f64
}

fn ago(canvas: &Canvas<'_>, peak: &Peak) -> String {
    match canvas.env.now.duration_since(peak.at) {
        Ok(age) if age.as_secs() >= 60 => format!("{} min ago", age.as_secs() / 60),
        _ => "now".to_owned(),
    }
}

/// GiB at the top, in the middle and at the bottom.
fn scale(canvas: &mut Canvas<'_>, area: Rect, total: f64) {
    let style = canvas.style(Role::Axis);
    let tick = canvas.glyph("┤", "|");
    for y in area.y..area.bottom() {
        let down = y - area.y;
        let at = match area.height {
            height if down == 0 || height == 0 => Some(total),
            height if down + 1 == height => Some(0.0),
            height if height >= 5 && down == height / 2 => {
                Some(total * f64::from(height - 1 - down) / f64::from(height - 1))
            }
            _ => None,
        };
        let said = at.map_or_else(|| format!("{:>4}", ""), |at| format!("{:>4.1}", gib(at)));
        let place = Rect { y, height: 1, ..area };
        canvas.line(&Line::from(Span::styled(format!("{said}{tick}"), style)), place);
    }
}

/// One column from the bottom up, in eighths of a cell at its top.
fn draw_column(canvas: &mut Canvas<'_>, area: Rect, column: Column, total: f64) {
    let eighths = |bytes: f64| (bytes / total.max(1.0) * f64::from(area.height) * 8.0).round().max(0.0) as u16;
    let others = eighths(column.others);
    let top = eighths(column.others + column.runs.unwrap_or(0.0)).max(u16::from(column.others > 0.0));
    // The border between both is drawn at whole cells: a cell has one glyph.
    let border = match column.runs {
        Some(runs) if runs > 0.0 => ((others + 4) / 8).min(top.saturating_sub(1) / 8),
        Some(_) | None => area.height,
    };
    for up in 0..area.height {
        let Some(filled) = top.checked_sub(up * 8).filter(|filled| *filled > 0) else { break };
        let (role, full, ascii) = match (column.runs, up >= border) {
            (None, _) => (Role::BarUnknown, "▒", ":"),
            (Some(_), true) => (Role::Chart1, "█", "#"),
            (Some(_), false) => (Role::Chart2, "░", "o"),
        };
        let glyph = if filled < 8 { EIGHTHS[usize::from(filled) - 1] } else { full };
        let cell = Rect { y: area.bottom() - 1 - up, height: 1, ..area };
        canvas.line(&Line::from(Span::styled(canvas.glyph(glyph, ascii), canvas.style(role))), cell);
    }
}

/// Marks the peak where it was, if it was within the chart's time.
fn mark(canvas: &mut Canvas<'_>, chart: Rect, peak: &Peak, total: f64, window: Duration) {
    let age = canvas.env.now.duration_since(peak.at).unwrap_or_default();
    if age > window || chart.height == 0 || chart.width == 0 {
        return;
    }
    // The same reckoning as that of the columns: the last one ends now.
    let columns = f64::from(chart.width);
    let column = (columns - age.as_secs_f64() / window.as_secs_f64() * columns).floor().min(columns - 1.0) as u16;
    let up = (peak.value / total.max(1.0) * f64::from(chart.height)).ceil() as u16;
    let x = chart.x + column;
    let y = chart.bottom().saturating_sub(up.clamp(1, chart.height));
    // The mark stands above the column where there is room.
    let y = if y > chart.y { y - 1 } else { y };
    let line = Line::from(Span::styled(canvas.glyph("▾", "v"), canvas.style(Role::Warn)));
    canvas.line(&line, Rect { x, y, width: 1, height: 1 });
}

fn words(canvas: &mut Canvas<'_>, area: Rect, minutes: f64) {
    let line = Line::from(vec![
        Span::styled(format!("-{minutes} min   "), canvas.style(Role::Axis)),
        Span::styled(canvas.glyph("█", "#"), canvas.style(Role::Chart1)),
        Span::styled(" runs  ", canvas.style(Role::Dim)),
        Span::styled(canvas.glyph("░", "o"), canvas.style(Role::Chart2)),
        Span::styled(" others", canvas.style(Role::Dim)),
    ]);
    canvas.line(&line, area);
    let right = Rect { x: area.right().saturating_sub(3), width: 3.min(area.width), ..area };
    canvas.line(&Line::from(Span::styled("now", canvas.style(Role::Axis))), right);
}
