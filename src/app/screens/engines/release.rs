//! After a stop: did the memory come back, and if not, who still holds it?

use crate::app::model::Shared;
use crate::base::{Bytes, Problem};
use crate::engines::RunId;
use std::time::Duration;

/// How long the driver may take to give memory back before it is called a problem.
const PATIENCE: Duration = Duration::from_secs(10);

/// A run that was stopped and whose memory is being watched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The run.
    pub run: RunId,
    /// Its processes, as last seen alive.
    pub pids: Vec<u32>,
    /// What they held on the cards when the stop was asked for; unknown stays unknown.
    pub held: Option<Bytes>,
    /// When its group was empty, as uptime; absent while it is still stopping.
    pub stopped_at: Option<Duration>,
}

/// What the cards say of a release.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Not yet known.
    Wait,
    /// Everything came back.
    Back(String),
    /// Somebody still holds it.
    Held(Problem),
}

impl Release {
    /// Notes what a run holds at the moment its stop is asked for.
    pub fn of(run: &crate::engines::RunState, shared: &Shared) -> Self {
        Self {
            run: run.run.clone(),
            pids: run.pids.clone(),
            held: held_by(&run.run, &run.pids, shared),
            stopped_at: None,
        }
    }

    /// Looks at the newest sample.
    pub fn judge(&self, shared: &Shared, uptime: Duration) -> Verdict {
        let Some(stopped_at) = self.stopped_at else { return Verdict::Wait };
        let Some(sample) = shared.sample.as_ref().filter(|sample| !sample.cards.is_empty()) else {
            return Verdict::Back(format!("{} stopped; no card is readable to show the memory", self.run));
        };
        let holders: Vec<String> = sample
            .cards
            .iter()
            .filter_map(|card| card.processes.as_ref().ok())
            .flatten()
            .filter(|process| self.pids.contains(&process.pid) || process.run.as_ref() == Some(&self.run.0))
            .map(|process| {
                let name = process.name.as_deref().unwrap_or("a process");
                match &process.used {
                    Ok(bytes) => format!("{name} (pid {}) holds {bytes}", process.pid),
                    Err(why) => format!("{name} (pid {}) holds memory ({why})", process.pid),
                }
            })
            .collect();
        if holders.is_empty() {
            return Verdict::Back(match self.held {
                Some(bytes) if bytes.0 > 0 => format!("{} stopped, {bytes} came back", self.run),
                Some(_) => format!("{} stopped; it held no memory on the card", self.run),
                None => format!("{} stopped; none of its processes is on the card any more", self.run),
            });
        }
        if uptime.saturating_sub(stopped_at) < PATIENCE {
            return Verdict::Wait;
        }
        Verdict::Held(
            Problem::failed(
                format!("{} is stopped but its memory did not come back", self.run),
                format!("the card still lists {} of its processes after {} s", holders.len(), PATIENCE.as_secs()),
                "end them on the Card screen, or look for zombies with `ps`",
            )
            .with_detail(holders),
        )
    }
}

/// What a run's processes hold over all cards; unknown when any of it is, and when no card is readable.
pub fn held_by(run: &RunId, pids: &[u32], shared: &Shared) -> Option<Bytes> {
    let sample = shared.sample.as_ref().filter(|sample| !sample.cards.is_empty())?;
    sample
        .cards
        .iter()
        .map(|card| {
            let processes = card.processes.as_ref().ok()?;
            processes
                .iter()
                .filter(|process| pids.contains(&process.pid) || process.run.as_ref() == Some(&run.0))
                .map(|process| process.used.as_ref().ok().copied())
                .sum::<Option<Bytes>>()
        })
        .sum()
}
