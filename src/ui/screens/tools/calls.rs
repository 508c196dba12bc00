//! The calls of the raw text beside those that the server returned, and what other parsers make of the text.

use crate::app::screens::tools::look::Look;
use crate::base::text::clean_line;
use crate::lab::xray::{Pair, Xray};
use crate::ui::{Canvas, Role};
use ratatui::text::Line;

/// Parsers that are named.
const NAMED: usize = 8;

/// The pane's rows.
pub(super) fn lines(look: &Look, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let say = |said: &str, role: Role| super::paragraph(said, role, columns, canvas);
    let returned = &look.exchange().returned;
    let mut lines = Vec::new();
    let finish = returned.finish.as_deref().map_or("for no stated reason".to_owned(), |why| format!("for `{why}`"));
    let tokens = returned.tokens.map(|(prompt, own)| format!("; {prompt} tokens in, {own} out")).unwrap_or_default();
    lines.extend(say(&clean_line(&format!("the answer ended {finish}{tokens}")), Role::Dim));
    let server = look.exchange().server_parser.as_deref();
    lines.extend(say(
        &clean_line(&format!("the server's parser: {}", server.unwrap_or("its own, not named by a flag"))),
        Role::Dim,
    ));
    match &look.seen {
        Ok(seen) => {
            let chosen = if look.format.is_some() { "chosen" } else { "the one that fits" };
            lines.extend(say(&format!("read here as {} ({chosen})", seen.parsed.format), Role::Dim));
            lines.push(Line::default());
            lines.extend(beside(look, seen, canvas, columns));
        }
        Err(unknown) => {
            lines.push(Line::default());
            lines.extend(say(&format!("the raw text is not known: {}", unknown.why), Role::Unknown));
            for call in &returned.calls {
                lines.extend(say(&clean_line(&format!("returned: {} {}", call.name, call.arguments)), Role::Tool));
            }
        }
    }
    lines.extend(others(look, canvas, columns));
    lines
}

/// Each call, as written and as returned.
fn beside(look: &Look, seen: &Xray, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let say = |said: &str, role: Role| super::paragraph(said, role, columns, canvas);
    let mut lines = Vec::new();
    if seen.pairs.is_empty() {
        lines.extend(say("no call", Role::Dim));
    }
    for (number, pair) in seen.pairs.iter().enumerate() {
        let Pair { written, returned, same } = *pair;
        let written = written.and_then(|at| seen.parsed.calls.get(at));
        let back = returned.and_then(|at| look.exchange().returned.calls.get(at));
        let name = written.map(|call| &call.name).or(back.map(|call| &call.name)).cloned().unwrap_or_default();
        lines.extend(say(&clean_line(&format!("call {}: {name}", number + 1)), Role::Strong));
        let text = written.map_or("not in the text".to_owned(), |call| {
            let place = format!("bytes {} to {}", call.span.start, call.span.end);
            let whole = if call.complete { "" } else { ", breaks off" };
            let known = if call.known == Some(false) { ", no such tool" } else { "" };
            format!("{} ({place}{whole}{known})", call.arguments_text)
        });
        lines.extend(say(&clean_line(&format!("  written: {text}")), Role::Text));
        let (role, text) = match (back, look.exchange().prompted.is_some()) {
            (_, true) => (Role::Dim, "read here, the server was not asked".to_owned()),
            (Some(call), false) if same => (Role::Good, call.arguments.clone()),
            (Some(call), false) => (Role::Bad, call.arguments.clone()),
            (None, false) => (Role::Bad, "nothing".to_owned()),
        };
        lines.extend(say(&clean_line(&format!("  returned: {text}")), role));
    }
    lines.extend(seen.parsed.problems.iter().flat_map(|said| say(&clean_line(said), Role::Warn)));
    lines
}

/// What other parsers find.
fn others(look: &Look, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let Ok(all) = &look.told.replayed else { return Vec::new() };
    let say = |said: &str, role: Role| super::paragraph(said, role, columns, canvas);
    let mut lines = vec![Line::default()];
    let found = all.iter().filter(|one| one.calls > 0).count();
    if found == 0 {
        lines.extend(say(&format!("none of {} parsers finds a call in it", all.len()), Role::Dim));
        return lines;
    }
    lines.extend(say("try another parser (p): whole calls of offered tools", Role::Dim));
    for one in all.iter().take(found.min(NAMED)) {
        let role = if one.good > 0 { Role::Good } else { Role::Dim };
        let mark = if look.format.as_deref() == Some(one.format.as_str()) { canvas.glyph("▸ ", "> ") } else { "  " };
        lines.extend(say(&format!("{mark}{}: {} of {}", one.format, one.good, one.calls), role));
    }
    let rest = all.len().saturating_sub(found.min(NAMED));
    lines.extend(say(&format!("  {rest} others find {}", if found > NAMED { "less" } else { "none" }), Role::Dim));
    lines
}
