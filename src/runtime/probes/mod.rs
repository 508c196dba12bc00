//! Probes run against an endpoint: bounded in requests, in what is out at a time, and in time; what is found is kept.

mod ask;
mod keep;

pub use ask::Target;
pub use keep::{list, newest, of};

use crate::base::Problem;
use crate::lab::probes::{Answer, Capability, Card, Entry, Round, Session, Situation, Step, Subject};
use crate::store::StoreHandle;
use futures_util::stream::{self, StreamExt};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// Rounds without one answer after which an endpoint is given up.
const GONE: usize = 2;

/// What to probe.
#[derive(Debug, Clone)]
pub struct Order {
    /// Whom to ask.
    pub target: Target,
    /// Of whom the card speaks.
    pub subject: Subject,
    /// What is known of the endpoint.
    pub situation: Situation,
    /// Which capabilities.
    pub capabilities: Vec<&'static Capability>,
    /// Requests at a time.
    pub at_once: usize,
    /// The longest all of it may take.
    pub limit: Duration,
    /// Whether what an earlier card of the same engine, version and model says of other capabilities is taken over.
    pub take_over: bool,
}

/// What happens on the way.
#[derive(Debug)]
pub enum Told<'a> {
    /// A round goes out.
    Asks {
        /// Which capability is being found out.
        capability: &'static Capability,
        /// How many are found out, of how many.
        progress: (usize, usize),
        /// Requests so far.
        requests: usize,
    },
    /// One was found out.
    Found {
        /// What was found.
        entry: &'a Entry,
        /// How many are found out, of how many.
        progress: (usize, usize),
    },
    /// The card is not kept.
    Unsaved(&'a Problem),
}

/// What came of it.
#[derive(Debug)]
pub struct Ended {
    /// The card, as far as it came.
    pub card: Card,
    /// Whether everything was probed.
    pub whole: bool,
    /// Why not.
    pub trouble: Option<Problem>,
}

/// Probes. Cancelled or out of time it ends with what was found by then; that is kept too.
///
/// # Errors
/// When nothing was found because nothing answered.
pub async fn run(
    order: Order,
    store: Option<&StoreHandle>,
    cancel: &CancellationToken,
    mut each: impl FnMut(Told<'_>),
) -> Result<Ended, Problem> {
    let begun = Instant::now();
    let mut session = Session::new(order.situation, order.capabilities);
    let subject = Subject { url: bare(&order.subject.url), ..order.subject };
    let mut card = Card { subject, at: now(), ..Card::default() };
    let (mut silent, mut trouble, mut whole) = (0, None, false);
    loop {
        match session.step() {
            Step::Over => {
                whole = true;
                break;
            }
            Step::Found(capability, finding, evidence) => {
                let (name, group) = (capability.name.to_owned(), capability.group.name().to_owned());
                let entry = Entry { name, group, finding, at: now(), evidence };
                each(Told::Found { entry: &entry, progress: session.progress() });
                card.capabilities.push(entry);
            }
            Step::Ask(round) => {
                if let Some(capability) = session.current() {
                    each(Told::Asks { capability, progress: session.progress(), requests: session.requests() });
                }
                let left = order.limit.saturating_sub(begun.elapsed());
                let asked = tokio::select! {
                    biased;
                    () = cancel.cancelled() => Err(stopped("it was stopped")),
                    asked = tokio::time::timeout(left, answers(&order.target, round, order.at_once)) => {
                        asked.map_err(|_| stopped(&format!("{} s were not enough", order.limit.as_secs())))
                    }
                };
                let (answers, problem) = match asked {
                    Ok(asked) => asked,
                    Err(problem) => {
                        trouble = Some(problem);
                        break;
                    }
                };
                silent = if answers.iter().all(|answer| matches!(answer, Answer::Failed(_))) { silent + 1 } else { 0 };
                session.heard(answers);
                // A route that is lacking is one round; an endpoint that is gone is every one.
                if silent >= GONE && problem.is_some() && session.tokens() == 0 || silent > GONE + 1 {
                    trouble = problem;
                    break;
                }
            }
        }
    }
    (card.requests, card.tokens) = (session.requests() as u64, session.tokens());
    card.seconds = begun.elapsed().as_secs_f64();
    if card.capabilities.is_empty() {
        return Err(trouble.unwrap_or_else(|| stopped("there was nothing to probe")));
    }
    if let Some(store) = store
        && let Err(problem) = keep::save(store, &mut card, order.take_over).await
    {
        each(Told::Unsaved(&problem));
    }
    Ok(Ended { card, whole, trouble })
}

/// Asks a round; gives the last problem beside the answers.
async fn answers(target: &Target, round: Round, at_once: usize) -> (Vec<Answer>, Option<Problem>) {
    let at_once = if round.alone { 1 } else { at_once.max(1) };
    let each = round.asks.into_iter().map(|ask| {
        let target = target.clone();
        async move { target.ask(ask).await }
    });
    let asks: Vec<_> = each.collect();
    let all: Vec<(Answer, Option<Problem>)> = stream::iter(asks).buffered(at_once).collect().await;
    let problem = all.iter().rev().find_map(|(_, problem)| problem.clone());
    (all.into_iter().map(|(answer, _)| answer).collect(), problem)
}

fn stopped(why: &str) -> Problem {
    Problem::failed("not everything was probed", why, "probe again; what was found is kept")
}

/// A URL without user and password.
fn bare(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or_default())
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
