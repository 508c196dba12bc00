//! The trade between the length of a context and how many requests fit at once, as a picture.

use super::page::Page;
use super::words;
use crate::app::screens::models::Target;
use crate::base::units;
use crate::models::solve::Point;
use crate::ui::{Canvas, Role};
use ratatui::text::Span;

/// Rows of the picture.
const ROWS: usize = 3;
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII: [&str; 3] = [" ", ".", "#"];

/// Adds the picture; `length` is the one the sum above is for. `marked` says that it can be moved with keys.
pub(super) fn add(page: &mut Page, frontier: &[Point], length: u64, canvas: &Canvas<'_>) {
    let points: Vec<(usize, &Point)> = frontier.iter().enumerate().filter(|(_, point)| point.requests > 0).collect();
    if points.is_empty() {
        return;
    }
    page.title("context × requests at once", canvas);
    let most = points.iter().map(|(_, point)| point.requests).max().unwrap_or(1);
    let wide = (usize::from(page.width) / points.len()).clamp(3, 8);
    let now = points.iter().rposition(|(_, point)| point.tokens <= length);
    let role = |at: usize| if now == Some(at) { Role::Accent } else { Role::Chart1 };
    let first = page.lines.len();
    for row in (0..ROWS).rev() {
        let cells = points.iter().enumerate().map(|(at, (_, point))| {
            let cell = cell(height(point.requests, most), row, canvas).repeat(wide - 1);
            Span::styled(format!("{cell} "), canvas.style(role(at)))
        });
        page.push(cells.collect());
    }
    let words = |what: &dyn Fn(&Point) -> String| {
        let spans = points.iter().enumerate().map(|(at, (_, point))| {
            let said = format!("{:^width$} ", what(point), width = wide - 1);
            Span::styled(said, canvas.style(if now == Some(at) { Role::Accent } else { Role::Dim }))
        });
        spans.collect::<Vec<_>>()
    };
    page.push(words(&|point| words::agents(point.requests)));
    page.push(words(&|point| words::tokens(point.tokens)));
    for line in first..page.lines.len() {
        for (at, (index, _)) in points.iter().enumerate() {
            page.hits.push((line, (at * wide) as u16, wide as u16, Target::Point(*index)));
        }
    }
    let at = now.map(|at| points[at].1);
    let said = at.map_or_else(String::new, |point| {
        let noun = if point.requests == 1 { "request" } else { "requests" };
        format!("{} {noun} of {} tokens at once", units::count(point.requests), units::count(point.tokens))
    });
    page.push(vec![
        Span::styled(said, canvas.style(Role::Text)),
        Span::styled(format!("  {} trade", canvas.glyph("←→", "Left/Right")), canvas.style(Role::Dim)),
    ]);
}

/// Eighths of a row that a number of requests is high, by its logarithm: one request is seen beside a thousand.
fn height(requests: u64, most: u64) -> usize {
    let log = |n: u64| (n as f64 + 1.0).ln();
    let share = log(requests) / log(most).max(f64::MIN_POSITIVE);
    ((share * (ROWS * 8) as f64).round() as usize).clamp(1, ROWS * 8)
}

fn cell(eighths: usize, row: usize, canvas: &Canvas<'_>) -> &'static str {
    let here = eighths.saturating_sub(row * 8).min(8);
    canvas.glyph(EIGHTHS[here], ASCII[here.div_ceil(4)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_with_requests() {
        assert_eq!(height(100, 100), ROWS * 8);
        assert!(height(1, 1000) >= 1);
        assert!(height(10, 1000) > height(1, 1000));
        assert_eq!(height(u64::MAX, u64::MAX), ROWS * 8);
    }
}
