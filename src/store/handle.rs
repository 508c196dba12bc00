//! The store on a thread of its own: the event loop never waits for a disk.

use super::{Mode, Paths, Store};
use crate::base::Problem;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Jobs that may wait before a sender is told that the disk is too slow.
const WAITING: usize = 256;

type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// Sends jobs to the store's thread, which does them in order. Clones send to the same thread; it ends when the last
/// clone is gone and the jobs are done.
#[derive(Debug, Clone)]
pub struct StoreHandle {
    jobs: SyncSender<Job>,
}

impl StoreHandle {
    /// Starts the thread, which opens the database and reports how that went.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(paths: Paths, opened: impl FnOnce(Mode, Option<Problem>) + Send + 'static) -> Result<Self, Problem> {
        let (jobs, waiting) = sync_channel::<Job>(WAITING);
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(&paths, opened, &waiting))
            .map_err(|error| Problem::failed("conversations are not saved", error.to_string(), "end some programs"))?;
        Ok(Self { jobs })
    }

    /// Queues `work`; `reply` gets its result on the store's thread.
    ///
    /// # Errors
    /// At once, when too many jobs wait or the thread is gone. `reply` is then not called.
    pub fn send<T>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Problem> + Send + 'static,
        reply: impl FnOnce(Result<T, Problem>) + Send + 'static,
    ) -> Result<(), Problem> {
        self.jobs.try_send(Box::new(move |store| reply(work(store)))).map_err(|error| match error {
            TrySendError::Full(_) => Problem::failed(
                "the database does not keep up",
                format!("{WAITING} writes wait for the disk"),
                "check the disk; the text stays here and is saved with the next write",
            ),
            TrySendError::Disconnected(_) => gone(),
        })
    }

    /// Queues `work` and waits for its result without blocking a thread.
    ///
    /// # Errors
    /// Those of `work`, or when it could not be queued.
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.send(work, move |result| {
            // The asker may have gone; then nobody wants the answer.
            let _ = answer.send(result);
        })?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Queues `work` and blocks until its result is there: for the command line, and as a last call before leaving
    /// (all jobs sent before are done then).
    ///
    /// # Errors
    /// Those of `work`, or when it could not be queued.
    pub fn call_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = sync_channel(1);
        let job: Job = Box::new(move |store| {
            let _ = answer.send(work(store));
        });
        self.jobs.send(job).map_err(|_| gone())?;
        answered.recv().unwrap_or_else(|_| Err(gone()))
    }
}

fn serve(paths: &Paths, opened: impl FnOnce(Mode, Option<Problem>), waiting: &Receiver<Job>) {
    let (mut store, problem) = Store::open(paths);
    opened(store.mode(), problem);
    while let Ok(job) = waiting.recv() {
        job(&mut store);
    }
}

fn gone() -> Problem {
    Problem::failed("the conversation could not be saved", "the database thread has ended", "restart vramdeck")
}
