//! What the solver set, why, and what each step costs.

use super::page::Page;
use super::words;
use crate::base::text;
use crate::models::solve::{Solution, Step};
use crate::ui::{Canvas, Role};
use ratatui::text::Span;

/// Adds a line for each flag that was set.
pub(super) fn add(page: &mut Page, solution: &Solution, intent: &str, canvas: &Canvas<'_>) {
    page.title(&format!("flags for {intent}, which the sum is for"), canvas);
    if solution.steps.is_empty() {
        page.push(vec![Span::styled("none: the engine's defaults do", canvas.style(Role::Dim))]);
    }
    for step in &solution.steps {
        add_step(page, step, canvas);
    }
}

fn add_step(page: &mut Page, step: &Step, canvas: &Canvas<'_>) {
    let mut spans = vec![Span::styled(step.flag.clone(), canvas.style(Role::Text))];
    if !step.to.is_empty() {
        spans.push(Span::styled(format!(" {}", step.to), canvas.style(Role::Strong)));
    }
    let from = format!("  instead of {}", step.from);
    let used: usize = spans.iter().map(Span::width).sum();
    if !step.from.is_empty() && used + text::width(&from) <= usize::from(page.width) {
        spans.push(Span::styled(from, canvas.style(Role::Dim)));
    }
    page.push(spans);
    let mut before = vec![Span::raw("  ")];
    if step.gained != 0 {
        let (sign, role) = if step.gained > 0 { ("+", Role::Good) } else { ("", Role::Dim) };
        let said = format!("{sign}{} GiB ", words::signed_gib(step.gained));
        before.push(Span::styled(said, canvas.style(role)));
    }
    if !step.why.is_empty() || before.len() > 1 {
        page.say(before, &step.why, Role::Dim, canvas);
    }
    if !step.cost.is_empty() {
        page.say(vec![Span::styled("  costs ", canvas.style(Role::Warn))], &step.cost, Role::Dim, canvas);
    }
}
