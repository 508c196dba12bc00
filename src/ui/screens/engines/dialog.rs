//! The start dialog: the form, the flags, and what would run.

mod flags;
mod plan;
mod recipe;

use crate::app::screens::engines::Target as Here;
use crate::app::screens::engines::dialog::{Dialog, Item};
use crate::app::seen::Target;
use crate::base::text;
use crate::engines::{Dialect, EngineKind};
use crate::ui::widgets::{field, popup};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

/// Columns of the labels.
const LABEL: u16 = 13;

/// Draws the dialog over the whole screen.
pub fn draw(form: &Dialog, canvas: &mut Canvas<'_>, area: Rect) {
    let title = if form.launching { "start an engine: launching…" } else { "start an engine" };
    let inner = popup(canvas, area, title);
    canvas.hit(area, Target::Engines(Here::Dialog));
    let wide = inner.width >= 120;
    let (left, right) = if wide {
        let [left, right] = Layout::horizontal([Constraint::Percentage(58), Constraint::Min(0)]).areas(inner);
        (left, Some(right))
    } else {
        (inner, None)
    };
    let fields = form.items().iter().filter(|item| **item != Item::Flags).count() as u16;
    // The row stays, so that nothing below it moves under the mouse.
    let suggestions = u16::from(form.engine != EngineKind::Endpoint);
    // Where the flags are worked on a small screen, the plan makes room for them.
    let most =
        if form.focus == Item::Flags || form.recipe.reasons.is_some() { inner.height / 6 } else { inner.height / 3 };
    let below = if wide { 0 } else { plan::height(form, inner.width).min(most).max(2) };
    let [rows, list, bottom] =
        Layout::vertical([Constraint::Length(fields + suggestions), Constraint::Min(0), Constraint::Length(below)])
            .areas(left);
    draw_fields(form, canvas, rows);
    match form.recipe.reasons {
        Some(from) if form.items().contains(&Item::Profile) => recipe::draw_reasons(&form.recipe, from, canvas, list),
        _ if form.items().contains(&Item::Flags) => {
            flags::draw(&form.flags, form.recipe.composed.as_deref(), form.focus == Item::Flags, canvas, list);
        }
        _ => {}
    }
    plan::draw(form, canvas, right.unwrap_or(bottom));
}

fn draw_fields(form: &Dialog, canvas: &mut Canvas<'_>, area: Rect) {
    let mut y = area.y;
    for item in form.items().iter().copied().filter(|item| *item != Item::Flags) {
        if y >= area.bottom() {
            return;
        }
        let row = Rect { y, height: 1, ..area };
        canvas.hit(row, Target::Engines(Here::Item(item)));
        draw_field(form, item, canvas, row);
        y += 1;
        if item == Item::Model && form.engine != EngineKind::Endpoint && y < area.bottom() {
            let words: Vec<String> = form.suggestions.iter().take(4).map(|model| text::clean_line(model)).collect();
            let arrow = if words.is_empty() { "" } else { canvas.glyph("→ ", "> ") };
            let hint = format!("{:>width$}{arrow}{}", "", words.join("  "), width = LABEL as usize);
            canvas.line(&Line::styled(hint, canvas.style(Role::Dim)), Rect { y, height: 1, ..area });
            y += 1;
        }
    }
}

fn draw_field(form: &Dialog, item: Item, canvas: &mut Canvas<'_>, row: Rect) {
    let focused = form.focus == item;
    let role = if focused { Role::Accent } else { Role::Dim };
    canvas
        .line(&Line::styled(format!("{:>width$}", item.label(), width = LABEL as usize - 2), canvas.style(role)), row);
    let place = Rect { x: row.x + LABEL, width: row.width.saturating_sub(LABEL), ..row };
    match item {
        Item::Engine => {
            let kind = |kind: &EngineKind| (kind.name(), *kind == form.engine, Here::Kind(*kind));
            choices(form.offered.iter().map(kind), focused, canvas, place);
        }
        Item::Profile => recipe::draw_row(&form.recipe, focused, canvas, place),
        Item::Dialect => {
            let all = [(Dialect::Vllm, "vllm"), (Dialect::LlamaCpp, "llama.cpp"), (Dialect::Ollama, "ollama")];
            let one =
                |(dialect, name): &(Dialect, &'static str)| (*name, *dialect == form.dialect, Here::Dialect(*dialect));
            choices(all.iter().map(one), focused, canvas, place);
        }
        _ => {
            if let Some(content) = form.field(item) {
                let look =
                    field::Look { placeholder: item.placeholder(form.engine), focused, masked: item == Item::ApiKey };
                field::draw(canvas, content, look, place);
            }
        }
    }
}

fn choices<'a>(all: impl Iterator<Item = (&'a str, bool, Here)>, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let mut x = area.x;
    for (name, chosen, target) in all {
        let (open, close) = if chosen { ("[", "]") } else { (" ", " ") };
        let role = match (chosen, focused) {
            (true, true) => Role::Accent,
            (true, false) => Role::Strong,
            (false, _) => Role::Dim,
        };
        let word = format!("{open}{name}{close} ");
        let place = Rect { x, width: (word.len() as u16).min(area.right().saturating_sub(x)), ..area };
        canvas.line(&Line::styled(word, canvas.style(role)), place);
        canvas.hit(place, Target::Engines(target));
        x = place.right();
    }
}
