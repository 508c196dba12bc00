//! What happened, as a tree with times; and the call that waits for a yes.

use crate::app::screens::tools::trial::Trial;
use crate::app::screens::tools::{Focus, State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::text::{clean_line, fit};
use crate::base::units::duration;
use crate::lab::agent::flow::{CallState, Kind, Node};
use crate::lab::agent::{End, Runner};
use crate::lab::xray::Difference;
use crate::ui::widgets::{panel, wrap};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Rows of the selected node that are shown in full below the tree.
const DETAIL: u16 = 7;

/// Draws the tree, and the selected node in full where there is room.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Focus::Tree;
    let inner = panel(canvas, area, &title(state, canvas), focused);
    canvas.hit(area, Target::Tools(Here::Pane(Focus::Tree)));
    let Some(trial) = &state.trial else { return empty(canvas, inner) };
    let detail = if inner.height >= 12 { DETAIL } else { 0 };
    let [tree, line, full] =
        Layout::vertical([Constraint::Min(1), Constraint::Length(u16::from(detail > 0)), Constraint::Length(detail)])
            .areas(inner);
    let nodes = trial.trace().rows();
    let height = usize::from(tree.height);
    canvas.viewport(Pane::ToolsTree, height, nodes.len());
    let offset = state.tree_offset.min(state.row).max((state.row + 1).saturating_sub(height));
    for (at, (number, depth, node)) in nodes.iter().enumerate().skip(offset).take(height) {
        let place = Rect { y: tree.y + (at - offset) as u16, height: 1, ..tree };
        canvas.line(&row(trial, *number, node, *depth, canvas), place);
        if at == state.row && focused {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, Target::Tools(Here::Row(at)));
    }
    let under = tree.y + (nodes.len() - offset.min(nodes.len())) as u16;
    if let Some(said) = at_work(trial, canvas).filter(|_| under < tree.bottom()) {
        canvas.line(&said, Rect { y: under, height: 1, ..tree });
    }
    if let Some((_, _, node)) = nodes.get(state.row).filter(|_| detail > 0) {
        let rule = canvas.glyph("─", "-").repeat(usize::from(line.width));
        canvas.line(&Line::styled(rule, canvas.style(Role::Border)), line);
        let (role, text) = whole(node);
        let lines = text.lines().flat_map(|line| super::paragraph(line, role, full.width, canvas));
        super::rows(canvas, full, &lines.collect::<Vec<_>>(), 0);
    }
}

fn title(state: &State, canvas: &Canvas<'_>) -> String {
    let Some(trial) = &state.trial else { return "what happens".to_owned() };
    let knobs = &trial.setup.knobs;
    let mode = knobs.value(crate::app::screens::tools::knobs::Knob::Mode);
    let dot = canvas.glyph("·", "-");
    format!("{} {dot} {} {dot} {} tools", clean_line(&trial.setup.place), mode, trial.setup.tools.len())
}

fn empty(canvas: &mut Canvas<'_>, area: Rect) {
    let words = [
        "Choose tools with space, then press r: the model is asked, and each call it makes is shown here.",
        "",
        "A call runs only after your yes. Then x looks through the answer: the prompt as the model read it, the raw text it \
         wrote, and the calls that the server made of it.",
    ];
    let lines: Vec<Line<'_>> =
        words.iter().flat_map(|said| super::paragraph(said, Role::Dim, area.width, canvas)).collect();
    super::rows(canvas, area, &lines, 0);
}

/// One node on one row.
fn row(trial: &Trial, at: usize, node: &Node, depth: usize, canvas: &Canvas<'_>) -> Line<'static> {
    let (mark, role, said) = match &node.kind {
        Kind::Turn { content, reasoning } => {
            let said = match (content.trim(), reasoning.trim()) {
                ("", "") => "calls".to_owned(),
                ("", reasoning) => format!("(reasons) {reasoning}"),
                (content, _) => content.to_owned(),
            };
            (canvas.glyph("●", "*"), Role::Assistant, said)
        }
        Kind::Call { name, arguments, state, .. } => {
            let (mark, role) = state_mark(*state, canvas);
            (mark, role, format!("{name} {arguments}"))
        }
        Kind::Result { text, cut } => {
            let cut = if *cut { " (cut)" } else { "" };
            (canvas.glyph("↳", ">"), Role::Tool, format!("{}{text}{cut}", canned(trial, node)))
        }
        Kind::Problem(why) => (canvas.glyph("✗", "x"), Role::Bad, why.clone()),
        Kind::End(end) => {
            let (role, said) = end_words(end);
            (canvas.glyph("■", "#"), role, said)
        }
    };
    let took = took(trial, at, node).map(|took| format!("  {}", duration(took))).unwrap_or_default();
    let labels: Vec<&str> = found(trial, at, node).iter().map(Difference::label).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{}: ", labels.join(", ")) };
    Line::from(vec![
        Span::styled(format!("{}{mark} ", "  ".repeat(depth)), canvas.style(role)),
        Span::styled(labels, canvas.style(Role::Bad)),
        Span::styled(fit(&clean_line(&said), 400).into_owned(), canvas.style(role)),
        Span::styled(took, canvas.style(Role::Dim)),
    ])
}

/// What is wrong with the answer that a node is.
fn found<'a>(trial: &'a Trial, at: usize, node: &Node) -> &'a [Difference] {
    let turn = matches!(node.kind, Kind::Turn { .. }).then(|| trial.turn_of(at)).flatten();
    turn.and_then(|turn| trial.turns.get(turn)).map_or(&[], |turn| turn.told.differences())
}

/// How long an answer took, or a call ran; not how long a person thought about it.
fn took(trial: &Trial, at: usize, node: &Node) -> Option<Duration> {
    match &node.kind {
        Kind::Turn { .. } => trial.turn_of(at).and_then(|turn| trial.turns.get(turn)).map(|turn| turn.took),
        Kind::Call { .. } => Duration::try_from_secs_f64(node.ended? - node.ran?).ok(),
        _ => None,
    }
    .filter(|took| *took >= Duration::from_millis(1))
}

/// Says of a result that nothing was run for it.
fn canned(trial: &Trial, node: &Node) -> &'static str {
    let parent = node.parent.and_then(|at| trial.trace().nodes.get(at));
    let Some(Kind::Call { name, .. }) = parent.map(|node| &node.kind) else { return "" };
    let tool = trial.setup.tools.iter().find(|tool| tool.name == *name);
    if tool.is_some_and(|tool| matches!(tool.run, Runner::Canned { .. })) { "canned: " } else { "" }
}

fn state_mark(state: CallState, canvas: &Canvas<'_>) -> (&'static str, Role) {
    match state {
        CallState::Waiting => (canvas.glyph("·", "."), Role::Dim),
        CallState::Asked => ("?", Role::Warn),
        CallState::Running => (canvas.glyph("▶", ">"), Role::Accent),
        CallState::Done => (canvas.glyph("✓", "v"), Role::Good),
        CallState::Failed | CallState::Malformed => (canvas.glyph("✗", "x"), Role::Bad),
        CallState::Refused => ("-", Role::Warn),
    }
}

fn end_words(end: &End) -> (Role, String) {
    match end {
        End::Answered => (Role::Good, "answered without a further call".to_owned()),
        End::Steps => (Role::Warn, "it called in every step that is allowed".to_owned()),
        End::Malformed => (Role::Bad, "it went on to make calls that cannot be used".to_owned()),
        End::Looping(name) => (Role::Bad, format!("it made the same call of {name} again and again")),
        End::Stopped => (Role::Warn, "stopped".to_owned()),
        End::Failed(why) => (Role::Bad, format!("the model could not be asked: {why}")),
    }
}

/// What is under way, under the last node.
fn at_work(trial: &Trial, canvas: &Canvas<'_>) -> Option<Line<'static>> {
    if trial.end().is_some() {
        return None;
    }
    if trial.paused {
        return Some(Line::styled("waits: g goes on to the next step", canvas.style(Role::Warn)));
    }
    let asked = trial.asked?;
    let waited = duration(canvas.env.uptime.saturating_sub(asked));
    let heard = match trial.heard {
        (0, 0) => String::new(),
        (bytes, calls) => format!(", {bytes} bytes of text and {calls} calls so far"),
    };
    Some(Line::styled(format!("asks the model, {waited}{heard}"), canvas.style(Role::Dim)))
}

/// A node in full.
fn whole(node: &Node) -> (Role, String) {
    match &node.kind {
        Kind::Turn { content, reasoning } if reasoning.trim().is_empty() => (Role::Text, content.clone()),
        Kind::Turn { content, reasoning } => (Role::Text, format!("reasoning: {reasoning}\n{content}")),
        Kind::Call { name, arguments, .. } => (Role::Text, format!("{name}\n{}", pretty(arguments))),
        Kind::Result { text, .. } => (Role::Tool, pretty(text)),
        Kind::Problem(why) => (Role::Bad, why.clone()),
        Kind::End(end) => end_words(end),
    }
}

fn pretty(text: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(text);
    value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.to_owned())
}

/// Rows that the question for a yes takes.
pub(super) fn asked_height(state: &State, area: Rect) -> u16 {
    let Some((_, _, plan, _)) = state.trial.as_ref().and_then(Trial::waits) else { return 0 };
    let columns = usize::from(area.width.saturating_sub(2).max(1));
    let rows: usize = plan.lines().iter().map(|line| wrap(line, columns).len()).sum();
    (u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(3)).min(area.height / 2)
}

/// The call that waits first: what exactly would run.
pub(super) fn draw_asked(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some((_, name, plan, count)) = state.trial.as_ref().and_then(Trial::waits) else { return };
    let more = if count > 1 { format!(", {} more wait", count - 1) } else { String::new() };
    let inner = panel(canvas, area, &format!("let {} run?{more}", clean_line(name)), true);
    let mut lines: Vec<Line<'_>> =
        plan.lines().iter().flat_map(|line| super::paragraph(line, Role::Text, inner.width, canvas)).collect();
    // The keys stay in view however long the arguments are.
    lines.truncate(usize::from(inner.height.saturating_sub(1)));
    let keys = if state.focus == Focus::Prompt {
        "leave the question with Esc, then: y once, c this conversation, n no, N never"
    } else {
        "y once, c for this conversation, n no, N never"
    };
    lines.push(Line::styled(keys, canvas.style(Role::Warn)));
    super::rows(canvas, inner, &lines, 0);
}
