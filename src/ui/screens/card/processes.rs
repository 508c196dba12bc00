//! The table of processes, and the selected one in full below it.

use crate::app::Model;
use crate::app::screens::card::{Column, Target, processes};
use crate::app::seen::{Pane, Target as Any};
use crate::base::text;
use crate::gpu::ledger::{Entry, Part};
use crate::gpu::{Card, GpuProcess, Ledger, ProcessUse};
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// The least columns a command needs to be worth a column of its own.
const COMMAND: u16 = 24;

/// Widths of the columns; a command column where there is room.
struct Layout {
    bytes: u16,
    name: u16,
    pid: u16,
    run: u16,
    since: u16,
    command: u16,
}

impl Layout {
    fn of(width: u16) -> Self {
        let fixed = 8 + 9 + 9 + 4 + 6;
        let rest = width.saturating_sub(fixed);
        let name = (rest / 3).clamp(12, 32).min(rest);
        let run = (rest / 4).clamp(8, 24).min(rest - name);
        let left = rest - name - run;
        // What is no room for a command goes to the names.
        let (name, run, command) =
            if left < COMMAND { (name + left / 2, run + left - left / 2, 0) } else { (name, run, left) };
        Self { bytes: 8, name, pid: 9, run, since: 9, command }
    }

    fn width(&self, column: Column) -> u16 {
        match column {
            Column::Bytes => self.bytes,
            Column::Name => self.name,
            Column::Pid => self.pid,
            Column::Run => self.run,
            Column::Since => self.since,
        }
    }
}

/// Draws the panel.
pub(super) fn draw(model: &Model, card: &Card, ledger: Option<&Ledger>, canvas: &mut Canvas<'_>, area: Rect) {
    let rows = processes(&model.card, &model.shared);
    let title = match rows.len() {
        0 => "who holds it".to_owned(),
        count => format!("who holds it {} {count}", canvas.glyph("·", "-")),
    };
    let inner = widgets::panel(canvas, area, &title, true);
    canvas.hit(inner, Any::Card(Target::Table));
    if rows.is_empty() {
        return nobody(card, canvas, inner);
    }
    let selected = rows.iter().find(|process| Some(process.pid) == model.card.selected);
    let layout = Layout::of(inner.width);
    let detail_rows = if layout.command == 0 || inner.height > 8 { 2 } else { 1 };
    let (table, detail) = super::cut_bottom(inner, if inner.height >= 5 { detail_rows } else { 0 });
    let (head, body) = super::cut_top(table, 1);
    draw_head(model, canvas, head, &layout);
    canvas.viewport(Pane::CardProcesses, body.height.into(), rows.len());
    let first = model.card.offset.min(rows.len().saturating_sub(body.height.into()));
    for (process, y) in rows.iter().skip(first).zip(body.y..body.bottom()) {
        let place = Rect { y, height: 1, ..body };
        draw_row(canvas, place, process, &layout, parts(&rows, process, ledger));
        if Some(process.pid) == model.card.selected {
            canvas.fill(place, Role::Selection);
        }
        canvas.hit(place, Any::Card(Target::Process(process.pid)));
    }
    if let Some(process) = selected {
        draw_detail(canvas, detail, process, parts(&rows, process, ledger));
    }
}

/// What a run's bytes are for, beside the largest of its processes; none where nobody says.
fn parts(rows: &[&GpuProcess], process: &GpuProcess, ledger: Option<&Ledger>) -> Option<String> {
    let run = process.run.as_deref()?;
    let size = |process: &GpuProcess| (process.used.clone().ok(), std::cmp::Reverse(process.pid));
    let largest = rows.iter().filter(|other| other.run.as_deref() == Some(run)).max_by_key(|other| size(other))?;
    let entries: Vec<&Entry> = ledger?.of_run(run).filter(|entry| entry.part != Part::Whole).collect();
    if largest.pid != process.pid || entries.is_empty() {
        return None;
    }
    let said = |entry: &&Entry| {
        let bytes = entry.bytes.as_ref().map_or_else(|_| "?".to_owned(), |bytes| format!("{:.2}", bytes.gib()));
        let note = entry.note.as_ref().filter(|_| entry.part != Part::Other);
        let note = note.map(|note| format!(" ({})", text::clean_line(note))).unwrap_or_default();
        format!("{} {bytes}{note}", entry.part.word())
    };
    Some(entries.iter().map(said).collect::<Vec<_>>().join(" · "))
}

fn nobody(card: &Card, canvas: &mut Canvas<'_>, area: Rect) {
    let (role, said) = match &card.processes {
        Ok(_) => (Role::Dim, "no process holds memory on this card".to_owned()),
        Err(unknown) => (Role::Unknown, format!("? {}", text::clean_line(&unknown.why))),
    };
    let place = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    canvas.line(&Line::from(Span::styled(said, canvas.style(role))), place);
}

fn draw_head(model: &Model, canvas: &mut Canvas<'_>, area: Rect, layout: &Layout) {
    let mut x = area.x;
    let sort = model.card.sort;
    for column in Column::ALL {
        let width = layout.width(column);
        let sorted = sort.column == column;
        let sign = match (sorted, sort.descending) {
            (false, _) => "",
            (true, true) => canvas.glyph("▾", "v"),
            (true, false) => canvas.glyph("▴", "^"),
        };
        let role = if sorted { Role::Accent } else { Role::Dim };
        let place = Rect { x, width: width.min(area.right().saturating_sub(x)), ..area };
        let said = aligned(column, &format!("{}{sign}", column.title()), width);
        canvas.line(&Line::from(Span::styled(said, canvas.style(role))), place);
        canvas.hit(place, Any::Card(Target::Head(column)));
        x += width;
    }
    let rest = Rect { x, width: area.right().saturating_sub(x), ..area };
    let said = if layout.command > 0 { " use command" } else { " use" };
    canvas.line(&Line::from(Span::styled(said, canvas.style(Role::Dim))), rest);
}

/// Numbers to the right, words to the left, a column apart.
fn aligned(column: Column, said: &str, width: u16) -> String {
    let room = usize::from(width).saturating_sub(1);
    let said = text::fit(said, room);
    let blank = " ".repeat(room.saturating_sub(text::width(&said)));
    match column {
        Column::Bytes | Column::Pid | Column::Since => format!("{blank}{said} "),
        Column::Name | Column::Run => format!(" {said}{blank}"),
    }
}

fn draw_row(canvas: &mut Canvas<'_>, area: Rect, process: &GpuProcess, layout: &Layout, parts: Option<String>) {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for column in Column::ALL {
        let (said, role) = cell(canvas, process, column);
        spans.push(Span::styled(aligned(column, &said, layout.width(column)), canvas.style(role)));
    }
    let usage = match process.usage {
        ProcessUse::Compute => " C  ",
        ProcessUse::Graphics => " G  ",
        ProcessUse::Both => " C+G",
    };
    spans.push(Span::styled(usage, canvas.style(Role::Dim)));
    if layout.command > 0 {
        let command = process.command.as_ref().map(|command| text::clean_line(command)).unwrap_or_default();
        let (said, role) = parts.map_or((command, Role::Dim), |parts| (drawable(canvas, &parts), Role::Text));
        let said = text::fit(&said, usize::from(layout.command)).into_owned();
        spans.push(Span::styled(format!(" {said}"), canvas.style(role)));
    }
    canvas.line(&Line::from(spans), area);
}

fn cell(canvas: &Canvas<'_>, process: &GpuProcess, column: Column) -> (String, Role) {
    let unknown = || ("?".to_owned(), Role::Unknown);
    match column {
        Column::Bytes => {
            process.used.as_ref().map_or_else(|_| unknown(), |bytes| (format!("{:.2}", bytes.gib()), Role::Text))
        }
        Column::Name => {
            let role = if process.own { Role::Strong } else { Role::Text };
            process.name.as_ref().map_or_else(|_| unknown(), |name| (text::clean_line(name), role))
        }
        Column::Pid => (process.pid.to_string(), Role::Dim),
        Column::Run => (process.run.as_deref().map(text::clean_line).unwrap_or_default(), Role::Good),
        Column::Since => process.since.as_ref().map_or_else(
            |_| unknown(),
            |since| (age(canvas.env.now.duration_since(*since).unwrap_or_default()), Role::Dim),
        ),
    }
}

/// Whole minutes, so that nothing moves every second.
fn age(lived: Duration) -> String {
    let minutes = lived.as_secs() / 60;
    match minutes {
        0 => "<1 min".to_owned(),
        1..=119 => format!("{minutes} min"),
        120..=2879 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// The whole command line of the selected process, or why it or its bytes are not known.
fn draw_detail(canvas: &mut Canvas<'_>, area: Rect, process: &GpuProcess, parts: Option<String>) {
    let whose = if process.own { "" } else { " (another user's)" };
    let mut said = match &process.command {
        Ok(command) => format!("{}{whose}", text::clean_line(command)),
        Err(unknown) => format!("command ? {}{whose}", text::clean_line(&unknown.why)),
    };
    if let Err(unknown) = &process.used {
        said = format!("bytes ? {}   {said}", text::clean_line(&unknown.why));
    }
    if let Some(parts) = parts {
        said = format!("{}   {said}", drawable(canvas, &parts));
    }
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let mut rows = widgets::wrap(&said, area.width.into());
    let room = usize::from(area.height);
    if rows.len() > room && room > 0 {
        let rest = rows.split_off(room - 1).join(" ");
        rows.push(text::fit(&rest, area.width.into()).into_owned());
    }
    for (row, y) in rows.iter().zip(area.y..area.bottom()) {
        canvas.line(&Line::from(Span::styled(row.as_str(), canvas.style(Role::Dim))), Rect { y, height: 1, ..area });
    }
}

fn drawable(canvas: &Canvas<'_>, said: &str) -> String {
    said.replace('·', canvas.glyph("·", "-"))
}
