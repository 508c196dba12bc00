//! One row under the tabs that says what is wrong with the driver, and what helps.

use crate::app::action::{Action, Global};
use crate::app::seen::Target;
use crate::base::{Problem, text};
use crate::ui::Canvas;
use crate::ui::theme::Role;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the row.
pub(super) fn draw(problem: &Problem, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.fill(area, Role::Banner);
    let sign = canvas.glyph("▲", "!");
    let said = format!(" {sign} {}: {}", problem.what, problem.why);
    let room = usize::from(area.width).saturating_sub(1);
    let hint = format!(" {} {}", canvas.glyph("→", "->"), problem.hint);
    let all = text::clean_line(&said) + &text::clean_line(&hint);
    let line = if text::width(&all) <= room {
        all
    } else {
        // The next step is worth more than the whole cause.
        let short = text::clean_line(&format!(" {sign} {}", problem.what));
        text::fit(&(short + &text::clean_line(&hint)), room).into_owned()
    };
    canvas.line(&Line::from(Span::styled(line, canvas.style(Role::Banner))), area);
    canvas.hit(area, Target::Act(Action::Global(Global::Details)));
}
