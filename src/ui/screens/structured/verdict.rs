//! What is right and wrong with an answer, and what differs from the one before.

use super::status::mark;
use crate::app::screens::structured::watch::{Found, Stage};
use crate::app::screens::structured::{Focus, State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::text::{clean_line, fit};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Rows of the selected finding in full.
const DETAIL: u16 = 4;

/// Draws the verdict, what was found, and the selected row in full.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let say =
        |said: &str, role: Role, canvas: &Canvas<'_>| super::paragraph(&clean_line(said), role, area.width, canvas);
    let ended = match state.watch.as_ref().map(|watch| &watch.stage) {
        None => return super::empty(canvas, area, &["Whether an answer obeys stands here once one has come. r asks."]),
        Some(Stage::Asked | Stage::Comes | Stage::Stopping) => {
            return super::empty(canvas, area, &["The verdict stands here once the answer has come to its end."]);
        }
        Some(Stage::Failed(problem)) => {
            let mut lines = say(&format!("{}: {}", problem.what, problem.why), Role::Bad, canvas);
            lines.extend(say(&problem.hint, Role::Dim, canvas));
            lines.extend(problem.detail.iter().flat_map(|one| say(one, Role::Dim, canvas)));
            return super::rows(canvas, area, &lines, 0);
        }
        Some(Stage::Ended(ended)) => ended,
    };
    let (sign, role) = mark(ended.grade, canvas);
    let mut head = say(&format!("{sign} {}", ended.said), role, canvas);
    if !ended.hint.is_empty() {
        head.extend(say(&ended.hint, Role::Dim, canvas));
    }
    let detail = if area.height >= 12 && !ended.found.is_empty() { DETAIL } else { 0 };
    let [above, body, below] = Layout::vertical([
        Constraint::Length((head.len() as u16).min(6)),
        Constraint::Min(1),
        Constraint::Length(detail),
    ])
    .areas(area);
    super::rows(canvas, above, &head, 0);
    let height = usize::from(body.height);
    canvas.viewport(Pane::StructuredText, height, ended.found.len());
    let first = (state.found + 1).saturating_sub(height);
    for ((at, found), y) in ended.found.iter().enumerate().skip(first).zip(body.y..body.bottom()) {
        let place = Rect { y, height: 1, ..body };
        canvas.line(&row(found, canvas, body.width), place);
        if at == state.found && state.focus == Focus::View {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, Target::Structured(Here::Found(at)));
    }
    if let Some(found) = ended.found.get(state.found).filter(|_| detail > 0) {
        let rule = canvas.glyph("─", "-").repeat(usize::from(below.width));
        canvas.line(&Line::styled(rule, canvas.style(Role::Border)), below);
        let under = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
        let lines = say(&format!("{}{}", path(found), found.words), Role::Text, canvas);
        super::rows(canvas, under, &lines, 0);
    }
}

fn path(found: &Found) -> String {
    match found.pointer.as_deref() {
        None => String::new(),
        Some("") => "the whole: ".to_owned(),
        Some(pointer) => format!("{pointer}: "),
    }
}

fn row(found: &Found, canvas: &Canvas<'_>, columns: u16) -> Line<'static> {
    let (sign, role) = mark(found.grade, canvas);
    let head = format!("{sign} {} ", found.label);
    let room = usize::from(columns).saturating_sub(head.chars().count());
    Line::from(vec![
        Span::styled(head, canvas.style(role)),
        Span::styled(
            fit(&clean_line(&format!("{}{}", path(found), found.words)), room).into_owned(),
            canvas.style(Role::Text),
        ),
    ])
}
