//! The stages of a start, and its proof: what was predicted beside what was found.

use crate::base::text;
use crate::base::units::{Bytes, count, duration};
use crate::engines::RunState;
use crate::engines::proof::{ProofPart, Row};
use crate::engines::stages::{Stage, StageKind, Stages};
use crate::ui::{Canvas, Role};
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Cells of a bar.
const BAR: usize = 12;

/// The lines of a start that goes on: each stage, what is left, whether it seems stuck. Nothing for a run that is over.
pub(super) fn loading(run: &RunState, now: f64, canvas: &Canvas<'_>, width: u16) -> Vec<Line<'static>> {
    let stages = &run.facts.stages;
    if stages.list.is_empty() || stages.ready_at.is_some() || !run.phase.is_live() {
        return Vec::new();
    }
    let outlook = stages.outlook(now);
    let mut lines: Vec<Line<'static>> = Vec::new();
    if let Some(stuck) = &outlook.stuck {
        lines.push(styled(&format!(" {stuck}"), Role::Warn, canvas, width));
    }
    lines.extend(stages.list.iter().map(|stage| stage_line(stage, stages, now, canvas)));
    let files = stages.files.iter().filter(|file| file.total.is_none_or(|total| file.done < total) && file.done > 0);
    if stages.current().is_some_and(|stage| stage.kind == StageKind::Download) {
        for file in files.take(4) {
            let total = file.total.map(|total| format!(" of {}", Bytes(total))).unwrap_or_default();
            let said = format!("     {}  {}{total}", text::clean_line(&file.name), Bytes(file.done));
            lines.push(styled(&said, Role::Dim, canvas, width));
        }
    }
    let left = match outlook.left {
        Some(left) => format!("about {} left: {}", time(left), outlook.basis),
        None => format!("time left not known: {}", outlook.basis),
    };
    let role = if outlook.left.is_some() { Role::Estimate } else { Role::Unknown };
    lines.push(styled(&format!(" {} so far, {left}", time(outlook.elapsed)), role, canvas, width));
    lines
}

fn stage_line(stage: &Stage, stages: &Stages, now: f64, canvas: &Canvas<'_>) -> Line<'static> {
    let (glyph, role) = match stage.ended {
        Some(_) => (canvas.glyph("✓", "+"), Role::Good),
        None => (canvas.glyph("▸", ">"), Role::Text),
    };
    let mut spans = vec![
        Span::styled(format!(" {glyph} "), canvas.style(role)),
        Span::styled(format!("{:<10}", stage.kind.words()), canvas.style(Role::Text)),
        Span::styled(format!("{:>8}", time(stage.seconds(now))), canvas.style(Role::Text)),
    ];
    if let Some(amount) = stage.progress.filter(|_| stage.ended.is_none()) {
        if let Some(share) = amount.share() {
            let full = (share * BAR as f64).round() as usize;
            let bar = canvas.glyph("█", "#").repeat(full) + &canvas.glyph("░", ".").repeat(BAR.saturating_sub(full));
            spans.push(Span::styled(format!("  {bar}"), canvas.style(Role::Accent)));
        }
        spans.push(Span::styled(format!("  {}", amount.words()), canvas.style(Role::Text)));
        if let Some(rate) = stages.rate.filter(|_| stage.kind == StageKind::Download) {
            spans.push(Span::styled(format!("  {}/s", Bytes(rate.max(0.0) as u64)), canvas.style(Role::Text)));
        }
    }
    if let Some(before) = stages.past.as_ref().and_then(|past| past.stages.get(&stage.kind)) {
        spans.push(Span::styled(format!("  last time {}", time(before.seconds)), canvas.style(Role::Dim)));
    }
    Line::from(spans)
}

/// The proof of a run that is up: a head and a line a part; why there is none, where nothing could be predicted.
pub(super) fn proof(run: &RunState, canvas: &Canvas<'_>, width: u16) -> Vec<Line<'static>> {
    let rows = &run.facts.proof;
    if rows.is_empty() {
        let why = run.facts.predicted_unknown.as_ref().filter(|_| run.phase.is_live());
        let said = why.map(|why| format!(" not held against a prediction: {}", text::clean_line(why)));
        return said.iter().map(|said| styled(said, Role::Unknown, canvas, width)).collect();
    }
    let found: Vec<&Row> = rows.iter().filter(|row| row.engine.is_some() || row.card.is_some()).collect();
    if found.is_empty() {
        let part = |row: &Row| format!("{} {}", row.part.words(), figure(row.part, row.predicted));
        let parts: Vec<String> = rows.iter().map(part).collect();
        let said = format!(" neither engine nor card says what it took; predicted: {}", parts.join(", "));
        return vec![styled(&said, Role::Unknown, canvas, width)];
    }
    let learned = run.facts.predicted.as_ref().map(|prediction| prediction.learned.as_str()).unwrap_or_default();
    let learned = if learned.is_empty() { String::new() } else { format!("  (learned {learned})") };
    let head = format!(" {:<20}{:>10}{:>13}{:>11}{:>12}", "", "predicted", "engine says", "card says", "difference");
    let mut lines = vec![styled(&format!("{head}{learned}"), Role::Dim, canvas, width)];
    lines.extend(found.into_iter().map(|row| proof_line(row, canvas)));
    lines
}

fn proof_line(row: &Row, canvas: &Canvas<'_>) -> Line<'static> {
    let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| figure(row.part, value));
    let (mark, role) = match row.within {
        Some(true) => (canvas.glyph("✓", "+"), Role::Good),
        Some(false) => (canvas.glyph("!", "!"), Role::Warn),
        None => (" ", Role::Dim),
    };
    let difference = row.difference.map_or_else(
        || "-".to_owned(),
        |off| {
            let sign = if off < 0.0 { canvas.glyph("−", "-") } else { "+" };
            format!("{sign}{}", figure(row.part, off.abs()))
        },
    );
    let margin = row.margin.filter(|margin| *margin > 0.0);
    let margin =
        margin.map(|margin| format!("  {} {}", canvas.glyph("±", "+-"), figure(row.part, margin))).unwrap_or_default();
    let text = format!(
        " {:<20}{:>10}{:>13}{:>11}{difference:>12}",
        row.part.words(),
        figure(row.part, row.predicted),
        shown(row.engine),
        shown(row.card),
    );
    Line::from(vec![
        Span::styled(text, canvas.style(Role::Text)),
        Span::styled(format!(" {mark}"), canvas.style(role)),
        Span::styled(margin, canvas.style(Role::Dim)),
    ])
}

fn figure(part: ProofPart, value: f64) -> String {
    match part {
        ProofPart::Concurrency => format!("{value:.1}"),
        ProofPart::KvTokens => count(value.max(0.0) as u64),
        _ => Bytes(value.max(0.0) as u64).to_string(),
    }
}

fn styled(words: &str, role: Role, canvas: &Canvas<'_>, width: u16) -> Line<'static> {
    let words = text::clean_line(words);
    Line::styled(text::fit(&words, width as usize).into_owned(), canvas.style(role))
}

fn time(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default())
}
