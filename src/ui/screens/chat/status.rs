//! The borders of the conversation: whom one talks to above, live figures below.

use super::hit;
use crate::app::Model;
use crate::app::screens::chat::Target;
use crate::app::screens::chat::stream::Stream;
use crate::app::screens::chat::talk::Talk;
use crate::base::{Basis, Reading, text, units};
use crate::lab::chat::Role as Speaker;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The title in the upper border.
pub(super) fn title(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.chat;
    let talk = &state.front;
    let room = usize::from(area.width.saturating_sub(4));
    let resolved = state.resolve(&model.shared);
    let place = |name: &str| match talk.target.as_ref().and_then(|target| target.run.as_ref()) {
        Some(run) if run.0 != name => format!(" at {run}"),
        _ => String::new(),
    };
    let mut spans = vec![Span::styled(" chat: ", canvas.style(Role::Title))];
    match (&resolved, &talk.target) {
        (Ok(resolved), _) => {
            let model_name = short(&resolved.model);
            spans.push(Span::styled(model_name.clone(), canvas.style(Role::Strong)));
            spans.push(Span::styled(place(&model_name), canvas.style(Role::Dim)));
            spans.push(Span::styled(format!(" · {} ", resolved.dialect.name()), canvas.style(Role::Dim)));
            if resolved.simulated {
                spans.push(Span::styled(" SIMULATED ", canvas.style(Role::Simulated)));
            }
        }
        (Err(problem), Some(target)) => {
            spans.push(Span::styled(short(&target.model), canvas.style(Role::Strong)));
            spans.push(Span::styled(format!(" · {} ", problem.why), canvas.style(Role::Bad)));
        }
        (Err(_), None) => spans.push(Span::styled("nobody to talk to yet ", canvas.style(Role::Warn))),
    }
    let line = cut(spans, room);
    let columns = line.width() as u16;
    let place = Rect { x: area.x + 2, y: area.y, width: columns, height: 1 };
    canvas.line(&line, place);
    hit(canvas, place, Target::Title);
    let left = room.saturating_sub(usize::from(columns) + 3);
    if talk.begun() && left > 8 {
        let name = format!(" {} ", text::fit(talk.title(), left - 2));
        let columns = text::width(&name) as u16;
        let place = Rect { x: area.right() - 2 - columns, y: area.y, width: columns, height: 1 };
        canvas.line(&Line::styled(name, canvas.style(Role::Dim)), place);
    }
}

/// A model's name without the folders of a path; `owner/name` stays.
fn short(model: &str) -> String {
    let name = if model.matches('/').count() > 1 { model.rsplit('/').next().unwrap_or(model) } else { model };
    text::clean_line(name)
}

/// The live figures in the lower border.
pub(super) fn figures(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let talk = &model.chat.front;
    let limit = model.chat.resolve(&model.shared).ok().map(|resolved| resolved.context);
    let mut parts = match &talk.stream {
        Some(stream) => live(stream, canvas),
        None => last(talk),
    };
    parts.push(context(talk, limit));
    parts.retain(|part| !part.is_empty());
    let line = format!(" {} ", parts.join(" · "));
    let line = text::fit(&line, area.width.saturating_sub(4).into()).into_owned();
    let place = Rect { x: area.x + 2, y: area.bottom().saturating_sub(1), width: text::width(&line) as u16, height: 1 };
    canvas.line(&Line::styled(line, canvas.style(Role::Text)), place);
}

fn live(stream: &Stream, canvas: &Canvas<'_>) -> Vec<String> {
    let first = match stream.figures.first_token_seconds() {
        Ok(seconds) => format!("first token {}", seconds_text(seconds)),
        Err(_) => {
            let waited = canvas.env.uptime.saturating_sub(stream.asked).as_secs_f64();
            format!("waiting {waited:.1} s")
        }
    };
    let rate = match stream.figures.tokens_per_second() {
        Ok(rate) => format!("{}{:.1} tok/s", mark(rate.basis), rate.value),
        Err(_) => String::new(),
    };
    vec![first, rate]
}

/// Of the last answer, once nothing comes any more.
fn last(talk: &Talk) -> Vec<String> {
    let path = talk.tree.path();
    let Some(turn) = path.iter().rev().find(|turn| turn.role == Speaker::Assistant) else { return Vec::new() };
    let first = turn.figures.first_token_seconds.map(|seconds| format!("first token {}", seconds_text(seconds)));
    let rate = turn.figures.tokens_per_second().map(|rate| format!("{rate:.1} tok/s"));
    vec![first.unwrap_or_default(), rate.unwrap_or_default()]
}

fn context(talk: &Talk, limit: Option<Reading<u64>>) -> String {
    let (used, estimated) = match &talk.stream {
        Some(stream) => match stream.figures.context_used() {
            Ok(figure) => (figure.value as u64, figure.basis == Basis::Computed),
            Err(_) => (talk.context_estimate(), true),
        },
        None => (talk.context_estimate(), talk.context_used().1 > 0),
    };
    let used = format!("{}{}", if estimated { "~" } else { "" }, units::count(used));
    match limit {
        Some(Ok(limit)) => format!("{used}/{} context", units::count(limit)),
        Some(Err(_)) => format!("{used} tokens, context length unknown"),
        None => format!("{used} tokens"),
    }
}

fn mark(basis: Basis) -> &'static str {
    if basis == Basis::Computed { "~" } else { "" }
}

/// Milliseconds below a tenth of a second, seconds with two decimals below ten, one below a hundred.
pub(super) fn seconds_text(seconds: f64) -> String {
    match seconds {
        s if s < 0.1 => format!("{:.0} ms", s * 1000.0),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 100.0 => format!("{s:.1} s"),
        s => format!("{s:.0} s"),
    }
}

/// Spans up to a width; what does not fit is cut with an ellipsis.
pub(super) fn cut(spans: Vec<Span<'static>>, columns: usize) -> Line<'static> {
    let mut left = columns;
    let mut kept = Vec::with_capacity(spans.len());
    for span in spans {
        if left == 0 {
            break;
        }
        let content = text::fit(&span.content, left).into_owned();
        left -= text::width(&content).min(left);
        kept.push(Span::styled(content, span.style));
    }
    Line::from(kept)
}
