//! The Engines screen: runs on top, what is known of the selected one, its log; the start dialog over them.

mod detail;
mod dialog;
mod doctor;
mod gauges;
mod installed;
mod log;
mod ollama;
mod runs;
mod stages;

use crate::app::Model;
use crate::app::screens::engines::Focus;
use crate::app::screens::engines::doctor::patient;
use crate::ui::Canvas;
use ratatui::layout::{Constraint, Layout, Rect};

/// Rows of the log that what is known of a run leaves to it on a small screen.
const LOG: u16 = 6;

/// Draws the screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.engines;
    if let Some(form) = &state.dialog {
        return dialog::draw(form, canvas, area);
    }
    let rows = state.list.rows(&model.shared).len() as u16;
    let top = (rows + 3).clamp(4, (area.height / 3).max(4));
    let [list, below] = Layout::vertical([Constraint::Length(top), Constraint::Min(0)]).areas(area);
    runs::draw(model, canvas, list);
    if state.focus == Focus::Installed {
        return installed::draw(state, canvas, below);
    }
    if state.focus == Focus::Ollama {
        return ollama::draw(&state.ollama, canvas, below);
    }
    if let (Some(pane), Some(run)) = (&state.doctor, patient(state, &model.shared)) {
        return doctor::draw(state, pane, (run, &model.shared), canvas, below);
    }
    let Some(run) = state.list.current(&model.shared) else { return };
    let most = below.height.saturating_sub(LOG).max(below.height / 2);
    let known = detail::height(run, &model.shared, canvas, below.width).min(most);
    let [facts, text] = Layout::vertical([Constraint::Length(known), Constraint::Min(0)]).areas(below);
    detail::draw(run, &model.shared, canvas, facts);
    log::draw(&state.log, run, state.focus == Focus::Log, canvas, text);
}
