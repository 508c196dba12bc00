//! A model that gets out of the way of others, and back.

use super::ollama::Ollama;
use super::{endpoint, sleep, wake};
use crate::base::Problem;
use crate::engines::RunId;
use crate::models::together::Rest;
use crate::store::Paths;

/// Puts a run to rest. One that is to be stopped is not stopped here.
///
/// # Errors
/// In the engine's own words, when it will not.
pub async fn rest(paths: &Paths, run: &RunId, how: Rest) -> Result<(), Problem> {
    match how {
        Rest::Sleeps => sleep(paths, run).await,
        Rest::Unloads => {
            let endpoint = endpoint(paths, run)?;
            Ollama::new(&endpoint.base_url)?.unload(&endpoint.model).await
        }
        Rest::Stops => Ok(()),
    }
}

/// Brings it back. One that was stopped is not started here.
///
/// # Errors
/// In the engine's own words, when it will not.
pub async fn rouse(paths: &Paths, run: &RunId, how: Rest) -> Result<(), Problem> {
    match how {
        Rest::Sleeps => wake(paths, run).await,
        Rest::Unloads => {
            let endpoint = endpoint(paths, run)?;
            Ollama::new(&endpoint.base_url)?.load(&endpoint.model, -1).await
        }
        Rest::Stops => Ok(()),
    }
}
