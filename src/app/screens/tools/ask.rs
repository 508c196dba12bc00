//! Asking: what a question is led with, and how the screen follows what comes of it.

use super::state::{Focus, State};
use super::trial::{Setup, Trial};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::base::Problem;
use crate::engines::flags::tool_parser;
use crate::lab::agent::run::Permissions;
use serde_json::{Value, json};

/// Nobody is there.
pub(super) fn nobody() -> Problem {
    Problem::failed("nobody is there to be asked", "no run is ready", "start one on Engines, or choose with w")
}

/// Begins an exchange.
///
/// # Errors
/// Why it does not begin.
pub(super) fn begin(state: &mut State, shared: &Shared, env: &Env) -> Result<Vec<Root>, Problem> {
    if state.busy() {
        let why = "the exchange before goes on";
        return Err(Problem::failed("the question is not asked", why, "stop it with s, or wait"));
    }
    let question = state.prompt.text().trim().to_owned();
    if question.is_empty() {
        return Err(Problem::failed("the question is not asked", "nothing is written", "write it with i"));
    }
    let target = state.resolved.clone()?;
    let run = shared.runs.iter().find(|run| run.endpoint.as_deref() == Some(&target.base_url));
    let place = run.map_or_else(|| target.base_url.clone(), |run| run.run.to_string());
    let setup = Setup {
        place,
        knobs: state.knobs.clone(),
        tools: state.chosen(),
        server_parser: run.and_then(|run| tool_parser(&run.facts.asked.as_ref()?.flags)),
        target,
    };
    let before = state.trial.as_ref().filter(|_| state.knobs.goes_on);
    let mut messages: Vec<Value> = before.map(|trial| trial.messages().to_vec()).unwrap_or_default();
    messages.push(json!({"role": "user", "content": question}));
    let permissions = before.map_or_else(Permissions::default, |trial| trial.permissions().clone());
    state.trials += 1;
    let (trial, effects) = Trial::begin(state.trials, setup, messages, permissions, env.uptime)?;
    state.trial = Some(trial);
    (state.row, state.tree_offset, state.follows, state.look) = (0, 0, true, None);
    state.focus = Focus::Tree;
    Ok(effects)
}

/// The selection goes with what happens, unless it was moved away from the end.
pub(super) fn follow(state: &mut State) {
    let last = state.rows().len().saturating_sub(1);
    if state.follows {
        state.row = last;
    }
    state.row = state.row.min(last);
}
