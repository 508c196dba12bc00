//! Many answers to one prompt, asked of a real endpoint: some requests at a time, each told as it comes, all ended at once when
//! they are cancelled.
//!
//! [`run()`] asks all requests of a plan; an engine that refuses several answers to one request, or gives fewer, is asked for
//! each by itself. [`go_on()`] leads a branch of an answer to its end.

mod ask;
mod branch;

pub use branch::go_on;

use crate::base::Problem;
use crate::lab::samples::{Answer, Outcome, Place, Plan};
use crate::wire::Endpoint;
use crate::wire::live::Client;
use ask::Came;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Steps that wait to be told; when they are so many, the sockets wait too.
const WAITING: usize = 256;

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

/// What happens on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// More text of an answer; its reasoning is told at the end.
    Text {
        /// Which answer.
        place: Place,
        /// The piece.
        text: String,
    },
    /// An answer has ended, in whatever way.
    Ended(Box<Answer>),
    /// Answers of a settings are asked for one by one after all.
    Apart {
        /// Position of the settings.
        setting: usize,
        /// Why.
        why: String,
    },
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

/// Asks all requests of a plan, at most `at_once` at a time. `each` hears of every step on the task that calls. `cancel` closes
/// every connection at once; what has ended by then stays.
pub async fn run(
    plan: Arc<Plan>,
    target: &Target,
    at_once: usize,
    cancel: &CancellationToken,
    mut each: impl FnMut(Step),
) -> Ended {
    let mut waiting: VecDeque<_> = plan.jobs.iter().cloned().collect();
    let mut asked: JoinSet<Came> = JoinSet::new();
    let (tx, mut steps) = mpsc::channel(WAITING);
    let mut ended = Ended::default();
    loop {
        while asked.len() < at_once.max(1)
            && let Some(job) = waiting.pop_front()
        {
            asked.spawn(ask::ask(Arc::clone(&plan), job, target.clone(), tx.clone()));
        }
        if asked.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => {
                ended.stopped = true;
                break;
            }
            // The sender of this function keeps the channel open.
            Some(step) = steps.recv() => each(step),
            Some(came) = asked.join_next() => {
                while let Ok(step) = steps.try_recv() {
                    each(step);
                }
                // A task that broke has no answers; those of the others stay.
                let Ok(came) = came else { continue };
                settle(came, &mut ended, &mut waiting, &mut each);
            }
        }
    }
    asked.shutdown().await;
    ended.answers.sort_by_key(|answer| answer.place);
    ended
}

/// Takes in what came of one request.
fn settle(
    came: Came,
    ended: &mut Ended,
    waiting: &mut VecDeque<crate::lab::samples::Job>,
    each: &mut impl FnMut(Step),
) {
    for answer in came.answers {
        each(Step::Ended(Box::new(answer.clone())));
        ended.answers.push(answer);
    }
    if let (Some(job), Some(why)) = (came.again.first(), came.why) {
        each(Step::Apart { setting: job.setting, why: why.clone() });
        ended.apart.insert(job.setting, why);
        waiting.extend(came.again);
    }
}
