//! Asks ready runs for their gauges: one task a run, one question at a time, often only while somebody looks.

use crate::app::Msg;
use crate::app::gauges::Watch;
use crate::base::{Reading, Unknown};
use crate::engines::RunId;
use crate::engines::live::Scraper;
use crate::engines::metrics::{Live, Scrape};
use crate::runtime::world::Common;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Between two looks at a run whose figures move, while a screen shows them.
const LIVELY: Duration = Duration::from_secs(1);
/// The same while nothing moves, or no screen shows them.
const QUIET: Duration = Duration::from_secs(3);
/// The same while neither.
const ASLEEP: Duration = Duration::from_secs(10);
/// Between two tries at a server that did not answer.
const AGAIN: Duration = Duration::from_secs(10);

/// The asking, until it is dropped.
pub struct GaugesWatch {
    common: Common,
    shown: watch::Sender<bool>,
    asked: Mutex<BTreeMap<RunId, CancellationToken>>,
}

impl GaugesWatch {
    /// Asks nobody yet.
    pub fn new(common: Common) -> Self {
        Self { common, shown: watch::Sender::new(false), asked: Mutex::default() }
    }

    /// Asks these from now on, and no others.
    pub fn set(&self, watch: &Watch) {
        self.shown.send_replace(watch.shown);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|run, token| {
            let stays = watch.runs.contains(run);
            if !stays {
                token.cancel();
            }
            stays
        });
        for run in &watch.runs {
            if asked.contains_key(run) {
                continue;
            }
            let token = CancellationToken::new();
            asked.insert(run.clone(), token.clone());
            let (common, shown, run) = (self.common.clone(), self.shown.subscribe(), run.clone());
            self.common.spawn(async move {
                tokio::select! {
                    () = token.cancelled() => {}
                    () = follow(common, run, shown) => {}
                }
            });
        }
    }
}

async fn follow(common: Common, run: RunId, mut shown: watch::Receiver<bool>) {
    let paths = common.paths.clone();
    let named = run.clone();
    let found = tokio::task::spawn_blocking(move || Scraper::of_run(&paths, &named)).await;
    let scraper = match found {
        Ok(Ok(scraper)) => scraper,
        Ok(Err(problem)) => return say(&common, &run, Err(Unknown::because(problem.why))).await,
        // The runtime ends.
        Err(_) => return,
    };
    let began = Instant::now();
    let (mut before, mut said): (Option<Scrape>, Option<Reading<Box<Live>>>) = (None, None);
    loop {
        let asked = Instant::now();
        let seen = scraper.look().await;
        let failed = seen.is_err();
        let live = seen.map(|gauges| {
            let now = Scrape { at: began.elapsed(), gauges };
            let live = Box::new(Live::of(before.as_ref(), &now));
            before = Some(now);
            live
        });
        let moved = said.as_ref() != Some(&live);
        if moved {
            say(&common, &run, live.clone()).await;
            said = Some(live);
        }
        if !wait(asked, &mut shown, moved, failed).await {
            return;
        }
    }
}

/// Waits until the next look is due; a screen that comes to show the figures does not wait for long. Whether anybody
/// still wants to know.
async fn wait(asked: Instant, shown: &mut watch::Receiver<bool>, moved: bool, failed: bool) -> bool {
    loop {
        let looked_at = *shown.borrow_and_update();
        let pause = match (failed, looked_at, moved) {
            (true, ..) => AGAIN,
            (_, true, true) => LIVELY,
            (_, true, false) | (_, false, true) => QUIET,
            (_, false, false) => ASLEEP,
        };
        tokio::select! {
            () = tokio::time::sleep_until(asked + pause) => return true,
            changed = shown.changed() => if changed.is_err() { return false },
        }
    }
}

async fn say(common: &Common, run: &RunId, live: Reading<Box<Live>>) {
    // The deck may have left meanwhile.
    let _ = common.tx.send(Msg::Gauges { run: run.clone(), live }).await;
}
