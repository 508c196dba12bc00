//! Ending a process: only one's own, only a real one, only after a yes, and only the very process that was seen.

use super::{Effect, State, Victim, processes};
use crate::app::Effect as AppEffect;
use crate::app::model::Shared;
use crate::app::overlay::{Confirm, Overlay};
use crate::base::{Bytes, Problem, text};
use crate::gpu::{GpuProcess, Source};

/// Asks whether the selected process is to be ended, or says why it cannot be.
pub(super) fn ask(state: &State, shared: &mut Shared) {
    let selected = processes(state, shared).into_iter().find(|process| Some(process.pid) == state.selected).cloned();
    let Some(process) = selected else { return };
    let simulated = matches!(shared.sample.as_ref().map(|sample| &sample.source), Some(Source::Simulated(_)));
    match victim(&process, simulated) {
        Ok(victim) => shared.ask = Some(question(&process, victim)),
        Err(problem) => shared.toasts.problem(problem),
    }
}

/// Still there after a kind request: offers the other way.
pub(super) fn offer_force(victim: Victim, shared: &mut Shared) {
    shared.ask = Some(Overlay::Confirm(Confirm {
        question: format!("{} ({}) did not end when asked. Kill it?", victim.name, victim.pid),
        detail: vec!["SIGKILL ends it at once; what it has not saved is lost.".to_owned()],
        yes: "Kill it".to_owned(),
        selected_yes: false,
        effects: vec![AppEffect::Card(Effect::End { victim, force: true })],
    }));
}

fn victim(process: &GpuProcess, simulated: bool) -> Result<Victim, Problem> {
    let name = process.name.as_ref().map_or_else(|_| "process".to_owned(), |name| text::clean_line(name));
    let refuse = |why: String, hint: &str| Err(Problem::usage(format!("{name} is not ended"), why, hint));
    // A simulated engine is a real process of one's own, which its run ends better.
    if simulated {
        let hint = if process.run.is_some() { "stop the run on the Engines screen" } else { "leave it be" };
        return refuse("its memory is simulated".to_owned(), hint);
    }
    if !process.own {
        return refuse("it belongs to another user".to_owned(), "ask them, or end it as root");
    }
    match &process.since {
        Ok(since) => Ok(Victim { pid: process.pid, since: *since, name }),
        Err(unknown) => {
            let why = format!("it cannot be told from a later process of the same id: {unknown}");
            refuse(why, "end it with your system's tools")
        }
    }
}

fn question(process: &GpuProcess, victim: Victim) -> Overlay {
    let held = match &process.used {
        Ok(Bytes(0)) | Err(_) => String::new(),
        Ok(bytes) => format!(" It holds {bytes} on the card."),
    };
    let mut detail = vec![format!("SIGTERM asks it to end; it may save its work first.{held}")];
    if let Some(run) = &process.run {
        detail.push(format!("It belongs to the run {run}: stopping that on the Engines screen ends all of it."));
    }
    Overlay::Confirm(Confirm {
        question: format!("End {} ({})?", victim.name, victim.pid),
        detail,
        yes: "End it".to_owned(),
        selected_yes: false,
        effects: vec![AppEffect::Card(Effect::End { victim, force: false })],
    })
}
