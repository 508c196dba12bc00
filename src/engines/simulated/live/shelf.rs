//! Ollama's models: those installed, and those loaded until they were idle for long enough.

use super::boot;
use super::card::Holding;
use super::engine::Engine;
use crate::base::Bytes;
use crate::base::units::MIB;
use crate::engines::simulated::assume::Assumed;
use crate::engines::simulated::logs::{Failure, Note};
use crate::engines::simulated::memory::plan;
use crate::engines::simulated::request::Refusal;
use crate::engines::simulated::{Config, SimDialect};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Mutex as AsyncMutex;

/// How long a model stays loaded where nothing else is said.
const KEEP: f64 = 300.0;

/// A loaded model.
#[derive(Debug)]
struct Loaded {
    holding: Holding,
    size: Bytes,
    context: u64,
    /// `None` is for ever.
    expires: Option<(Instant, SystemTime)>,
}

/// A loaded model, as told to others.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Its name with its tag.
    pub name: String,
    /// What it holds.
    pub size: Bytes,
    /// Its context in tokens.
    pub context: u64,
    /// When it is put away; `None` is never.
    pub expires: Option<Duration>,
    /// Seconds that loading took just now.
    pub seconds: f64,
}

/// The models.
#[derive(Debug)]
pub struct Shelf {
    installed: Mutex<Vec<String>>,
    loaded: Mutex<BTreeMap<String, Loaded>>,
    /// One model loads at a time.
    loading: AsyncMutex<()>,
}

/// A name with its tag.
pub fn tagged(name: &str) -> String {
    if name.contains(':') { name.to_owned() } else { format!("{name}:latest") }
}

impl Shelf {
    /// A shelf with one model installed.
    pub fn new(name: &str) -> Self {
        Self { installed: Mutex::new(vec![tagged(name)]), loaded: Mutex::default(), loading: AsyncMutex::default() }
    }

    fn installed(&self) -> MutexGuard<'_, Vec<String>> {
        self.installed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loaded(&self) -> MutexGuard<'_, BTreeMap<String, Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names of the installed models.
    pub fn names(&self) -> Vec<String> {
        self.installed().clone()
    }

    /// Whether a model is installed.
    pub fn has(&self, name: &str) -> bool {
        self.installed().contains(&tagged(name))
    }

    /// Installs a model.
    pub fn install(&self, name: &str) {
        let name = tagged(name);
        let mut installed = self.installed();
        if !installed.contains(&name) {
            installed.push(name);
        }
    }

    /// Removes a model; false where it was not there.
    pub fn remove(&self, name: &str) -> bool {
        let name = tagged(name);
        self.loaded().remove(&name);
        let mut installed = self.installed();
        let before = installed.len();
        installed.retain(|n| *n != name);
        installed.len() < before
    }

    /// Tells the card whether loaded models compute.
    pub fn busy(&self, busy: bool) {
        for loaded in self.loaded().values() {
            loaded.holding.busy(busy);
        }
    }

    /// The loaded models.
    pub fn seen(&self) -> Vec<Seen> {
        let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let loaded = self.loaded();
        let seen = loaded.iter().map(|(name, l)| Seen {
            name: name.clone(),
            size: l.size,
            context: l.context,
            expires: l.expires.map(|(_, at)| since(at)),
            seconds: 0.0,
        });
        seen.collect()
    }

    /// Puts a model away.
    pub fn unload(&self, engine: &Engine, name: &str) {
        if self.loaded().remove(&tagged(name)).is_some() {
            engine.log.say(&Note::Runner(tagged(name), false));
        }
    }

    /// Sees to it that a model is loaded with a context, and for how long (seconds; negative is for ever).
    ///
    /// # Errors
    /// When it is not installed, or the card has no room for it.
    pub async fn load(
        &self,
        engine: &Arc<Engine>,
        name: &str,
        context: Option<u64>,
        keep: Option<f64>,
    ) -> Result<Seen, Refusal> {
        if !self.has(name) {
            return Err(Refusal::new(404, "not_found_error", format!("model '{name}' not found"), None));
        }
        let _one = self.loading.lock().await;
        let name = tagged(name);
        let began = Instant::now();
        let there = self.loaded().get(&name).map(|l| l.context);
        if there.is_none() || context.is_some_and(|context| there != Some(context)) {
            self.loaded().remove(&name);
            let loaded = fresh(engine, &name, context).await.map_err(|why| no_room(&why))?;
            self.loaded().insert(name.clone(), loaded);
            engine.log.say(&Note::Runner(name.clone(), true));
        }
        self.renew(engine, &name, keep.unwrap_or(KEEP));
        let seen = self.seen().into_iter().find(|seen| seen.name == name);
        let seen = seen.ok_or_else(|| Refusal::new(500, "api_error", "the model was put away meanwhile", None))?;
        Ok(Seen { seconds: began.elapsed().as_secs_f64(), ..seen })
    }

    fn renew(&self, engine: &Arc<Engine>, name: &str, keep: f64) {
        let time = Duration::try_from_secs_f64(keep).ok();
        let expires = time.map(|time| (Instant::now() + time, SystemTime::now() + time));
        if let Some(loaded) = self.loaded().get_mut(name) {
            loaded.expires = expires;
        }
        if let Some((at, _)) = expires {
            let (engine, name) = (Arc::clone(engine), name.to_owned());
            tokio::spawn(async move {
                tokio::time::sleep_until(at.into()).await;
                engine.shelf.expire(&engine, &name, at);
            });
        }
    }

    /// Puts a model away if its time is still this one.
    fn expire(&self, engine: &Engine, name: &str, at: Instant) {
        let due = self.loaded().get(name).is_some_and(|l| l.expires.is_some_and(|(time, _)| time == at));
        if due {
            self.unload(engine, name);
        }
    }
}

async fn fresh(engine: &Engine, name: &str, context: Option<u64>) -> Result<Loaded, Failure> {
    let served = tagged(&engine.config.served) == name;
    let config = Config {
        model: if served { engine.config.model.clone() } else { name.to_owned() },
        weights: if served { engine.config.weights } else { None },
        dialect: SimDialect::Ollama,
        max_model_len: context.unwrap_or(engine.config.max_model_len),
        ..engine.config.clone()
    };
    let holding = engine.card.hold(name).map_err(|problem| Failure::Port(problem.to_string()))?;
    boot::take(engine, &config, &holding).await?;
    let size = plan(&config, None).map(|s| s.context + s.weights + s.kv + s.rest).unwrap_or_default();
    Ok(Loaded { holding, size, context: config.max_model_len, expires: None })
}

fn no_room(why: &Failure) -> Refusal {
    let text = match why {
        Failure::Full(asked, free) => {
            let gib = |mib: u64| Bytes(mib * MIB);
            format!("model requires more memory ({}) than is available ({})", gib(*asked), gib(*free))
        }
        other => format!("llama runner process has terminated: {other:?}"),
    };
    Refusal::new(500, "api_error", text, None)
}

/// Size of an installed model on disk.
pub fn disk_size(config: &Config, name: &str) -> Bytes {
    if tagged(&config.served) == name { config.weight_bytes() } else { Assumed::from_name(name).weights() }
}
