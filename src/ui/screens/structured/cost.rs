//! What the constraint costs, as a table.

use crate::app::screens::structured::State;
use crate::base::text::clean_line;
use crate::base::units::duration;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the table.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(cost) = &state.cost else {
        let words = [
            "c asks the same question with the constraint and without it, a few times each, and holds them against each \
             other: how many answers obey, how long the first token takes, how fast the rest comes, what is spent on blanks.",
            "",
            "How often: the setting cost, times.",
        ];
        return super::empty(canvas, area, &words);
    };
    let say = |said: &str, role| super::paragraph(&clean_line(said), role, area.width, canvas);
    let mut lines = say(&format!("{} on {}, {} times each way", cost.name, cost.model, cost.times), Role::Strong);
    match &cost.told {
        Err(problem) => {
            lines.extend(say(&format!("{}: {}", problem.what, problem.why), Role::Bad));
            lines.extend(say(&problem.hint, Role::Dim));
        }
        Ok(told) => {
            if cost.busy() {
                let took = duration(canvas.env.uptime.saturating_sub(cost.begun));
                let all = cost.times.saturating_mul(2);
                let stop = if cost.stopping { "is being stopped" } else { "s stops it" };
                lines.extend(say(&format!("{} of {all} answers, {took}; {stop}", told.done), Role::Info));
            }
            lines.push(Line::default());
            lines.extend(table(&told.rows, canvas));
            lines.push(Line::default());
            lines.extend(told.notes.iter().flat_map(|note| say(note, Role::Dim)));
        }
    }
    super::rows(canvas, area, &lines, 0);
}

fn table(rows: &[[String; 3]], canvas: &Canvas<'_>) -> Vec<Line<'static>> {
    if rows.is_empty() {
        return Vec::new();
    }
    let head = [String::new(), "with".to_owned(), "without".to_owned()];
    let all: Vec<[String; 3]> =
        std::iter::once(&head).chain(rows).map(|row| row.clone().map(|cell| clean_line(&cell))).collect();
    let width = |at: usize| all.iter().map(|row| crate::base::text::width(&row[at])).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let pad = |cell: &str, at: usize| widths[at].saturating_sub(crate::base::text::width(cell));
    all.iter()
        .enumerate()
        .map(|(number, row)| {
            let role = if number == 0 { Role::Dim } else { Role::Text };
            Line::from(vec![
                Span::styled(format!("{}{}  ", row[0], " ".repeat(pad(&row[0], 0))), canvas.style(Role::Dim)),
                Span::styled(format!("{}{}  ", " ".repeat(pad(&row[1], 1)), row[1]), canvas.style(role)),
                Span::styled(format!("{}{}", " ".repeat(pad(&row[2], 2)), row[2]), canvas.style(role)),
            ])
        })
        .collect()
}
