//! The end of a run: asked for or not, the last line, the last process, the last word.

use super::{Exit, Keeper};
use crate::engines::doctor::settle;
use crate::engines::live::{members, ollama::Ollama, records, stop};
use crate::engines::logfacts::Progress;
use crate::engines::{EngineKind, Phase};
use std::time::{Duration, Instant};

/// How long an engine may take to end when only its keeper was asked.
pub(super) const GRACE: Duration = Duration::from_secs(10);
/// How much longer than its grace a stop may take before its keeper thinks that who asked for it is gone.
const LATE: Duration = Duration::from_secs(1);

impl Keeper {
    /// The grace of a stop that somebody asked for and did not carry out in time: most likely it was killed over it.
    pub(super) fn abandoned_stop(&mut self) -> Option<Duration> {
        let grace = records::stop_grace(&self.dir)?;
        let asked = self.stop_seen.get_or_insert_with(Instant::now);
        (asked.elapsed() > grace + LATE).then_some(grace)
    }

    /// Lets go of a server that is not ours: an Ollama server is asked to unload the model.
    pub(super) async fn leave_external(&mut self) {
        if self.plan.engine == EngineKind::Ollama
            && let Ok(ollama) = Ollama::new(&self.plan.endpoint)
        {
            // A server that is gone has unloaded it already.
            let _ = tokio::time::timeout(Duration::from_secs(5), ollama.unload(&self.plan.model)).await;
        }
        self.exit = Some(Exit { code: Some(0), signal: None });
        records::mark_stop(&self.dir, GRACE);
    }

    /// Ends the engine because the keeper was told to end, or has a reason of its own.
    pub(super) fn end_engine(&mut self, grace: Duration) {
        if self.verdict.is_none() {
            records::mark_stop(&self.dir, grace);
        }
        if self.state.facts.external {
            self.exit = Some(Exit { code: None, signal: None });
            return;
        }
        self.state.phase = Phase::Stopping;
        self.write(true);
        stop::end_members(&self.dir, &self.state, grace);
    }

    /// After the leader: the last lines, the last processes, the last word.
    pub(super) fn finish(&mut self) {
        self.wait_drained(Duration::from_millis(500));
        let patience = Instant::now() + Duration::from_secs(2);
        while !members::members(&self.dir, &self.state).is_empty() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(50));
            self.reap();
        }
        stop::end_members(&self.dir, &self.state, Duration::from_secs(5));
        self.reap();
        self.wait_drained(Duration::from_secs(2));
        self.observe();
        self.state.pids.clear();
        self.state.facts.processes.clear();
        self.state.phase = self.last_phase();
        for _ in 0..20 {
            if self.write(true) {
                return;
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    fn last_phase(&mut self) -> Phase {
        if let Some(problem) = self.verdict.take() {
            return Phase::Failed { problem };
        }
        if !self.state.phase.is_live() {
            return self.state.phase.clone();
        }
        let exit = self.exit.unwrap_or(Exit { code: None, signal: None });
        if records::stop_was_asked(&self.dir) || exit.code == Some(0) {
            return Phase::Exited { code: exit.code, signal: exit.signal };
        }
        let how = match (exit.code, exit.signal) {
            (Some(code), _) => format!("exited with code {code}"),
            (None, Some(9)) => "was killed (signal 9)".to_owned(),
            (None, Some(signal)) => format!("was ended by signal {signal}"),
            (None, None) => "ended".to_owned(),
        };
        let engine = self.state.engine;
        let mut problem = match &self.drain {
            Some(drain) => drain.look(|drained| drained.progress.failure(engine, &how)),
            None => Progress::new(self.state.dialect).failure(engine, &how),
        };
        if let Some(spec) = &self.plan.asked {
            settle(&mut problem.remedies, spec);
        }
        if problem.hint.ends_with("log") || problem.hint.ends_with("error") {
            problem.hint = format!("{}: vramdeck logs {}", problem.hint, self.state.run);
        }
        if exit.signal == Some(9) {
            problem.why = format!("somebody killed it, or the kernel did for want of memory; {}", problem.why);
            problem.hint = "look for `Out of memory` in dmesg; take a smaller model or context".to_owned();
        }
        Phase::Failed { problem }
    }

    fn wait_drained(&self, at_most: Duration) {
        let Some(drain) = &self.drain else { return };
        let until = Instant::now() + at_most;
        let quiet = Duration::from_millis(200);
        while Instant::now() < until && !drain.look(|drained| drained.ended || drained.last_byte.elapsed() > quiet) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
