//! What the form would run, and what was checked.

use crate::app::screens::engines::dialog::{Dialog, Plan, Preview};
use crate::base::text;
use crate::engines::Outcome;
use crate::engines::recipe::shown_line;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// Rows wanted at a width.
pub fn height(form: &Dialog, width: u16) -> u16 {
    let text: usize = lines(form, None).iter().map(|line| line.width() / width.max(1) as usize + 1).sum();
    text as u16
}

/// Draws the command, the environment and the checks, or why there is nothing to launch.
pub fn draw(form: &Dialog, canvas: &mut Canvas<'_>, area: Rect) {
    let mut lines = lines(form, Some(canvas));
    if let Some(recipe) = &form.recipe.composed {
        lines.push(Line::default());
        lines.extend(super::recipe::lines(recipe, area.width as usize, canvas, false));
    }
    canvas.render(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
}

fn lines(form: &Dialog, canvas: Option<&Canvas<'_>>) -> Vec<Line<'static>> {
    let style = |role| canvas.map(|canvas| canvas.style(role)).unwrap_or_default();
    let said = form.filled.iter().flatten().chain(&form.notes);
    let mut lines: Vec<Line<'static>> =
        said.map(|note| Line::styled(text::clean_line(note), style(Role::Warn))).collect();
    lines.extend(match &form.plan {
        Plan::Waiting => vec![Line::styled("checking…", style(Role::Dim))],
        Plan::Refused(problem) => {
            let mut lines = vec![
                Line::styled(text::clean_line(&format!("{}: {}", problem.what, problem.why)), style(Role::Bad)),
                Line::styled(text::clean_line(&format!("try: {}", problem.hint)), style(Role::Text)),
            ];
            lines.extend(problem.detail.iter().map(|line| Line::styled(text::clean_line(line), style(Role::Dim))));
            lines
        }
        Plan::Ready(preview) => ready(preview, canvas),
    });
    lines
}

fn ready(preview: &Preview, canvas: Option<&Canvas<'_>>) -> Vec<Line<'static>> {
    let style = |role| canvas.map(|canvas| canvas.style(role)).unwrap_or_default();
    let command = shown_line(&preview.env, &preview.argv);
    let mut lines = vec![Line::from(vec![
        Span::styled("$ ", style(Role::Dim)),
        Span::styled(text::clean_line(&command), style(Role::Text)),
    ])];
    for check in &preview.checks {
        let (glyph, ascii, role) = match check.outcome {
            Outcome::Pass => ("✓", "+", Role::Good),
            Outcome::Warn => ("▲", "!", Role::Warn),
            Outcome::Skip => ("·", "-", Role::Dim),
            Outcome::Fail => ("✗", "x", Role::Bad),
        };
        let mark = canvas.map_or(glyph, |canvas| canvas.glyph(glyph, ascii));
        lines.push(Line::from(vec![
            Span::styled(format!("{mark} {} ", check.name), style(role)),
            Span::styled(text::clean_line(&check.found), style(Role::Dim)),
        ]));
        if let Some(problem) = &check.problem {
            lines.push(Line::styled(format!("    try: {}", text::clean_line(&problem.hint)), style(Role::Text)));
        }
    }
    lines
}
