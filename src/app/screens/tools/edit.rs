//! Tools: reading them in, writing one, deleting one.

use super::effect::{Effect, Msg};
use super::state::{Edit, Focus, Started, State, TEMPLATE};
use crate::app::Effect as Root;
use crate::app::model::Shared;
use crate::app::overlay::{Confirm, Overlay};
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::agent::definition::Imported;

/// The tools were read.
pub(super) fn library(state: &mut State, msg: Msg, shared: &mut Shared) {
    let Msg::Library { mut library, own, servers, problems } = msg else { return };
    // Tools of servers that run are known to this deck alone.
    for started in state.started.values() {
        if let Started::Runs(tools) = started {
            tools.iter().for_each(|tool| library.put(tool.clone()));
        }
    }
    state.servers = servers;
    problems.into_iter().for_each(|problem| shared.toasts.problem(problem));
    if state.library.is_none() {
        // One that wants one argument is enough to begin with.
        state.offered.extend(library.tools.first().map(|tool| tool.name.clone()));
    }
    state.offered.retain(|name| library.get(name).is_some());
    let saved = |edit: &Edit| edit.read.as_ref().is_ok_and(|tool| library.get(&tool.name) == Some(tool));
    state.edit = state.edit.take().filter(|edit| !saved(edit));
    state.selected = state.selected.min(library.tools.len().saturating_sub(1));
    (state.library, state.own, state.loading) = (Some(library), own, false);
}

/// Opens the selected tool to be written, or a new one. What was begun before is taken up again.
pub(super) fn open(state: &mut State, new: bool) {
    let tool = state.tool().filter(|_| !new);
    let name = tool.map(|tool| tool.name.clone()).unwrap_or_default();
    if state.edit.as_ref().is_none_or(|edit| edit.name != name) {
        let text = tool.map(|tool| serde_json::to_string_pretty(&tool.to_file()).unwrap_or_default());
        state.edit = Some(Edit::with(&name, &text.unwrap_or_else(|| TEMPLATE.to_owned())));
    }
    state.focus = Focus::Edit;
}

/// Keeps what was written, where it can be used.
pub(super) fn save(state: &mut State, shared: &mut Shared) -> Vec<Root> {
    let Some(edit) = &state.edit else { return Vec::new() };
    match edit.read.clone() {
        Ok(tool) => {
            // The text stays until the tool is among those that were read.
            state.focus = Focus::List;
            state.offered.insert(tool.name.clone());
            vec![Root::Tools(Effect::Save(Box::new(tool)))]
        }
        Err(problem) => {
            shared.toasts.problem(problem);
            Vec::new()
        }
    }
}

/// Asks whether the user's own tool is to go.
pub(super) fn delete(state: &State, shared: &mut Shared) {
    let Some(tool) = state.tool() else { return };
    if !state.own.contains(&tool.name) {
        let (what, why) = (format!("{} is not deleted", tool.name), "it comes with vramdeck");
        return shared.toasts.problem(Problem::failed(what, why, "take it out of the offer with space"));
    }
    shared.ask = Some(Overlay::Confirm(Confirm {
        question: clean_line(&format!("Delete the tool {}?", tool.name)),
        detail: vec!["Its definition is taken out of your folder of tools.".to_owned()],
        yes: "delete".to_owned(),
        selected_yes: false,
        effects: vec![Root::Tools(Effect::Delete(tool.name.clone()))],
    }));
}

/// Asks whether the selected MCP server may be started: exactly what would run is shown.
pub(super) fn start(state: &mut State, shared: &mut Shared) {
    let Some(server) = state.servers.get(state.server) else { return };
    let mut detail = server.lines();
    detail.push("It runs until you leave vramdeck; each call of its tools is asked for.".to_owned());
    shared.ask = Some(Overlay::Confirm(Confirm {
        question: clean_line(&format!("Start the MCP server {}?", server.name)),
        detail,
        yes: "start".to_owned(),
        selected_yes: false,
        effects: vec![Root::Tools(Effect::Start(Box::new(server.clone())))],
    }));
}

/// A server was started, or could not be.
pub(super) fn started(state: &mut State, name: String, told: Result<Imported, Problem>, shared: &mut Shared) {
    let now = match told {
        Ok(imported) => {
            imported.told.into_iter().for_each(|said| {
                let what = clean_line(&format!("not every tool of {name} is as it listed it"));
                shared.toasts.problem(Problem::failed(what, clean_line(&said), "see the server's own documentation"));
            });
            if let Some(library) = &mut state.library {
                imported.tools.iter().for_each(|tool| library.put(tool.clone()));
            }
            Started::Runs(imported.tools)
        }
        Err(problem) => {
            let why = problem.why.clone();
            shared.toasts.problem(problem);
            Started::Failed(why)
        }
    };
    state.started.insert(name, now);
}
