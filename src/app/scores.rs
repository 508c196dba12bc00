//! Scores of a family of suites, on whichever screen: those that are kept, one that is being measured, two side by side.

use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::screens::chat::target::Resolved;
use crate::base::Problem;
use crate::engines::flags::backend;
use crate::lab::suite::{
    About, Advice, Comparison, Family, Kept, Outcome, Plan, Progress, Report, advise, compare, markdown,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A score with all that it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// How it was asked.
    pub plan: Plan,
    /// What came out, by setting and category.
    pub report: Report,
    /// What follows.
    pub advice: Vec<Advice>,
    /// Every outcome.
    pub outcomes: Vec<Outcome>,
}

impl Score {
    /// Counts outcomes.
    pub fn new(about: About, plan: Plan, outcomes: Vec<Outcome>) -> Self {
        let (report, advice) = (Report::of(about, &plan, &outcomes), advise(&plan, &outcomes));
        Self { plan, report, advice, outcomes }
    }

    /// Outcomes of the base setting.
    pub fn base(&self) -> Vec<&Outcome> {
        let key = self.plan.base.key();
        self.outcomes.iter().filter(|outcome| outcome.setting == key).collect()
    }

    /// The tables and what follows, as Markdown.
    pub fn markdown(&self) -> String {
        markdown(&self.report, &self.plan, &self.advice)
    }
}

/// A suite that is being run.
#[derive(Debug, Clone, PartialEq)]
pub struct Flying {
    /// Its number, once known.
    pub id: Option<i64>,
    /// Which suite.
    pub suite: &'static str,
    /// Whom it asks.
    pub model: String,
    /// How far it is.
    pub progress: Progress,
    /// Since when it runs.
    pub since: Duration,
    /// Whether it was asked to end.
    pub stopping: bool,
}

/// State of the pane.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// What its suites measure.
    pub family: Family,
    /// Kept runs, newest first; `None` until they were read.
    pub kept: Option<Vec<Kept>>,
    /// The selected one.
    pub selected: usize,
    /// First row of the detail shown.
    pub offset: usize,
    /// The one that the selected is held against.
    pub marked: Option<i64>,
    /// Those that were read, or why not.
    pub read: BTreeMap<i64, Result<Arc<Score>, Problem>>,
    /// Those that are being read.
    pub reading: BTreeSet<i64>,
    /// The suite that is being run.
    pub flying: Option<Flying>,
}

/// What is asked of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// List what is kept.
    List,
    /// Read one.
    Read(i64),
    /// Run a suite.
    Run {
        /// Which.
        suite: &'static str,
        /// Whom to ask.
        target: Box<Resolved>,
        /// What the run at that address was started with; empty where it is none.
        weights: String,
        /// The back end of structured outputs, where it is known.
        backend: Option<String>,
    },
    /// End the one that runs; what is done is kept.
    Stop,
}

/// What the world tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// What is kept.
    Listed(Vec<Kept>),
    /// One was read.
    Read(i64, Result<Arc<Score>, Problem>),
    /// How far the one that runs is.
    Flies {
        /// Its number, where it is kept.
        id: Option<i64>,
        /// How far it is.
        progress: Progress,
    },
    /// It has ended, by itself, by a stop, or with a problem.
    Ended(Result<(), Problem>),
}

impl Scores {
    /// Those of a family.
    pub fn of(family: Family) -> Self {
        Self { family, ..Self::default() }
    }

    fn wish(&self, effect: Effect) -> Root {
        Root::Scores(self.family, effect)
    }

    /// The selected run.
    pub fn current(&self) -> Option<&Kept> {
        self.kept.as_ref()?.get(self.selected)
    }

    /// The selected score, once it was read.
    pub fn score(&self) -> Option<&Result<Arc<Score>, Problem>> {
        self.read.get(&self.current()?.id)
    }

    /// The marked score held against the selected one, the marked one first.
    pub fn comparison(&self) -> Option<(&Kept, Comparison)> {
        let marked = self.marked.filter(|id| self.current().is_some_and(|kept| kept.id != *id))?;
        let kept = self.kept.iter().flatten().find(|kept| kept.id == marked)?;
        let first = self.read.get(&marked)?.as_ref().ok()?;
        let second = self.score()?.as_ref().ok()?;
        Some((kept, compare(&first.base(), &second.base())))
    }

    /// Asks for the selected one and the marked one, where they were not read since they last changed.
    fn look(&mut self) -> Vec<Root> {
        let there = |id: &i64| self.kept.iter().flatten().any(|kept| kept.id == *id);
        let wanted = [self.current().map(|kept| kept.id), self.marked.filter(there)];
        let mut out = Vec::new();
        for id in wanted.into_iter().flatten().filter(|id| !self.read.contains_key(id)) {
            if self.reading.insert(id) {
                out.push(Root::Scores(self.family, Effect::Read(id)));
            }
        }
        out
    }

    /// Moves the selection.
    pub fn select(&mut self, at: usize) -> Vec<Root> {
        (self.selected, self.offset) = (at, 0);
        self.look()
    }

    /// Moves the selection, or with `paged` the detail, whose last first row is `most`; `to` says where to from where and up to
    /// which.
    pub fn go(&mut self, to: impl Fn(usize, usize) -> usize, paged: bool, most: usize) -> Vec<Root> {
        if paged {
            self.offset = to(self.offset.min(most), most);
            return Vec::new();
        }
        let end = self.kept.as_ref().map_or(0, Vec::len).saturating_sub(1);
        self.select(to(self.selected, end))
    }

    /// Asks what is kept: the scores are shown.
    pub fn open(&self) -> Vec<Root> {
        vec![self.wish(Effect::List)]
    }

    /// Marks the selected score, or takes the mark away.
    pub fn mark(&mut self) {
        let id = self.current().map(|kept| kept.id);
        self.marked = if self.marked == id { None } else { id };
    }

    /// The selected score as text.
    pub fn text(&self) -> Option<String> {
        Some(self.score()?.as_ref().ok()?.markdown())
    }

    /// Runs the suite `quick` or `full` against the one that is asked.
    ///
    /// # Errors
    /// When one runs, or nobody can be asked.
    pub fn run(
        &mut self,
        suite: &'static str,
        target: &Result<Resolved, Problem>,
        shared: &Shared,
        env: &Env,
    ) -> Result<Vec<Root>, Problem> {
        if self.flying.is_some() {
            let hint = "stop it with s; what is done is kept";
            return Err(Problem::failed("the suite is not run", "another one runs", hint));
        }
        let target = target.clone()?;
        let run = shared.runs.iter().find(|run| run.endpoint.as_deref() == Some(&target.base_url));
        let weights = run.map(|run| run.model.clone()).unwrap_or_default();
        let backend = run.filter(|_| self.family == Family::Structured).and_then(backend);
        let model = target.model.clone();
        let (progress, since) = (Progress::default(), env.uptime);
        self.flying = Some(Flying { id: None, suite, model, progress, since, stopping: false });
        Ok(vec![self.wish(Effect::Run { suite, target: Box::new(target), weights, backend })])
    }

    /// Asks the suite that runs to end.
    pub fn stop(&mut self) -> Vec<Root> {
        match &mut self.flying {
            Some(flying) if !flying.stopping => {
                flying.stopping = true;
                vec![self.wish(Effect::Stop)]
            }
            _ => Vec::new(),
        }
    }

    /// What the world tells.
    pub fn receive(&mut self, msg: Msg, shared: &mut Shared) -> Vec<Root> {
        match msg {
            Msg::Listed(kept) => self.listed(kept),
            Msg::Read(id, score) => {
                self.reading.remove(&id);
                self.read.insert(id, score);
                Vec::new()
            }
            Msg::Flies { id, progress } => {
                let begun = self.flying.as_mut().is_some_and(|flying| {
                    let begun = flying.id != id;
                    (flying.id, flying.progress) = (id, progress);
                    begun
                });
                if begun { self.open() } else { Vec::new() }
            }
            Msg::Ended(result) => {
                let id = self.flying.take().and_then(|flying| flying.id);
                // What has just been measured is what one wants to see.
                let new = self.kept.iter().flatten().position(|kept| Some(kept.id) == id);
                self.selected = new.unwrap_or(self.selected);
                self.offset = 0;
                result.err().into_iter().for_each(|problem| shared.toasts.problem(problem));
                self.open()
            }
        }
    }

    fn listed(&mut self, kept: Vec<Kept>) -> Vec<Root> {
        // One that has changed is read anew.
        let moved = |old: &Kept| kept.iter().find(|new| new.id == old.id).is_none_or(|new| new != old);
        let stale: Vec<i64> = self.kept.iter().flatten().filter(|old| moved(old)).map(|old| old.id).collect();
        self.read.retain(|id, _| !stale.contains(id));
        self.reading.retain(|id| !stale.contains(id));
        let id = self.current().map(|kept| kept.id);
        self.selected = kept.iter().position(|kept| Some(kept.id) == id).unwrap_or(0);
        self.kept = Some(kept);
        self.look()
    }
}
