//! Notices, bottom right, newest lowest.

use crate::app::Model;
use crate::app::seen::Target;
use crate::app::toast::{Notice, SHOWN, Toast};
use crate::base::text;
use crate::ui::Canvas;
use crate::ui::theme::Role;
use crate::ui::widgets::ASCII_BORDER;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};

/// Draws them over the lower right of the body.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let width = area.width.min(64);
    let mut bottom = area.bottom();
    let toasts: Vec<&Toast> = model.shared.toasts.iter().collect();
    let mut hidden = toasts.len();
    let mut top = None;
    for toast in toasts.into_iter().rev().take(SHOWN) {
        let (role, lines) = lines(toast, usize::from(width).saturating_sub(4));
        let height = lines.len() as u16 + 2;
        if bottom < area.y + height {
            break;
        }
        bottom -= height;
        let longest = lines.iter().map(|line| text::width(line)).max().unwrap_or(0) as u16 + 4;
        let wide = longest.min(width);
        let place = Rect { x: area.right() - wide, y: bottom, width: wide, height };
        canvas.blank(place);
        let border = if canvas.ascii { ASCII_BORDER } else { BorderType::Rounded.to_border_set() };
        let block = Block::bordered().border_set(border).border_style(canvas.style(role));
        canvas.render(block, place);
        for (line, y) in lines.iter().zip(place.y + 1..) {
            let style = canvas.style(if y == place.y + 1 { role } else { Role::Text });
            let inner = Rect { x: place.x + 2, y, width: wide.saturating_sub(4), height: 1 };
            canvas.line(&Line::from(Span::styled(line.as_str(), style)), inner);
        }
        canvas.hit(place, Target::Toast(toast.id));
        hidden -= 1;
        top = Some((place, role));
    }
    if let Some((place, role)) = top.filter(|_| hidden > 0) {
        let more = Line::from(Span::styled(format!(" {hidden} more behind "), canvas.style(role)));
        canvas.line(&more, Rect { x: place.x + 2, width: place.width.saturating_sub(4), height: 1, ..place });
    }
}

fn lines(toast: &Toast, width: usize) -> (Role, Vec<String>) {
    let fit = |text: &str| text::fit(&text::clean_line(text), width).into_owned();
    match &toast.notice {
        Notice::Info(said) => (Role::Info, vec![fit(said)]),
        Notice::Problem(problem) => {
            let mut lines = vec![fit(&problem.what)];
            lines.extend(
                [&problem.why, &problem.hint].into_iter().filter(|line| !line.is_empty()).map(|line| fit(line)),
            );
            (Role::Bad, lines)
        }
    }
}
