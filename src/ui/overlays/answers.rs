//! Questions with their answers: confirm, and leave.

use crate::app::Model;
use crate::app::overlay::{Confirm, QuitAnswer};
use crate::app::seen::Target;
use crate::base::text;
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// A question with a yes.
pub(super) fn confirm(canvas: &mut Canvas<'_>, area: Rect, confirm: &Confirm) {
    let answers = ["No (n)".to_owned(), format!("{} (y)", confirm.yes)];
    let said: Vec<String> = std::iter::once(&confirm.question).chain(&confirm.detail).cloned().collect();
    ask(canvas, area, "are you sure?", &said, &answers, usize::from(confirm.selected_yes));
}

/// Whether the runs go on without the deck.
pub(super) fn quit(model: &Model, canvas: &mut Canvas<'_>, area: Rect, selected: usize) {
    let live = |run: &&crate::engines::RunState| run.phase.is_live() || !run.pids.is_empty();
    let names: Vec<&str> = model.shared.runs.iter().filter(live).map(|run| run.run.0.as_str()).collect();
    let detail = [match names.as_slice() {
        [] => "All have ended meanwhile: nothing is in the air.".to_owned(),
        [one] => format!("{one} is still in the air."),
        many => format!("{} are still in the air.", many.join(", ")),
    }];
    let answers = QuitAnswer::ALL.map(|answer| format!("{} ({})", answer.words().0, answer.words().1));
    ask(canvas, area, "leave vramdeck", &detail, &answers, selected);
}

fn ask(canvas: &mut Canvas<'_>, area: Rect, title: &str, said: &[String], answers: &[String], selected: usize) {
    let width = 64.min(area.width.saturating_sub(2));
    let columns = usize::from(width).saturating_sub(4);
    let rows: Vec<String> = said.iter().flat_map(|line| widgets::wrap(line, columns)).collect();
    // An answer that does not fit beside the others gets a row of its own, as all then do.
    let beside = answers.iter().map(|answer| text::width(answer) + 4).sum::<usize>() <= columns;
    let answer_rows = if beside { 1 } else { answers.len() };
    let place = super::middle(area, width, (rows.len() + answer_rows + 3) as u16);
    let inner = widgets::popup(canvas, place, title);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let foot = inner.bottom().saturating_sub(answer_rows as u16);
    for (row, y) in rows.iter().zip(inner.y..foot) {
        canvas.line(&Line::from(Span::styled(row.as_str(), canvas.style(Role::Text))), Rect { y, height: 1, ..inner });
    }
    let (mut x, mut y) = (inner.x, foot);
    for (index, answer) in answers.iter().enumerate() {
        let said = format!(" {} {} ", if index == selected { canvas.glyph("▸", ">") } else { " " }, answer);
        let wide = (text::width(&said) as u16).min(inner.right().saturating_sub(x));
        let button = Rect { x, y, width: wide, height: 1 };
        let role = if index == selected { Role::Selection } else { Role::Text };
        canvas.line(&Line::from(Span::styled(said, canvas.style(role))), button);
        canvas.hit(button, Target::OverlayRow(index));
        if beside {
            x += wide;
        } else {
            y += 1;
        }
    }
}
