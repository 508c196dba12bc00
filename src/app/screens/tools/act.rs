//! What keys do on the Tools screen.

use super::knobs::Knob;
use super::look::Look;
use super::state::{Focus, State};
use super::{Action, ask, edit};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::seen::Pane;
use crate::lab::agent::run::Answer;
use crate::lab::xray::Difference;
use std::sync::Arc;

/// Carries out an action.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<Root> {
    use Action::*;
    match action {
        Down | Up | PageDown | PageUp | First | Last => return travel(state, action, shared),
        Run => match ask::begin(state, shared, env) {
            Ok(effects) => {
                ask::follow(state);
                return effects;
            }
            Err(problem) => shared.toasts.problem(problem),
        },
        Prompt => state.focus = Focus::Prompt,
        Check => check(state),
        CheckAll => check_all(state),
        Edit | New => edit::open(state, action == New),
        Save => return edit::save(state, shared),
        Delete => edit::delete(state, shared),
        More | Less => turn(state, action == More),
        Target => state.focus = Focus::Targets,
        Servers => state.focus = Focus::Servers,
        Scores => {
            state.focus = Focus::Scores;
            return state.scores.open();
        }
        Quick | Full => {
            state.focus = Focus::Scores;
            let suite = if action == Quick { "quick" } else { "full" };
            match state.scores.run(suite, &state.resolved, shared, env) {
                Ok(effects) => return effects,
                Err(problem) => shared.toasts.problem(problem),
            }
        }
        SuiteStop => return state.scores.stop(),
        Mark => state.scores.mark(),
        Accept => return accept(state, shared, env),
        Back => back(state, shared),
        Stop => return with_trial(state, |trial| trial.stop(env.uptime)),
        Go => return with_trial(state, |trial| trial.go(env.uptime)),
        YesOnce => return permit(state, Answer::Once, env),
        YesChat => return permit(state, Answer::Chat, env),
        No => return permit(state, Answer::No, env),
        Never => return permit(state, Answer::Never, env),
        Xray => look(state, shared, env),
        NextParser | PreviousParser => with_look(state, |look| look.turn_parser(action == NextParser)),
        AutoParser => with_look(state, Look::auto),
        Copy => return copy(state),
    }
    Vec::new()
}

fn with_trial(state: &mut State, work: impl FnOnce(&mut super::trial::Trial) -> Vec<Root>) -> Vec<Root> {
    let effects = state.trial.as_mut().map(work).unwrap_or_default();
    ask::follow(state);
    effects
}

fn permit(state: &mut State, answer: Answer, env: &Env) -> Vec<Root> {
    with_trial(state, |trial| trial.permit(answer, env.uptime))
}

fn with_look(state: &mut State, work: impl FnOnce(&mut Look)) {
    if let Some(look) = &mut state.look {
        work(look);
    }
}

fn travel(state: &mut State, action: Action, shared: &Shared) -> Vec<Root> {
    let pane = match state.focus {
        Focus::Tree => Pane::ToolsTree,
        Focus::Xray | Focus::Scores => Pane::ToolsXray,
        _ => Pane::ToolsList,
    };
    let height = shared.seen.rows(pane);
    let page = height.saturating_sub(1).max(1);
    let to = |at: usize, last: usize| match action {
        Action::Down => at.saturating_add(1).min(last),
        Action::Up => at.saturating_sub(1),
        Action::PageDown => at.saturating_add(page).min(last),
        Action::PageUp => at.saturating_sub(page),
        Action::First => 0,
        _ => last,
    };
    let last = |count: usize| count.saturating_sub(1);
    match state.focus {
        Focus::List | Focus::Edit | Focus::Prompt => {
            state.selected = to(state.selected, last(state.tools().len()));
            state.offset = in_view(state.offset, state.selected, height);
        }
        Focus::Knobs => state.knob = to(state.knob, last(Knob::ALL.len())),
        Focus::Targets => state.offer = to(state.offer, last(state.offers.len())),
        Focus::Scores => {
            // The selection goes row by row, the detail page by page.
            let paged = matches!(action, Action::PageDown | Action::PageUp);
            let most = shared.seen.viewport(pane).map_or(0, |seen| seen.total.saturating_sub(seen.rows));
            return state.scores.go(to, paged, most);
        }
        Focus::Servers => state.server = to(state.server, last(state.servers.len())),
        Focus::Tree => {
            let end = last(state.rows().len());
            state.row = to(state.row, end);
            state.follows = state.row == end;
            state.tree_offset = in_view(state.tree_offset, state.row, height);
        }
        Focus::Xray => {
            let most = shared.seen.viewport(pane).map_or(0, |seen| seen.total.saturating_sub(seen.rows));
            with_look(state, |look| {
                let offset = look.offset_mut();
                *offset = to(*offset, most);
            });
        }
    }
    Vec::new()
}

fn in_view(offset: usize, at: usize, height: usize) -> usize {
    offset.min(at).max((at + 1).saturating_sub(height))
}

/// Offers the selected tool, or does not.
fn check(state: &mut State) {
    let Some(name) = state.tool().map(|tool| tool.name.clone()) else { return };
    if !state.offered.remove(&name) {
        state.offered.insert(name);
    }
}

fn check_all(state: &mut State) {
    let all: Vec<String> = state.tools().iter().map(|tool| tool.name.clone()).collect();
    if state.offered.len() == all.len() {
        state.offered.clear();
    } else {
        state.offered.extend(all);
    }
}

fn turn(state: &mut State, more: bool) {
    match state.focus {
        Focus::Xray => with_look(state, |look| look.turn_pane(more)),
        Focus::Knobs => {
            let knob = Knob::ALL.get(state.knob).copied();
            knob.into_iter().for_each(|knob| state.knobs.turn(knob, more));
        }
        Focus::List if more => state.focus = Focus::Tree,
        Focus::Tree if !more => state.focus = Focus::List,
        _ => {}
    }
}

fn accept(state: &mut State, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match state.focus {
        Focus::Targets => {
            let Some(offer) = state.offers.get(state.offer) else { return Vec::new() };
            match offer.target.clone() {
                Some(target) => {
                    state.target = Some(target);
                    state.focus = Focus::List;
                }
                None => shared.toasts.info(format!("{}: {}", offer.place, offer.detail), env.uptime),
            }
        }
        Focus::Servers => edit::start(state, shared),
        Focus::Tree => look(state, shared, env),
        Focus::List => check(state),
        Focus::Knobs => turn(state, true),
        Focus::Prompt => return act(state, Action::Run, shared, env),
        Focus::Scores => state.scores.mark(),
        Focus::Xray | Focus::Edit => {}
    }
    Vec::new()
}

fn back(state: &mut State, shared: &mut Shared) {
    state.focus = match state.focus {
        Focus::Xray => Focus::Tree,
        Focus::Prompt if state.trial.is_some() => Focus::Tree,
        Focus::List => {
            shared.toasts.dismiss_newest();
            Focus::List
        }
        _ => Focus::List,
    };
}

/// Looks through the answer of the selected row.
fn look(state: &mut State, shared: &mut Shared, env: &Env) {
    let told = |turn: usize| {
        let trial = state.trial.as_ref()?;
        Some((turn, Arc::clone(&trial.turns.get(turn)?.told), trial.setup.target.dialect))
    };
    let Some((turn, told, dialect)) = state.turn().and_then(told) else {
        let why = if state.trial.is_none() { "nothing was asked yet" } else { "no answer has come yet" };
        return shared.toasts.info(why, env.uptime);
    };
    let same = state.look.as_ref().is_some_and(|look| look.turn == turn && Arc::ptr_eq(&look.told, &told));
    if !same {
        state.look = Some(Look::new(turn, told, dialect));
    }
    state.focus = Focus::Xray;
}

/// What the pane in front shows, as text.
fn copy(state: &State) -> Vec<Root> {
    use super::look::Pane as Of;
    let text = match (&state.look, state.focus) {
        (Some(look), Focus::Xray) => match look.pane {
            Of::Prompt => look.exchange().prompt.as_ref().ok().map(|prompt| prompt.text.clone()),
            Of::Raw => look.exchange().raw.as_ref().ok().map(|raw| raw.text.clone()),
            Of::Calls => look.seen.as_ref().ok().map(|seen| {
                let calls = seen.parsed.calls.iter().map(|call| format!("{} {}", call.name, call.arguments_text));
                calls.chain(seen.differences.iter().map(Difference::words)).collect::<Vec<_>>().join("\n")
            }),
        },
        (_, Focus::Scores) => state.scores.text(),
        (_, Focus::List) => state.tool().map(|tool| tool.to_file().to_string()),
        _ => state.trial.as_ref().map(|trial| serde_json::Value::from(trial.messages().to_vec()).to_string()),
    };
    text.map(Root::Copy).into_iter().collect()
}

/// A key that no binding took: for the field that has the focus.
pub fn key(state: &mut State, key: Key, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match (state.focus, &mut state.edit) {
        (Focus::Prompt, _) => {
            state.prompt.key(key);
        }
        (Focus::Edit, Some(edit)) => {
            edit.editor.key(key);
            edit.check();
        }
        _ => {}
    }
    Vec::new()
}

/// Pasted text.
pub fn paste(state: &mut State, text: &str, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    match (state.focus, &mut state.edit) {
        (Focus::Edit, Some(edit)) => {
            edit.editor.insert(text);
            edit.check();
        }
        (Focus::Prompt, _) => state.prompt.insert(text),
        _ => {}
    }
    Vec::new()
}

/// Moves the focus to the next or previous pane.
pub fn focus(state: &mut State, forward: bool) {
    if state.focus == Focus::Xray {
        return with_look(state, |look| look.turn_pane(forward));
    }
    const ROUND: [Focus; 4] = [Focus::List, Focus::Knobs, Focus::Prompt, Focus::Tree];
    let Some(at) = ROUND.iter().position(|focus| *focus == state.focus) else { return };
    state.focus = ROUND[(at + if forward { 1 } else { ROUND.len() - 1 }) % ROUND.len()];
}
