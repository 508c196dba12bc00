//! The Card screen's state machine: which card, which process, in which order; and ending a process.

mod action;
mod ending;
mod table;

pub use action::Action;
pub use table::{Column, Sort, processes};

use crate::app::Effect as AppEffect;
use crate::app::action::Action as Any;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::mouse::{Gesture, Mouse};
use crate::app::reserve;
use crate::app::seen::Pane;
use crate::gpu::Card;
use std::time::SystemTime;

/// A process that is to be ended; the start time tells it from a later one of the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Victim {
    /// Process id.
    pub pid: u32,
    /// When it started.
    pub since: SystemTime,
    /// Its name, cleaned.
    pub name: String,
}

/// Messages to the Card screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The process has ended.
    Ended(Victim),
    /// It was asked to end and is still there.
    StillThere(Victim),
}

/// What the Card screen asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// End a process: SIGTERM, or SIGKILL by force; then tell what became of it.
    End {
        /// Which.
        victim: Victim,
        /// Whether it is killed.
        force: bool,
    },
}

/// What can be pointed at on the Card screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A card's name, by [`Card::key`].
    Card(String),
    /// The table as a whole, for the wheel.
    Table,
    /// A process.
    Process(u32),
    /// The head of a column.
    Head(Column),
}

/// State of the Card screen.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The card looked at, by [`Card::key`]; the first where none was chosen or it is gone.
    pub card: Option<String>,
    /// The selected process.
    pub selected: Option<u32>,
    /// First row of the table shown.
    pub offset: usize,
    /// Order of the table.
    pub sort: Sort,
    /// Whether every fact of the card is shown in place of history and table.
    pub facts: bool,
}

impl State {
    /// The card looked at, and its place among the cards.
    pub fn card<'a>(&self, shared: &'a Shared) -> Option<(usize, &'a Card)> {
        let cards = &shared.sample.as_ref()?.cards;
        let wanted = |card: &Card| self.card.as_ref().is_some_and(|key| card.key() == *key);
        let at = cards.iter().position(wanted).unwrap_or(0);
        cards.get(at).map(|card| (at, card))
    }
}

/// Keymap contexts, innermost first.
pub fn contexts(_state: &State) -> Vec<&'static str> {
    vec!["card"]
}

/// When (as uptime) the screen next needs a tick to move a clock on.
pub fn wants_tick(_state: &State, _shared: &Shared, _env: &Env) -> Option<std::time::Duration> {
    None
}

/// Carries out an action.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<AppEffect> {
    let page = shared.seen.rows(Pane::CardProcesses);
    match action {
        Action::Down => travel(state, shared, |at| at + 1),
        Action::Up => travel(state, shared, |at| at.saturating_sub(1)),
        Action::PageDown => travel(state, shared, |at| at + page),
        Action::PageUp => travel(state, shared, |at| at.saturating_sub(page)),
        Action::First => travel(state, shared, |_| 0),
        Action::Last => travel(state, shared, |_| usize::MAX),
        Action::End => ending::ask(state, shared),
        Action::Sort => sort(state, shared, state.sort.next()),
        Action::Reverse => sort(state, shared, state.sort.reversed()),
        Action::NextCard => switch(state, shared, 1),
        Action::PreviousCard => switch(state, shared, -1),
        Action::Facts => {
            state.facts = !state.facts;
            state.offset = 0;
        }
        Action::ReserveMore | Action::ReserveLess => {
            return reserve::change(shared, action == Action::ReserveMore, env);
        }
        Action::ResetPeaks => shared.history.reset_peaks(),
    }
    Vec::new()
}

/// A key that no binding took: for the text field that has the focus.
pub fn key(_state: &mut State, _key: Key, _shared: &mut Shared, _env: &Env) -> Vec<AppEffect> {
    Vec::new()
}

/// Pasted text.
pub fn paste(_state: &mut State, _text: &str, _shared: &mut Shared, _env: &Env) -> Vec<AppEffect> {
    Vec::new()
}

/// A gesture of the mouse on one of this screen's targets.
pub fn mouse(state: &mut State, mouse: &Mouse, target: &Target, shared: &mut Shared, _env: &Env) -> Vec<AppEffect> {
    match (mouse.gesture, target) {
        (Gesture::WheelDown, _) => travel(state, shared, |at| at + 1),
        (Gesture::WheelUp, _) => travel(state, shared, |at| at.saturating_sub(1)),
        (Gesture::Press, Target::Process(pid)) => state.selected = Some(*pid),
        (Gesture::Press, Target::Card(key)) => choose(state, shared, key.clone()),
        (Gesture::Press, Target::Head(column)) => sort(state, shared, state.sort.by(*column)),
        _ => {}
    }
    Vec::new()
}

/// Moves the focus to the next or previous pane: there is one.
pub fn focus(_state: &mut State, _forward: bool) {}

/// A message to this screen.
pub fn receive(_state: &mut State, msg: Msg, shared: &mut Shared, env: &Env) -> Vec<AppEffect> {
    match msg {
        Msg::Ended(victim) => {
            shared.toasts.info(format!("{} ({}) has ended", victim.name, victim.pid), env.uptime);
        }
        Msg::StillThere(victim) => ending::offer_force(victim, shared),
    }
    Vec::new()
}

/// Card or runs have changed: the selection stays on its process, or goes to the one now in its row.
pub fn refresh(state: &mut State, shared: &mut Shared, _env: &Env) -> Vec<AppEffect> {
    if !state.facts {
        travel(state, shared, |at| at);
    }
    Vec::new()
}

/// What the key line names here, most useful first; the keys come from the keymap.
pub fn hints(_state: &State) -> Vec<Any> {
    use crate::app::action::Global;
    let own = [Action::End, Action::Sort, Action::Reverse, Action::Facts, Action::NextCard].map(Any::Card);
    own.into_iter().chain([Any::Global(Global::FasterSampling), Any::Global(Global::Themes)]).collect()
}

/// Moves the selection, or the facts while they are shown; keeps what is selected in view.
fn travel(state: &mut State, shared: &Shared, to: impl Fn(usize) -> usize) {
    let height = shared.seen.rows(Pane::CardProcesses);
    if state.facts {
        let total = shared.seen.viewport(Pane::CardProcesses).map_or(0, |viewport| viewport.total);
        state.offset = to(state.offset).min(total.saturating_sub(height));
        return;
    }
    let pids: Vec<u32> = processes(state, shared).iter().map(|process| process.pid).collect();
    let last = pids.len().saturating_sub(1);
    let selected = state.selected.and_then(|pid| pids.iter().position(|known| *known == pid));
    // A process that is gone leaves the selection to the row it stood in.
    let at = selected.map_or_else(|| if state.selected.is_some() { state.offset.min(last) } else { 0 }, &to).min(last);
    state.selected = pids.get(at).copied();
    state.offset = state.offset.min(at).max((at + 1).saturating_sub(height)).min(last);
}

fn sort(state: &mut State, shared: &Shared, sort: Sort) {
    state.sort = sort;
    travel(state, shared, |at| at);
}

fn switch(state: &mut State, shared: &Shared, by: isize) {
    let Some((at, _)) = state.card(shared) else { return };
    let cards = shared.sample.as_ref().map_or(&[][..], |sample| &sample.cards);
    let next = (at as isize + by).rem_euclid(cards.len().max(1) as isize) as usize;
    if let Some(card) = cards.get(next) {
        choose(state, shared, card.key());
    }
}

fn choose(state: &mut State, shared: &Shared, key: String) {
    state.card = Some(key);
    (state.selected, state.offset) = (None, 0);
    travel(state, shared, |at| at);
}

#[cfg(test)]
mod tests;
