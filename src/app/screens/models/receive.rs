//! What the Models screen is told.

use super::{Effect, Focus, Msg, State, settle};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::seen::Pane;
use crate::base::{Problem, text};

/// Takes a message in; answers to older questions are dropped.
pub fn receive(state: &mut State, msg: Msg, shared: &mut Shared, env: &Env) -> Vec<Root> {
    if !settle::is_newest(state, &msg) {
        return Vec::new();
    }
    match msg {
        Msg::Ranked(ranking) => {
            state.list.renew(&ranking, shared.seen.rows(Pane::ModelsList));
            let gone = |pick: &super::Pick| ranking.place(pick).is_none();
            if state.pair.as_ref().is_some_and(|pair| pair.iter().any(gone)) {
                state.pair = None;
                state.focus = Focus::List;
            }
            state.marked.take_if(|pick| gone(pick));
            state.seats.retain(|pick| !gone(pick));
            state.ranking = Some(ranking);
        }
        Msg::Examined { details, .. } => state.details = details,
        Msg::Planned(planned) => state.planned = Some(planned),
        Msg::Scanned { models, problems, .. } => {
            state.local = models;
            state.scans += 1;
            problems.into_iter().for_each(|problem| shared.toasts.problem(problem));
        }
        Msg::Found { sought, result } => {
            state.seeking.remove(&sought);
            match result {
                Ok(found) => {
                    let words = format!("{} has {}: D downloads it", found.made.repo, sought.label);
                    shared.toasts.info(text::clean_line(&words), env.uptime);
                    state.sources.insert(sought, found);
                }
                Err(problem) => shared.toasts.problem(problem),
            }
        }
        Msg::Downloading { repo, download } => {
            state.downloads.insert(repo, download);
        }
        Msg::Downloaded { repo, result } => {
            state.downloads.remove(&repo);
            return done(result, state, shared, env);
        }
        Msg::Removed(result) => return done(result, state, shared, env),
        Msg::Scored(scores) => state.scores = scores,
    }
    Vec::new()
}

/// Something on disk has changed, or not: say so and look again.
fn done(result: Result<String, Problem>, state: &mut State, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match result {
        Ok(words) => shared.toasts.info(words, env.uptime),
        Err(problem) => shared.toasts.problem(problem),
    }
    state.asked.disk += 1;
    vec![Root::Models(Effect::Scan { generation: state.asked.disk })]
}
