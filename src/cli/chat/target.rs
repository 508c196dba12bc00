//! Where a chat goes: an endpoint by its URL, or a run.

use super::{Args, Context};
use crate::base::text::clean_line;
use crate::base::{Problem, Secret};
use crate::engines::{Phase, RunId, RunState, live};
use crate::store::Paths;
use crate::wire::live::Client;
use crate::wire::{DetectedEngine, Dialect, Endpoint, base_url};

/// Finds the endpoint and, where they were not given, its dialect and its only model.
pub(super) async fn find(args: &Args, context: &Context, client: &Client) -> Result<Endpoint, Problem> {
    let stated = args.dialect.as_deref().map(dialect).transpose()?;
    let mut endpoint = match &args.url {
        Some(url) => by_url(args, url, stated, client).await?,
        None => by_run(args, &context.paths)?,
    };
    endpoint.dialect = stated.unwrap_or(endpoint.dialect);
    Ok(endpoint)
}

async fn by_url(args: &Args, url: &str, stated: Option<Dialect>, client: &Client) -> Result<Endpoint, Problem> {
    let base_url = base_url(url)?;
    let key = key(args);
    if let (Some(dialect), Some(model)) = (stated, &args.model) {
        return Ok(Endpoint { base_url, key, dialect, model: model.clone() });
    }
    let found = client.detect(&base_url, key.clone()).await?;
    let model = args.model.clone().map_or_else(|| only_model(&found), Ok)?;
    Ok(Endpoint { base_url, key, dialect: found.dialect, model })
}

/// The endpoint of the run named, or of the only ready run that serves the model, or of the only ready run.
fn by_run(args: &Args, paths: &Paths) -> Result<Endpoint, Problem> {
    let state = match &args.run {
        Some(name) => live::get(paths, &RunId(name.clone()))?,
        None => only_run(live::list(paths), args.model.as_deref())?,
    };
    if state.phase != Phase::Ready {
        return Err(Problem::failed(
            format!("{} cannot be asked", state.run),
            format!("it is {}", state.phase.name()),
            format!("vramdeck logs {}", state.run),
        ));
    }
    let endpoint = live::endpoint(paths, &state.run)?;
    let key = args.key.clone().map(Secret::new).or(endpoint.key);
    // Beside --run, --model is the name to send; without it, it chose the run, by whichever of its names.
    let model = args.model.clone().filter(|_| args.run.is_some()).unwrap_or(endpoint.model);
    Ok(Endpoint { key, model, ..endpoint })
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

fn key(args: &Args) -> Option<Secret> {
    let from_env = |name: &str| std::env::var(name).ok().filter(|key| !key.is_empty());
    let key = args.key.clone().or_else(|| from_env("VRAMDECK_API_KEY")).or_else(|| from_env("OPENAI_API_KEY"));
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
