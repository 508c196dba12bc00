//! The Lab screen: the names of its views on top, the view in front below.

mod pooling;
mod probes;
mod sampling;

use crate::app::Model;
use crate::app::screens::lab::{Target as Here, View};
use crate::app::seen::Target;
use crate::base::text;
use crate::ui::Canvas;
use crate::ui::theme::Role;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws the screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let mut x = head.x + 1;
    for view in View::ALL {
        let role = if view == model.lab.view { Role::TabActive } else { Role::Tab };
        let name = format!(" {} ", view.title());
        let place = Rect { x, width: (text::width(&name) as u16).min(head.right().saturating_sub(x)), ..head };
        canvas.line(&Line::from(Span::styled(name, canvas.style(role))), place);
        canvas.hit(place, Target::Lab(Here::View(view)));
        x = place.right() + 1;
    }
    match model.lab.view {
        View::Sampling => sampling::draw(model, canvas, body),
        View::Probes => probes::draw(model, canvas, body),
        View::Pooling => pooling::draw(model, canvas, body),
    }
}
