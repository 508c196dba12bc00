//! Keys and mouse in overlays.

use crate::app::action::Menu;
use crate::app::key::{Code, Key};
use crate::app::mouse::Gesture;
use crate::app::overlay::{Overlay, Picker, QuitAnswer};
use crate::app::seen::Pane;
use crate::app::{Effect, Env, Model, rows};
use crate::engines::RunId;

/// How far the wheel turns a text.
const WHEEL: usize = 3;

pub(super) fn act(model: &mut Model, action: Menu, env: &Env) -> Vec<Effect> {
    match action {
        Menu::Accept => accept(model, env),
        Menu::Cancel => cancel(model),
        Menu::Up | Menu::Down | Menu::PageUp | Menu::PageDown | Menu::First | Menu::Last => {
            travel(model, action);
            Vec::new()
        }
    }
}

pub(super) fn key(model: &mut Model, key: Key, env: &Env) -> Vec<Effect> {
    if let Some(picker) = picker(model) {
        if picker.filter.key(key) {
            filtered(model);
        }
        return Vec::new();
    }
    match (model.overlays.last_mut(), key.code) {
        (Some(Overlay::Confirm(confirm)), Code::Char('y')) => {
            confirm.selected_yes = true;
            accept(model, env)
        }
        (Some(Overlay::Confirm(_)), Code::Char('n')) => cancel(model),
        (Some(Overlay::Quit { selected }), Code::Char(letter)) => {
            match QuitAnswer::ALL.iter().position(|answer| answer.words().1 == letter) {
                Some(answer) => {
                    *selected = answer;
                    accept(model, env)
                }
                None => Vec::new(),
            }
        }
        (Some(Overlay::Problem { problem, .. }), Code::Char('c')) => vec![Effect::Copy(problem.to_string())],
        _ => Vec::new(),
    }
}

pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(picker) = picker(model) {
        picker.filter.insert(text);
        filtered(model);
    }
    Vec::new()
}

pub(super) fn mouse(model: &mut Model, gesture: Gesture, row: Option<usize>, env: &Env) -> Vec<Effect> {
    match (gesture, row) {
        (Gesture::WheelUp, _) => wheel(model, Menu::Up),
        (Gesture::WheelDown, _) => wheel(model, Menu::Down),
        (Gesture::Press, Some(row)) => return press(model, row, env),
        _ => {}
    }
    Vec::new()
}

fn wheel(model: &mut Model, way: Menu) {
    let answers = matches!(model.overlays.last(), Some(Overlay::Confirm(_) | Overlay::Quit { .. }));
    for _ in 0..if answers { 0 } else { WHEEL } {
        travel(model, way);
    }
}

/// A click on an entry carries it out; in the theme chooser the first click only shows it.
fn press(model: &mut Model, row: usize, env: &Env) -> Vec<Effect> {
    match model.overlays.last_mut() {
        Some(Overlay::Confirm(confirm)) => confirm.selected_yes = row == 1,
        Some(Overlay::Quit { selected }) => *selected = row,
        Some(Overlay::Themes { picker, .. }) if picker.selected != row => {
            select(model, |_| row);
            return Vec::new();
        }
        Some(_) => select(model, |_| row),
        None => {}
    }
    accept(model, env)
}

fn accept(model: &mut Model, env: &Env) -> Vec<Effect> {
    let groups = groups(model);
    match model.overlays.pop() {
        Some(Overlay::Help(picker) | Overlay::Palette(picker)) => match rows::entry(&groups, picker.selected) {
            Some(row) => super::act(model, row.action, env),
            None => Vec::new(),
        },
        Some(Overlay::Themes { .. }) => save_theme(model),
        Some(Overlay::Confirm(confirm)) if confirm.selected_yes => confirm.effects,
        Some(Overlay::Quit { selected }) => answer(model, selected),
        _ => Vec::new(),
    }
}

fn answer(model: &Model, selected: usize) -> Vec<Effect> {
    match QuitAnswer::ALL.get(selected) {
        Some(QuitAnswer::Leave) => vec![Effect::Quit { stop: Vec::new() }],
        Some(QuitAnswer::Stop) => vec![Effect::Quit { stop: flying(model) }],
        Some(QuitAnswer::Stay) | None => Vec::new(),
    }
}

fn cancel(model: &mut Model) -> Vec<Effect> {
    if let Some(Overlay::Themes { before, .. }) = model.overlays.pop() {
        model.shared.theme = before;
    }
    Vec::new()
}

/// Moves selection or text.
fn travel(model: &mut Model, way: Menu) {
    let rows = model.shared.seen.rows(Pane::Overlay);
    let total = model.shared.seen.viewport(Pane::Overlay).map_or(0, |viewport| viewport.total);
    let step = move |at: usize, last: usize| match way {
        Menu::Up => at.saturating_sub(1),
        Menu::Down => (at + 1).min(last),
        Menu::PageUp => at.saturating_sub(rows),
        Menu::PageDown => (at + rows).min(last),
        Menu::First => 0,
        Menu::Last => last,
        Menu::Accept | Menu::Cancel => at,
    };
    match model.overlays.last_mut() {
        Some(Overlay::Confirm(confirm)) => confirm.selected_yes = step(usize::from(confirm.selected_yes), 1) == 1,
        Some(Overlay::Quit { selected }) => *selected = step(*selected, QuitAnswer::ALL.len() - 1),
        Some(Overlay::Problem { offset, .. }) => *offset = step(*offset, total.saturating_sub(rows)),
        _ => select(model, |at| step(at, usize::MAX - 1)),
    }
}

/// Selects another entry of the list on top; a theme is shown at once.
fn select(model: &mut Model, to: impl Fn(usize) -> usize) {
    let height = model.shared.seen.rows(Pane::Overlay);
    let groups = groups(model);
    let names = themes(model);
    let Some(overlay) = model.overlays.last_mut() else { return };
    match overlay {
        Overlay::Help(picker) | Overlay::Palette(picker) => {
            let (entry, entries) = (to(picker.selected), rows::entries(&groups));
            picker.select(entry, entries, height, |entry| rows::line_of(&groups, entry));
        }
        Overlay::Themes { picker, .. } => {
            picker.select(to(picker.selected), names.len(), height, |entry| entry);
            if let Some(name) = names.get(picker.selected) {
                model.shared.theme.clone_from(name);
            }
        }
        Overlay::Confirm(_) | Overlay::Quit { .. } | Overlay::Problem { .. } => {}
    }
}

fn filtered(model: &mut Model) {
    if let Some(picker) = picker(model) {
        picker.offset = 0;
    }
    select(model, |_| 0);
}

fn picker(model: &mut Model) -> Option<&mut Picker> {
    match model.overlays.last_mut()? {
        Overlay::Help(picker) | Overlay::Palette(picker) | Overlay::Themes { picker, .. } => Some(picker),
        Overlay::Confirm(_) | Overlay::Quit { .. } | Overlay::Problem { .. } => None,
    }
}

/// The rows of the overlay on top, where it has rows of actions.
fn groups(model: &Model) -> Vec<rows::Group> {
    match model.overlays.last() {
        Some(Overlay::Help(picker)) => rows::help(model, picker.filter.text()),
        Some(Overlay::Palette(picker)) => rows::palette(model, picker.filter.text()),
        _ => Vec::new(),
    }
}

fn themes(model: &Model) -> Vec<String> {
    match model.overlays.last() {
        Some(Overlay::Themes { picker, .. }) => rows::names(&model.shared.themes, picker.filter.text()),
        _ => Vec::new(),
    }
}

/// The runs that would go on without the deck.
fn flying(model: &Model) -> Vec<RunId> {
    let live = |run: &&crate::engines::RunState| run.phase.is_live() || !run.pids.is_empty();
    model.shared.runs.iter().filter(live).map(|run| run.run.clone()).collect()
}

pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    if flying(model).is_empty() {
        return vec![Effect::Quit { stop: Vec::new() }];
    }
    model.overlays.push(Overlay::Quit { selected: 0 });
    Vec::new()
}

pub(super) fn next_theme(model: &mut Model) -> Vec<Effect> {
    let shared = &mut model.shared;
    let at = shared.themes.iter().position(|name| *name == shared.theme).map_or(0, |at| at + 1);
    match shared.themes.get(at).or_else(|| shared.themes.first()) {
        Some(name) => shared.theme.clone_from(name),
        None => return Vec::new(),
    }
    save_theme(model)
}

pub(super) fn choose_theme(model: &mut Model) -> Vec<Effect> {
    let before = model.shared.theme.clone();
    let at = model.shared.themes.iter().position(|name| *name == before).unwrap_or(0);
    model.overlays.push(Overlay::Themes { picker: Picker::default(), before });
    // The height is not known before the first frame; the list scrolls when it is.
    if let Some(picker) = picker(model) {
        picker.selected = at;
    }
    Vec::new()
}

fn save_theme(model: &Model) -> Vec<Effect> {
    vec![Effect::SaveSetting { key: "theme", value: toml::Value::String(model.shared.theme.clone()) }]
}
