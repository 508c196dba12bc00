//! Starts a run: its record first, then its keeper, which starts the engine.

use super::{members, proc, records, stop::wait_until};
use crate::base::Problem;
use crate::engines::{Phase, Plan, RunId, RunState};
use crate::store::Paths;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Starts a run and answers once the engine's process is there (or could not be made, which the phase then says).
///
/// # Errors
/// When no record can be written, the name is taken, or the keeper does not come up.
pub fn start(paths: &Paths, plan: &Plan) -> Result<RunState, Problem> {
    // The link finds this program even after its file was replaced by an update.
    start_with(paths, plan, Path::new("/proc/self/exe"))
}

/// [`start`] with the program that has the `keeper` command.
///
/// # Errors
/// As [`start`].
pub fn start_with(paths: &Paths, plan: &Plan, vramdeck: &Path) -> Result<RunState, Problem> {
    let (state, dir) = records::create(paths, plan)?;
    let keeper = Command::new(vramdeck)
        .arg0("vramdeck")
        .arg("keeper")
        .arg("--run-dir")
        .arg(&dir)
        .arg("--database")
        .arg(paths.database())
        .env_remove(members::RUN_VARIABLE)
        .env_remove(members::DIR_VARIABLE)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut keeper = keeper.map_err(|error| {
        let _ = std::fs::remove_dir_all(&dir);
        Problem::failed("the keeper cannot be started", error.to_string(), "check the limits on processes (ulimit -u)")
    })?;
    let pid = keeper.id();
    // Somebody has to take in its end while this process lives.
    std::thread::spawn(move || keeper.wait());
    let started = |state: &RunState| state.phase != Phase::Planned;
    wait_until(Duration::from_secs(15), || {
        records::read_state(&dir).is_some_and(|state| started(&state)) || proc::get(pid).is_none_or(|p| p.zombie)
    });
    match records::read_state(&dir) {
        Some(written) if started(&written) => records::get(paths, &state.run),
        _ => {
            let _ = std::fs::remove_dir_all(&dir);
            Err(Problem::failed(
                format!("{} was not started", state.run),
                "its keeper ended at once",
                "check that the disk is not full, and try `vramdeck keeper --run-dir …` by hand",
            ))
        }
    }
}

/// Waits until a run is ready or over, telling at every look how it stands; `goes_on` may end the wait early.
///
/// # Errors
/// The failure of a run that did not become ready, or that there is no such run.
pub fn wait_ready(
    paths: &Paths,
    run: &RunId,
    mut tell: impl FnMut(&RunState),
    mut goes_on: impl FnMut() -> bool,
) -> Result<RunState, Problem> {
    loop {
        let state = records::get(paths, run)?;
        tell(&state);
        match &state.phase {
            Phase::Ready => return Ok(state),
            Phase::Failed { problem } => return Err(problem.clone().into()),
            Phase::Exited { .. } => {
                return Err(Problem::failed(
                    format!("{run} ended before it was ready"),
                    "it exited without an error",
                    format!("vramdeck logs {run}"),
                ));
            }
            _ if state.keeper.is_some() && !state.owner_alive => {
                return Err(Problem::failed(
                    format!("{run} has lost its keeper"),
                    "the process that watched it was killed; the engine may still load",
                    format!("vramdeck stop {run}, then launch it again"),
                ));
            }
            _ if !goes_on() => return Ok(state),
            _ => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}
