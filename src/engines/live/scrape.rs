//! One look at an engine's own gauges over HTTP: short, bounded, never a second one while the first is out.

use super::http::{chain, client_for, own_words, text, with_key};
use crate::base::{Problem, Reading, Unknown};
use crate::engines::metrics::{Answers, Gauges, gauges};
use crate::engines::{Dialect, RunId};
use crate::store::Paths;
use crate::wire::Endpoint;
use std::time::Duration;

/// How long one look may take in all.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks one engine. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Scraper {
    client: reqwest::Client,
    endpoint: Endpoint,
    kv_tokens: Option<u64>,
}

impl Scraper {
    /// For a run, its key included.
    ///
    /// # Errors
    /// When there is no such run, it has no endpoint, or no HTTP client can be made.
    pub fn of_run(paths: &Paths, run: &RunId) -> Result<Self, Problem> {
        let endpoint = super::endpoint(paths, run)?;
        let kv_tokens = super::get(paths, run)?.facts.kv_tokens;
        // The whole look is bounded, which says so in plain words.
        Ok(Self { client: client_for(&endpoint.base_url, PATIENCE * 2)?, endpoint, kv_tokens })
    }

    /// Looks once.
    ///
    /// # Errors
    /// When the server does not answer in time, or has no gauges.
    pub async fn look(&self) -> Reading<Gauges> {
        let late = || Unknown::because(format!("no answer within {} s", PATIENCE.as_secs()));
        tokio::time::timeout(PATIENCE, self.ask()).await.unwrap_or_else(|_| Err(late()))
    }

    async fn ask(&self) -> Reading<Gauges> {
        let dialect = self.endpoint.dialect;
        let (mut metrics, mut slots, mut loaded) = (None, None, None);
        match dialect {
            Dialect::Vllm => metrics = Some(self.get("/metrics").await?),
            Dialect::LlamaCpp => {
                // Either may be switched off; a server that answers neither has no gauges.
                let (first, second) = (self.get("/metrics").await, self.get("/slots").await);
                if let (Err(why), Err(_)) = (&first, &second) {
                    return Err(why.clone());
                }
                (metrics, slots) = (first.ok(), second.ok());
            }
            Dialect::Ollama => loaded = Some(self.get("/api/ps").await?),
            Dialect::OpenAi => return Err(Unknown::because("a server of unknown make is not asked for gauges")),
        }
        let answers = Answers {
            metrics: metrics.as_deref(),
            slots: slots.as_deref(),
            loaded: loaded.as_deref(),
            kv_tokens: self.kv_tokens,
        };
        Ok(gauges(dialect, &self.endpoint.model, answers))
    }

    async fn get(&self, path: &str) -> Reading<String> {
        let failed = |error: reqwest::Error| Unknown::because(format!("{path}: {}", chain(&error)));
        let url = format!("{}{path}", self.endpoint.base_url.trim_end_matches('/'));
        let request = with_key(self.client.get(url), self.endpoint.key.as_ref());
        let response = request.send().await.map_err(failed)?;
        let is_success = response.status().is_success();
        let status = response.status().as_u16();
        let body = text(response).await.map_err(|why| Unknown::because(format!("{path}: {why}")))?;
        if is_success {
            return Ok(body);
        }
        Err(Unknown::because(format!("{path}: HTTP {status}: {}", own_words(&body))))
    }
}

/// Asks a vLLM run in sleep mode to sleep: its weights go to the host's memory, its cache is dropped, the memory comes
/// back to the card. It wakes with [`wake`]; requests fail meanwhile.
///
/// # Errors
/// When the run has no endpoint or does not offer sleep mode, in the server's words.
pub async fn sleep(paths: &Paths, run: &RunId) -> Result<(), Problem> {
    post(paths, run, "/sleep?level=1", "cannot be put to sleep").await
}

/// Wakes a run that sleeps.
///
/// # Errors
/// As [`sleep`]; also when too little of the card is free now.
pub async fn wake(paths: &Paths, run: &RunId) -> Result<(), Problem> {
    post(paths, run, "/wake_up", "cannot be woken").await
}

async fn post(paths: &Paths, run: &RunId, path: &str, cannot: &str) -> Result<(), Problem> {
    let endpoint = super::endpoint(paths, run)?;
    // Weights are copied over the bus: seconds, not minutes.
    let client = client_for(&endpoint.base_url, Duration::from_secs(120))?;
    let url = format!("{}{path}", endpoint.base_url.trim_end_matches('/'));
    let what = format!("{run} {cannot}");
    let hint = "vLLM sleeps when started with --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1; stop the run instead";
    let response = with_key(client.post(url), endpoint.key.as_ref())
        .send()
        .await
        .map_err(|error| Problem::failed(what.clone(), chain(&error), hint))?;
    super::http::body(response, &what).await.map(|_| ()).map_err(|problem| Problem { hint: hint.to_owned(), ..problem })
}

/// One look at several runs at once, for programs without a runtime of their own; in the order asked.
pub fn look_at(paths: &Paths, runs: &[RunId]) -> Vec<Reading<Gauges>> {
    let none = |why: String| Err(Unknown::because(why));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return runs.iter().map(|_| none(error.to_string())).collect(),
    };
    let looks = runs.iter().map(|run| async move {
        let scraper = Scraper::of_run(paths, run);
        match scraper {
            Ok(scraper) => scraper.look().await,
            Err(problem) => none(problem.why),
        }
    });
    runtime.block_on(futures_util::future::join_all(looks))
}
