//! What the Engines screen is told.

use super::dialog::Plan;
use super::release::{Release, Verdict};
use super::{Effect, Focus, Msg, State, installed, ollama};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::base::Problem;
use crate::engines::{EngineKind, RunId};
use std::path::{Path, PathBuf};

/// Takes a message in.
pub fn receive(state: &mut State, msg: Msg, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match msg {
        Msg::Planned { generation, result } => {
            if let Some(dialog) = state.dialog.as_mut().filter(|dialog| dialog.generation == generation) {
                dialog.plan = result.map_or_else(Plan::Refused, Plan::Ready);
            }
        }
        Msg::Launched { result } => launched(state, result, shared),
        Msg::Stopping(run) => {
            if let Some(run) = shared.runs.iter().find(|one| one.run == run) {
                let release = Release::of(run, shared);
                state.releases.retain(|other| other.run != release.run);
                state.releases.push(release);
            }
        }
        Msg::Stopped { run, result } => stopped(state, &run, result, shared, env),
        Msg::Log { run, reset, lines } => {
            if state.log.run.as_ref() == Some(&run) {
                if reset {
                    state.log.open(Some(run));
                }
                state.log.push(lines);
            }
        }
        Msg::Flags { engine, table, reading } => {
            if let Some(dialog) = state.dialog.as_mut().filter(|dialog| dialog.engine == engine) {
                dialog.flags.table = Some(table);
                dialog.flags.reading = reading;
            }
        }
        Msg::Suggestions { generation, models } => {
            if let Some(dialog) = state.dialog.as_mut().filter(|dialog| dialog.generation == generation) {
                dialog.suggestions = models;
            }
        }
        Msg::Composed { .. } | Msg::Kept(_) | Msg::Loaded(_) | Msg::Saved(_) => return recipe(state, msg, shared, env),
        Msg::Exported(result) => match result {
            Ok((written, refused)) => {
                let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
                let files: Vec<String> = written.iter().filter_map(name).collect();
                let folder = written.first().and_then(|path| path.parent()).unwrap_or(Path::new("")).display();
                let lacking: String = refused.iter().map(|why| format!("; {why}")).collect();
                shared.toasts.info(format!("{} written to {folder}{lacking}", files.join(", ")), env.uptime);
            }
            Err(problem) => {
                shared.toasts.problem(problem);
            }
        },
        Msg::Ollama(msg) => return told_by_ollama(state, msg, shared, env),
        Msg::Installed(msg) => return told_of_installs(state, msg, shared, env),
    }
    Vec::new()
}

/// What concerns the recipe of the start dialog.
fn recipe(state: &mut State, msg: Msg, shared: &mut Shared, env: &Env) -> Vec<Root> {
    if let Msg::Saved(result) = msg {
        match result {
            Ok((name, secrets)) => {
                let left = if secrets.is_empty() { String::new() } else { format!(", without {}", secrets.join(", ")) };
                shared.toasts.info(format!("kept as {name}{left}"), env.uptime);
            }
            Err(problem) => {
                shared.toasts.problem(problem);
            }
        }
        return vec![Root::Engines(Effect::ListKept)];
    }
    let Some(form) = &mut state.dialog else { return Vec::new() };
    match msg {
        Msg::Composed { generation, result } if form.recipe.generation == generation => form.compose(result),
        Msg::Kept(names) => {
            form.recipe.kept = names;
            return Vec::new();
        }
        Msg::Loaded(Ok(named)) => {
            form.load(&named);
            return super::act::dialog_changed(state, true);
        }
        Msg::Loaded(Err(problem)) => form.recipe.problem = Some(problem),
        _ => return Vec::new(),
    }
    super::act::dialog_changed(state, false)
}

/// The launch is over; a form that was closed meanwhile stays closed. At most one launch is under way at a time.
fn launched(state: &mut State, result: Result<RunId, Problem>, shared: &mut Shared) {
    state.retries.launched(result.as_ref().ok());
    match result {
        Ok(run) => {
            if state.dialog.as_ref().is_some_and(|dialog| dialog.launching) {
                state.dialog = None;
                state.draft = None;
            }
            state.list.awaited = Some(run);
            state.list.refresh(shared);
            state.focus = Focus::Runs;
        }
        Err(problem) => {
            match state.dialog.as_mut().filter(|dialog| dialog.launching) {
                Some(dialog) => {
                    dialog.launching = false;
                    dialog.plan = Plan::Refused(problem);
                }
                None => shared.toasts.problem(problem),
            };
        }
    }
}

fn stopped(state: &mut State, run: &RunId, result: Result<String, Problem>, shared: &mut Shared, env: &Env) {
    match result {
        Ok(how) => {
            shared.toasts.info(how, env.uptime);
            if let Some(release) = state.releases.iter_mut().find(|release| release.run == *run) {
                release.stopped_at = Some(env.uptime);
            }
        }
        Err(problem) => {
            state.releases.retain(|release| release.run != *run);
            shared.toasts.problem(problem);
        }
    }
}

fn told_by_ollama(state: &mut State, msg: ollama::Msg, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let pane = &mut state.ollama;
    match msg {
        ollama::Msg::Listed { base_url, result } => {
            pane.base_url = Some(base_url);
            match result {
                Ok(models) => {
                    pane.problem = None;
                    pane.selected = pane.selected.min(models.len().saturating_sub(1));
                    pane.models = Some(models);
                }
                Err(problem) => {
                    pane.models = None;
                    pane.problem = Some(problem);
                }
            }
        }
        ollama::Msg::Progress(job) => pane.job = Some(job),
        ollama::Msg::Done(result) => {
            pane.job = None;
            match result {
                Ok(text) => shared.toasts.info(text, env.uptime),
                Err(problem) => shared.toasts.problem(problem),
            }
            let again = ollama::Effect::List(pane.base_url.clone());
            return vec![Root::Engines(Effect::Ollama(again))];
        }
        ollama::Msg::Shown { name, lines } => pane.facts = Some((name, lines)),
    }
    Vec::new()
}

/// Runs or cards have changed, or time has passed: keep the selection on its run, the log on the selected run, and see
/// whether the memory of stopped runs came back.
pub fn refresh(state: &mut State, shared: &mut Shared, env: &Env) -> Vec<Root> {
    state.refreshed = env.uptime;
    state.list.refresh(shared);
    judge_releases(state, shared, env);
    let mut effects = follow_selected(state);
    if state.watches_installs() && state.installed.asking == 0 {
        state.installed.asking += 1;
        effects.push(Root::Engines(Effect::Installed(installed::Effect::Follow)));
    }
    effects
}

fn told_of_installs(state: &mut State, msg: installed::Msg, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let pane = &mut state.installed;
    match msg {
        installed::Msg::Listed(statuses) => {
            pane.asking = pane.asking.saturating_sub(1);
            pane.statuses = Some(statuses);
            pane.step(0);
        }
        installed::Msg::Followed(at_work) => {
            pane.asking = pane.asking.saturating_sub(1);
            if pane.follow(at_work) {
                return vec![list(pane)];
            }
        }
        installed::Msg::Offered(package, offers) => pane.offers = Some((package, offers)),
        installed::Msg::Begun(package, work) => pane.asked.push((package, work)),
        installed::Msg::Done(package, work, result) => {
            pane.asked.retain(|asked| *asked != (package, work));
            match result {
                Ok(text) => shared.toasts.info(text, env.uptime),
                Err(problem) => shared.toasts.problem(problem),
            }
            return vec![list(pane)];
        }
    }
    Vec::new()
}

/// Asks what is there.
pub(super) fn list(pane: &mut installed::Installed) -> Root {
    pane.asking += 1;
    Root::Engines(Effect::Installed(installed::Effect::List))
}

fn judge_releases(state: &mut State, shared: &mut Shared, env: &Env) {
    let mut done = Vec::new();
    for release in &state.releases {
        match release.judge(shared, env.uptime) {
            Verdict::Wait => {}
            verdict => done.push((release.run.clone(), verdict)),
        }
    }
    for (run, verdict) in done {
        state.releases.retain(|release| release.run != run);
        match verdict {
            Verdict::Back(text) => shared.toasts.info(text, env.uptime),
            Verdict::Held(problem) => shared.toasts.problem(problem),
            Verdict::Wait => {}
        }
    }
}

/// Asks for the log of the selected run when it is another than before. Endpoints have no log.
pub(super) fn follow_selected(state: &mut State) -> Vec<Root> {
    if state.log.run == state.list.selected {
        return Vec::new();
    }
    state.log.open(state.list.selected.clone());
    vec![Root::Engines(Effect::Follow(state.list.selected.clone()))]
}

/// The engines a person may choose from: in the demo only the simulated one.
pub(super) fn offered(shared: &Shared) -> Vec<EngineKind> {
    if shared.demo.is_some() { vec![EngineKind::Simulated] } else { EngineKind::ALL.to_vec() }
}
