//! Run records on disk: one folder a run, with its plan, its state and its log.

use super::{members, now, proc};
use crate::base::Problem;
use crate::engines::{Phase, Plan, RunId, RunState, phase::Failure};
use crate::store::Paths;
use crate::wire::Endpoint;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Finished records kept at most.
const KEPT: usize = 50;
/// Seconds after which a finished record goes.
const KEPT_SECONDS: f64 = 7.0 * 86_400.0;

/// The folder of a run.
pub(super) fn dir(paths: &Paths, run: &RunId) -> PathBuf {
    paths.runs().join(&run.0)
}

/// Writes a file as a whole or not at all, readable by its owner only.
pub(super) fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!("tmp{}", std::process::id()));
    let result = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        // Best effort: the error that counts is the first.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Writes a run's state.
pub(super) fn write_state(dir: &Path, state: &RunState) -> io::Result<()> {
    write_atomic(&dir.join("state.json"), &serde_json::to_vec(state)?)
}

/// Reads a run's state as its keeper wrote it; one that bears another name than its folder is none.
pub(super) fn read_state(dir: &Path) -> Option<RunState> {
    let state: RunState = serde_json::from_slice(&fs::read(dir.join("state.json")).ok()?).ok()?;
    // The name leads back to the folder, which goes when the run is forgotten: no other folder may be meant.
    dir.file_name().is_some_and(|name| name == state.run.0.as_str()).then_some(state)
}

/// Reads a run's plan.
pub(super) fn read_plan(dir: &Path) -> Option<Plan> {
    serde_json::from_slice(&fs::read(dir.join("plan.json")).ok()?).ok()
}

/// Makes the folder of a new run, its plan and its first state in it.
pub(super) fn create(paths: &Paths, plan: &Plan) -> Result<(RunState, PathBuf), Problem> {
    let runs = paths.runs();
    let cannot = |error: io::Error| {
        Problem::failed(
            "no record of the run can be kept",
            format!("{}: {error}", runs.display()),
            "free disk space or make the folder writable; without a record a crash would leave the engine invisible",
        )
    };
    DirBuilder::new().recursive(true).mode(0o700).create(&runs).map_err(cannot)?;
    let (run, dir) = claim(paths, plan)?.map_err(cannot)?;
    let state = RunState::planned(run, plan, now());
    serde_json::to_vec(plan)
        .map_err(io::Error::from)
        .and_then(|bytes| write_atomic(&dir.join("plan.json"), &bytes))
        .and_then(|()| write_state(&dir, &state))
        .map_err(|error| {
            let _ = fs::remove_dir_all(&dir);
            cannot(error)
        })?;
    Ok((state, dir))
}

/// Claims a name by making its folder, which only one can do.
fn claim(paths: &Paths, plan: &Plan) -> Result<io::Result<(RunId, PathBuf)>, Problem> {
    let mut number = 1;
    let mut cleared = false;
    while number < 1000 {
        let name = if number == 1 { plan.name.clone() } else { format!("{}-{number}", plan.name) };
        let run = RunId(name);
        let dir = dir(paths, &run);
        match DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => return Ok(Ok((run, dir))),
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Ok(Err(error)),
            Err(_) if !plan.name_is_fixed => number += 1,
            // A chosen name is taken over from a run that has ended.
            Err(_) if !cleared && load(&dir).is_some_and(|state| is_over(&dir, &state)) => {
                cleared = true;
                let _ = fs::remove_dir_all(&dir);
            }
            Err(_) => break,
        }
    }
    Err(Problem::usage(
        format!("there is a run called {} already", plan.name),
        "names of runs are unique while they run",
        format!("vramdeck stop {}, or another --name", plan.name),
    ))
}

fn is_over(dir: &Path, state: &RunState) -> bool {
    !state.phase.is_live() && !state.owner_alive && members::members(dir, state).is_empty()
}

/// Reads a run and sees what is true of it now: whether its keeper lives, which processes it has, and that a run of
/// which nothing lives has ended, even if nobody was there to write so.
fn load(dir: &Path) -> Option<RunState> {
    let mut state = read_state(dir)?;
    let same_boot = state.facts.boot.is_none() || state.facts.boot == proc::boot();
    state.owner_alive = same_boot && state.keeper.is_some_and(proc::alive);
    let over_by_record = !state.phase.is_live() && !state.owner_alive && state.facts.processes.is_empty();
    state.pids = if over_by_record { Vec::new() } else { pids(&members::members(dir, &state)) };
    let being_born = state.keeper.is_none() && now() - state.started_at < 15.0;
    if state.phase.is_live() && !state.owner_alive && state.pids.is_empty() && !being_born {
        // A last look: the keeper may have written the end between our two readings.
        if let Some(newer) = read_state(dir).filter(|newer| !newer.phase.is_live()) {
            return Some(RunState { pids: Vec::new(), owner_alive: false, ..newer });
        }
        state.phase = Phase::Failed { problem: vanished(&state, same_boot) };
    }
    Some(state)
}

fn pids(members: &[crate::engines::run::ProcessRef]) -> Vec<u32> {
    members.iter().map(|process| process.pid).collect()
}

fn vanished(state: &RunState, same_boot: bool) -> Failure {
    let why =
        if same_boot { "its keeper was killed and no process of it is left" } else { "the machine was restarted" };
    Failure {
        what: format!("{} is gone", state.run),
        why: why.to_owned(),
        hint: "launch it again".to_owned(),
        last_lines: Vec::new(),
        ..Failure::default()
    }
}

/// All runs of this user, oldest first; finished ones too, of which the oldest are forgotten by the way.
pub fn list(paths: &Paths) -> Vec<RunState> {
    let Ok(entries) = fs::read_dir(paths.runs()) else { return Vec::new() };
    let mut runs: Vec<RunState> = entries.filter_map(|entry| load(&entry.ok()?.path())).collect();
    runs.sort_by(|a, b| a.started_at.total_cmp(&b.started_at));
    prune(paths, &mut runs);
    runs
}

fn prune(paths: &Paths, runs: &mut Vec<RunState>) {
    let over = |state: &RunState| !state.phase.is_live() && !state.owner_alive && state.pids.is_empty();
    let mut finished = runs.iter().filter(|state| over(state)).count();
    let old = now() - KEPT_SECONDS;
    runs.retain(|state| {
        let goes = over(state) && (finished > KEPT || state.started_at < old);
        if goes {
            finished -= 1;
            let _ = fs::remove_dir_all(dir(paths, &state.run));
        }
        !goes
    });
}

/// One run by name.
///
/// # Errors
/// When there is none of that name; the hint names those there are.
pub fn get(paths: &Paths, run: &RunId) -> Result<RunState, Problem> {
    let found = super::super::naming::is_valid(&run.0).then(|| load(&dir(paths, run))).flatten();
    found.ok_or_else(|| {
        let names: Vec<String> = list(paths).into_iter().map(|state| state.run.0).collect();
        let hint = if names.is_empty() {
            "vramdeck launch … starts one".to_owned()
        } else {
            format!("runs: {}", names.join(", "))
        };
        Problem::usage(format!("there is no run called {run}"), "no record of that name lies on disk", hint)
    })
}

/// The processes of every run that has any, for attribution of card memory.
pub fn run_pids(paths: &Paths) -> Vec<(String, Vec<u32>)> {
    list(paths).into_iter().filter(|state| !state.pids.is_empty()).map(|state| (state.run.0, state.pids)).collect()
}

/// Forgets a finished run: its record and its log.
///
/// # Errors
/// When it still runs, or its folder cannot be removed.
pub fn forget(paths: &Paths, run: &RunId) -> Result<(), Problem> {
    let state = get(paths, run)?;
    if state.phase.is_live() || !state.pids.is_empty() || state.owner_alive {
        return Err(Problem::usage(
            format!("{run} cannot be forgotten"),
            "it still runs, and without its record it would be invisible",
            format!("vramdeck stop {run}"),
        ));
    }
    fs::remove_dir_all(dir(paths, run)).map_err(|error| {
        Problem::failed(format!("{run} cannot be forgotten"), error.to_string(), "check the folder's permissions")
    })
}

/// Where requests to a run go, its key included.
///
/// # Errors
/// When the run has no endpoint.
pub fn endpoint(paths: &Paths, run: &RunId) -> Result<Endpoint, Problem> {
    let state = get(paths, run)?;
    let base_url = state.endpoint.ok_or_else(|| {
        Problem::failed(format!("{run} has no endpoint"), "it was never up", format!("vramdeck logs {run}"))
    })?;
    let key = read_plan(&dir(paths, run)).and_then(|plan| plan.key);
    Ok(Endpoint { base_url, key, dialect: state.dialect, model: state.served_name })
}

/// Leaves the mark by which a keeper knows that the end was asked for, and how long the processes may take over it.
pub(super) fn mark_stop(dir: &Path, grace: Duration) {
    // Where the mark cannot be left, the run's end reads as a failure, but it still ends.
    let _ = write_atomic(&dir.join("stop"), grace.as_secs_f64().to_string().as_bytes());
}

/// The grace that went with the last stop asked for.
pub(super) fn stop_grace(dir: &Path) -> Option<Duration> {
    Duration::try_from_secs_f64(fs::read_to_string(dir.join("stop")).ok()?.trim().parse().ok()?).ok()
}

/// Whether the end was asked for.
pub(super) fn stop_was_asked(dir: &Path) -> bool {
    dir.join("stop").exists()
}
