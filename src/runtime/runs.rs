//! Watches the run records: often while something runs, seldom otherwise, and at once when told to look.

use crate::app::Msg;
use crate::base::Problem;
use crate::engines::{self, RunState};
use crate::gpu::live::Runs;
use crate::store::Paths;
use std::path::Path;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc;

/// Between two looks at what changed on disk while a run is live.
const LIVELY: Duration = Duration::from_millis(500);
/// The same while none is.
const QUIET: Duration = Duration::from_secs(2);
/// Between two looks at the processes of live runs, which change without a word on disk.
const WHOLE: Duration = Duration::from_secs(2);

/// The watching thread, until it is dropped.
#[derive(Debug)]
pub struct RunsWatch {
    look: Sender<()>,
}

impl RunsWatch {
    /// Starts to watch. Changes go to `tx`; process ids also to `table`, for the sampler.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(paths: Paths, tx: mpsc::Sender<Msg>, table: Runs) -> Result<Self, Problem> {
        let (look, asked) = channel();
        std::thread::Builder::new()
            .name("runs".to_owned())
            .spawn(move || {
                Watcher { paths, tx, table, traces: Vec::new(), looked: None, runs: Vec::new() }.watch(&asked)
            })
            .map_err(|error| Problem::failed("runs cannot be watched", error.to_string(), "end other programs"))?;
        Ok(Self { look })
    }

    /// Looks now: something was started or stopped.
    pub fn look(&self) {
        // A watcher that has ended has nothing to look at.
        let _ = self.look.send(());
    }
}

struct Watcher {
    paths: Paths,
    tx: mpsc::Sender<Msg>,
    table: Runs,
    /// When each folder changed last, as of the last look.
    traces: Vec<Option<SystemTime>>,
    /// When the records were read last.
    looked: Option<Instant>,
    runs: Vec<RunState>,
}

impl Watcher {
    fn watch(mut self, asked: &Receiver<()>) {
        let mut forced = true;
        loop {
            if !self.look(forced) {
                return;
            }
            let wait = if self.is_lively() { LIVELY } else { QUIET };
            forced = match asked.recv_timeout(wait) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
        }
    }

    fn is_lively(&self) -> bool {
        self.runs.iter().any(|run| run.phase.is_live() || run.owner_alive || !run.pids.is_empty())
    }

    /// The times of the folder of runs and of each live run's own, which its keeper's writing changes.
    fn traces(&self) -> Vec<Option<SystemTime>> {
        let all = self.paths.runs();
        let live = self.runs.iter().filter(|run| run.phase.is_live()).map(|run| all.join(&run.run.0));
        let changed = |folder: &Path| std::fs::metadata(folder).and_then(|folder| folder.modified()).ok();
        std::iter::once(changed(&all)).chain(live.map(|folder| changed(&folder))).collect()
    }

    /// Reads the records if there may be something new; whether anybody still listens.
    fn look(&mut self, forced: bool) -> bool {
        let due = self.is_lively() && self.looked.is_none_or(|looked| looked.elapsed() >= WHOLE);
        let traces = self.traces();
        if !forced && !due && traces == self.traces {
            return true;
        }
        self.looked = Some(Instant::now());
        let runs = engines::live::list(&self.paths);
        if runs == self.runs {
            self.traces = traces;
            return true;
        }
        let pids = runs.iter().filter(|run| !run.pids.is_empty()).map(|run| (run.run.0.clone(), run.pids.clone()));
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = pids.collect();
        self.runs.clone_from(&runs);
        // Which folders count has changed with the runs: the next look reads once more, and misses nothing.
        self.traces.clear();
        self.tx.blocking_send(Msg::Runs(runs)).is_ok()
    }
}
