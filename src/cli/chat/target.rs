//! Where a chat goes: an endpoint by its URL.

use super::{Args, Context};
use crate::base::{Problem, Secret};
use crate::wire::live::Client;
use crate::wire::{DetectedEngine, Dialect, Endpoint, base_url};

/// Finds the endpoint and, where they were not given, its dialect and its only model.
pub(super) async fn find(args: &Args, _context: &Context, client: &Client) -> Result<Endpoint, Problem> {
    let Some(url) = &args.url else {
        return Err(Problem::usage(
            "it is not said whom to ask",
            "no endpoint was given",
            "add --url http://HOST:PORT of an OpenAI-compatible server",
        ));
    };
    let base_url = base_url(url)?;
    let key = key(args);
    let stated = args.dialect.as_deref().map(dialect).transpose()?;
    let (dialect, model) = match (stated, &args.model) {
        (Some(dialect), Some(model)) => (dialect, model.clone()),
        _ => {
            let found = client.detect(&base_url, key.clone()).await?;
            let model = args.model.clone().map_or_else(|| only_model(&found), Ok)?;
            (stated.unwrap_or(found.dialect), model)
        }
    };
    Ok(Endpoint { base_url, key, dialect, model })
}

fn key(args: &Args) -> Option<Secret> {
    let from_env = |name: &str| std::env::var(name).ok().filter(|key| !key.is_empty());
    let key = args.key.clone().or_else(|| from_env("VRAMDECK_API_KEY")).or_else(|| from_env("OPENAI_API_KEY"));
    key.map(Secret::new)
}

fn dialect(name: &str) -> Result<Dialect, Problem> {
    Dialect::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Dialect::ALL.into_iter().map(Dialect::name).collect();
        Problem::usage(format!("there is no dialect {name}"), format!("known are {}", names.join(", ")), "leave it out")
    })
}

fn only_model(found: &DetectedEngine) -> Result<String, Problem> {
    match &found.models[..] {
        [model] => Ok(model.id.clone()),
        [] => Err(Problem::failed("there is no model to ask", "the endpoint serves none", "load one, or add --model")),
        many => {
            let names: Vec<&str> = many.iter().take(12).map(|model| model.id.as_str()).collect();
            Err(Problem::usage("it is not said which model to ask", "the endpoint serves several", "add --model")
                .with_detail([crate::base::text::clean_line(&names.join(", "))]))
        }
    }
}
