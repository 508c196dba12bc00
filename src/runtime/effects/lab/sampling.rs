//! Effects of the Lab's view Sampling: what comes is handed on at most once a frame.

use crate::app::Msg as Root;
use crate::app::screens::chat::target::Resolved;
use crate::app::screens::lab::{self, sampling::Effect, sampling::Msg};
use crate::base::Problem;
use crate::lab::samples::{Branch, Place, Plan, Step};
use crate::runtime::effects::chat;
use crate::runtime::samples::{self, Target};
use crate::runtime::world::World;
use crate::wire::Endpoint;
use crate::wire::live::Client;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Steps are handed on at most this often, and at once after a pause.
const FRAME: Duration = Duration::from_millis(33);
/// Steps that wait to be handed on; more wait in the sockets.
const WAITING: usize = 1024;

/// What is kept open for the view.
#[derive(Debug, Clone, Default)]
pub struct Handles {
    client: Client,
    flights: Arc<Mutex<BTreeMap<u64, CancellationToken>>>,
}

impl Handles {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, CancellationToken>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What ends a flight and its branches.
    fn token(&self, flight: u64) -> CancellationToken {
        let mut flights = self.lock();
        // Flights before it are over.
        flights.retain(|id, _| *id + 64 > flight);
        flights.entry(flight).or_default().clone()
    }

    fn target(&self, target: Resolved) -> Result<Target, Problem> {
        let key = chat::key(&target.key)?;
        let Resolved { base_url, dialect, model, context, .. } = target;
        let endpoint = Endpoint { base_url, key, dialect, model };
        Ok(Target { client: self.client.clone(), endpoint, context: context.ok() })
    }
}

/// Runs one.
pub fn run(effect: Effect, world: &World) {
    let (handles, tx) = (world.lab.sampling.clone(), world.common.tx.clone());
    match effect {
        Effect::Ask { flight, target, plan, at_once } => {
            let cancel = handles.token(flight);
            world.common.spawn(async move {
                let told = ask(flight, handles.target(*target), plan, at_once, &cancel, &tx).await;
                let (stopped, problem) = told.map_or_else(|problem| (false, Some(problem)), |stopped| (stopped, None));
                say(&tx, Msg::Over { flight, stopped, problem }).await;
            });
        }
        Effect::GoOn { flight, target, plan, branch, place } => {
            let cancel = handles.token(flight);
            world.common.spawn(async move {
                let going = go_on(flight, handles.target(*target), plan, *branch, place, &tx);
                let told = tokio::select! {
                    () = cancel.cancelled() => Ok(()),
                    told = going => told,
                };
                say(&tx, Msg::Branched { flight, place, problem: told.err() }).await;
            });
        }
        Effect::Stop(flight) => {
            if let Some(token) = handles.lock().remove(&flight) {
                token.cancel();
            }
        }
    }
}

async fn say(tx: &mpsc::Sender<Root>, msg: Msg) {
    // The deck may have left meanwhile.
    let _ = tx.send(Root::Lab(lab::Msg::Sampling(msg))).await;
}

/// Asks a whole plan; true where it was stopped.
async fn ask(
    flight: u64,
    target: Result<Target, Problem>,
    plan: Arc<Plan>,
    at_once: usize,
    cancel: &CancellationToken,
    tx: &mpsc::Sender<Root>,
) -> Result<bool, Problem> {
    let target = target?;
    let (steps, waiting) = mpsc::channel(WAITING);
    let asking = samples::run(plan, &target, at_once, cancel, steps);
    let (ended, ()) = tokio::join!(asking, hand_on(flight, waiting, tx));
    Ok(ended.stopped)
}

async fn go_on(
    flight: u64,
    target: Result<Target, Problem>,
    plan: Arc<Plan>,
    branch: Branch,
    place: Place,
    tx: &mpsc::Sender<Root>,
) -> Result<(), Problem> {
    let target = target?;
    let (steps, waiting) = mpsc::channel(WAITING);
    let asking = async {
        let answer = samples::go_on(&plan, &target, branch, place, &steps).await?;
        // The one who hands it on lives as long as this.
        let _ = steps.send(Step::Ended(Box::new(answer))).await;
        drop(steps);
        Ok(())
    };
    let (told, ()) = tokio::join!(asking, hand_on(flight, waiting, tx));
    told
}

/// Hands steps on, those of one frame together.
async fn hand_on(flight: u64, mut waiting: mpsc::Receiver<Step>, tx: &mpsc::Sender<Root>) {
    let mut due = Instant::now();
    let mut got = Vec::new();
    while waiting.recv_many(&mut got, WAITING).await > 0 {
        tokio::time::sleep_until(due.into()).await;
        while got.len() < WAITING
            && let Ok(more) = waiting.try_recv()
        {
            got.push(more);
        }
        say(tx, Msg::Steps { flight, steps: joined(std::mem::take(&mut got)) }).await;
        due = Instant::now() + FRAME;
    }
}

/// Pieces of one answer that follow each other become one.
fn joined(steps: Vec<Step>) -> Vec<Step> {
    let mut out: Vec<Step> = Vec::with_capacity(steps.len().min(64));
    let mut last: BTreeMap<Place, usize> = BTreeMap::new();
    for step in steps {
        if let Step::Text { place, text } = &step {
            if let Some(Step::Text { text: before, .. }) = last.get(place).and_then(|at| out.get_mut(*at)) {
                before.push_str(text);
                continue;
            }
            last.insert(*place, out.len());
        }
        out.push(step);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::samples::Answer;

    #[test]
    fn pieces_of_a_frame_are_joined() {
        let place = |index| Place { setting: 0, index };
        let text = |index, text: &str| Step::Text { place: place(index), text: text.to_owned() };
        let ended = |index| Step::Ended(Box::new(Answer { place: place(index), ..Answer::default() }));
        let steps = vec![text(0, "a"), text(1, "x"), text(0, "b"), ended(0), text(1, "y")];
        assert_eq!(joined(steps), [text(0, "ab"), text(1, "xy"), ended(0)]);
    }
}
