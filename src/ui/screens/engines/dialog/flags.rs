//! The flags of the start dialog.

use crate::app::screens::engines::Target as Here;
use crate::app::screens::engines::dialog::Item;
use crate::app::screens::engines::dialog::flags::Flags;
use crate::app::seen::{Pane, Target};
use crate::base::text;
use crate::engines::flags::FlagSpec;
use crate::engines::recipe::{Chosen, Recipe};
use crate::ui::widgets::{field, panel, wrap};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the search, the rows and the selected flag's help.
pub fn draw(flags: &Flags, recipe: Option<&Recipe>, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let rows = flags.rows();
    let inner = panel(canvas, area, &title(flags, rows.len()), focused);
    canvas.hit(area, Target::Engines(Here::Item(Item::Flags)));
    if inner.height < 3 {
        return;
    }
    let search = Rect { height: 1, ..inner };
    canvas.line(&Line::styled("find ", canvas.style(Role::Dim)), search);
    let look = field::Look {
        placeholder: "part of a name, a group or a help text",
        focused: focused && flags.editing.is_none(),
        masked: false,
    };
    field::draw(canvas, &flags.search, look, Rect { x: search.x + 5, width: search.width.saturating_sub(5), ..search });
    let help_rows = if inner.height >= 8 { 3 } else { 1 };
    let list = Rect { y: inner.y + 1, height: inner.height - 1 - help_rows, ..inner };
    canvas.viewport(Pane::EnginesFlags, list.height as usize, rows.len());
    for (row, (at, spec)) in rows.iter().enumerate().skip(flags.offset).take(list.height as usize).enumerate() {
        let place = Rect { y: list.y + row as u16, height: 1, ..list };
        draw_row(flags, spec, at == flags.selected, focused, canvas, place);
        canvas.hit(place, Target::Engines(Here::Flag(at)));
    }
    let help = Rect { y: list.bottom(), height: help_rows, ..inner };
    let spec = rows.get(flags.selected).copied();
    let of = |chosen: &&Chosen| spec.is_some_and(|spec| spec.names.contains(&chosen.flag));
    let chosen = recipe.and_then(|recipe| recipe.chosen.iter().find(of));
    draw_help(flags, spec, chosen, canvas, help);
}

fn title(flags: &Flags, found: usize) -> String {
    let Some(table) = &flags.table else { return "flags: reading…".to_owned() };
    let source = match (table.is_installed(), flags.reading) {
        (true, _) => format!("of the installed {}", table.version()),
        (false, true) => format!("of {} as shipped; reading the installed engine's help…", table.version()),
        (false, false) => format!("of {} as shipped; help comes with the installed engine", table.version()),
    };
    format!("{} set · {found} of {} flags {source}", flags.settings.len(), table.flags.len())
}

fn draw_row(flags: &Flags, spec: &FlagSpec, selected: bool, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let name_width = (area.width / 2).clamp(20, 44) as usize;
    let set = flags.setting(spec);
    let (value, role) = match set {
        Some(set) => (
            set.value.clone().unwrap_or_else(|| if set.flag == spec.name() { "on" } else { "off" }.to_owned()),
            Role::Accent,
        ),
        None => (spec.default.clone().map_or_else(|| "unset".to_owned(), |d| format!("default {d}")), Role::Unset),
    };
    let mark = if set.is_some() { canvas.glyph("●", "*") } else { " " };
    let name = format!("{mark} {:<name_width$} ", text::fit(spec.name(), name_width));
    let used = text::width(&name) as u16;
    let name_role = if spec.deprecated.is_some() { Role::Unavailable } else { Role::Text };
    canvas.line(&Line::styled(name, canvas.style(name_role)), area);
    let rest = Rect { x: area.x + used, width: area.width.saturating_sub(used), ..area };
    match (&flags.editing, selected) {
        (Some((content, _)), true) => {
            let look = field::Look {
                placeholder: "empty: unset",
                focused,
                masked: crate::base::secret::is_secret_name(spec.name()),
            };
            field::draw(canvas, content, look, rest);
        }
        _ => {
            let masked = set.is_some() && crate::base::secret::is_secret_name(spec.name());
            let value = if masked { "***".to_owned() } else { text::clean_line(&value) };
            canvas.line(&Line::styled(value, canvas.style(role)), rest);
        }
    }
    if selected && focused && flags.editing.is_none() {
        canvas.buf.set_style(area.intersection(canvas.buf.area), canvas.style(Role::Selection));
    }
}

fn draw_help(flags: &Flags, spec: Option<&FlagSpec>, chosen: Option<&Chosen>, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(spec) = spec else {
        return canvas.line(&Line::styled("no flag matches", canvas.style(Role::Dim)), area);
    };
    if let Some((_, Some(why))) = &flags.editing {
        let pieces = wrap(why, area.width as usize);
        for (row, piece) in pieces.into_iter().take(area.height as usize).enumerate() {
            let place = Rect { y: area.y + row as u16, height: 1, ..area };
            canvas.line(&Line::styled(piece, canvas.style(Role::Bad)), place);
        }
        return;
    }
    let mut facts = vec![spec.kind.name().to_owned()];
    if !spec.choices.is_empty() {
        facts.push(spec.choices.join(" | "));
    }
    if !spec.group.is_empty() {
        facts.push(spec.group.clone());
    }
    let mut lines = vec![Line::styled(text::clean_line(&facts.join(" · ")), canvas.style(Role::Dim))];
    let help = spec.help.as_deref().unwrap_or("its help text comes with the installed engine");
    let words: Vec<Span<'static>> = match &spec.deprecated {
        Some(why) => vec![Span::styled(format!("{} ", text::clean_line(why)), canvas.style(Role::Warn))],
        None => Vec::new(),
    };
    for (row, piece) in wrap(help, area.width as usize).into_iter().enumerate() {
        let mut spans = if row == 0 { words.clone() } else { Vec::new() };
        spans.push(Span::styled(piece, canvas.style(Role::Text)));
        lines.push(Line::from(spans));
    }
    // Why a recipe set it goes before what it is.
    let why = chosen.map(super::recipe::why).filter(|why| !why.is_empty());
    for piece in why.iter().flat_map(|why| wrap(why, area.width as usize)).collect::<Vec<_>>().into_iter().rev() {
        lines.insert(0, Line::styled(piece, canvas.style(Role::Accent)));
    }
    for (row, line) in lines.iter().take(area.height as usize).enumerate() {
        canvas.line(line, Rect { y: area.y + row as u16, height: 1, ..area });
    }
}
