//! The log of the selected run.

use crate::app::screens::engines::Target as Here;
use crate::app::screens::engines::log::LogView;
use crate::app::seen::{Pane, Target};
use crate::base::text;
use crate::engines::logfacts::Level;
use crate::engines::{LogLine, RunState};
use crate::ui::widgets::{field, panel, wrap};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the log with its title, which says what is filtered, searched and dropped.
pub fn draw(view: &LogView, run: &RunState, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, &title(view, run), focused);
    canvas.hit(area, Target::Engines(Here::Log));
    let mut text_area = inner;
    if view.typing || !view.search.text().is_empty() {
        let bottom = Rect { y: inner.bottom().saturating_sub(1), height: inner.height.min(1), ..inner };
        text_area.height = text_area.height.saturating_sub(1);
        search(view, canvas, bottom);
    }
    canvas.viewport(Pane::EnginesLog, text_area.height as usize, view.len());
    if view.is_empty() {
        let text = if run.facts.external { "no log: this server was not started here" } else { "nothing said yet" };
        return canvas.line(&Line::styled(text, canvas.style(Role::Dim)), text_area);
    }
    let mut row = 0;
    for at in view.first(text_area.height as usize)..view.len() {
        if row >= text_area.height {
            break;
        }
        let Some(line) = view.line(at) else { break };
        row += draw_line(
            view,
            at,
            line,
            canvas,
            Rect { y: text_area.y + row, height: text_area.height - row, ..text_area },
        );
    }
}

fn title(view: &LogView, run: &RunState) -> String {
    let mut title = format!("log of {} · {} lines", run.run, view.len());
    if view.least > Level::Debug {
        let name = match view.least {
            Level::Info | Level::Debug => "info and louder",
            Level::Warning => "warnings and errors",
            Level::Error => "errors",
        };
        title.push_str(&format!(" · {name} only"));
    }
    if view.lines.dropped() > 0 {
        title.push_str(&format!(" · {} older ones only in the file", view.lines.dropped()));
    }
    if view.follow {
        title.push_str(" · following");
    }
    title
}

fn search(view: &LogView, canvas: &mut Canvas<'_>, area: Rect) {
    let label = format!("/ {} found  ", view.matches());
    canvas.line(&Line::styled(label.clone(), canvas.style(Role::Accent)), area);
    let used = text::width(&label) as u16;
    let rest = Rect { x: area.x + used, width: area.width.saturating_sub(used), ..area };
    field::draw(
        canvas,
        &view.search,
        field::Look { placeholder: "text to find", focused: view.typing, masked: false },
        rest,
    );
}

/// Draws one line of the log, wrapped where asked; answers with the rows it took.
fn draw_line(view: &LogView, at: usize, line: &LogLine, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
    let role = match line.level {
        Some(Level::Debug) => Role::LogDebug,
        Some(Level::Warning) => Role::LogWarn,
        Some(Level::Error) => Role::LogError,
        Some(Level::Info) | None => Role::LogInfo,
    };
    let matched = view.is_match(line);
    let content = text::clean_line(&line.text);
    let width = area.width.max(1) as usize;
    let pieces = if view.wrap { wrap(&content, width) } else { vec![text::fit(&content, width).into_owned()] };
    let rows = pieces.len().min(area.height as usize);
    for (row, piece) in pieces.iter().take(rows).enumerate() {
        let spans = if matched {
            highlight(piece, view.search.text(), role, canvas)
        } else {
            vec![Span::styled(piece.clone(), canvas.style(role))]
        };
        let place = Rect { y: area.y + row as u16, height: 1, ..area };
        canvas.line(&Line::from(spans), place);
        if view.at_match == Some(at) {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
    }
    rows as u16
}

fn highlight(piece: &str, wanted: &str, role: Role, canvas: &Canvas<'_>) -> Vec<Span<'static>> {
    let (low, wanted) = (piece.to_lowercase(), wanted.to_lowercase());
    let mut spans = Vec::new();
    let mut from = 0;
    // Lower-casing may change lengths; only where it does not can byte offsets be carried over.
    if low.len() == piece.len() {
        for (at, found) in low.match_indices(&wanted) {
            let (Some(before), Some(hit)) = (piece.get(from..at), piece.get(at..at + found.len())) else { continue };
            spans.push(Span::styled(before.to_owned(), canvas.style(role)));
            spans.push(Span::styled(hit.to_owned(), canvas.style(Role::Match)));
            from = at + found.len();
        }
    }
    spans.push(Span::styled(piece.get(from..).unwrap_or_default().to_owned(), canvas.style(role)));
    spans
}
