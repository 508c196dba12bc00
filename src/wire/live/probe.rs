//! Questions to an endpoint besides chats: is it well, what does it serve, whose server is it.

use super::Client;
use super::http::{self, PATIENCE};
use crate::base::{Problem, Secret};
use crate::wire::fault;
use crate::wire::models::{self, DetectedEngine, ModelInfo};
use crate::wire::{Dialect, Endpoint};
use serde_json::Value;

/// Most bytes of an answer.
const MOST: usize = 8 << 20;

/// What a server says of its health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It answers.
    Ready,
    /// It is there and loads its model.
    Loading,
    /// It is there and says that it is unwell, in its own words.
    Unwell(Problem),
}

impl Client {
    /// The models an endpoint serves.
    ///
    /// # Errors
    /// When it cannot be reached, refuses the key, or is not OpenAI-like.
    pub async fn models(&self, endpoint: &Endpoint) -> Result<Vec<ModelInfo>, Problem> {
        let url = format!("{}/v1/models", endpoint.base_url);
        let (answer, text) = self.get(&url, endpoint).await?;
        answer
            .as_ref()
            .and_then(models::models)
            .ok_or_else(|| fault::not_an_answer(&endpoint.base_url, "", text.as_bytes()))
    }

    /// Asks `/health`, and the root where a server has no such path (Ollama).
    ///
    /// # Errors
    /// When no connection can be made.
    pub async fn health(&self, base_url: &str) -> Result<Health, Problem> {
        match self.status(&format!("{base_url}/health")).await? {
            Ok(()) => Ok(Health::Ready),
            Err((404 | 405, _)) => match self.status(base_url).await? {
                Ok(()) => Ok(Health::Ready),
                Err((_, problem)) => Ok(Health::Unwell(problem)),
            },
            Err((503, problem)) if problem.why.to_ascii_lowercase().contains("loading") => Ok(Health::Loading),
            Err((_, problem)) => Ok(Health::Unwell(problem)),
        }
    }

    /// Finds out whose server stands at a base URL, its version and its models.
    ///
    /// # Errors
    /// When it cannot be reached, refuses the key, or is not OpenAI-like.
    pub async fn detect(&self, base_url: &str, key: Option<Secret>) -> Result<DetectedEngine, Problem> {
        let endpoint = Endpoint { base_url: base_url.to_owned(), key, dialect: Dialect::OpenAi, model: String::new() };
        let mut models = self.models(&endpoint).await?;
        let dialect = match models::dialect_of(&models) {
            Some(dialect) => dialect,
            None => self.dialect_by_paths(&endpoint).await,
        };
        let version = match dialect {
            Dialect::Vllm => self.text_at("/version", "/version", &endpoint).await,
            Dialect::LlamaCpp => self.text_at("/props", "/build_info", &endpoint).await,
            Dialect::Ollama => self.text_at("/api/version", "/version", &endpoint).await,
            Dialect::OpenAi => None,
        };
        if dialect == Dialect::Ollama
            && let Some(loaded) = self.json_at("/api/ps", &endpoint).await
        {
            models::add_loaded(&mut models, &loaded);
        }
        Ok(DetectedEngine { dialect, version, models })
    }

    /// An empty model list says nothing of its server; its other paths do.
    async fn dialect_by_paths(&self, endpoint: &Endpoint) -> Dialect {
        if self.text_at("/api/version", "/version", endpoint).await.is_some() {
            return Dialect::Ollama;
        }
        let props = self.json_at("/props", endpoint).await;
        if props.is_some_and(|props| props.get("default_generation_settings").is_some()) {
            return Dialect::LlamaCpp;
        }
        Dialect::OpenAi
    }

    async fn text_at(&self, path: &str, pointer: &str, endpoint: &Endpoint) -> Option<String> {
        Some(fault::excerpt(self.json_at(path, endpoint).await?.pointer(pointer)?.as_str()?))
    }

    async fn json_at(&self, path: &str, endpoint: &Endpoint) -> Option<Value> {
        self.get(&format!("{}{path}", endpoint.base_url), endpoint).await.ok()?.0
    }

    async fn get(&self, url: &str, endpoint: &Endpoint) -> Result<(Option<Value>, String), Problem> {
        let request = http::with_key(self.pools.of(url)?.get(url).timeout(PATIENCE), endpoint);
        let answer = request.send().await.map_err(|error| http::unsent(url, &error))?;
        let answer = http::accepted(answer, endpoint, url).await?;
        let body = http::start_of(answer, MOST).await;
        Ok((serde_json::from_slice(&body).ok(), String::from_utf8_lossy(&body).into_owned()))
    }

    /// Whether the status is 2xx, else the status and the problem it means.
    async fn status(&self, url: &str) -> Result<Result<(), (u16, Problem)>, Problem> {
        let endpoint = Endpoint { base_url: url.to_owned(), key: None, dialect: Dialect::OpenAi, model: String::new() };
        let request = self.pools.of(url)?.get(url).timeout(PATIENCE);
        let answer = request.send().await.map_err(|error| http::unsent(url, &error))?;
        let status = answer.status().as_u16();
        Ok(http::accepted(answer, &endpoint, url).await.map(drop).map_err(|problem| (status, problem)))
    }
}
