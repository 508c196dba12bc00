//! A constraint being written, and whether it can be used as it stands.

use crate::app::screens::structured::edit::Edit;
use crate::app::screens::structured::read::AT_ONCE;
use crate::app::screens::structured::{State, Target as Here};
use crate::app::seen::Target;
use crate::base::text::clean_line;
use crate::ui::widgets::{field, panel, text_area};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws name, text and what is to be said of it.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(edit) = &state.edit else { return };
    let title = if edit.began.is_empty() { "a new constraint".to_owned() } else { clean_line(&edit.began) };
    let inner = panel(canvas, area, &format!("{title}: {}", edit.form.title()), true);
    let lines: Vec<Line<'static>> = said(edit, canvas)
        .into_iter()
        .flat_map(|(role, said)| super::paragraph(&said, role, inner.width, canvas))
        .take(6)
        .collect();
    let [name, rule, text, verdict] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(lines.len().max(1) as u16),
    ])
    .areas(inner);
    let label = "name ";
    canvas.line(&Line::from(Span::styled(label, canvas.style(Role::Dim))), name);
    let place = Rect { x: name.x + label.len() as u16, width: name.width.saturating_sub(label.len() as u16), ..name };
    let look =
        field::Look { placeholder: "tab, then a name: letters, digits, - and _", focused: edit.naming, masked: false };
    field::draw(canvas, &edit.name, look, place);
    canvas.hit(name, Target::Structured(Here::Name(true)));
    let line = canvas.glyph("─", "-").repeat(usize::from(rule.width));
    canvas.line(&Line::styled(line, canvas.style(Role::Border)), rule);
    text_area::draw(canvas, &edit.editor, text, !edit.naming);
    canvas.hit(text, Target::Structured(Here::Name(false)));
    super::rows(canvas, verdict, &lines, 0);
}

/// What is to be said of the text.
fn said(edit: &Edit, canvas: &Canvas<'_>) -> Vec<(Role, String)> {
    let mut said: Vec<(Role, String)> = edit.notes.iter().map(|note| (Role::Info, note.clone())).collect();
    if edit.unread {
        let more = format!("longer than {} KiB: it is read when it is saved (ctrl+s)", AT_ONCE >> 10);
        said.push((Role::Dim, more));
        return said;
    }
    match (&edit.read, &edit.followed) {
        (Err(problem), _) => {
            let sign = canvas.glyph("✗", "x");
            said.push((Role::Bad, format!("{sign} {}: {}", problem.what, problem.why)));
            said.push((Role::Dim, problem.hint.clone()));
        }
        (Ok(ready), followed) => {
            let (role, words) = match followed {
                None => (Role::Dim, "can be used; it is being made ready".to_owned()),
                Some(Ok(())) => (Role::Good, format!("{} can be used", canvas.glyph("✓", "+"))),
                Some(Err(problem)) => {
                    (Role::Warn, format!("! can be sent; not followed here: {}", clean_line(&problem.why)))
                }
            };
            said.push((role, words));
            said.extend(ready.notes.iter().map(|note| (Role::Info, note.clone())));
        }
    }
    said
}
