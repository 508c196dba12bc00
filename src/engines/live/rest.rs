//! A model that gets out of the way of others, and back.

use super::http::{body, client_for, with_key};
use super::ollama::Ollama;
use crate::base::Problem;
use crate::models::together::Rest;
use crate::wire::Endpoint;
use std::time::Duration;

/// Weights go to RAM and back within this, also over a slow link.
const LONGEST: Duration = Duration::from_secs(180);

/// Puts what answers at an endpoint to rest. A server that is to be stopped is not stopped here.
///
/// # Errors
/// In the engine's own words, when it will not.
pub async fn rest(endpoint: &Endpoint, how: Rest) -> Result<(), Problem> {
    match how {
        Rest::Sleeps => ask(endpoint, "/sleep?level=1", "the engine does not sleep").await,
        Rest::Unloads => Ollama::new(&endpoint.base_url)?.unload(&endpoint.model).await,
        Rest::Stops => Ok(()),
    }
}

/// Wakes it again. A server that was stopped is not started here.
///
/// # Errors
/// In the engine's own words, when it will not.
pub async fn wake(endpoint: &Endpoint, how: Rest) -> Result<(), Problem> {
    match how {
        Rest::Sleeps => ask(endpoint, "/wake_up", "the engine does not wake").await,
        Rest::Unloads => Ollama::new(&endpoint.base_url)?.load(&endpoint.model, -1).await,
        Rest::Stops => Ok(()),
    }
}

async fn ask(endpoint: &Endpoint, path: &str, what: &str) -> Result<(), Problem> {
    let client = client_for(&endpoint.base_url, LONGEST)?;
    let request = with_key(client.post(format!("{}{path}", endpoint.base_url)), endpoint.key.as_ref());
    let answer = request
        .send()
        .await
        .map_err(|error| Problem::failed(what, super::http::chain(&error), "look into its log, or stop it"))?;
    body(answer, what).await.map(drop).map_err(|problem| match problem.why.contains("HTTP 404") {
        true => Problem::failed(
            what,
            "it was started without sleep mode",
            "start it with --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1",
        ),
        false => problem,
    })
}
