//! One request of a plan.

use super::Target;
use crate::base::Problem;
use crate::lab::samples::{Answer, Job, Outcome, Place, Plan, Step, fewer, refused_n, tokens};
use crate::wire::live::Timed;
use crate::wire::{Reply, ReplyChoice, StreamEvent};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What came of a request.
#[derive(Debug, Default)]
pub(super) struct Came {
    /// Its answers.
    pub(super) answers: Vec<Answer>,
    /// What is to be asked for one by one instead.
    pub(super) again: Vec<Job>,
    /// Why.
    pub(super) why: Option<String>,
}

/// A reply and when each of its choices ended, in seconds.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) reply: Reply,
    ended: BTreeMap<u32, f64>,
    seconds: f64,
}

/// Asks.
pub(super) async fn ask(plan: Arc<Plan>, job: Job, target: Target, tx: mpsc::Sender<Step>) -> Came {
    let sent = Instant::now();
    let events = target.client.chat(&target.endpoint, plan.request(&job), CancellationToken::new());
    let count = u32::try_from(job.count).unwrap_or(u32::MAX);
    let place = |choice: u32| {
        let index = job.first.saturating_add(choice as usize);
        (choice < count).then_some(Place { setting: job.setting, index })
    };
    let heard = hear(events, sent, place, &tx).await;
    sort(&plan, &job, heard)
}

/// Listens to the end, and tells of every piece of text.
pub(super) async fn hear(
    mut events: mpsc::Receiver<Timed>,
    sent: Instant,
    place: impl Fn(u32) -> Option<Place>,
    tx: &mpsc::Sender<Step>,
) -> Heard {
    let mut heard = Heard::default();
    while let Some(Timed { at, event }) = events.recv().await {
        heard.seconds = at.saturating_duration_since(sent).as_secs_f64();
        match &event {
            StreamEvent::Finished { choice, .. } => {
                heard.ended.insert(*choice, heard.seconds);
            }
            StreamEvent::Delta(delta) if !delta.content.is_empty() => {
                if let Some(place) = place(delta.choice) {
                    // Who does not listen any more is about to end this.
                    let _ = tx.send(Step::Text { place, text: delta.content.clone() }).await;
                }
            }
            _ => {}
        }
        heard.reply.apply(event);
    }
    heard
}

/// The answers of a reply, and what of it is to be asked for again.
fn sort(plan: &Plan, job: &Job, heard: Heard) -> Came {
    let problem = heard.problem();
    let mut came = Came::default();
    if let Some(problem) = problem.as_ref().filter(|problem| job.count > 1 && refused_n(problem)) {
        came.again = job.apart(0);
        came.why = Some(problem.why.clone());
        return came;
    }
    let choice = |at: usize| heard.reply.choices.iter().find(|choice| choice.index as usize == at);
    let there = (0..job.count).take_while(|at| choice(*at).is_some()).count();
    if there < job.count && problem.is_none() && there > 0 {
        came.again = job.apart(there);
        came.why = Some(fewer(there, job.count));
    }
    let most = if came.again.is_empty() { job.count } else { there };
    came.answers = (0..most)
        .map(|at| {
            let place = Place { setting: job.setting, index: job.first + at };
            Answer { place, seed: plan.seed(job, at), ..heard.answer(choice(at), job.count == 1) }
        })
        .collect();
    came
}

impl Heard {
    /// Why the reply is not whole.
    fn problem(&self) -> Option<Problem> {
        let cut = || Problem::failed("the answer was cut off", "the connection was closed", "ask again");
        let none = || Problem::failed("there is no answer", "the server ended without one", "ask again");
        match &self.reply.failed {
            Some(problem) => Some(problem.clone()),
            None if !self.reply.done => Some(cut()),
            None if self.reply.choices.is_empty() => Some(none()),
            None => None,
        }
    }

    /// One choice as an answer; `alone` says whether the server's count of tokens is its own.
    pub(super) fn answer(&self, choice: Option<&ReplyChoice>, alone: bool) -> Answer {
        let nothing = ReplyChoice::default();
        let choice_or = choice.unwrap_or(&nothing);
        let outcome = match (&choice_or.finish, self.problem()) {
            (Some(reason), _) => Outcome::Whole(Some(reason.clone())),
            (None, Some(problem)) => Outcome::Failed(problem),
            (None, None) => Outcome::Whole(None),
        };
        let usage = self.reply.usage;
        Answer {
            text: choice_or.text.clone(),
            reasoning: choice_or.reasoning.clone(),
            outcome,
            tokens: tokens(&choice_or.logprobs),
            counted: usage.filter(|_| alone).map(|usage| usage.completion_tokens),
            prompt_tokens: usage.map(|usage| usage.prompt_tokens),
            seconds: Some(self.ended.get(&choice_or.index).copied().unwrap_or(self.seconds)),
            ..Answer::default()
        }
    }
}
