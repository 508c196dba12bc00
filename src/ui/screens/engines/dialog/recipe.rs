//! The recipe of the start dialog: its row, and the reasons of its flags.

use crate::app::screens::engines::Target as Here;
use crate::app::screens::engines::dialog::recipe::{Pick, RecipeRow};
use crate::app::seen::{Pane, Target};
use crate::base::text;
use crate::engines::recipe::{Chosen, Origin, Recipe};
use crate::ui::widgets::{panel, wrap};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the choice with its place among all, and what it is for.
pub fn draw_row(row: &RecipeRow, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let (at, of) = row.place();
    let role = if focused { Role::Accent } else { Role::Strong };
    let about = match &row.pick {
        Pick::Own => format!("no profile; {} more, F6 turns", of - at),
        Pick::Kept(_) => "a recipe that was kept".to_owned(),
        Pick::Profile(_) if row.waiting => "composing…".to_owned(),
        Pick::Profile(profile) => match &row.problem {
            Some(problem) => format!("{}: {}", problem.what, problem.why),
            None => profile.about().to_owned(),
        },
    };
    let tone = if row.problem.is_some() { Role::Bad } else { Role::Dim };
    let line = Line::from(vec![
        Span::styled(format!("[{}] ", text::clean_line(row.pick.name())), canvas.style(role)),
        Span::styled(format!("{at}/{of}  "), canvas.style(Role::Dim)),
        Span::styled(text::clean_line(&about), canvas.style(tone)),
    ]);
    canvas.line(&line, area);
    canvas.hit(area, Target::Engines(Here::NextProfile));
}

/// A flag with its value; that of a secret is masked.
fn words(one: &Chosen) -> String {
    text::clean_line(&one.shown().map_or_else(|| one.flag.clone(), |value| format!("{} {value}", one.flag)))
}

/// What the engine takes without it, and who chose it.
fn against(one: &Chosen) -> String {
    let default =
        one.default.as_deref().map_or_else(|| "unset by default".to_owned(), |default| format!("default {default}"));
    let passed = if one.passed { "" } else { ", not passed" };
    text::clean_line(&format!("{default}, {}{passed}", one.origin.name()))
}

/// Why, and what it costs.
pub fn why(one: &Chosen) -> String {
    let cost = if one.cost.is_empty() { String::new() } else { format!("; costs: {}", one.cost) };
    text::clean_line(&format!("{}{cost}", one.why))
}

/// Every flag with default, reason and cost, then the notes; wrapped to a width.
pub fn lines(recipe: &Recipe, width: usize, canvas: &Canvas<'_>, sources: bool) -> Vec<Line<'static>> {
    let name = recipe.profile.map_or("", |profile| profile.name());
    let head = format!("{name}: {} settings beside the defaults", recipe.chosen.len());
    let mut lines = vec![Line::styled(head, canvas.style(Role::Strong))];
    for one in &recipe.chosen {
        let role = if one.origin == Origin::Person { Role::Strong } else { Role::Accent };
        lines.push(Line::from(vec![
            Span::styled(words(one), canvas.style(if one.passed { role } else { Role::Unset })),
            Span::styled(format!("  {}", against(one)), canvas.style(Role::Dim)),
        ]));
        let source = if sources && !one.source.is_empty() {
            format!(" [{}]", text::clean_line(&one.source))
        } else {
            String::new()
        };
        for piece in wrap(&format!("{}{source}", why(one)), width.saturating_sub(2).max(1)) {
            lines.push(Line::styled(format!("  {piece}"), canvas.style(Role::Text)));
        }
    }
    for note in &recipe.notes {
        for (at, piece) in wrap(&text::clean_line(note), width.saturating_sub(2).max(1)).into_iter().enumerate() {
            let mark = if at == 0 { canvas.glyph("· ", "- ") } else { "  " };
            lines.push(Line::styled(format!("{mark}{piece}"), canvas.style(Role::Dim)));
        }
    }
    lines
}

/// Draws the reasons in place of the flags.
pub fn draw_reasons(row: &RecipeRow, from: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, "why each flag", true);
    let Some(recipe) = &row.composed else {
        let text = if row.waiting { "composing…" } else { "no profile is chosen: F6 chooses one" };
        return canvas
            .line(&Line::styled(text, canvas.style(Role::Dim)), Rect { height: 1.min(inner.height), ..inner });
    };
    let lines = lines(recipe, inner.width as usize, canvas, true);
    canvas.viewport(Pane::EnginesFlags, inner.height as usize, lines.len());
    // Past the end the last page stands.
    let from = from.min(lines.len().saturating_sub(inner.height as usize));
    for (at, line) in lines.iter().skip(from).take(inner.height as usize).enumerate() {
        canvas.line(line, Rect { y: inner.y + at as u16, height: 1, ..inner });
    }
}
