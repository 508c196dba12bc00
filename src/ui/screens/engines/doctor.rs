//! The doctor's pane: the line that says what failed, why, and the remedies with what they cost.

use crate::app::screens::engines::doctor::{MOST_RETRIES, Pane, failure, remedies};
use crate::app::screens::engines::{State, Target as Here};
use crate::app::seen::Target;
use crate::base::text;
use crate::engines::RunState;
use crate::engines::doctor::Remedy;
use crate::ui::widgets::{popup, wrap_to};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Most rows of a remedy's reason.
const REASON: usize = 3;

/// Draws the pane.
pub fn draw(state: &State, pane: &Pane, run: &RunState, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(failure) = failure(run) else { return };
    let cause = failure.cause.as_deref().unwrap_or("failed");
    let tries = state.retries.of(&run.run);
    let tried = if tries == 0 { String::new() } else { format!(" · retry {tries} of {MOST_RETRIES}") };
    let inner = popup(canvas, area, &format!("doctor: {} · {cause}{tried}", text::clean_line(&run.run.0)));
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let columns = usize::from(inner.width);
    let told = failure.explanation.as_ref().unwrap_or(&failure.why);
    let evidence = failure.evidence.as_ref().unwrap_or(&failure.why);
    let remedies = remedies(run);
    // Where rows are few the remedies come first, the selected one with its reason: then two rows say why, one is the line.
    let spare = usize::from(inner.height).saturating_sub(remedies.len() + 1 + REASON);
    let mut rows: Vec<Line<'static>> = Vec::new();
    let mut say = |said: &str, most: usize, role: Role| {
        let wrapped = wrap_to(&text::clean_line(said), columns, most);
        rows.extend(wrapped.into_iter().map(|row| Line::styled(row, canvas.style(role))));
        rows.len()
    };
    let taken = say(told, spare.saturating_sub(1).clamp(2, 4), Role::Bad);
    say(evidence, spare.saturating_sub(taken).clamp(1, 4), Role::Dim);
    rows.push(Line::styled("try, cheapest first:", canvas.style(Role::Text)));
    let top = rows.len() as u16;
    for (row, y) in rows.into_iter().zip(inner.y..inner.bottom()) {
        canvas.line(&row, Rect { y, height: 1, ..inner });
    }
    let list = Rect { y: inner.y + top.min(inner.height), height: inner.height.saturating_sub(top), ..inner };
    draw_remedies(pane, &remedies, canvas, list);
}

fn draw_remedies(pane: &Pane, remedies: &[Remedy], canvas: &mut Canvas<'_>, area: Rect) {
    let columns = usize::from(area.width);
    let mut y = area.y;
    // The selected one is told in full; with few rows those before it scroll away.
    let first = pane.selected.saturating_sub(usize::from(area.height.saturating_sub(4)));
    for (at, remedy) in remedies.iter().enumerate().skip(first) {
        let selected = at == pane.selected;
        let mark = if selected { canvas.glyph("▸", ">") } else { " " };
        let cost = format!("costs: {}", remedy.cost.words());
        let room = columns.saturating_sub(cost.len() + 7);
        let headline = text::fit(&text::clean_line(&remedy.headline()), room).into_owned();
        let gap = " ".repeat(room.saturating_sub(text::width(&headline)) + 1);
        let role = if remedy.is_by_hand() { Role::Text } else { Role::Strong };
        let line = Line::from(vec![
            Span::styled(format!("{mark} {:>2}. ", at + 1), canvas.style(Role::Accent)),
            Span::styled(headline, canvas.style(role)),
            Span::styled(format!("{gap}{cost}"), canvas.style(Role::Dim)),
        ]);
        if y >= area.bottom() {
            return;
        }
        let place = Rect { y, height: 1, ..area };
        canvas.line(&line, place);
        canvas.hit(place, Target::Engines(Here::Remedy(at)));
        y += 1;
        if selected {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
            for row in wrap_to(&text::clean_line(&remedy.why), columns.saturating_sub(6), REASON) {
                if y < area.bottom() {
                    canvas.line(
                        &Line::styled(format!("      {row}"), canvas.style(Role::Dim)),
                        Rect { y, height: 1, ..area },
                    );
                    y += 1;
                }
            }
        }
    }
}
