//! Ends a run: the whole group, everything that descends from it, and whatever else carries its mark.

use super::{members, proc, records};
use crate::base::Problem;
use crate::engines::run::ProcessRef;
use crate::engines::{Phase, RunId, RunState};
use crate::store::Paths;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a stop did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StopReport {
    /// The run.
    pub run: RunId,
    /// All processes that were there and are gone now.
    pub ended_pids: Vec<u32>,
    /// Whether some did not go by themselves within the grace and were killed.
    pub killed: bool,
    /// Seconds it took.
    pub seconds: f64,
    /// How it ended.
    pub phase: &'static str,
}

/// What ending some processes did.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub pids: BTreeSet<u32>,
    pub killed: bool,
    /// Those that even SIGKILL did not end (uninterruptible sleep in a driver).
    pub left: Vec<u32>,
}

impl Ended {
    fn add(&mut self, more: Self) {
        self.pids.extend(more.pids);
        self.killed |= more.killed;
        self.left = more.left;
    }
}

/// Stops a run: SIGTERM to the group, wait until group and descendants are gone, SIGKILL after `grace`.
///
/// # Errors
/// When there is no such run, or a process cannot be ended.
pub fn stop(paths: &Paths, run: &RunId, grace: Duration) -> Result<StopReport, Problem> {
    let began = Instant::now();
    let state = records::get(paths, run)?;
    let dir = records::dir(paths, run);
    if !state.phase.is_live() && state.pids.is_empty() && !state.owner_alive {
        let phase = state.phase.name();
        settle(&dir, &state);
        return Ok(StopReport { run: run.clone(), ended_pids: Vec::new(), killed: false, seconds: 0.0, phase });
    }
    records::mark_stop(&dir, grace);
    let mut ended = end_members(&dir, &state, grace);
    see_keeper_out(&dir, &state, grace, &mut ended);
    if !ended.left.is_empty() {
        return Err(Problem::failed(
            format!("{run} could not be ended whole"),
            format!("process {:?} did not even go when killed", ended.left),
            "it hangs in the kernel, most likely in the GPU driver: see dmesg; a restart ends it",
        ));
    }
    let last = records::read_state(&dir).unwrap_or_else(|| state.clone());
    let phase = settle(&dir, &last);
    let seconds = began.elapsed().as_secs_f64();
    Ok(StopReport {
        run: run.clone(),
        ended_pids: ended.pids.into_iter().collect(),
        killed: ended.killed,
        seconds,
        phase,
    })
}

/// Waits for the keeper to write its last word, and ends what it may have started while we looked. One that hangs is
/// ended, for nothing is left that it could keep.
fn see_keeper_out(dir: &Path, state: &RunState, grace: Duration, ended: &mut Ended) {
    let keeper = state.keeper.or_else(|| {
        // It is being born: its state will name it in a moment.
        wait_until(Duration::from_secs(5), || records::read_state(dir).is_some_and(|state| state.keeper.is_some()));
        records::read_state(dir)?.keeper
    });
    let Some(keeper) = keeper else { return };
    let current = || records::read_state(dir).unwrap_or_else(|| state.clone());
    if state.facts.external && proc::alive(keeper) {
        let _ = kill(Pid::from_raw(keeper.pid as i32), Signal::SIGTERM);
    }
    wait_until(Duration::from_secs(8), || {
        ended.add(end_members(dir, &current(), grace));
        !proc::alive(keeper)
    });
    if proc::alive(keeper) {
        let _ = kill(Pid::from_raw(keeper.pid as i32), Signal::SIGKILL);
        wait_until(Duration::from_secs(1), || !proc::alive(keeper));
    }
    ended.add(end_members(dir, &current(), Duration::ZERO));
}

/// Writes the end of a run whose keeper could not, and says how it ended.
fn settle(dir: &Path, state: &RunState) -> &'static str {
    let on_disk = records::read_state(dir).unwrap_or_else(|| state.clone());
    if !on_disk.phase.is_live() {
        return on_disk.phase.name();
    }
    let mut state = state.clone();
    if state.phase.is_live() {
        state.phase = Phase::Exited { code: None, signal: Some(Signal::SIGTERM as i32) };
    }
    state.pids.clear();
    state.facts.processes.clear();
    // A disk that cannot be written leaves a record that readers find to be over by themselves.
    let _ = records::write_state(dir, &state);
    state.phase.name()
}

/// Ends all processes of a run, kindly for `grace`, then by force, until none is left.
pub(super) fn end_members(dir: &Path, state: &RunState, grace: Duration) -> Ended {
    let mut ended = Ended::default();
    let first = members::members(dir, state);
    if first.is_empty() {
        return ended;
    }
    ended.pids.extend(first.iter().map(|process| process.pid));
    let mut told: BTreeSet<u32> = ended.pids.clone();
    terminate(state, &first);
    let until = Instant::now() + grace;
    while Instant::now() < until {
        std::thread::sleep(Duration::from_millis(40));
        let left = members::members(dir, state);
        if left.is_empty() {
            return ended;
        }
        // Processes that were born since have not heard yet.
        let fresh: Vec<ProcessRef> = left.into_iter().filter(|process| told.insert(process.pid)).collect();
        signal_each(&fresh, Signal::SIGTERM);
        ended.pids.extend(fresh.iter().map(|process| process.pid));
    }
    let by_force = Instant::now() + Duration::from_secs(5);
    loop {
        let left = members::members(dir, state);
        if left.is_empty() {
            return ended;
        }
        ended.killed = true;
        ended.pids.extend(left.iter().map(|process| process.pid));
        if Instant::now() > by_force {
            ended.left = left.iter().map(|process| process.pid).collect();
            return ended;
        }
        signal_each(&left, Signal::SIGKILL);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The group as a whole, so that none of it sees another go first, then those that left the group.
fn terminate(state: &RunState, members: &[ProcessRef]) {
    let group = state.leader.map_or(0, |leader| leader.pid);
    let is_grouped = |process: &&ProcessRef| proc::get(process.pid).is_some_and(|found| found.group == group);
    let (grouped, others): (Vec<&ProcessRef>, Vec<&ProcessRef>) = members.iter().partition(is_grouped);
    if group > 1 && !grouped.is_empty() {
        // Gone in between is what we want.
        let _ = killpg(Pid::from_raw(group as i32), Signal::SIGTERM);
    }
    let others: Vec<ProcessRef> = others.into_iter().copied().collect();
    signal_each(&others, Signal::SIGTERM);
}

/// Signals processes that are still those they were.
fn signal_each(processes: &[ProcessRef], signal: Signal) {
    for process in processes.iter().filter(|process| process.pid > 1 && proc::alive(**process)) {
        let _ = kill(Pid::from_raw(process.pid as i32), signal);
    }
}

/// Waits for something at most so long.
pub(super) fn wait_until(at_most: Duration, mut done: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + at_most;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
}
