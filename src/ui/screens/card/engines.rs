//! What the ready runs say of themselves: one row each.

use crate::app::Model;
use crate::base::text;
use crate::engines::{Phase, RunState};
use crate::gpu::Ledger;
use crate::ui::theme::Role;
use crate::ui::widgets::gauges;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Rows at most where there is little room.
const FEW: u16 = 2;

/// Columns below which words are short.
const NARROW: u16 = 110;

fn ready(model: &Model) -> Vec<&RunState> {
    model.shared.runs.iter().filter(|run| run.phase == Phase::Ready).collect()
}

/// Rows that the runs take of so many: a panel where there is room, bare rows where not.
pub(super) fn height(model: &Model, room: u16) -> u16 {
    let runs = ready(model).len() as u16;
    match (runs, room >= 30) {
        (0, _) => 0,
        (runs, true) => runs.min(8) + 2,
        (runs, false) => runs.min(FEW),
    }
}

/// Draws them. `ledger` is that of the card looked at, if there is one.
pub(super) fn draw(model: &Model, ledger: Option<&Ledger>, canvas: &mut Canvas<'_>, area: Rect) {
    let runs = ready(model);
    if area.height == 0 || runs.is_empty() {
        return;
    }
    let inner = match area.height > FEW {
        true => widgets::panel(canvas, area, "what the engines say", false),
        false => area,
    };
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let hidden = runs.len().saturating_sub(inner.height.into());
    let wide =
        runs.iter().map(|run| text::width(&run.run.0)).max().unwrap_or(0).min(usize::from(inner.width / 5).max(12));
    for (index, (run, y)) in runs.iter().zip(inner.y..inner.bottom()).enumerate() {
        let more = if hidden > 0 && y + 1 == inner.bottom() { hidden } else { 0 };
        let line = row(model, run, ledger, canvas, wide, more);
        canvas.line(&line, Rect { y: inner.y + index as u16, height: 1, ..inner });
    }
}

fn row(
    model: &Model,
    run: &RunState,
    ledger: Option<&Ledger>,
    canvas: &Canvas<'_>,
    wide: usize,
    hidden: usize,
) -> Line<'static> {
    let name = text::fit(&text::clean_line(&run.run.0), wide).into_owned();
    let blank = " ".repeat(wide.saturating_sub(text::width(&name)));
    let mut spans = vec![Span::styled(format!("{name}{blank}"), canvas.style(Role::Good))];
    if hidden > 0 {
        spans.push(Span::styled(format!("  +{hidden} more"), canvas.style(Role::Dim)));
    }
    let short = canvas.buf.area.width < NARROW;
    match model.shared.live(run) {
        Ok(live) => {
            for [word, figure] in gauges::facts(live, canvas, short) {
                spans.extend([Span::raw("  "), word, figure]);
            }
        }
        Err(unknown) => {
            spans.push(Span::styled(format!("  ? {}", text::clean_line(&unknown.why)), canvas.style(Role::Unknown)));
        }
    }
    if !run.facts.external && ledger.is_none_or(|ledger| ledger.of_run(&run.run.0).next().is_none()) {
        let said = match (ledger.is_some(), short) {
            (true, _) => "holds nothing on this card",
            (false, true) => "no card",
            (false, false) => "runs without a card",
        };
        spans.push(Span::styled(format!("  {said}"), canvas.style(Role::Dim)));
    }
    Line::from(spans)
}
