//! What changed between two looks at an engine.

use super::Gauges;
use super::gauges::share;
use crate::base::{Reading, Unknown};
use std::time::Duration;

/// A look and when it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Scrape {
    /// Time on a clock that never goes backwards.
    pub at: Duration,
    /// What was seen.
    pub gauges: Gauges,
}

/// What changed, by time or as a share of the window.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// Prompt tokens per second, cached ones included.
    pub prompt: Reading<f64>,
    /// Written tokens per second.
    pub generation: Reading<f64>,
    /// Share of looked-up prompt tokens that were cached, 0 to 1.
    pub hit_rate: Reading<f64>,
    /// Mean seconds until the first token of the answers begun.
    pub ttft: Reading<f64>,
    /// Mean seconds between tokens.
    pub itl: Reading<f64>,
    /// Requests thrown back into the queue.
    pub preemptions: Reading<u64>,
}

/// The newest look and the change since the one before: what a screen shows of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// The newest look.
    pub gauges: Gauges,
    /// The change since the one before.
    pub rates: Rates,
}

impl Live {
    /// From a look and, where there is one, the look before.
    pub fn of(before: Option<&Scrape>, now: &Scrape) -> Self {
        let first = Unknown::because("one look is no rate yet");
        let rates = before.map_or_else(|| Rates::untold(&first), |before| Rates::between(before, now));
        Self { gauges: now.gauges.clone(), rates }
    }
}

impl Rates {
    fn untold(why: &Unknown) -> Self {
        Self {
            prompt: Err(why.clone()),
            generation: Err(why.clone()),
            hit_rate: Err(why.clone()),
            ttft: Err(why.clone()),
            itl: Err(why.clone()),
            preemptions: Err(why.clone()),
        }
    }

    /// The change between two looks. Counters that went back, or another start time, mean that the engine was started
    /// anew: then nothing is said of the window.
    pub fn between(before: &Scrape, now: &Scrape) -> Self {
        let seconds = now.at.saturating_sub(before.at).as_secs_f64();
        if seconds <= 0.0 {
            return Self::untold(&Unknown::because("both looks were at the same moment"));
        }
        let (old, new) = (&before.gauges, &now.gauges);
        if restarted(old, new) {
            return Self::untold(&Unknown::because("the engine was started anew meanwhile"));
        }
        let per_second = |old: &Reading<u64>, new: &Reading<u64>| change(old, new).map(|n| n as f64 / seconds);
        let mean = |old: &Reading<super::Histogram>, new: &Reading<super::Histogram>| {
            let (old, new) = (old.as_ref().map_err(Clone::clone)?, new.as_ref().map_err(Clone::clone)?);
            new.since(old).and_then(|window| window.mean()).ok_or_else(|| Unknown::because("no answer in this window"))
        };
        let looked_up = change(&old.prefix_queries, &new.prefix_queries);
        let found = change(&old.prefix_hits, &new.prefix_hits);
        Self {
            prompt: per_second(&old.prompt_tokens, &new.prompt_tokens),
            generation: per_second(&old.generation_tokens, &new.generation_tokens),
            hit_rate: found.and_then(|hits| share(hits, looked_up?)),
            ttft: mean(&old.ttft, &new.ttft),
            itl: mean(&old.itl, &new.itl),
            preemptions: change(&old.preemptions, &new.preemptions),
        }
    }
}

fn change(old: &Reading<u64>, new: &Reading<u64>) -> Reading<u64> {
    Ok(new.clone()?.saturating_sub(old.clone()?))
}

/// Tokens written may go back by what an answer had written when it was given up; the other counters never do.
fn restarted(old: &Gauges, new: &Gauges) -> bool {
    let back = |old: &Reading<u64>, new: &Reading<u64>| matches!((old, new), (Ok(old), Ok(new)) if new < old);
    let other_start = matches!((&old.started, &new.started), (Ok(old), Ok(new)) if (old - new).abs() > 1.0);
    other_start
        || back(&old.prompt_tokens, &new.prompt_tokens)
        || back(&old.prefix_queries, &new.prefix_queries)
        || back(&old.preemptions, &new.preemptions)
        || matches!((&old.generation_tokens, &new.generation_tokens), (Ok(old), Ok(0)) if *old > 0)
}
