//! Whom a conversation talks to: a run, or an endpoint added by URL. A target is never changed silently.

use crate::app::model::Shared;
use crate::base::{Problem, Reading, Secret, Unknown};
use crate::engines::{EngineKind, Phase, RunId, RunState};
use crate::wire::{DetectedEngine, Dialect};
use std::collections::BTreeMap;

/// Where Ollama listens by itself.
pub const OLLAMA: &str = "http://127.0.0.1:11434";

/// Where the key of an endpoint comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeyFrom {
    /// None is needed.
    #[default]
    Nowhere,
    /// Typed in; kept in a file only the user can read.
    Stored(Secret),
    /// The environment variable of this name, read when a request leaves.
    Env(String),
}

impl KeyFrom {
    /// From what a person typed: `$NAME` is an environment variable.
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "" => Self::Nowhere,
            text => match text.strip_prefix('$') {
                Some(name) => Self::Env(name.trim_matches(['{', '}']).to_owned()),
                None => Self::Stored(Secret::new(text)),
            },
        }
    }
}

/// An endpoint the person added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Base URL without `/v1`.
    pub base_url: String,
    /// Its key.
    pub key: KeyFrom,
    /// The dialect found there last.
    pub dialect: Dialect,
}

/// What a conversation talks to, by name; whether it is there is for [`Targets::resolve`] to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The run, when it is one.
    pub run: Option<RunId>,
    /// Base URL without `/v1`.
    pub base_url: String,
    /// The model name to send.
    pub model: String,
}

/// A target that can be talked to now.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// Base URL without `/v1`.
    pub base_url: String,
    /// The model name to send.
    pub model: String,
    /// The key.
    pub key: KeyFrom,
    /// Whose API it is.
    pub dialect: Dialect,
    /// Context length in tokens.
    pub context: Reading<u64>,
    /// Whether it is a simulation.
    pub simulated: bool,
}

/// What asking an endpoint gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// Not yet known.
    Asking,
    /// It answered.
    Found(DetectedEngine),
    /// It did not.
    Failed(Problem),
}

/// One row of the picker.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Model.
    pub model: String,
    /// Where: the run's name or the URL.
    pub place: String,
    /// Dialect or engine, context.
    pub detail: String,
    /// What to choose; `None` with the reason in `detail`.
    pub target: Option<Target>,
    /// Whether it is a simulation.
    pub simulated: bool,
    /// Whether the place was added by URL and can be forgotten.
    pub added: bool,
}

/// Every place to talk to besides the runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Targets {
    /// Endpoints added by the person.
    pub added: Vec<Added>,
    /// What asking gave, by base URL.
    pub lookups: BTreeMap<String, Lookup>,
    /// The place that was chosen before it said its models.
    pub wanted: Option<String>,
}

impl Targets {
    /// Whether and how a target can be talked to now.
    ///
    /// # Errors
    /// When it cannot: why, and what to do.
    pub fn resolve(&self, target: &Target, shared: &Shared) -> Result<Resolved, Problem> {
        let run = match &target.run {
            Some(id) => shared.runs.iter().find(|run| run.run == *id),
            None => shared.runs.iter().find(|run| serves(run, target)),
        };
        match run {
            Some(run) if run.phase == Phase::Ready => Ok(self.resolve_run(run, target, shared)),
            Some(run) => Err(not_ready(run)),
            None if target.run.is_some() => Err(gone(target)),
            None => self.resolve_url(target, shared),
        }
    }

    fn resolve_run(&self, run: &RunState, target: &Target, shared: &Shared) -> Resolved {
        let base_url = run.endpoint.clone().unwrap_or_else(|| target.base_url.clone());
        let context = self.context(&base_url, &target.model).or(run.context_tokens);
        Resolved {
            context: context.ok_or(Unknown::because("the engine does not say its context length")),
            base_url,
            model: target.model.clone(),
            key: KeyFrom::Nowhere,
            dialect: run.dialect,
            simulated: run.engine == EngineKind::Simulated || shared.demo.is_some(),
        }
    }

    fn resolve_url(&self, target: &Target, shared: &Shared) -> Result<Resolved, Problem> {
        let added = self.added.iter().find(|added| added.base_url == target.base_url);
        let found = match self.lookups.get(&target.base_url) {
            Some(Lookup::Found(found)) => Some(found),
            _ => None,
        };
        if added.is_none() && found.is_none() {
            return Err(Problem::failed(
                format!("nothing vramdeck knows serves {} at {}", target.model, target.base_url),
                "no run and no added endpoint has that address",
                "choose whom to talk to with Ctrl+T",
            ));
        }
        let dialect = found.map(|found| found.dialect).or(added.map(|added| added.dialect));
        Ok(Resolved {
            base_url: target.base_url.clone(),
            model: target.model.clone(),
            key: added.map(|added| added.key.clone()).unwrap_or_default(),
            dialect: dialect.unwrap_or(Dialect::OpenAi),
            context: self
                .context(&target.base_url, &target.model)
                .ok_or(Unknown::because("the endpoint does not say its context length")),
            simulated: shared.demo.is_some(),
        })
    }

    fn context(&self, base_url: &str, model: &str) -> Option<u64> {
        match self.lookups.get(base_url) {
            Some(Lookup::Found(found)) => found.context_tokens(model),
            _ => None,
        }
    }

    /// The addresses to ask when the picker opens.
    pub fn to_ask(&self, shared: &Shared) -> Vec<(String, KeyFrom)> {
        let runs = shared
            .runs
            .iter()
            .filter(|run| run.phase == Phase::Ready && run.engine == EngineKind::Ollama)
            .filter_map(|run| run.endpoint.clone());
        let mut urls: Vec<(String, KeyFrom)> = runs.map(|url| (url, KeyFrom::Nowhere)).collect();
        urls.extend(self.added.iter().map(|added| (added.base_url.clone(), added.key.clone())));
        if shared.demo.is_none() && !urls.iter().any(|(url, _)| url == OLLAMA) {
            urls.push((OLLAMA.to_owned(), KeyFrom::Nowhere));
        }
        urls
    }

    /// Everything that can be talked to, and what cannot with the reason.
    pub fn offers(&self, shared: &Shared) -> Vec<Offer> {
        let mut offers: Vec<Offer> =
            shared.runs.iter().filter(|run| run.phase.is_live()).flat_map(|run| self.run_offers(run, shared)).collect();
        for added in &self.added {
            offers.extend(self.url_offers(&added.base_url, true));
        }
        let covered = |url: &str| {
            self.added.iter().any(|added| added.base_url == url)
                || shared.runs.iter().any(|run| run.phase.is_live() && run.endpoint.as_deref() == Some(url))
        };
        if !covered(OLLAMA) && matches!(self.lookups.get(OLLAMA), Some(Lookup::Found(_))) {
            offers.extend(self.url_offers(OLLAMA, false));
        }
        offers
    }

    fn run_offers(&self, run: &RunState, shared: &Shared) -> Vec<Offer> {
        let simulated = run.engine == EngineKind::Simulated || shared.demo.is_some();
        let offer = |model: &str, context: Option<u64>| Offer {
            model: model.to_owned(),
            place: run.run.to_string(),
            detail: match &run.phase {
                Phase::Ready => detail(run.dialect, context.or(run.context_tokens)),
                phase => format!("{}: not ready yet", phase.name()),
            },
            target: run.endpoint.clone().filter(|_| run.phase == Phase::Ready).map(|base_url| Target {
                run: Some(run.run.clone()),
                base_url,
                model: model.to_owned(),
            }),
            simulated,
            added: false,
        };
        let lookup = run.endpoint.as_ref().and_then(|url| self.lookups.get(url));
        match lookup {
            Some(Lookup::Found(found)) if run.engine == EngineKind::Ollama && !found.models.is_empty() => {
                found.models.iter().map(|model| offer(&model.id, model.context_tokens)).collect()
            }
            _ => vec![offer(&run.served_name, None)],
        }
    }

    fn url_offers(&self, url: &str, added: bool) -> Vec<Offer> {
        let silent = |model: &str, detail: String| Offer {
            model: model.to_owned(),
            place: url.to_owned(),
            detail,
            target: None,
            simulated: false,
            added,
        };
        match self.lookups.get(url) {
            None | Some(Lookup::Asking) => vec![silent("…", "asking for its models".to_owned())],
            Some(Lookup::Failed(problem)) => vec![silent("?", problem.why.clone())],
            Some(Lookup::Found(found)) if found.models.is_empty() => vec![silent("?", "it lists no models".to_owned())],
            Some(Lookup::Found(found)) => found
                .models
                .iter()
                .map(|model| Offer {
                    target: Some(Target { run: None, base_url: url.to_owned(), model: model.id.clone() }),
                    ..silent(&model.id, detail(found.dialect, model.context_tokens))
                })
                .collect(),
        }
    }

    /// The run to talk to where nothing was chosen yet: the one that became ready last.
    pub fn first(shared: &Shared) -> Option<Target> {
        let ready = shared.runs.iter().filter(|run| run.phase == Phase::Ready && run.endpoint.is_some());
        let run = ready.max_by(|a, b| a.ready_at.unwrap_or(0.0).total_cmp(&b.ready_at.unwrap_or(0.0)))?;
        let base_url = run.endpoint.clone()?;
        Some(Target { run: Some(run.run.clone()), base_url, model: run.served_name.clone() })
    }
}

fn serves(run: &RunState, target: &Target) -> bool {
    run.phase.is_live()
        && run.endpoint.as_deref() == Some(&target.base_url)
        && (run.served_name == target.model || run.engine == EngineKind::Ollama)
}

fn detail(dialect: Dialect, context: Option<u64>) -> String {
    match context {
        Some(tokens) => format!("{} · {} context", dialect.name(), crate::base::units::count(tokens)),
        None => format!("{} · context unknown", dialect.name()),
    }
}

fn not_ready(run: &RunState) -> Problem {
    let why = match &run.phase {
        Phase::Failed { problem } => format!("the run failed: {}", problem.why),
        Phase::Exited { .. } => "the run has ended".to_owned(),
        phase => format!("the run is {}", phase.name()),
    };
    let hint =
        if run.phase.is_live() { "wait until it is ready, or choose" } else { "start it again on Engines, or choose" };
    Problem::failed(format!("{} cannot answer", run.run), why, format!("{hint} another target with Ctrl+T"))
}

fn gone(target: &Target) -> Problem {
    Problem::failed(
        format!("{} is gone", target.run.as_ref().map_or(target.model.as_str(), |run| run.0.as_str())),
        "the run is no longer on this machine",
        "start it again on Engines, or choose another target with Ctrl+T",
    )
}
