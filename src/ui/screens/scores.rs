//! Scores of suites: the list, the selected one in full, and two held against each other.

use super::tools::{paragraph, rows as rows_at};
use crate::app::scores::{Flying, Score, Scores};
use crate::app::seen::{Pane, Target};
use crate::base::text::{clean_line, fit};
use crate::base::units::duration;
use crate::lab::suite::{Advice, Comparison, Kept, Size, shipped_of};
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Columns from which list and detail stand side by side.
const WIDE: u16 = 130;

/// Draws them; `hit` says what a row is to the mouse, `pane` which pane the detail is to the keys.
pub(super) fn draw(scores: &Scores, canvas: &mut Canvas<'_>, area: Rect, hit: impl Fn(usize) -> Target, pane: Pane) {
    let rows = scores.kept.as_ref().map_or(0, Vec::len) + usize::from(scores.flying.is_some());
    let [list, detail] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Length(48), Constraint::Min(0)]).areas(area)
    } else {
        let height = (u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2)).clamp(3, 7);
        Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(area)
    };
    draw_list(scores, canvas, list, hit);
    draw_detail(scores, canvas, detail, pane);
}

fn draw_list(scores: &Scores, canvas: &mut Canvas<'_>, area: Rect, hit: impl Fn(usize) -> Target) {
    let mut inner = panel(canvas, area, "scores", true);
    if let Some(flying) = &scores.flying {
        canvas.line(&flies(flying, canvas), inner);
        inner = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    }
    let Some(kept) = &scores.kept else {
        return canvas.line(&Line::styled("reading what is kept", canvas.style(Role::Dim)), inner);
    };
    if kept.is_empty() && scores.flying.is_none() {
        let [quick, full] = [Size::Quick, Size::Full].map(|size| shipped_of(scores.family, size).len());
        let said = format!(
            "None yet. r runs the quick suite ({quick} cases, no judge) against the model above, f the full one ({full})."
        );
        let lines = paragraph(&said, Role::Dim, inner.width, canvas);
        return rows_at(canvas, inner, &lines, 0);
    }
    let height = usize::from(inner.height.max(1));
    let first = (scores.selected + 1).saturating_sub(height);
    for (at, one) in kept.iter().enumerate().skip(first).take(height) {
        let place = Rect { y: inner.y + (at - first) as u16, height: 1, ..inner };
        canvas.line(&row(one, scores.marked == Some(one.id), usize::from(place.width), canvas), place);
        if at == scores.selected {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, hit(at));
    }
}

fn flies(flying: &Flying, canvas: &Canvas<'_>) -> Line<'static> {
    let progress = flying.progress;
    let took = duration(canvas.env.uptime.saturating_sub(flying.since));
    let word = if flying.stopping { "stops" } else { "runs" };
    let said = format!(
        "{} {word}: {} of {} asked, {} right, {took}  ",
        flying.suite, progress.done, progress.total, progress.right
    );
    Line::from(vec![
        Span::styled(said, canvas.style(Role::Accent)),
        Span::styled(clean_line(&flying.model), canvas.style(Role::Dim)),
    ])
}

fn row(kept: &Kept, marked: bool, columns: usize, canvas: &Canvas<'_>) -> Line<'static> {
    let share = kept.brief.as_ref().and_then(|brief| brief.headline);
    let score = match (kept.state, share) {
        ("done", Some(share)) => format!("{:>3.0} %", share * 100.0),
        ("done", None) => "none".to_owned(),
        (state, _) => format!("{state} {}/{}", kept.done, kept.total),
    };
    let about = &kept.about;
    let who = [about.model.as_str(), about.variant.as_str()].join(" ");
    let said = format!("{} {} {} {}", about.suite, who.trim(), about.engine, about.started);
    let mark = if marked { canvas.glyph("◆ ", "* ") } else { "  " };
    let head = format!("{mark}{:>3} {score}  ", kept.id);
    let room = columns.saturating_sub(crate::base::text::width(&head));
    Line::from(vec![
        Span::styled(head, canvas.style(Role::Strong)),
        Span::styled(fit(&clean_line(&said), room).into_owned(), canvas.style(Role::Text)),
    ])
}

fn draw_detail(scores: &Scores, canvas: &mut Canvas<'_>, area: Rect, pane: Pane) {
    let comparison = scores.comparison();
    let title = match (scores.current(), &comparison) {
        (Some(kept), Some((other, _))) => format!("{} held against {}", kept.id, other.id),
        (Some(kept), None) => format!("{}", kept.id),
        (None, _) => String::new(),
    };
    // The tables want every column of a narrow terminal.
    let inner = if area.width >= WIDE { panel(canvas, area, &title, false) } else { ruled(canvas, area, &title) };
    let lines = match (scores.score(), &comparison) {
        (_, Some((other, comparison))) => compared(other, comparison, canvas, inner.width),
        (Some(Ok(score)), None) => full(score, canvas, inner.width),
        (Some(Err(problem)), None) => {
            paragraph(&format!("{}: {}; {}", problem.what, problem.why, problem.hint), Role::Bad, inner.width, canvas)
        }
        (None, None) => Vec::new(),
    };
    let rows = usize::from(inner.height);
    canvas.viewport(pane, rows, lines.len());
    rows_at(canvas, inner, &lines, scores.offset.min(lines.len().saturating_sub(rows)));
}

/// An area under a rule with a title.
fn ruled(canvas: &mut Canvas<'_>, area: Rect, title: &str) -> Rect {
    let title = if title.is_empty() { String::new() } else { format!(" {title} ") };
    let rule = canvas.glyph("─", "-").repeat(usize::from(area.width).saturating_sub(title.len() + 1));
    let line = Line::from(vec![
        Span::styled(canvas.glyph("─", "-"), canvas.style(Role::Border)),
        Span::styled(title, canvas.style(Role::Title)),
        Span::styled(rule, canvas.style(Role::Border)),
    ]);
    canvas.line(&line, area);
    Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area }
}

/// One score: each setting's table, the verdict, what it rests on.
fn full(score: &Score, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let say = |said: &str, role: Role| paragraph(said, role, columns, canvas);
    let about = &score.report.about;
    let mut lines = say(&clean_line(&format!("{} on {}, {}", about.model, about.engine, about.started)), Role::Dim);
    lines.extend(say(&format!("asked with {}", score.plan.words()), Role::Dim));
    if score.report.settings.is_empty() {
        lines.extend(say("nothing has been answered yet", Role::Dim));
        return lines;
    }
    let verdict = Advice::line(&score.advice);
    lines.extend(say(&clean_line(&format!("verdict: {verdict}")), Role::Strong));
    for one in &score.advice {
        lines.extend(say(&clean_line(&format!("  {}: {}", one.text, one.evidence)), Role::Text));
    }
    for scored in &score.report.settings {
        let share = scored.headline.map_or("not measured".to_owned(), |share| format!("{:.0} %", share * 100.0));
        lines.push(Line::default());
        lines.extend(say(
            &clean_line(&format!("{}: {share} (mean of the categories)", scored.setting.key())),
            Role::Accent,
        ));
        for (at, row) in scored.rows().into_iter().enumerate() {
            lines.push(Line::styled(row, canvas.style(if at == 0 { Role::Dim } else { Role::Text })));
        }
    }
    let wrong = score.outcomes.iter().filter(|outcome| !outcome.reasons.is_empty());
    let wrong: Vec<String> = wrong
        .map(|outcome| {
            let why = outcome.reasons.first().map_or("", |reason| reason.why.as_str());
            format!("{} {}: {why}", outcome.case, outcome.label.words())
        })
        .collect();
    if !wrong.is_empty() {
        lines.push(Line::default());
        lines.extend(say("what was wrong", Role::Accent));
        lines.extend(wrong.iter().flat_map(|said| say(&clean_line(said), Role::Text)));
    }
    lines
}

/// Two scores, category by category.
fn compared(other: &Kept, comparison: &Comparison, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let say = |said: &str, role: Role| paragraph(said, role, columns, canvas);
    let about = &other.about;
    let from = clean_line(&format!(
        "against {} on {}, {}: base settings, the cases that both hold",
        about.model, about.engine, about.started
    ));
    let mut lines = say(&from, Role::Dim);
    let head = format!("{:<11} {:<20} {:<20} {}", "category", "marked", "this", "difference in points");
    lines.push(Line::styled(head, canvas.style(Role::Dim)));
    for row in &comparison.rows {
        let role = match row.words() {
            "better" => Role::Good,
            "worse" => Role::Bad,
            _ => Role::Text,
        };
        let difference = row.difference.map_or(String::new(), |one| format!("{:+.0} ", one.value * 100.0));
        let said = format!(
            "{:<11} {:<20} {:<20} {difference}{}",
            fit(&clean_line(&row.category), 11),
            row.first.to_string(),
            row.second.to_string(),
            row.words()
        );
        lines.push(Line::styled(said, canvas.style(role)));
    }
    for (word, cases) in [("gained", &comparison.gained), ("lost", &comparison.lost)] {
        if !cases.is_empty() {
            lines.extend(say(&clean_line(&format!("{word}: {}", cases.join(", "))), Role::Text));
        }
    }
    if comparison.left_out > 0 {
        lines.extend(say(&format!("{} cases are in one of them only", comparison.left_out), Role::Dim));
    }
    lines
}
