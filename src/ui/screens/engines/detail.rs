//! What is known of the selected run, each figure with who says so.

use super::stages;
use crate::app::model::Shared;
use crate::base::{text, units};
use crate::engines::{Phase, RunState};
use crate::ui::widgets::wrap_to;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Rows that the facts of a run take at a width.
pub fn height(run: &RunState, shared: &Shared, canvas: &Canvas<'_>, width: u16) -> u16 {
    lines(run, shared, canvas, width).len() as u16
}

fn is_orphan(run: &RunState) -> bool {
    run.phase.is_live() && !run.owner_alive && !run.facts.external
}

/// Draws the facts.
pub fn draw(run: &RunState, shared: &Shared, canvas: &mut Canvas<'_>, area: Rect) {
    let lines = lines(run, shared, canvas, area.width);
    for (row, line) in lines.iter().take(area.height as usize).enumerate() {
        canvas.line(line, Rect { y: area.y + row as u16, height: 1, ..area });
    }
}

fn lines(run: &RunState, shared: &Shared, canvas: &Canvas<'_>, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    // What needs an answer comes first: a short screen cuts at the end.
    if let Phase::Failed { problem } = &run.phase {
        let why = problem.explanation.as_ref().unwrap_or(&problem.why);
        lines.extend(told(" ", &format!("{}: {why}", problem.what), Role::Bad, canvas, width));
        lines.extend(told(" try: ", &problem.hint, Role::Text, canvas, width));
    }
    if is_orphan(run) {
        let text = " its keeper is gone: the log has stopped, the processes go on; stop it from here";
        lines.push(Line::styled(text, canvas.style(Role::Warn)));
    }
    if let Some(note) = &run.facts.note {
        lines.push(Line::styled(format!(" {}", text::clean_line(note)), canvas.style(Role::Warn)));
    }
    lines.extend(stages::loading(run, canvas.env.unix(), canvas, width));
    lines.extend(fold(facts(run, shared, canvas), width));
    lines.extend(fold(super::gauges::facts(run, shared, canvas), width));
    lines.extend(stages::proof(run, canvas, width));
    let command = format!(" $ {}", text::clean_line(&crate::engines::recipe::shown_line(&[], &run.argv)));
    lines.push(Line::styled(text::fit(&command, width as usize).into_owned(), canvas.style(Role::Dim)));
    lines
}

/// A sentence behind a label, in at most two rows.
fn told(label: &str, said: &str, role: Role, canvas: &Canvas<'_>, width: u16) -> Vec<Line<'static>> {
    let columns = usize::from(width).saturating_sub(label.len() + 1);
    let rows = wrap_to(&text::clean_line(said), columns, 2).into_iter().enumerate();
    let label = |at: usize| if at == 0 { label.to_owned() } else { " ".repeat(label.len()) };
    let row = |(at, row): (usize, String)| {
        Line::from(vec![Span::styled(label(at), canvas.style(Role::Dim)), Span::styled(row, canvas.style(role))])
    };
    rows.map(row).collect()
}

/// Puts facts, each a label and a value, side by side as far as they fit.
fn fold(facts: Vec<[Span<'static>; 2]>, width: u16) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for [label, value] in facts {
        let wide = label.width() + value.width() + 2;
        match lines.last_mut().filter(|line| line.width() + wide <= width as usize) {
            Some(line) => {
                line.push_span(Span::raw("  "));
                line.push_span(label);
                line.push_span(value);
            }
            None => lines.push(Line::from(vec![Span::raw(" "), label, value])),
        }
    }
    lines
}

fn facts(run: &RunState, shared: &Shared, canvas: &Canvas<'_>) -> Vec<[Span<'static>; 2]> {
    let mut facts = Vec::new();
    let mut say = |label: &str, value: String, role: Role| {
        let label = Span::styled(format!("{label} "), canvas.style(Role::Dim));
        facts.push([label, Span::styled(value, canvas.style(role))]);
    };
    match run.context_tokens {
        Some(tokens) => say("context", format!("{} (engine)", units::count(tokens)), Role::Text),
        None => say("context", "not said yet".to_owned(), Role::Unknown),
    }
    if let Some(tokens) = run.facts.kv_tokens {
        say("kv", format!("{} tokens (log)", units::count(tokens)), Role::Text);
    }
    if let Some(times) = run.facts.concurrency {
        say("full-length at once", format!("{times:.1} (log)"), Role::Text);
    }
    for (part, bytes) in &run.facts.memory {
        let name = match part {
            crate::engines::logfacts::MemoryPart::Weights => "weights",
            crate::engines::logfacts::MemoryPart::KvCache => "kv cache",
            crate::engines::logfacts::MemoryPart::Graphs => "graphs",
            crate::engines::logfacts::MemoryPart::Compute => "compute",
            crate::engines::logfacts::MemoryPart::State => "state",
            // The graphs themselves are shown.
            crate::engines::logfacts::MemoryPart::GraphsEstimate => continue,
        };
        say(name, format!("{bytes} (log)"), Role::Text);
    }
    if let Some(bytes) = super::runs::memory(run, shared) {
        let source = if shared.demo.is_some() { "simulated card" } else { "card" };
        say("held", format!("{bytes} ({source})"), Role::Text);
    }
    match (run.facts.external, run.pids.len()) {
        (true, _) => say("processes", "not ours".to_owned(), Role::Dim),
        (false, n) if run.phase.is_live() => say("processes", n.to_string(), Role::Text),
        _ => {}
    }
    facts
}
