//! Where a chat goes: an endpoint by its URL, or a run.

use crate::base::text::clean_line;
use crate::base::{Problem, Secret};
use crate::engines::{Phase, RunId, RunState, live};
use crate::store::Paths;
use crate::wire::live::Client;
use crate::wire::{DetectedEngine, Dialect, Endpoint, base_url};

/// Whom a command names.
#[derive(Debug, Default)]
pub(in crate::cli) struct Whom<'a> {
    /// A base URL.
    pub(in crate::cli) url: Option<&'a str>,
    /// A key.
    pub(in crate::cli) key: Option<&'a str>,
    /// A model.
    pub(in crate::cli) model: Option<&'a str>,
    /// A run.
    pub(in crate::cli) run: Option<&'a str>,
    /// A dialect.
    pub(in crate::cli) dialect: Option<&'a str>,
}

/// The flags that name whom to ask, for every command that asks a model.
#[derive(Debug, Clone, Default, clap::Args)]
pub(in crate::cli) struct Flags {
    /// Base URL of an OpenAI-compatible endpoint, for example http://127.0.0.1:8000
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Key of the endpoint; else VRAMDECK_API_KEY or OPENAI_API_KEY from the environment
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Model to ask; may be left out where the endpoint serves one
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The run to ask, as `vramdeck ps` names it
    #[arg(long, value_name = "RUN", conflicts_with = "url")]
    run: Option<String>,
    /// Whose API the endpoint speaks: vllm, llama.cpp, ollama or openai; else it is asked
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<String>,
}

impl Flags {
    /// Whom they name.
    pub(in crate::cli) fn whom(&self) -> Whom<'_> {
        let [url, key, model, run, dialect] =
            [&self.url, &self.key, &self.model, &self.run, &self.dialect].map(|given| given.as_deref());
        Whom { url, key, model, run, dialect }
    }
}

/// Whom that is.
#[derive(Debug)]
pub(in crate::cli) struct Found {
    /// Where to ask.
    pub(in crate::cli) endpoint: Endpoint,
    /// The run, where it is one of this user's.
    pub(in crate::cli) run: Option<RunState>,
    /// What the endpoint said of itself, where it was asked.
    pub(in crate::cli) detected: Option<DetectedEngine>,
}

/// Finds the endpoint and, where they were not given, its dialect and its only model.
pub(in crate::cli) async fn find(whom: &Whom<'_>, paths: &Paths, client: &Client) -> Result<Found, Problem> {
    let stated = whom.dialect.map(dialect).transpose()?;
    let mut found = match whom.url {
        Some(url) => by_url(whom, url, stated, client).await?,
        None => by_run(whom, paths)?,
    };
    found.endpoint.dialect = stated.unwrap_or(found.endpoint.dialect);
    Ok(found)
}

async fn by_url(whom: &Whom<'_>, url: &str, stated: Option<Dialect>, client: &Client) -> Result<Found, Problem> {
    let base_url = base_url(url)?;
    let key = key(whom);
    if let (Some(dialect), Some(model)) = (stated, whom.model) {
        let endpoint = Endpoint { base_url, key, dialect, model: model.to_owned() };
        return Ok(Found { endpoint, run: None, detected: None });
    }
    let detected = client.detect(&base_url, key.clone()).await?;
    let model = whom.model.map_or_else(|| only_model(&detected), |model| Ok(model.to_owned()))?;
    let endpoint = Endpoint { base_url, key, dialect: detected.dialect, model };
    Ok(Found { endpoint, run: None, detected: Some(detected) })
}

/// The endpoint of the run named, or of the only ready run that serves the model, or of the only ready run.
fn by_run(whom: &Whom<'_>, paths: &Paths) -> Result<Found, Problem> {
    let state = match whom.run {
        Some(name) => live::get(paths, &RunId(name.to_owned()))?,
        None => only_run(live::list(paths), whom.model)?,
    };
    if state.phase != Phase::Ready {
        return Err(Problem::failed(
            format!("{} cannot be asked", state.run),
            format!("it is {}", state.phase.name()),
            format!("vramdeck logs {}", state.run),
        ));
    }
    let endpoint = live::endpoint(paths, &state.run)?;
    let key = whom.key.map(|key| Secret::new(key.to_owned())).or(endpoint.key);
    // Beside --run, --model is the name to send; without it, it chose the run, by whichever of its names.
    let model = whom.model.filter(|_| whom.run.is_some()).map_or(endpoint.model, str::to_owned);
    let endpoint = Endpoint { key, model, ..endpoint };
    Ok(Found { endpoint, run: Some(state), detected: None })
}

fn only_run(mut runs: Vec<RunState>, model: Option<&str>) -> Result<RunState, Problem> {
    runs.retain(|state| state.phase == Phase::Ready);
    let names = |runs: &[RunState]| {
        let each = runs.iter().map(|state| format!("{} ({})", state.run, clean_line(&state.served_name)));
        each.collect::<Vec<_>>().join(", ")
    };
    let ready = names(&runs);
    if let Some(model) = model {
        runs.retain(|state| [&state.served_name, &state.model, &state.run.0].into_iter().any(|name| name == model));
    }
    match (runs.len(), ready.is_empty()) {
        (1, _) => Ok(runs.remove(0)),
        (0, true) => Err(Problem::usage(
            "it is not said whom to ask",
            "no run is ready",
            "start one with vramdeck launch, or add --url http://HOST:PORT of an OpenAI-compatible server",
        )),
        (0, false) => Err(Problem::usage(
            format!("no ready run serves {}", clean_line(model.unwrap_or_default())),
            format!("ready are {ready}"),
            "give one of these names with --model or --run",
        )),
        _ => Err(Problem::usage(
            "it is not said which run to ask",
            format!("ready are {}", names(&runs)),
            "add --run and the run's name",
        )),
    }
}

fn key(whom: &Whom<'_>) -> Option<Secret> {
    let from_env = |name: &str| std::env::var(name).ok().filter(|key| !key.is_empty());
    let key =
        whom.key.map(str::to_owned).or_else(|| from_env("VRAMDECK_API_KEY")).or_else(|| from_env("OPENAI_API_KEY"));
    key.map(Secret::new)
}

fn dialect(name: &str) -> Result<Dialect, Problem> {
    Dialect::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Dialect::ALL.into_iter().map(Dialect::name).collect();
        Problem::usage(
            format!("there is no dialect {}", clean_line(name)),
            format!("known are {}", names.join(", ")),
            "leave it out",
        )
    })
}

fn only_model(found: &DetectedEngine) -> Result<String, Problem> {
    match &found.models[..] {
        [model] => Ok(model.id.clone()),
        [] => Err(Problem::failed("there is no model to ask", "the endpoint serves none", "load one, or add --model")),
        many => {
            let names: Vec<&str> = many.iter().take(12).map(|model| model.id.as_str()).collect();
            Err(Problem::usage("it is not said which model to ask", "the endpoint serves several", "add --model")
                .with_detail([clean_line(&names.join(", "))]))
        }
    }
}
