//! What is known of the selected run, each figure with who says so.

use crate::app::model::Shared;
use crate::base::{text, units};
use crate::engines::{Phase, RunState};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Rows that the facts of a run take at a width.
pub fn height(run: &RunState, width: u16) -> u16 {
    let failure = if matches!(run.phase, Phase::Failed { .. }) { 2 } else { 0 };
    let note = u16::from(run.facts.note.is_some());
    let orphan = u16::from(is_orphan(run));
    1 + u16::from(width < 120) + failure + note + orphan
}

fn is_orphan(run: &RunState) -> bool {
    run.phase.is_live() && !run.owner_alive && !run.facts.external
}

/// Draws the facts.
pub fn draw(run: &RunState, shared: &Shared, canvas: &mut Canvas<'_>, area: Rect) {
    let mut lines = vec![facts(run, shared, canvas)];
    let command = format!(" {}", text::clean_line(&run.argv.join(" ")));
    if area.width < 120 {
        lines.push(Line::styled(text::fit(&command, area.width as usize).into_owned(), canvas.style(Role::Dim)));
    } else if let Some(line) = lines.first_mut() {
        line.push_span(Span::styled(format!("  ·{command}"), canvas.style(Role::Dim)));
    }
    if is_orphan(run) {
        let text = " its keeper is gone: the log has stopped, the processes go on; stop it from here";
        lines.push(Line::styled(text, canvas.style(Role::Warn)));
    }
    if let Some(note) = &run.facts.note {
        lines.push(Line::styled(format!(" {}", text::clean_line(note)), canvas.style(Role::Warn)));
    }
    if let Phase::Failed { problem } = &run.phase {
        let why = format!(" {}: {}", problem.what, problem.why);
        lines.push(Line::styled(text::clean_line(&why), canvas.style(Role::Bad)));
        lines.push(Line::from(vec![
            Span::styled(" try: ", canvas.style(Role::Dim)),
            Span::styled(text::clean_line(&problem.hint), canvas.style(Role::Text)),
        ]));
    }
    for (row, line) in lines.iter().take(area.height as usize).enumerate() {
        canvas.line(line, Rect { y: area.y + row as u16, height: 1, ..area });
    }
}

fn facts(run: &RunState, shared: &Shared, canvas: &Canvas<'_>) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    let mut say = |label: &str, value: String, role: Role| {
        if spans.len() > 1 {
            spans.push(Span::styled("  ", canvas.style(Role::Dim)));
        }
        spans.push(Span::styled(format!("{label} "), canvas.style(Role::Dim)));
        spans.push(Span::styled(value, canvas.style(role)));
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
    Line::from(spans)
}
