//! All ways to run a model: variant by engine, the chosen one marked.

use super::page::Page;
use super::words;
use crate::app::screens::models::Target;
use crate::app::screens::models::ranking::{Ranking, Way};
use crate::base::text;
use crate::models::rank::{Choice, Row};
use crate::ui::{Canvas, Role};
use ratatui::text::{Line, Span};

/// Adds a line for each way.
pub(super) fn add(page: &mut Page, ranking: &Ranking, row: &Row, chosen: &Way, canvas: &Canvas<'_>) {
    page.title(&format!("ways to run it: {}  v next", row.choices.len()), canvas);
    let chosen = ranking.choice(row, chosen);
    for (at, choice) in row.choices.iter().enumerate() {
        let mut line = Line::from(way(ranking, choice, canvas));
        if chosen == Some(at) {
            line = line.style(canvas.style(Role::Selection));
        }
        page.hits.push((page.lines.len(), 0, page.width, Target::Way(at)));
        page.lines.push(line);
    }
    add_impossible(page, ranking, row, canvas);
}

fn way(ranking: &Ranking, choice: &Choice, canvas: &Canvas<'_>) -> Vec<Span<'static>> {
    let (glyph, role) = words::mark(canvas, Some(choice.sum.verdict));
    let here = ranking.local(choice).map_or("", |_| canvas.glyph("●", "*"));
    let figures = match choice.sum.verdict.starts() {
        true => format!("{:>6} {:>5}", words::tokens(choice.sum.largest_max_model_len), words::agents(choice.agents.0)),
        false => format!("{:>6} {:>5}", canvas.glyph("–", "-"), canvas.glyph("–", "-")),
    };
    let rate = choice.rate.as_ref().map_or_else(|_| "?".to_owned(), words::rate);
    vec![
        Span::styled(format!("{glyph} "), canvas.style(role)),
        Span::styled(format!("{:<10} ", text::fit(&text::clean_line(&choice.label), 10)), canvas.style(Role::Text)),
        Span::styled(format!("{:<9}", choice.engine.name()), canvas.style(Role::Dim)),
        Span::styled(format!("{:>7}", words::gib(choice.sum.weights)), canvas.style(Role::Dim)),
        Span::styled(figures, canvas.style(Role::Dim)),
        Span::styled(format!(" {rate:>8}"), canvas.style(Role::Estimate)),
        Span::styled(format!(" {here}"), canvas.style(Role::Good)),
    ]
}

/// Variants that no engine of ours is known to run.
fn add_impossible(page: &mut Page, ranking: &Ranking, row: &Row, canvas: &Canvas<'_>) {
    let Some(entry) = ranking.entry(row) else { return };
    let judged = |at: usize| row.choices.iter().any(|choice| choice.variant == Some(at));
    let labels: Vec<&str> =
        entry.variants.iter().enumerate().filter(|(at, _)| !judged(*at)).map(|(_, one)| one.label.as_str()).collect();
    if !labels.is_empty() {
        page.say(vec![Span::styled("not judged ", canvas.style(Role::Dim))], &labels.join(", "), Role::Unknown, canvas);
    }
}
