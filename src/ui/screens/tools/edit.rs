//! A definition being written, and whether it can be used as it stands.

use crate::app::screens::tools::State;
use crate::ui::widgets::{panel, text_area};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};

/// Draws the text and the verdict below it.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(edit) = &state.edit else { return };
    let title = if edit.name.is_empty() { "a new tool".to_owned() } else { format!("the tool {}", edit.name) };
    let inner = panel(canvas, area, &title, true);
    let said = match &edit.read {
        Ok(tool) => {
            let size = tool.size();
            (Role::Good, format!("can be used: {}, {} arguments, {} bytes", tool.name, size.arguments, size.bytes))
        }
        Err(problem) => {
            let more = problem.detail.iter().map(|line| format!("; {line}")).collect::<String>();
            (Role::Bad, format!("{}: {}{more}", problem.what, problem.why))
        }
    };
    let lines = super::paragraph(&said.1, said.0, inner.width, canvas);
    let height = (lines.len() as u16).clamp(1, 4);
    let [text, verdict] = Layout::vertical([Constraint::Min(1), Constraint::Length(height)]).areas(inner);
    text_area::draw(canvas, &edit.editor, text, true);
    super::rows(canvas, verdict, &lines, 0);
}
