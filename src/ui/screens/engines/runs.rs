//! The table of runs.

use crate::app::Model;
use crate::app::model::Shared;
use crate::app::screens::engines::{Focus, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::{Bytes, text, units};
use crate::engines::{Phase, RunState};
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Draws the table.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.engines;
    let rows = state.list.rows(&model.shared);
    let hidden = model.shared.runs.len() - rows.len();
    let title = match hidden {
        0 => format!("runs {}", rows.len()),
        _ => format!("runs {} · {hidden} that are over hidden", rows.len()),
    };
    let inner = panel(canvas, area, &title, state.focus == Focus::Runs && state.dialog.is_none());
    if rows.is_empty() {
        return empty(model, canvas, inner);
    }
    let columns = Columns::of(inner.width);
    canvas.line(&columns.header(canvas), inner);
    let height = inner.height.saturating_sub(1) as usize;
    canvas.viewport(Pane::EnginesRuns, height, rows.len());
    for (row, run) in rows.iter().skip(state.list.offset).take(height).enumerate() {
        let place = Rect { y: inner.y + 1 + row as u16, height: 1, ..inner };
        let selected = state.list.selected.as_ref() == Some(&run.run);
        let line = columns.row(run, state.is_stopping(&run.run), &model.shared, canvas);
        canvas.line(&line, place);
        if selected {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, Target::Engines(Here::Run(run.run.clone())));
    }
}

fn empty(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    use crate::app::Action;
    use crate::app::screens::engines::Action as Do;
    let key = |action| {
        let keys = model.shared.keymap.keys_of(&["engines", "global"], Action::Engines(action));
        keys.first().map_or_else(|| "Ctrl+P".to_owned(), ToString::to_string)
    };
    let text = match model.shared.demo {
        Some(_) => format!("Nothing runs. Press {} to start a simulated engine.", key(Do::Start)),
        None => format!(
            "Nothing runs. Press {} to start an engine, {} for runs that are over.",
            key(Do::Start),
            key(Do::Finished)
        ),
    };
    canvas.line(&Line::styled(text, canvas.style(Role::Dim)), area);
}

struct Columns {
    run: usize,
    engine: usize,
    model: usize,
    phase: usize,
    endpoint: usize,
}

impl Columns {
    fn of(width: u16) -> Self {
        let width = width as usize;
        let endpoint = if width >= 100 { 24 } else { 0 };
        let engine = if width >= 70 { 10 } else { 0 };
        let fixed = 2 + engine + 18 + 11 + 9 + endpoint;
        let rest = width.saturating_sub(fixed);
        let run = (rest / 2).clamp(8, 28);
        Self { run, engine, model: rest.saturating_sub(run).min(60), phase: 18, endpoint }
    }

    fn header(&self, canvas: &Canvas<'_>) -> Line<'static> {
        let text = format!(
            "  {}{}{}{}{:>10} {:>8} {}",
            cell("run", self.run),
            cell("engine", self.engine),
            cell("model", self.model),
            cell("phase", self.phase),
            "memory",
            "up",
            cell("endpoint", self.endpoint),
        );
        Line::styled(text, canvas.style(Role::Dim))
    }

    fn row(&self, run: &RunState, stopping: bool, shared: &Shared, canvas: &Canvas<'_>) -> Line<'static> {
        let (glyph, ascii, role) = mark(run, stopping);
        let memory = memory(run, shared);
        let memory_role = if memory.is_some() { Role::Text } else { Role::Unknown };
        Line::from(vec![
            Span::styled(format!("{} ", canvas.glyph(glyph, ascii)), canvas.style(role)),
            Span::styled(cell(&run.run.0, self.run), canvas.style(Role::Strong)),
            Span::styled(cell(run.engine.name(), self.engine), canvas.style(Role::Dim)),
            Span::styled(cell(&run.model, self.model), canvas.style(Role::Text)),
            Span::styled(cell(&phase_words(run, stopping), self.phase), canvas.style(role)),
            Span::styled(
                memory.map_or_else(|| format!("{:>10} ", "?"), |m| format!("{m:>10} ")),
                canvas.style(memory_role),
            ),
            Span::styled(format!("{:>8} ", uptime(run, canvas.env.unix())), canvas.style(Role::Text)),
            Span::styled(cell(run.endpoint.as_deref().unwrap_or("-"), self.endpoint), canvas.style(Role::Dim)),
        ])
    }
}

/// Text cleaned, cut and padded to a column's width, one space included; nothing for a column of no width.
fn cell(content: &str, width: usize) -> String {
    if width == 0 {
        return String::new();
    }
    let content = text::clean_line(content);
    let cut = text::fit(&content, width - 1);
    let gap = width - text::width(&cut);
    format!("{cut}{}", " ".repeat(gap))
}

fn mark(run: &RunState, stopping: bool) -> (&'static str, &'static str, Role) {
    match &run.phase {
        _ if stopping => ("◌", "-", Role::Warn),
        Phase::Ready if !run.owner_alive => ("◍", "!", Role::Warn),
        Phase::Ready => ("●", "*", Role::Good),
        Phase::Failed { .. } => ("✗", "x", Role::Bad),
        Phase::Exited { .. } => ("○", "o", Role::Dim),
        Phase::Stopping => ("◌", "-", Role::Warn),
        _ => ("◐", "~", Role::Info),
    }
}

/// The phase in words, with how far it has come where the engine says.
pub fn phase_words(run: &RunState, stopping: bool) -> String {
    match &run.phase {
        phase if stopping && phase.is_live() => "stopping".to_owned(),
        Phase::Loading { percent: Some(percent) } => format!("loading {percent:>3} %"),
        Phase::Downloading { done: Some(done), total: Some(total) } if total.0 > 0 => {
            format!("download {:>3} %", done.0 * 100 / total.0)
        }
        Phase::Exited { signal: Some(signal), .. } => format!("exited, signal {signal}"),
        Phase::Exited { code: Some(code), .. } if *code != 0 => format!("exited, code {code}"),
        phase => phase.name().to_owned(),
    }
}

/// What the run holds on the cards, by the newest sample.
pub fn memory(run: &RunState, shared: &Shared) -> Option<Bytes> {
    if !run.phase.is_live() {
        return None;
    }
    crate::app::screens::engines::release::held_by(&run.run, &run.pids, shared)
}

fn uptime(run: &RunState, now: f64) -> String {
    if !run.phase.is_live() {
        return "-".to_owned();
    }
    match (now - run.started_at).clamp(0.0, 1e9) {
        seconds if seconds < 10.0 => format!("{seconds:.0} s"),
        seconds => units::duration(Duration::from_secs_f64(seconds)),
    }
}
