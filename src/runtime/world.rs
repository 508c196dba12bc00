//! What effects may use: the folders, the way back to the state machine, and what each screen keeps open.

use crate::app::Msg;
use crate::runtime::effects;
use crate::store::Paths;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every effect may use; cheap to clone into a task.
#[derive(Clone)]
pub struct Common(Arc<Inner>);

/// The fields of [`Common`], reached through it.
pub struct Inner {
    /// Where files lie; those of the demo in the demo.
    pub paths: Paths,
    /// The demo scenario, when everything is simulated.
    pub demo: Option<String>,
    /// The way back to the state machine. Bounded: who sends faster than it is read, waits.
    pub tx: mpsc::Sender<Msg>,
    /// Every task that runs; waited for, shortly, when leaving.
    pub tasks: TaskTracker,
    /// Cancelled when leaving.
    pub stop: CancellationToken,
}

impl Common {
    /// Common ground of a new world.
    pub fn new(paths: Paths, demo: Option<String>, tx: mpsc::Sender<Msg>) -> Self {
        Self(Arc::new(Inner { paths, demo, tx, tasks: TaskTracker::new(), stop: CancellationToken::new() }))
    }

    /// Runs a task until it ends or the deck leaves.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Runs work that blocks (files, NVML, a clipboard) on a thread of its own; its message goes to the state machine.
    pub fn spawn_blocking(&self, work: impl FnOnce() -> Option<Msg> + Send + 'static) {
        let tx = self.tx.clone();
        self.tasks.spawn_blocking(move || {
            if let Some(msg) = work() {
                // The deck may have left meanwhile.
                let _ = tx.blocking_send(msg);
            }
        });
    }

    /// Sends a message without waiting; where the queue is full a task waits instead.
    pub fn tell(&self, msg: Msg) {
        if let Err(mpsc::error::TrySendError::Full(msg)) = self.tx.try_send(msg) {
            let tx = self.tx.clone();
            self.spawn(async move {
                let _ = tx.send(msg).await;
            });
        }
    }
}

impl Deref for Common {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The world of one deck: the common ground, and what each screen's effects keep open.
pub struct World {
    /// What every effect may use.
    pub common: Common,
    /// Of the Engines screen.
    pub engines: effects::engines::Handles,
    /// Of the Chat screen.
    pub chat: effects::chat::Handles,
}

impl World {
    /// Opens what the screens need.
    pub fn open(common: Common) -> Self {
        let engines = effects::engines::start(&common);
        let chat = effects::chat::start(&common);
        Self { common, engines, chat }
    }
}

impl Deref for World {
    type Target = Common;
    fn deref(&self) -> &Common {
        &self.common
    }
}
