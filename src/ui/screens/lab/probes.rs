//! The Lab's view Probes: what is really on at an endpoint, by group, with what each verdict rests on.

mod evidence;
mod targets;

use crate::app::Model;
use crate::app::screens::lab::Target as Lab;
use crate::app::screens::lab::probes::{Flying, State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::text::{clean_line, fit, width};
use crate::base::units::{age, duration};
use crate::lab::probes::{CAPABILITIES, Card, Entry, Verdict};
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Columns from which the card and the evidence stand side by side.
const WIDE: u16 = 130;
/// Columns of a capability's name.
const NAME: usize = 26;
/// Columns of a verdict.
const VERDICT: usize = 18;

/// Draws the view.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.lab.probes;
    let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    whom(state, canvas, head);
    if state.choosing {
        return targets::draw(state, canvas, body);
    }
    let Some(card) = state.card(&model.shared) else {
        return nothing(state, canvas, body);
    };
    let [list, detail] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Percentage(50), Constraint::Min(0)]).areas(body)
    } else {
        Layout::vertical([Constraint::Percentage(60), Constraint::Min(0)]).areas(body)
    };
    draw_card(state, &card, canvas, list);
    let entry = state.current(&card);
    evidence::draw(entry, state.offset, canvas, detail);
}

/// Whom the probes ask, or why nobody.
fn whom(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let line = match &state.resolved {
        Ok(target) => Line::from(vec![
            Span::styled(" probes ", canvas.style(Role::Dim)),
            Span::styled(clean_line(&target.model), canvas.style(Role::Strong)),
            Span::styled(
                clean_line(&format!(" on {} at {}", target.dialect.name(), target.base_url)),
                canvas.style(Role::Dim),
            ),
            Span::styled(if target.simulated { " simulated" } else { "" }, canvas.style(Role::Simulated)),
        ]),
        Err(problem) => Line::from(vec![
            Span::styled(format!(" {}", clean_line(&problem.what)), canvas.style(Role::Warn)),
            Span::styled(clean_line(&format!(": {}", problem.hint)), canvas.style(Role::Dim)),
        ]),
    };
    canvas.line(&line, area);
}

fn nothing(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, "capability card", true);
    let said = match state.flying {
        Some(_) => "The first probe is under way.".to_owned(),
        None => format!(
            "No card of this engine and model yet. r sends about 300 short requests and finds out which of {} capabilities are on, \
             which are refused and which are ignored without a word; f probes what is asked for most.",
            CAPABILITIES.len()
        ),
    };
    let lines = evidence::paragraph(&said, Role::Dim, inner.width, canvas);
    evidence::rows(canvas, inner, &lines, 0);
}

/// The card: groups, capabilities, verdicts; below, how sure it is.
fn draw_card(state: &State, card: &Card, canvas: &mut Canvas<'_>, area: Rect) {
    let subject = &card.subject;
    let title = format!("{} {}", subject.engine, subject.version);
    let inner = panel(canvas, area, clean_line(&title).trim(), true);
    let [body, foot] = Layout::vertical([Constraint::Min(0), Constraint::Length(2)]).areas(inner);
    draw_foot(state, card, canvas, foot);
    let selected = state.selected.min(card.capabilities.len().saturating_sub(1));
    // Rows with the places of their capabilities; heads of groups have none.
    let mut rows: Vec<(Option<usize>, Line<'static>)> = Vec::new();
    for (at, entry) in card.capabilities.iter().enumerate() {
        let is_first = at == 0 || card.capabilities.get(at - 1).is_none_or(|before| before.group != entry.group);
        if is_first {
            rows.push((None, Line::styled(clean_line(&entry.group), canvas.style(Role::Title))));
        }
        rows.push((Some(at), row(entry, usize::from(body.width), canvas)));
    }
    let place_of = rows.iter().position(|(at, _)| *at == Some(selected)).unwrap_or(0);
    let height = usize::from(body.height.max(1));
    canvas.viewport(Pane::LabList, height, rows.len());
    // The head of the first group stays in view with its first row.
    let first = if place_of <= 1 { 0 } else { (place_of + 1).saturating_sub(height) };
    for ((at, line), y) in rows.into_iter().skip(first).zip(body.y..body.bottom()) {
        let place = Rect { y, height: 1, ..body };
        canvas.line(&line, place);
        if let Some(at) = at {
            if at == selected {
                canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
            }
            canvas.hit(place, Target::Lab(Lab::Probes(Here::Row(at))));
        }
    }
}

/// A mark and words for a verdict: never colour alone.
pub(super) fn mark(verdict: Verdict, canvas: &Canvas<'_>) -> (&'static str, Role) {
    match verdict {
        Verdict::Yes => (canvas.glyph("✓", "+"), Role::Good),
        Verdict::No => (canvas.glyph("✗", "x"), Role::Bad),
        Verdict::Ignored => (canvas.glyph("○", "o"), Role::Warn),
        Verdict::Unknown => ("?", Role::Unknown),
    }
}

fn row(entry: &Entry, columns: usize, canvas: &Canvas<'_>) -> Line<'static> {
    let verdict = entry.finding.verdict;
    let (glyph, role) = mark(verdict, canvas);
    let pad = |text: &str, columns: usize| {
        let text = fit(text, columns).into_owned();
        let gap = " ".repeat(columns.saturating_sub(width(&text)));
        format!("{text}{gap}")
    };
    let name = pad(&clean_line(&entry.name), NAME);
    let said = pad(&format!("{glyph} {}", verdict.words()), VERDICT);
    let room = columns.saturating_sub(NAME + VERDICT + 3);
    Line::from(vec![
        Span::styled(format!(" {name} "), canvas.style(Role::Text)),
        Span::styled(said, canvas.style(role)),
        Span::styled(format!(" {}", fit(&clean_line(&entry.finding.why), room)), canvas.style(Role::Dim)),
    ])
}

/// How many of each verdict, how sure, and how far.
fn draw_foot(state: &State, card: &Card, canvas: &mut Canvas<'_>, area: Rect) {
    let rate = card.false_alarm_rate() * 100.0;
    let old = age(Duration::try_from_secs_f64(canvas.env.unix() - card.at).unwrap_or_default());
    let sure = format!("any verdict wrong: at most {rate:.2} % · n {}", card.samples());
    let (first, role) = match &state.flying {
        Some(flying) => (flies(flying, canvas), Role::Accent),
        None => (format!("{} · {old}", card.gist()), Role::Strong),
    };
    for ((said, role), y) in [(first, role), (sure, Role::Dim)].into_iter().zip(area.y..area.bottom()) {
        let said = fit(&said, usize::from(area.width)).into_owned();
        canvas.line(&Line::styled(said, canvas.style(role)), Rect { y, height: 1, ..area });
    }
}

fn flies(flying: &Flying, canvas: &Canvas<'_>) -> String {
    let took = duration(canvas.env.uptime.saturating_sub(flying.since));
    let (done, total) = flying.progress;
    let now = if flying.stopping { "stops" } else { flying.now };
    format!("{done} of {total} · {now} · {} requests · {took}", flying.requests)
}
