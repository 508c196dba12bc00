//! One row under the tabs that says what is wrong with the driver, and what helps.

use crate::app::action::{Action, Global};
use crate::app::seen::Target;
use crate::base::{Problem, text};
use crate::ui::Canvas;
use crate::ui::theme::Role;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the row.
/// `key` shows the problem in full.
pub(super) fn draw(problem: &Problem, key: Option<&str>, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.fill(area, Role::Banner);
    let (sign, arrow) = (canvas.glyph("▲", "!"), canvas.glyph("→", "->"));
    let room = usize::from(area.width).saturating_sub(1);
    let long = format!(" {sign} {}: {} {arrow} {}", problem.what, problem.why, problem.hint);
    // The next step is worth more than the whole cause.
    let short = format!(" {sign} {} {arrow} {}", problem.what, problem.hint);
    let fits = |said: &String| text::width(said) <= room;
    let (said, more) = match [long, short].map(|said| text::clean_line(&said)) {
        [long, _] if fits(&long) => (long, String::new()),
        [_, short] if fits(&short) => (short, String::new()),
        [_, short] => (short, key.map(|key| format!("  {key} says all ")).unwrap_or_default()),
    };
    let said = text::fit(&said, room.saturating_sub(more.len())).into_owned() + &more;
    canvas.line(&Line::from(Span::styled(said, canvas.style(Role::Banner))), area);
    canvas.hit(area, Target::Act(Action::Global(Global::Details)));
}
