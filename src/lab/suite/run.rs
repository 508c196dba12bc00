//! A run's state: which jobs there are, which are done, and what comes next. It can be cancelled and gone on with.

use super::answer::Label;
use super::case::{Case, ToolSpec};
use super::dialogue::{Dialogue, Outcome};
use super::library::Library;
use super::plan::{Draw, Plan, Setting, offer};
use crate::base::Problem;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One case under one setting, asked once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Job {
    /// The setting's number.
    pub setting: usize,
    /// The case's number.
    pub case: usize,
    /// Which repeat, from 0.
    pub repeat: u32,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Jobs are left.
    Running,
    /// It was cancelled; what is done stays.
    Cancelled,
    /// All jobs are done.
    Done,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Progress {
    /// Jobs in all.
    pub total: usize,
    /// Jobs that are done.
    pub done: usize,
    /// Jobs that were given out and are not done.
    pub given: usize,
    /// Of those done, the right ones.
    pub right: usize,
    /// Of those done, the ones whose request failed.
    pub failed: usize,
}

/// A job with all that is needed to do it.
#[derive(Debug, Clone)]
pub struct Work {
    /// Which.
    pub job: Job,
    /// How to ask.
    pub setting: Setting,
    /// What to ask.
    pub case: Arc<Case>,
    /// The tools to offer.
    pub offered: Vec<ToolSpec>,
    /// The seed for sampling, below 2³¹.
    pub seed: u64,
}

impl Work {
    /// Its dialogue, at the first turn.
    pub fn dialogue(&self) -> Dialogue<'_> {
        Dialogue::new(&self.case, self.offered.clone())
    }
}

/// A run of a suite.
#[derive(Debug, Clone)]
pub struct Run {
    plan: Plan,
    cases: Vec<Arc<Case>>,
    settings: Vec<Setting>,
    jobs: Vec<Job>,
    done: BTreeMap<Job, Outcome>,
    given: BTreeSet<Job>,
    cancelled: bool,
}

impl Run {
    /// A run of these cases, going on from outcomes of an earlier one. Of those, failed requests are asked again, and what the
    /// plan does not hold is left out.
    ///
    /// # Errors
    /// When there are no cases or the plan cannot be run.
    pub fn new(plan: Plan, cases: Vec<Case>, earlier: Vec<Outcome>) -> Result<Self, Problem> {
        plan.check()?;
        if cases.is_empty() {
            return Err(Problem::usage("the suite is not run", "it has no cases", "name another suite"));
        }
        let settings = plan.settings();
        let mut jobs = Vec::new();
        for (setting, how) in settings.iter().enumerate() {
            for (case, _) in cases.iter().enumerate().filter(|(_, case)| plan.asks(how, case)) {
                jobs.extend((0..plan.repeats).map(|repeat| Job { setting, case, repeat }));
            }
        }
        let cases = cases.into_iter().map(Arc::new).collect();
        let mut run =
            Self { plan, cases, settings, jobs, done: BTreeMap::new(), given: BTreeSet::new(), cancelled: false };
        for outcome in earlier.into_iter().filter(|outcome| outcome.label != Label::Failed) {
            run.finish(outcome);
        }
        Ok(run)
    }

    /// The next job to do; several may be out at a time. `None` while there is none or after a cancel.
    pub fn next_job(&mut self) -> Option<Job> {
        let free = |job: &&Job| !self.done.contains_key(job) && !self.given.contains(job);
        let job = *self.jobs.iter().find(free).filter(|_| !self.cancelled)?;
        self.given.insert(job);
        Some(job)
    }

    /// What a job takes; `None` where the run has no such job.
    pub fn work(&self, job: Job) -> Option<Work> {
        let (setting, case) = (self.settings.get(job.setting)?, self.cases.get(job.case)?);
        let offered = offer(case, setting.tools, self.plan.seed, Library::distractors());
        let start = case.id.bytes().fold(self.plan.seed, |state, byte| Draw(state ^ u64::from(byte)).next());
        // Engines take seeds as signed 32-bit numbers at the least.
        let seed = Draw(start ^ u64::from(job.repeat)).next() >> 33;
        Some(Work { job, setting: setting.clone(), case: Arc::clone(case), offered, seed })
    }

    /// Keeps an outcome; whether it belongs to this run. A second one for the same job replaces the first.
    pub fn finish(&mut self, outcome: Outcome) -> bool {
        let setting = self.settings.iter().position(|setting| setting.key() == outcome.setting);
        let case = self.cases.iter().position(|case| case.id == outcome.case);
        let Some((setting, case)) = setting.zip(case) else { return false };
        let job = Job { setting, case, repeat: outcome.repeat };
        if self.jobs.binary_search(&job).is_err() {
            return false;
        }
        self.given.remove(&job);
        self.done.insert(job, outcome);
        true
    }

    /// A job that was given out will not be done by whom it was given to; it can be given again.
    pub fn give_back(&mut self, job: Job) {
        self.given.remove(&job);
    }

    /// No more jobs are given out.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        match (self.done.len() == self.jobs.len(), self.cancelled) {
            (true, _) => State::Done,
            (false, true) => State::Cancelled,
            (false, false) => State::Running,
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let labelled = |label| self.done.values().filter(|outcome| outcome.label == label).count();
        Progress {
            total: self.jobs.len(),
            done: self.done.len(),
            given: self.given.len(),
            right: labelled(Label::Right),
            failed: labelled(Label::Failed),
        }
    }

    /// What is done, in the order of the jobs.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.done.values()
    }

    /// The case of an outcome and the tools that it was offered, as this run asks it.
    pub fn asked(&self, outcome: &Outcome) -> Option<(&Case, Vec<ToolSpec>)> {
        let case = self.cases.iter().find(|case| case.id == outcome.case)?;
        let setting = self.settings.iter().find(|setting| setting.key() == outcome.setting)?;
        Some((case, offer(case, setting.tools, self.plan.seed, Library::distractors())))
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
