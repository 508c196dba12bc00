//! What effects may use: the folders, the way back to the state machine, and what each screen keeps open.

use crate::app::Msg;
use crate::base::Problem;
use crate::gpu::live::{Options, Runs, Sampler, SimCard, SourceChoice};
use crate::runtime::copy::Clipboard;
use crate::runtime::effects;
use crate::runtime::gauges::GaugesWatch;
use crate::runtime::runs::RunsWatch;
use crate::store::caches::model_caches;
use crate::store::{GeneralSettings, Paths};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;
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
    /// The user's settings as they were at the start.
    pub settings: GeneralSettings,
    /// Between SIGTERM and SIGKILL when a run is stopped.
    pub grace: Duration,
    /// The simulated card, in the demo.
    pub sim_card: Option<SimCard>,
    /// Held while the settings file is written.
    pub saving: Arc<Mutex<()>>,
    /// The way back to the state machine. Bounded: who sends faster than it is read, waits.
    pub tx: mpsc::Sender<Msg>,
    /// Every task that runs; waited for, shortly, when leaving.
    pub tasks: TaskTracker,
    /// Cancelled when leaving.
    pub stop: CancellationToken,
}

impl Common {
    /// Common ground of a new world. In the demo the simulated card is opened, which its engines take memory from.
    ///
    /// # Errors
    /// When the demo's scenario cannot be used.
    pub fn new(
        paths: Paths,
        demo: Option<String>,
        settings: GeneralSettings,
        tx: mpsc::Sender<Msg>,
    ) -> Result<Self, Problem> {
        let sim_card = match &demo {
            None => None,
            Some(scenario) => {
                let own = paths.config.join("cards");
                Some(SimCard::create(&paths.simulated_card(), scenario, Some(&own))?)
            }
        };
        let grace = Duration::from_secs_f64(settings.stop_grace_seconds.0);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let saving = Arc::default();
        Ok(Self(Arc::new(Inner { paths, demo, settings, grace, sim_card, saving, tx, tasks, stop })))
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

/// The world of one deck: the common ground, and what is kept open.
pub struct World {
    /// What every effect may use.
    pub common: Common,
    /// Takes samples of the card.
    pub sampler: Sampler,
    /// Watches the runs.
    pub runs: RunsWatch,
    /// Asks ready runs for their gauges.
    pub gauges: GaugesWatch,
    /// This machine's clipboard, once something was copied to it.
    pub clipboard: Clipboard,
    /// Of the Models screen.
    pub models: effects::models::Handles,
    /// Of the Engines screen.
    pub engines: effects::engines::Handles,
    /// Of the Chat screen.
    pub chat: effects::chat::Handles,
    /// Of scores of suites.
    pub scores: effects::scores::Handles,
    /// Of the Tools screen.
    pub tools: effects::tools::Handles,
    /// Of the Structured screen.
    pub structured: effects::structured::Handles,
    /// Of the Lab screen.
    pub lab: effects::lab::Handles,
}

impl World {
    /// Opens everything; nothing of it is waited for.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn open(common: Common, sample_hz: f64) -> Result<Self, Problem> {
        let table = Runs::default();
        let source = common.sim_card.clone().map_or(SourceChoice::Nvml, SourceChoice::Simulated);
        let disks = model_caches().into_iter().chain(common.settings.model_folders.iter().cloned()).collect();
        let options = Options { disks, runs: table.clone() };
        let sampler = Sampler::start(source, options, interval(sample_hz))?;
        let runs = RunsWatch::start(common.paths.clone(), common.tx.clone(), table)?;
        let gauges = GaugesWatch::new(common.clone());
        let models = effects::models::start(&common);
        let engines = effects::engines::start(&common);
        let chat = effects::chat::start(&common);
        let (scores, tools) = (effects::scores::Handles::default(), effects::tools::Handles::default());
        let structured = effects::structured::Handles::default();
        let lab = effects::lab::Handles::default();
        let clipboard = Clipboard::default();
        Ok(Self { common, sampler, runs, gauges, clipboard, models, engines, chat, scores, tools, structured, lab })
    }

    /// Samples the card this many times a second from now on.
    pub fn sample_at(&self, hz: f64) {
        self.sampler.set_interval(interval(hz));
    }
}

fn interval(hz: f64) -> Duration {
    Duration::try_from_secs_f64(1.0 / hz).unwrap_or(Duration::from_millis(500))
}

impl Deref for World {
    type Target = Common;
    fn deref(&self) -> &Common {
        &self.common
    }
}
