//! The tokens of an answer: how probable each was by colour and by the mark below it, and what else might have stood there.

use super::answers::figures;
use super::{here, paragraph, rows};
use crate::app::screens::lab::sampling::{Flight, Focus, Look, State, Target as Here};
use crate::app::seen::Pane;
use crate::base::text::{clean_line, fit, width};
use crate::lab::samples::{Answer, Heat, Rank, Token, branch_unsupported, entropy, heat, rank};
use crate::ui::widgets::{field, panel};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Columns from which the alternatives stand beside the text.
const WIDE: u16 = 120;

/// Draws them.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some((flight, answer, look)) = state.looked() else { return };
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(area);
    let name = format!(" answer {} of {}", answer.place.index, clean_line(&flight.target.model));
    let line = Line::from(vec![
        Span::styled(name, canvas.style(Role::Strong)),
        Span::styled(figures(flight, answer), canvas.style(Role::Dim)),
    ]);
    canvas.line(&line, head);
    legend(canvas, foot);
    let [text, side] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Min(0), Constraint::Length(50)]).areas(body)
    } else {
        Layout::vertical([Constraint::Min(0), Constraint::Length(10)]).areas(body)
    };
    map(answer, look, canvas, text);
    alternatives(state, flight, answer, look, canvas, side);
}

/// What stands for a step.
fn mark(step: Option<Heat>, canvas: &Canvas<'_>) -> (&'static str, Role) {
    match step {
        Some(Heat::Sure) => (" ", Role::Text),
        Some(Heat::Likely) => (canvas.glyph("▁", "."), Role::Good),
        Some(Heat::Open) => (canvas.glyph("▃", "-"), Role::Info),
        Some(Heat::Unlikely) => (canvas.glyph("▅", "="), Role::Warn),
        Some(Heat::Rare) => (canvas.glyph("█", "#"), Role::Bad),
        None => ("?", Role::Unknown),
    }
}

fn legend(canvas: &mut Canvas<'_>, area: Rect) {
    let mut spans = vec![Span::styled(" marks: ", canvas.style(Role::Dim))];
    for step in Heat::ALL {
        let (glyph, role) = mark(Some(step), canvas);
        let glyph = if step == Heat::Sure { "none" } else { glyph };
        let said = match step {
            Heat::Rare => "less".to_owned(),
            step => format!("{}{:.0} %", canvas.glyph("≥ ", ">="), step.from() * 100.0),
        };
        spans.push(Span::styled(glyph, canvas.style(role)));
        spans.push(Span::styled(format!(" {said}  "), canvas.style(Role::Dim)));
    }
    spans.push(Span::styled("? unknown", canvas.style(Role::Dim)));
    canvas.line(&Line::from(spans), area);
}

/// What is shown of a token.
fn shown(token: &Token) -> String {
    match token.text.as_str() {
        "" => "(end)".to_owned(),
        text => clean_line(text),
    }
}

/// Where a token is drawn: its row and column.
struct Placed {
    at: usize,
    row: usize,
    x: usize,
    text: String,
}

/// Tokens in rows of at most so many columns; a token that ends a line ends the row.
fn placed(tokens: &[Token], columns: usize) -> Vec<Placed> {
    let (mut row, mut x, mut all) = (0, 0, Vec::with_capacity(tokens.len()));
    for (at, token) in tokens.iter().enumerate() {
        let text = fit(&shown(token), columns).into_owned();
        let wide = width(&text);
        if x > 0 && x + wide > columns {
            (row, x) = (row + 1, 0);
        }
        all.push(Placed { at, row, x, text });
        x += wide;
        if token.text.ends_with('\n') {
            (row, x) = (row + 1, 0);
        }
    }
    all
}

/// The text, with marks below each row.
fn map(answer: &Answer, look: Look, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, "tokens", true);
    if answer.tokens.is_empty() {
        let lines = paragraph("Its tokens are not told yet.", Role::Dim, inner.width, canvas);
        return rows(canvas, inner, &lines, 0);
    }
    let all = placed(&answer.tokens, usize::from(inner.width.max(1)));
    let (total, seen) = (all.last().map_or(0, |last| last.row + 1), usize::from(inner.height / 2).max(1));
    let here_row = all.get(look.token).map_or(0, |one| one.row);
    let first = (here_row + 1).saturating_sub(seen);
    canvas.viewport(Pane::LabDetail, seen, total);
    for one in all.iter().filter(|one| one.row >= first && one.row < first + seen) {
        let Some(token) = answer.tokens.get(one.at) else { continue };
        let (glyph, role) = mark(heat(token), canvas);
        let wide = width(&one.text) as u16;
        let y = inner.y + 2 * (one.row - first) as u16;
        let place = Rect { x: inner.x + one.x as u16, y, width: wide, height: 1 }.intersection(inner);
        canvas.line(&Line::styled(one.text.clone(), canvas.style(role)), place);
        let below = Rect { y: y + 1, ..place }.intersection(inner);
        canvas.line(&Line::styled(glyph.repeat(usize::from(wide)), canvas.style(role)), below);
        if one.at == look.token {
            canvas.fill(place, Role::Selection);
        }
        canvas.hit(place, here(Here::Token(one.at)));
    }
}

/// The selected token, and what else might have stood there.
fn alternatives(state: &State, flight: &Flight, answer: &Answer, look: Look, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, "in its place", state.focus == Focus::Other);
    let Some(token) = answer.tokens.get(look.token) else { return };
    let mut lines = told(flight, token, look.token, inner.width, canvas);
    if state.focus == Focus::Other {
        let [head, typed] = Layout::vertical([Constraint::Length(2), Constraint::Length(1)]).areas(inner);
        lines = paragraph("Go on with this instead, blanks and all:", Role::Text, head.width, canvas);
        rows(canvas, head, &lines, 0);
        let look = field::Look { placeholder: "a text", focused: true, masked: false };
        return field::draw(canvas, &state.other, look, typed);
    }
    let [head, list] = Layout::vertical([Constraint::Length(lines.len() as u16), Constraint::Min(0)]).areas(inner);
    rows(canvas, head, &lines, 0);
    let height = usize::from(list.height);
    let first = (look.other + 1).saturating_sub(height.max(1));
    for (at, (text, logprob)) in token.top.iter().enumerate().skip(first).take(height) {
        let place = Rect { y: list.y + (at - first) as u16, height: 1, ..list };
        let chosen = if *text == token.text { canvas.glyph("● ", "> ") } else { "  " };
        let share = logprob.exp().clamp(0.0, 1.0);
        let bar = canvas.glyph("█", "#").repeat((share * 10.0).round() as usize);
        let line = Line::from(vec![
            Span::styled(chosen, canvas.style(Role::Accent)),
            Span::styled(format!("{:>6.2} % ", share * 100.0), canvas.style(Role::Text)),
            Span::styled(format!("{bar:<10} "), canvas.style(Role::SliderFill)),
            Span::styled(format!("{:?}", clean_line(text)), canvas.style(Role::Strong)),
        ]);
        canvas.line(&line, place);
        if at == look.other {
            canvas.fill(place, Role::Selection);
        }
        canvas.hit(place, here(Here::Alternative(at)));
    }
}

/// Probability, rank and entropy of a token, and whether one can go on from there.
fn told(flight: &Flight, token: &Token, at: usize, columns: u16, canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    let dialect = flight.plan.dialect;
    let probability = match token.logprob {
        Some(logprob) => format!("{:.2} % (log {logprob:.3})", logprob.exp().min(1.0) * 100.0),
        None => "not among the alternatives seen".to_owned(),
    };
    let rank = match rank(token, dialect) {
        Some(Rank::Exactly(rank)) => format!("rank {rank}"),
        Some(Rank::AtLeast(rank)) => format!("rank {rank} or later"),
        None => "rank unknown".to_owned(),
    };
    let mut lines =
        paragraph(&format!("token {at} {:?}: {probability}, {rank}", shown(token)), Role::Text, columns, canvas);
    let bits = match entropy(token) {
        Some(found) => format!(
            "entropy at least {:.2} bits, of {} tokens seen with {:.1} % together",
            found.bits_at_least,
            found.of,
            found.seen * 100.0
        ),
        None => "no alternatives were told, so no entropy".to_owned(),
    };
    lines.extend(paragraph(&bits, Role::Dim, columns, canvas));
    if let Some(why) = branch_unsupported(dialect) {
        lines.extend(paragraph(&format!("no \"what if\" here: {why}"), Role::Unavailable, columns, canvas));
    }
    lines
}
