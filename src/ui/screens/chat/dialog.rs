//! The dialogs of the Chat screen.

use super::sampling::wrap;
use super::status::cut;
use super::{hit, row, styled};
use crate::app::Model;
use crate::app::editor::Editor;
use crate::app::screens::chat::dialog::{Dialog, EndpointForm};
use crate::app::screens::chat::{Action, Preset, Target};
use crate::app::seen;
use crate::base::{Problem, text};
use crate::lab::sampling::{Settings, describe};
use crate::ui::widgets::{field, popup, text_area};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the dialog that is open.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(dialog) = &model.chat.dialog else { return };
    match dialog {
        Dialog::Targets { selected } => targets(model, canvas, area, *selected),
        Dialog::Endpoint(form) => endpoint(canvas, area, form),
        Dialog::Rename { field, .. } => one_field(canvas, area, "title", "a title", field, None),
        Dialog::SavePreset { field, wrong } => {
            one_field(canvas, area, "save the settings as", "a name", field, wrong.as_ref());
        }
        Dialog::Attach { field, wrong } => {
            one_field(canvas, area, "attach an image", "path of a PNG, JPEG, GIF or WebP file", field, wrong.as_ref());
        }
        Dialog::Presets { selected } => presets(&model.chat.sampling.presets, canvas, area, *selected),
        Dialog::System(editor) => system(model, canvas, area, editor),
        Dialog::Delete { title, yes, .. } => delete(canvas, area, title, *yes),
    }
}

/// A popup in the middle, of at most this size.
fn middle(canvas: &mut Canvas<'_>, area: Rect, title: &str, columns: u16, rows: u16) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    hit(canvas, place, Target::Dialog);
    popup(canvas, place, title)
}

fn select(canvas: &mut Canvas<'_>, place: Rect) {
    let style = canvas.style(Role::Selection);
    canvas.buf.set_style(place.intersection(canvas.buf.area), style);
}

fn targets(model: &Model, canvas: &mut Canvas<'_>, area: Rect, selected: usize) {
    let offers = model.chat.targets.offers(&model.shared);
    let rows = (offers.len() as u16 + 4).clamp(7, 20);
    let inner = middle(canvas, area, "whom to talk to", 84, rows);
    let list = Rect { height: inner.height.saturating_sub(1), ..inner };
    canvas.viewport(seen::Pane::Overlay, list.height.into(), offers.len());
    if offers.is_empty() {
        let lines = [
            "No engine is ready and no endpoint was added.",
            "Start an engine on Engines, or add an endpoint by its URL.",
        ];
        for (index, line) in lines.iter().enumerate() {
            canvas.line(&Line::from(styled(canvas, line, Role::Text, list.width.into())), row(list, index as u16));
        }
    }
    let top = (selected + 1).saturating_sub(list.height.into());
    for (index, offer) in offers.iter().enumerate().skip(top).take(list.height.into()) {
        let place = row(list, (index - top) as u16);
        hit(canvas, place, Target::DialogRow(index));
        let chosen = offer.target.is_some() && offer.target == model.chat.front.target;
        let role = if offer.target.is_some() { Role::Text } else { Role::Unavailable };
        let mark = if chosen { canvas.glyph("● ", "* ") } else { "  " };
        let name = text::clean_line(&offer.model);
        let mut spans = vec![
            Span::styled(mark, canvas.style(Role::Good)),
            Span::styled(format!("{:<30} ", text::fit(&name, 30)), canvas.style(role)),
            Span::styled(format!("{:<22} ", text::fit(&offer.place, 22)), canvas.style(Role::Dim)),
            Span::styled(text::clean_line(&offer.detail), canvas.style(Role::Dim)),
        ];
        if offer.simulated {
            spans.insert(2, Span::styled("SIMULATED ", canvas.style(Role::Simulated)));
        }
        canvas.line(&cut(spans, place.width.into()), place);
        if index == selected {
            select(canvas, place);
        }
    }
    let key = |action| super::key_of(model, canvas.ascii, &["chat.dialog"], action);
    let hint =
        format!("{} adds an endpoint by URL, {} forgets one", key(Action::EndpointAdd), key(Action::EndpointRemove));
    let place = row(inner, inner.height.saturating_sub(1));
    canvas.line(&Line::from(styled(canvas, &hint, Role::Hint, place.width.into())), place);
}

fn endpoint(canvas: &mut Canvas<'_>, area: Rect, form: &EndpointForm) {
    let inner = middle(canvas, area, "add an endpoint", 76, 12);
    let label = |canvas: &mut Canvas<'_>, index: u16, words: &str, on: bool| {
        let role = if on { Role::Accent } else { Role::Dim };
        canvas.line(&Line::from(styled(canvas, words, role, 6)), row(inner, index));
        let place = row(inner, index);
        Rect { x: place.x + 6, width: place.width.saturating_sub(6), ..place }
    };
    let place = label(canvas, 0, "URL", !form.on_key);
    hit(canvas, place, Target::DialogRow(0));
    let look = field::Look { placeholder: "http://127.0.0.1:8000", focused: !form.on_key, masked: false };
    field::draw(canvas, &form.url, look, place);
    let place = label(canvas, 2, "key", form.on_key);
    hit(canvas, place, Target::DialogRow(1));
    let named = form.key.text().starts_with('$');
    let look =
        field::Look { placeholder: "none; or $NAME of an environment variable", focused: form.on_key, masked: !named };
    field::draw(canvas, &form.key, look, place);
    let notes = [
        "A key typed here lies in endpoints.toml, which only you can read;",
        "of $NAME only the name is kept. Tab goes to the other field.",
    ];
    for (index, line) in notes.iter().enumerate() {
        canvas.line(&Line::from(styled(canvas, line, Role::Dim, inner.width.into())), row(inner, 4 + index as u16));
    }
    let below = Rect { y: inner.y + 7, height: inner.height.saturating_sub(7), ..inner };
    match (&form.wrong, &form.asking) {
        (Some(problem), _) => wrong(canvas, below, problem),
        (None, Some(url)) => {
            canvas.line(&Line::from(styled(canvas, &format!("asking {url} …"), Role::Info, below.width.into())), below);
        }
        (None, None) => {}
    }
}

/// What is wrong, why, what to try.
fn wrong(canvas: &mut Canvas<'_>, area: Rect, problem: &Problem) {
    let mut at = 0;
    for (words, role) in [(format!("{}: {}", problem.what, problem.why), Role::Bad), (problem.hint.clone(), Role::Text)]
    {
        for line in wrap(&text::clean_line(&words), area.width.into()) {
            if at < area.height {
                canvas.line(&Line::from(styled(canvas, &line, role, area.width.into())), row(area, at));
            }
            at += 1;
        }
    }
}

fn one_field(
    canvas: &mut Canvas<'_>,
    area: Rect,
    title: &str,
    placeholder: &str,
    content: &crate::app::field::Field,
    problem: Option<&Problem>,
) {
    let inner = middle(canvas, area, title, 60, if problem.is_some() { 6 } else { 3 });
    let look = field::Look { placeholder, focused: true, masked: false };
    field::draw(canvas, content, look, row(inner, 0));
    if let Some(problem) = problem {
        wrong(canvas, Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner }, problem);
    }
}

fn presets(presets: &[Preset], canvas: &mut Canvas<'_>, area: Rect, selected: usize) {
    let inner = middle(canvas, area, "load a preset", 84, (presets.len() as u16 + 2).clamp(3, 16));
    canvas.viewport(seen::Pane::Overlay, inner.height.into(), presets.len());
    if presets.is_empty() {
        canvas.line(&Line::from(styled(canvas, "none yet", Role::Dim, inner.width.into())), inner);
    }
    let top = (selected + 1).saturating_sub(inner.height.into());
    for (index, preset) in presets.iter().enumerate().skip(top).take(inner.height.into()) {
        let place = row(inner, (index - top) as u16);
        hit(canvas, place, Target::DialogRow(index));
        let sets = describe(&Settings::default(), &preset.settings);
        let sets = if sets.is_empty() { "everything unset".to_owned() } else { sets };
        let origin = if preset.shipped { "shipped" } else { "yours" };
        let spans = vec![
            Span::styled(format!("{:<20} ", text::fit(&text::clean_line(&preset.name), 20)), canvas.style(Role::Text)),
            Span::styled(format!("{origin:<8} "), canvas.style(Role::Dim)),
            Span::styled(text::clean_line(&sets), canvas.style(Role::Dim)),
        ];
        canvas.line(&cut(spans, place.width.into()), place);
        if index == selected {
            select(canvas, place);
        }
    }
}

fn system(model: &Model, canvas: &mut Canvas<'_>, area: Rect, editor: &Editor) {
    let inner = middle(canvas, area, "system prompt", 90, (area.height * 2 / 3).max(8));
    let place = Rect { height: inner.height.saturating_sub(1), ..inner };
    text_area::draw(canvas, editor, place, true);
    let key = |action| super::key_of(model, canvas.ascii, &["chat.system.input"], action);
    let hint =
        format!("{} keeps it for this conversation, {} leaves it as it was", key(Action::Accept), key(Action::Dismiss));
    let below = row(inner, inner.height.saturating_sub(1));
    canvas.line(&Line::from(styled(canvas, &hint, Role::Hint, below.width.into())), below);
}

fn delete(canvas: &mut Canvas<'_>, area: Rect, title: &str, yes: bool) {
    let inner = middle(canvas, area, "delete the conversation?", 64, 7);
    let title = format!("“{}” with all its branches.", text::clean_line(title));
    canvas.line(&Line::from(styled(canvas, &title, Role::Text, inner.width.into())), row(inner, 0));
    let words = "It cannot be brought back; an export keeps a copy.";
    canvas.line(&Line::from(styled(canvas, words, Role::Dim, inner.width.into())), row(inner, 1));
    for (index, (words, on)) in [("delete it", yes), ("keep it", !yes)].into_iter().enumerate() {
        let place = row(inner, 3 + index as u16);
        hit(canvas, place, Target::DialogRow(index));
        let mark = if on { canvas.glyph("▸ ", "> ") } else { "  " };
        canvas.line(&Line::from(styled(canvas, &format!("{mark}{words}"), Role::Text, inner.width.into())), place);
        if on {
            select(canvas, place);
        }
    }
}
