//! Many answers to one prompt, asked of a real endpoint: some requests at a time, each told as it comes, all ended at once when
//! they are cancelled.
//!
//! [`run()`] asks all requests of a plan; an engine that refuses several answers to one request, or gives fewer, is asked for
//! each by itself. [`go_on()`] leads a branch of an answer to its end.

mod ask;
mod branch;

pub use branch::go_on;

use crate::base::Problem;
use crate::lab::samples::{Answer, Job, Outcome, Plan, Step};
use crate::wire::Endpoint;
use crate::wire::live::Client;
use ask::Came;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Whom to ask.
#[derive(Debug, Clone)]
pub struct Target {
    /// The client.
    pub client: Client,
    /// Whom.
    pub endpoint: Endpoint,
    /// Its context in tokens, where known.
    pub context: Option<u64>,
}

/// What came of a plan.
#[derive(Debug, Clone, Default)]
pub struct Ended {
    /// The answers that ended, in the order of their places.
    pub answers: Vec<Answer>,
    /// Settings whose answers were asked for one by one after all, and why.
    pub apart: BTreeMap<usize, String>,
    /// Whether it was cancelled.
    pub stopped: bool,
}

impl Ended {
    /// Why there is no answer at all: the first failure; `None` where there is one.
    pub fn failed(&self) -> Option<Problem> {
        let failed = |answer: &Answer| match &answer.outcome {
            Outcome::Failed(problem) => Some(problem.clone()),
            _ => None,
        };
        if self.answers.iter().any(Answer::whole) { None } else { self.answers.iter().find_map(failed) }
    }
}

/// Asks all requests of a plan, at most `at_once` at a time, and tells every step; when nobody takes the steps, the sockets wait
/// too. `cancel` closes every connection at once; what has ended by then stays.
pub async fn run(
    plan: Arc<Plan>,
    target: &Target,
    at_once: usize,
    cancel: &CancellationToken,
    steps: mpsc::Sender<Step>,
) -> Ended {
    let mut waiting: VecDeque<_> = plan.jobs.iter().cloned().collect();
    let mut asked: JoinSet<Came> = JoinSet::new();
    let mut ended = Ended::default();
    loop {
        while asked.len() < at_once.max(1)
            && let Some(job) = waiting.pop_front()
        {
            asked.spawn(ask::ask(Arc::clone(&plan), job, target.clone(), steps.clone()));
        }
        let came = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                ended.stopped = true;
                break;
            }
            came = asked.join_next() => came,
        };
        match came {
            Some(Ok(came)) => settle(came, &mut ended, &mut waiting, &steps).await,
            // A task that broke has no answers; those of the others stay.
            Some(Err(_)) => {}
            None => break,
        }
    }
    asked.shutdown().await;
    ended.answers.sort_by_key(|answer| answer.place);
    ended
}

/// Takes in what came of one request.
async fn settle(came: Came, ended: &mut Ended, waiting: &mut VecDeque<Job>, steps: &mpsc::Sender<Step>) {
    let mut told = Vec::new();
    for answer in came.answers {
        told.push(Step::Ended(Box::new(answer.clone())));
        ended.answers.push(answer);
    }
    if let (Some(job), Some(why)) = (came.again.first(), came.why) {
        told.push(Step::Apart { setting: job.setting, why: why.clone() });
        ended.apart.insert(job.setting, why);
        waiting.extend(came.again);
    }
    for step in told {
        // Who does not listen any more still gets the answers at the end.
        let _ = steps.send(step).await;
    }
}
