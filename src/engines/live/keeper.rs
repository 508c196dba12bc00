//! The keeper: the small process that owns one run. It starts the engine in a process group of its own, empties its
//! output, watches its health, writes what it sees to disk, and sees the last process out. It outlives the deck.

mod ending;
mod learn;
mod watch;

use super::drain::Drain;
use super::health::{Health, Prober};
use super::{members, proc, records};
use crate::base::{Bytes, Problem};
use crate::engines::logfacts::Progress;
use crate::engines::run::ProcessRef;
use crate::engines::{Phase, Plan, RunState, phase::Failure};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

/// How the leader ended.
#[derive(Debug, Clone, Copy)]
struct Exit {
    code: Option<i32>,
    signal: Option<i32>,
}

struct Keeper {
    dir: PathBuf,
    plan: Plan,
    prober: Prober,
    state: RunState,
    written: Option<RunState>,
    written_at: Instant,
    born: Instant,
    drain: Option<Drain>,
    exit: Option<Exit>,
    asking: Option<JoinHandle<Health>>,
    ask_at: Instant,
    loading: Option<JoinHandle<Result<(), Problem>>>,
    loaded: bool,
    counted_at: Option<Instant>,
    /// A reason to end the run that the engine's log does not know.
    verdict: Option<Failure>,
    /// When it was first seen that the end was asked for.
    stop_seen: Option<Instant>,
    /// Where it is kept what starts took and taught.
    database: Option<PathBuf>,
    /// The reading of what the run holds, once it is ready.
    proving: Option<JoinHandle<Option<Bytes>>>,
}

/// Owns the run in `dir` until its last process has ended. What its start took and taught is kept in `database`.
///
/// # Errors
/// When the folder holds no plan, or the runtime cannot be made.
pub fn keep(dir: &Path, database: Option<&Path>) -> Result<(), Problem> {
    let broken = |why: &str| Problem::failed("the keeper cannot work", why, "this command is for vramdeck itself");
    let plan = records::read_plan(dir).ok_or_else(|| broken("the folder holds no plan"))?;
    let mut state = records::read_state(dir).ok_or_else(|| broken("the folder holds no state"))?;
    // Leading a session already is as good as making one.
    let _ = nix::unistd::setsid();
    // Without it, orphans go to init; they are then found by group, session and environment.
    let _ = nix::sys::prctl::set_child_subreaper(true);
    state.keeper = proc::this();
    state.facts.boot = proc::boot();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| broken(&error.to_string()))?;
    let mut keeper = Keeper {
        dir: dir.to_owned(),
        prober: Prober::new(&plan)?,
        plan,
        state,
        written: None,
        written_at: Instant::now(),
        born: Instant::now(),
        drain: None,
        exit: None,
        asking: None,
        ask_at: Instant::now(),
        loading: None,
        loaded: false,
        counted_at: None,
        verdict: None,
        stop_seen: None,
        database: database.map(Path::to_owned),
        proving: None,
    };
    runtime.block_on(keeper.run())
}

impl Keeper {
    async fn run(&mut self) -> Result<(), Problem> {
        let broken = |error: std::io::Error| Problem::failed("the keeper cannot watch signals", error.to_string(), "");
        let mut child = signal(SignalKind::child()).map_err(broken)?;
        let mut term = signal(SignalKind::terminate()).map_err(broken)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(broken)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(broken)?;
        self.start();
        let mut ending = false;
        loop {
            self.reap();
            self.observe();
            if self.exit.is_some() || !self.state.phase.is_live() {
                break;
            }
            self.write(false);
            let tick = if self.state.phase == Phase::Ready { 1000 } else { 100 };
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(tick)) => {}
                _ = child.recv() => {}
                _ = hangup.recv() => {}
                _ = term.recv() => ending = true,
                _ = interrupt.recv() => ending = true,
            }
            if (ending || records::stop_was_asked(&self.dir)) && self.state.facts.external {
                self.leave_external().await;
            } else if ending || self.verdict.is_some() {
                self.end_engine(ending::GRACE);
                ending = false;
            } else if let Some(grace) = self.abandoned_stop() {
                self.end_engine(grace);
            }
            self.health().await;
            self.prove().await;
        }
        self.finish();
        Ok(())
    }

    /// Starts the engine, or notes why it cannot be started.
    fn start(&mut self) {
        if records::stop_was_asked(&self.dir) {
            self.state.phase = Phase::Exited { code: None, signal: None };
            return;
        }
        self.state.phase = Phase::Starting;
        if self.plan.is_external() {
            self.write(true);
            return;
        }
        let log = self.dir.join("engine.log");
        match self.spawn() {
            Ok((leader, pipe)) => {
                self.state.leader = Some(leader);
                self.state.pids = vec![leader.pid];
                self.state.facts.processes = vec![leader];
                self.state.log = Some(log.clone());
                self.drain = Some(Drain::start(pipe, log, self.progress(), self.state.dialect, self.stages()));
            }
            Err(error) => {
                let program = self.plan.argv.first().cloned().unwrap_or_default();
                self.state.phase = Phase::Failed {
                    problem: Failure {
                        what: format!("{program} cannot be started"),
                        why: error.to_string(),
                        hint: "check that the program is there and may be executed".to_owned(),
                        last_lines: Vec::new(),
                        ..Failure::default()
                    },
                };
            }
        }
        self.write(true);
    }

    /// What is known of the run before it says anything.
    fn progress(&self) -> Progress {
        let progress = Progress::new(self.state.dialect);
        match &self.plan.asked {
            Some(spec) => progress.asked(spec),
            None => progress,
        }
    }

    fn spawn(&self) -> std::io::Result<(ProcessRef, std::io::PipeReader)> {
        let (reader, writer) = std::io::pipe()?;
        let (program, args) = self.plan.argv.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
        let child = Command::new(program)
            .args(args)
            .envs(self.plan.env.iter().map(|(name, value)| (name, value)))
            .env(members::RUN_VARIABLE, &self.state.run.0)
            .env(members::DIR_VARIABLE, &self.dir)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .spawn()?;
        // It cannot be reaped before this thread does so, hence its ticks are there to read.
        let ticks = proc::get(child.id()).map_or(0, |process| process.ticks);
        Ok((ProcessRef { pid: child.id(), started_ticks: ticks }, reader))
    }

    /// Takes in the end of every child, adopted ones included.
    fn reap(&mut self) {
        let leader = self.state.leader.map(|leader| leader.pid as i32);
        loop {
            let exit = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, Exit { code: Some(code), signal: None }),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, Exit { code: None, signal: Some(signal as i32) }),
                Ok(WaitStatus::StillAlive) | Err(_) => return,
                Ok(_) => continue,
            };
            if Some(exit.0.as_raw()) == leader {
                self.exit = Some(exit.1);
            }
        }
    }

    /// Folds the log, and now and then the process table, into the state.
    fn observe(&mut self) {
        if records::stop_was_asked(&self.dir) && self.state.phase.rank() < Phase::Stopping.rank() {
            self.state.phase = Phase::Stopping;
        }
        let between = if self.state.phase == Phase::Ready { 5000 } else { 300 };
        if self.counted_at.is_none_or(|at| at.elapsed() >= Duration::from_millis(between)) {
            self.counted_at = Some(Instant::now());
            self.state.facts.processes = members::members(&self.dir, &self.state);
            self.state.pids = self.state.facts.processes.iter().map(|process| process.pid).collect();
        }
        let Some(drain) = &self.drain else { return };
        let (progress, stages, problem) =
            drain.look(|drained| (drained.progress.clone(), drained.stages.clone(), drained.problem.clone()));
        self.state.facts.stages = stages;
        if problem.is_some() || self.state.facts.note.as_deref().is_some_and(|note| note.starts_with("the log")) {
            self.state.facts.note = problem;
        }
        if progress.phase().rank() >= self.state.phase.rank() {
            self.state.phase = progress.phase().clone();
        }
        self.state.context_tokens = self.state.context_tokens.or(progress.context);
        self.state.facts.kv_tokens = progress.kv_tokens;
        self.state.facts.concurrency = progress.concurrency;
        self.state.facts.memory = progress.memory;
        self.state.facts.host_memory = progress.host;
    }

    /// Writes the state when it changed, at most seven times a second unless it matters now. Says whether what is on
    /// disk is current. A full disk does not end a run: it is tried again with the next change.
    fn write(&mut self, now: bool) -> bool {
        if self.written.as_ref() == Some(&self.state) {
            return true;
        }
        if !now && self.written_at.elapsed() < Duration::from_millis(150) {
            return false;
        }
        self.written_at = Instant::now();
        let done = records::write_state(&self.dir, &self.state).is_ok();
        if done {
            self.written = Some(self.state.clone());
        }
        done
    }
}
