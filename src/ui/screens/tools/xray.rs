//! An answer looked through, in three panes; on a narrow terminal the one in front.

use super::{calls, raw};
use crate::app::screens::tools::look::{Look, Pane};
use crate::app::screens::tools::remedy::parser_flags;
use crate::app::screens::tools::{Target as Here, look};
use crate::app::seen::Target;
use crate::lab::xray::Difference;
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Columns from which all panes are shown.
const WIDE: u16 = 120;

/// Draws what was found, and the panes.
pub(super) fn draw(look: &Look, canvas: &mut Canvas<'_>, area: Rect) {
    let said = findings(look, canvas, area.width);
    let height = (said.len() as u16).clamp(1, 4);
    let [head, body] = Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(area);
    super::rows(canvas, head, &said, 0);
    if area.width >= WIDE {
        let thirds = Layout::horizontal([Constraint::Ratio(1, 3); 3]).areas::<3>(body);
        for (one, place) in Pane::ALL.into_iter().zip(thirds) {
            pane(look, one, canvas, place);
        }
        return;
    }
    let [tabs, place] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(body);
    draw_tabs(look, canvas, tabs);
    pane(look, look.pane, canvas, place);
}

/// What is wrong, or that nothing is.
fn findings(look: &Look, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let answer = format!("answer {}: ", look.turn + 1);
    match &look.seen {
        Err(unknown) => {
            super::paragraph(&format!("{answer}not looked through: {}", unknown.why), Role::Unknown, columns, canvas)
        }
        Ok(seen) if seen.differences.is_empty() => {
            let said = match seen.parsed.calls.len() {
                0 => "the text holds no call, and the server returned none",
                _ if look.exchange().prompted.is_some() => "every call of the text is whole and fits its tool",
                _ => "the server returned what the model wrote, and every call fits its tool",
            };
            super::paragraph(&format!("{answer}{said}"), Role::Good, columns, canvas)
        }
        Ok(seen) => {
            let all = seen.differences.iter().map(|one| {
                let flags = match one {
                    Difference::ParserLoss { format, .. } => parser_flags(look.dialect, format),
                    _ => None,
                };
                let flags = flags.map(|flags| format!(" ({flags})")).unwrap_or_default();
                format!("{answer}{}: {}{flags}", one.label(), one.words())
            });
            all.flat_map(|said| super::paragraph(&said, Role::Bad, columns, canvas)).collect()
        }
    }
}

fn title(one: Pane) -> &'static str {
    match one {
        Pane::Prompt => "prompt",
        Pane::Raw => "raw text",
        Pane::Calls => "calls",
    }
}

fn draw_tabs(look: &Look, canvas: &mut Canvas<'_>, area: Rect) {
    let mut x = area.x;
    for one in Pane::ALL {
        let role = if one == look.pane { Role::TabActive } else { Role::Tab };
        let said = format!(" {} ", title(one));
        let width = said.len() as u16;
        let place = Rect { x, width, ..area };
        canvas.line(&Line::from(Span::styled(said, canvas.style(role))), place);
        canvas.hit(place, Target::Tools(Here::Looked(one)));
        x = x.saturating_add(width + 1);
    }
}

fn pane(look: &Look, one: Pane, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, title(one), one == look.pane);
    canvas.hit(area, Target::Tools(Here::Looked(one)));
    let lines = match one {
        look::Pane::Prompt => prompt(look, canvas, inner.width),
        look::Pane::Raw => raw::lines(look, canvas, inner.width),
        look::Pane::Calls => calls::lines(look, canvas, inner.width),
    };
    let rows = usize::from(inner.height);
    if one == look.pane {
        canvas.viewport(crate::app::seen::Pane::ToolsXray, rows, lines.len());
    }
    let offset = look.offsets[one.place()].min(lines.len().saturating_sub(rows));
    super::rows(canvas, inner, &lines, offset);
}

/// The prompt, with its tokens and what the tools cost in it.
fn prompt(look: &Look, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let say = |said: &str, role: Role| super::paragraph(said, role, columns, canvas);
    let mut lines = Vec::new();
    match &look.exchange().prompt {
        Ok(prompt) => {
            let tokens = prompt.tokens.map_or("tokens not counted".to_owned(), |count| format!("{count} tokens"));
            lines.extend(say(&format!("{tokens}; {}", prompt.basis), Role::Dim));
        }
        Err(unknown) => lines.extend(say(&format!("not known: {}", unknown.why), Role::Unknown)),
    }
    match &look.exchange().cost {
        Ok(cost) => {
            let share = cost.share.map(|share| format!(", {:.1} % of the context", share * 100.0)).unwrap_or_default();
            lines.extend(say(&format!("the list of tools costs {} of them{share}", cost.tokens), Role::Dim));
        }
        Err(unknown) => lines.extend(say(&format!("cost of the tools: {}", unknown.why), Role::Unknown)),
    }
    if let Ok(prompt) = &look.exchange().prompt {
        lines.push(Line::default());
        lines.extend(raw::plain(&prompt.text, columns, canvas));
    }
    lines
}
