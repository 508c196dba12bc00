//! Two groups word by word: what is gone in `[-…-]`, what has come in `{+…+}`, whatever the colours.

use super::answers::figures;
use super::rows;
use crate::app::screens::lab::sampling::{State, compared};
use crate::app::seen::Pane;
use crate::base::text::{clean, width};
use crate::lab::samples::{Part, diff};
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws them.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some((before, after)) = compared(state) else { return };
    let [head, body] = Layout::vertical([Constraint::Length(2), Constraint::Min(0)]).areas(area);
    let told = |spot, open: &'static str, close: &'static str, role: Role, canvas: &Canvas<'_>| {
        let both = state.cell(spot).zip(state.answer(spot));
        let figures = both.map(|((flight, _), answer)| figures(flight, answer)).unwrap_or_default();
        let place = state.answer(spot).map_or(0, |answer| answer.place.index);
        Line::from(vec![
            Span::styled(format!(" {open}answer {place}{close}"), canvas.style(role)),
            Span::styled(figures, canvas.style(Role::Dim)),
        ])
    };
    let lines = [told(before, "[-", "-]", Role::Bad, canvas), told(after, "{+", "+}", Role::Good, canvas)];
    rows(canvas, head, &lines, 0);
    let inner = panel(canvas, body, "difference, word by word", true);
    let (Some(before), Some(after)) = (state.answer(before), state.answer(after)) else { return };
    let lines = told_parts(&diff(&before.text, &after.text), inner.width, canvas);
    canvas.viewport(Pane::LabDetail, usize::from(inner.height), lines.len());
    let offset = state.offset.min(lines.len().saturating_sub(usize::from(inner.height)));
    rows(canvas, inner, &lines, offset);
}

/// The parts as lines, broken at words.
fn told_parts(parts: &[Part], columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let columns = usize::from(columns.max(1));
    let mut lines: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut used = 0;
    for part in parts {
        let (said, role) = match part {
            Part::Same(text) => (text.clone(), Role::Text),
            Part::Gone(text) => (format!("[-{text}-]"), Role::Bad),
            Part::Come(text) => (format!("{{+{text}+}}"), Role::Good),
        };
        let style = canvas.style(role);
        for (at, line) in clean(&said).split('\n').enumerate() {
            if at > 0 {
                lines.push(Vec::new());
                used = 0;
            }
            for word in line.split_inclusive(' ') {
                if used > 0 && used + width(word.trim_end()) > columns {
                    lines.push(Vec::new());
                    used = 0;
                }
                used += width(word);
                if let Some(last) = lines.last_mut() {
                    last.push(Span::styled(word.to_owned(), style));
                }
            }
        }
    }
    lines.into_iter().map(Line::from).collect()
}
