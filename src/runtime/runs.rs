//! Watches the run records: often while something runs, seldom otherwise, and at once when told to look.

use crate::app::Msg;
use crate::base::Problem;
use crate::engines::{self, RunState};
use crate::gpu::live::Runs;
use crate::store::Paths;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;

/// Between two looks while a run is live.
const LIVELY: Duration = Duration::from_millis(500);
/// Between two looks while none is; then only the folder's time is read.
const QUIET: Duration = Duration::from_secs(2);

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
            .spawn(move || Watcher { paths, tx, table, folder: None, runs: Vec::new() }.watch(&asked))
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
    /// When the folder changed last, as of the last look.
    folder: Option<SystemTime>,
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

    /// Reads the records if there may be something new; whether anybody still listens.
    fn look(&mut self, forced: bool) -> bool {
        let folder = std::fs::metadata(self.paths.runs()).and_then(|folder| folder.modified()).ok();
        if !forced && !self.is_lively() && folder == self.folder {
            return true;
        }
        self.folder = folder;
        let runs = engines::live::list(&self.paths);
        if runs == self.runs {
            return true;
        }
        let pids = runs.iter().filter(|run| !run.pids.is_empty()).map(|run| (run.run.0.clone(), run.pids.clone()));
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = pids.collect();
        self.runs.clone_from(&runs);
        self.tx.blocking_send(Msg::Runs(runs)).is_ok()
    }
}
