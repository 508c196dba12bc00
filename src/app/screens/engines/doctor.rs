//! The doctor's pane: the remedies of a run that failed, and retries within a bound.

use super::act::ground;
use super::dialog::Dialog;
use super::receive::offered;
use super::{Action, Effect, State};
use crate::app::model::Shared;
use crate::app::{Effect as Root, Overlay};
use crate::base::{Bytes, Problem};
use crate::engines::doctor::{Remedy, apply, held_against, settle};
use crate::engines::phase::Failure;
use crate::engines::{EngineKind, LaunchSpec, Phase, Request, RunId, RunState};
use std::collections::BTreeMap;

/// How often runs may be started one after another by remedies before a person has to look.
pub const MOST_RETRIES: u8 = 3;

/// The pane, when open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    /// Whose remedies.
    pub run: RunId,
    /// The selected remedy.
    pub selected: usize,
}

/// Which run came of which, so that remedies are not tried for ever.
#[derive(Debug, Clone, Default)]
pub struct Retries {
    /// How many remedies led to a run.
    tries: BTreeMap<RunId, u8>,
    /// The run whose remedy is being started.
    pending: Option<RunId>,
}

impl Retries {
    /// How many remedies led to a run.
    pub fn of(&self, run: &RunId) -> u8 {
        self.tries.get(run).copied().unwrap_or(0)
    }

    /// A launch is over: the new run, where there is one, is one remedy further than the one it came of.
    pub fn launched(&mut self, run: Option<&RunId>) {
        if let (Some(from), Some(run)) = (self.pending.take(), run) {
            let tries = self.of(&from).saturating_add(1);
            self.tries.insert(run.clone(), tries);
        }
    }
}

/// The failure of a run, where it failed.
pub fn failure(run: &RunState) -> Option<&Failure> {
    match &run.phase {
        Phase::Failed { problem } => Some(problem),
        _ => None,
    }
}

/// The remedies of a run, fitted to what was asked for and to the card as it is now.
pub fn remedies(run: &RunState, shared: &Shared) -> Vec<Remedy> {
    let mut remedies = failure(run).map(|failure| failure.remedies.clone()).unwrap_or_default();
    if let Some(spec) = &run.facts.asked {
        settle(&mut remedies, spec);
    }
    // What is free, not what may be used: an engine looks at the first.
    if let Ok(ground) = ground(shared, Bytes(0)) {
        held_against(&mut remedies, ground.room);
    }
    remedies
}

/// Opens the pane on a failed run; says whether it has remedies to show.
pub fn open(state: &mut State, shared: &Shared) -> bool {
    let Some(run) = state.list.current(shared).filter(|run| !remedies(run, shared).is_empty()) else { return false };
    state.doctor = Some(Pane { run: run.run.clone(), selected: 0 });
    true
}

/// The run the pane speaks of, while it is there.
pub fn patient<'a>(state: &State, shared: &'a Shared) -> Option<&'a RunState> {
    let pane = state.doctor.as_ref()?;
    shared.runs.iter().find(|run| run.run == pane.run).filter(|run| failure(run).is_some())
}

/// Carries out an action in the pane.
pub fn act(state: &mut State, action: Action, shared: &mut Shared) -> Vec<Root> {
    let Some(run) = patient(state, shared).cloned() else {
        state.doctor = None;
        return Vec::new();
    };
    let last = remedies(&run, shared).len().saturating_sub(1);
    let Some(pane) = &mut state.doctor else { return Vec::new() };
    match action {
        Action::Down => pane.selected = (pane.selected + 1).min(last),
        Action::Up => pane.selected = pane.selected.saturating_sub(1),
        Action::First | Action::PageUp => pane.selected = 0,
        Action::Last | Action::PageDown => pane.selected = last,
        Action::DialogClose => state.doctor = None,
        Action::Why => {
            if let Some(failure) = failure(&run) {
                shared.ask = Some(Overlay::Problem { problem: failure.clone().into(), offset: 0 });
            }
        }
        Action::RemedyApply => return retry(state, &run, shared),
        Action::RemedyEdit => return edit(state, &run, shared),
        _ => {}
    }
    Vec::new()
}

/// What was asked for with the selected remedy, or why that cannot be.
fn patched(state: &State, run: &RunState, shared: &Shared) -> Result<LaunchSpec, Problem> {
    let refuse = |why: &str, hint: &str| Err(Problem::usage(format!("{} is not started again", run.run), why, hint));
    let selected = state.doctor.as_ref().map_or(0, |pane| pane.selected);
    let Some(remedy) = remedies(run, shared).into_iter().nth(selected) else {
        return refuse("no remedy is selected", "choose one");
    };
    let Some(spec) = &run.facts.asked else {
        return refuse("what was asked for is not on record", "start it anew with the start dialog");
    };
    match apply(&remedy, spec) {
        Some(spec) => Ok(spec),
        None if remedy.is_by_hand() => refuse("only a person can do this", &remedy.why),
        None => refuse("the remedy changes nothing of it", "choose another"),
    }
}

fn retry(state: &mut State, run: &RunState, shared: &mut Shared) -> Vec<Root> {
    let tries = state.retries.of(&run.run);
    let spec = match patched(state, run, shared) {
        Ok(spec) => spec,
        Err(problem) => {
            shared.toasts.problem(problem);
            return Vec::new();
        }
    };
    if state.retries.pending.is_some() {
        return Vec::new();
    }
    if tries >= MOST_RETRIES {
        shared.toasts.problem(Problem::failed(
            format!("{} is not started again", run.run),
            format!("{MOST_RETRIES} remedies in a row did not bring it up"),
            "look at the log, and change the start by hand",
        ));
        return Vec::new();
    }
    // Keys are not kept on disk: without them another try would fail for another reason.
    if run.argv.iter().any(|word| word.contains("***")) {
        return edit(state, run, shared);
    }
    state.retries.pending = Some(run.run.clone());
    state.doctor = None;
    vec![Root::Engines(Effect::Launch(Box::new(request(run, spec, tries))))]
}

/// The same wish again, under a name of its own where a person chose the name.
fn request(run: &RunState, mut spec: LaunchSpec, tries: u8) -> Request {
    let ending = if tries == 0 { String::new() } else { format!("-{}", tries + 1) };
    spec.name = spec.name.map(|name| format!("{}-{}", name.strip_suffix(&ending).unwrap_or(&name), tries + 2));
    let simulated = (spec.engine == EngineKind::Simulated).then_some(run.dialect);
    Request { spec, url: None, key: None, simulated_dialect: simulated, unchecked: false }
}

/// Opens the start dialog with the remedy carried out.
fn edit(state: &mut State, run: &RunState, shared: &mut Shared) -> Vec<Root> {
    match patched(state, run, shared) {
        Ok(spec) => {
            let mut changed = run.clone();
            changed.facts.asked = Some(spec);
            state.doctor = None;
            super::act::open(state, Some(Dialog::like(&changed, offered(shared))), shared)
        }
        Err(problem) => {
            shared.toasts.problem(problem);
            Vec::new()
        }
    }
}

/// The mouse on a remedy: a click selects it, the wheel moves on.
pub fn point(state: &mut State, wheel: isize, row: usize, shared: &mut Shared) -> Vec<Root> {
    match (wheel, &mut state.doctor) {
        (0, Some(pane)) => pane.selected = row,
        (wheel, Some(_)) => return act(state, if wheel < 0 { Action::Up } else { Action::Down }, shared),
        _ => {}
    }
    Vec::new()
}
