//! Many cases at a time, until all are done, it is cancelled, or nothing answers any more.

use super::ask::{Asker, Target, Trouble};
use super::keep::Keeper;
use crate::base::Problem;
use crate::lab::suite::{Job, Label, Outcome, Progress, Run};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

/// Failed requests in a row after which an endpoint that is gone is given up.
const GONE: usize = 3;
/// Failed requests in a row after which an endpoint that never answered any is given up.
const NEVER: usize = 8;

/// What came of it.
#[derive(Debug)]
pub struct Driven {
    /// The run, as far as it came.
    pub run: Run,
    /// The last request that failed.
    pub trouble: Option<Problem>,
    /// Whether it was given up because of that.
    pub given_up: bool,
}

/// Asks all jobs of a run that are left, as many at a time as its plan says. Each outcome is kept by `keeper`; then `each` hears of it,
/// and of the problem where it could not be kept. `cancel` ends the requests under way at once, and what they asked is left to
/// be asked again.
pub async fn drive(
    mut run: Run,
    target: Target,
    keeper: &Keeper,
    cancel: &CancellationToken,
    mut each: impl FnMut(&Outcome, Progress, Option<&Problem>),
) -> Driven {
    let plan = run.plan();
    let (target, concurrency) =
        (Arc::new(Asker { target, max_tokens: plan.max_tokens }), plan.concurrency.max(1) as usize);
    let mut asked: JoinSet<Option<(Outcome, Option<Trouble>)>> = JoinSet::new();
    let mut jobs: BTreeMap<Id, Job> = BTreeMap::new();
    let mut luck = Luck::default();
    loop {
        while asked.len() < concurrency {
            let Some(work) = run.next_job().and_then(|job| run.work(job)) else { break };
            let target = Arc::clone(&target);
            let job = work.job;
            let task = asked.spawn(async move { target.outcome(&work).await });
            jobs.insert(task.id(), job);
        }
        let ended = tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            ended = asked.join_next_with_id() => ended,
        };
        let Some(ended) = ended else { break };
        let id = ended.as_ref().map_or_else(|error| error.id(), |(id, _)| *id);
        let Some((outcome, trouble)) = ended.ok().and_then(|(_, done)| done) else {
            // A task that broke has no outcome: its job is given up, not asked again for ever.
            luck.broke();
            break;
        };
        jobs.remove(&id);
        luck.had(outcome.label == Label::Failed, trouble);
        if run.finish(outcome.clone()) {
            let unsaved = keeper.save(&outcome).await.err();
            each(&outcome, run.progress(), unsaved.as_ref());
        }
        if luck.is_out() {
            break;
        }
    }
    asked.shutdown().await;
    jobs.into_values().for_each(|job| run.give_back(job));
    if cancel.is_cancelled() || luck.is_out() {
        run.cancel();
    }
    Driven { run, given_up: luck.is_out(), trouble: luck.last.map(|trouble| trouble.problem) }
}

/// How requests fare.
#[derive(Debug, Default)]
struct Luck {
    answered: usize,
    failed_in_a_row: usize,
    last: Option<Trouble>,
    broken: bool,
}

impl Luck {
    fn had(&mut self, failed: bool, trouble: Option<Trouble>) {
        if failed {
            self.failed_in_a_row += 1;
            self.last = trouble.or(self.last.take());
        } else {
            (self.answered, self.failed_in_a_row) = (self.answered + 1, 0);
        }
    }

    fn broke(&mut self) {
        let problem = Problem::failed("a case could not be asked", "its task broke", "go on with the run");
        (self.broken, self.last) = (true, Some(Trouble { problem, there: true, late: false }));
    }

    fn is_out(&self) -> bool {
        let gone = self.last.as_ref().is_some_and(|trouble| !trouble.there);
        self.broken || gone && self.failed_in_a_row >= GONE || self.answered == 0 && self.failed_in_a_row >= NEVER
    }
}
