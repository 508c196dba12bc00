//! What all requests of an engine share.

use super::card::{Card, Holding};
use super::log::Log;
use super::shelf::Shelf;
use crate::engines::simulated::answer::Knowledge;
use crate::engines::simulated::logs::Note;
use crate::engines::simulated::metrics::Metrics;
use crate::engines::simulated::rng::Rng;
use crate::engines::simulated::{Config, SimDialect};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How often rates are written to the log while something runs.
const RATES_EVERY: Duration = Duration::from_secs(10);

/// The engine.
#[derive(Debug)]
pub struct Engine {
    /// Its settings.
    pub config: Config,
    /// Its log.
    pub log: Log,
    /// The model.
    pub knowledge: Arc<Knowledge>,
    /// The card.
    pub card: Card,
    /// Ollama's models.
    pub shelf: Shelf,
    /// Places for sequences.
    pub places: Arc<Semaphore>,
    /// Seconds since the epoch at which it started.
    pub created: u64,
    metrics: Mutex<Metrics>,
    holding: OnceLock<(Holding, u64)>,
    ready: AtomicBool,
    requests: AtomicU64,
    serial: AtomicU64,
}

impl Engine {
    /// Trains the model and finds the card.
    ///
    /// # Errors
    /// What is missing.
    pub fn new(config: Config, log: Log) -> Result<Self, String> {
        Ok(Self {
            knowledge: Arc::new(Knowledge::new()?),
            card: Card::from_env().map_err(|problem| problem.to_string())?,
            shelf: Shelf::new(&config.served),
            places: Arc::new(Semaphore::new(config.max_num_seqs.max(1))),
            created: log.clock().epoch.as_secs(),
            metrics: Mutex::default(),
            holding: OnceLock::new(),
            ready: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            serial: AtomicU64::new(0),
            config,
            log,
        })
    }

    /// The counters.
    pub fn metrics(&self) -> MutexGuard<'_, Metrics> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the memory of the loaded model and how many tokens its cache holds.
    pub fn keep(&self, holding: Holding, tokens: u64) {
        // It is loaded once.
        let _ = self.holding.set((holding, tokens));
    }

    /// Tokens that the cache holds.
    pub fn capacity(&self) -> u64 {
        let shelved = self.config.max_model_len * self.config.max_num_seqs as u64;
        self.holding.get().map_or(shelved, |(_, tokens)| *tokens)
    }

    /// Tells the card whether it computes.
    pub fn busy(&self, busy: bool) {
        if let Some((holding, _)) = self.holding.get() {
            holding.busy(busy);
        }
        self.shelf.busy(busy);
    }

    /// From now on requests are answered.
    pub fn be_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// Whether requests are answered.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Counts a request for text and gives its number, from 1.
    pub fn count_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Random numbers of one request: from the seed of the engine where it has one, else different every time.
    pub fn numbers(&self) -> Rng {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let seed = self.config.seed.unwrap_or_else(|| self.log.clock().epoch.as_nanos() as u64);
        Rng::new(seed, serial)
    }

    /// Writes rates to the log while something runs; never comes back.
    pub async fn watch(&self) -> u8 {
        let mut before = (0, 0);
        let mut every = tokio::time::interval(RATES_EVERY);
        every.tick().await;
        loop {
            every.tick().await;
            let (now, running, waiting, cached) = {
                let m = self.metrics();
                ((m.prompt_tokens, m.generated), m.running, m.waiting, m.cached_tokens)
            };
            if (now != before || running > 0) && self.config.dialect == SimDialect::Vllm {
                let rate = |now: u64, before: u64| (now - before) as f64 / RATES_EVERY.as_secs_f64();
                let usage = cached as f64 / self.capacity().max(1) as f64;
                let (prompt, generation) = (rate(now.0, before.0), rate(now.1, before.1));
                self.log.say(&Note::Rates(prompt, generation, running, waiting, usage));
            }
            before = now;
        }
    }
}
