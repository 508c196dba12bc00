//! Whether a server answers.

use super::http::{chain, client_for, own_words, text, with_key};
use crate::base::Problem;
use crate::engines::{Dialect, EngineKind, Plan};
use serde_json::Value;
use std::time::Duration;

/// What one question showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Health {
    /// It answers; the context length it states, in tokens.
    Up(Option<u64>),
    /// It answers that it is not ready yet (llama-server while loading).
    Loading,
    /// It does not answer, or with an error; why.
    Down(String),
    /// It will not answer for a reason that waiting does not mend (a wrong key).
    Refused(String),
}

/// How long one answer may take in all: one that drips for ever must not be the last that is asked.
const PATIENCE: Duration = Duration::from_secs(15);

/// Asks the questions. Clones share their connections.
#[derive(Clone)]
pub(super) struct Prober {
    client: reqwest::Client,
    plan: Plan,
}

impl Prober {
    /// For the server of a plan.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(plan: &Plan) -> Result<Self, Problem> {
        Ok(Self { client: client_for(&plan.endpoint, Duration::from_secs(5))?, plan: plan.clone() })
    }

    fn path(&self) -> &'static str {
        match self.plan.dialect {
            // Its list of models needs a key where the configuration has one.
            _ if self.plan.engine == EngineKind::LiteLlm => "/health/liveliness",
            Dialect::Vllm | Dialect::LlamaCpp => "/health",
            Dialect::Ollama => "/api/version",
            Dialect::OpenAi => "/v1/models",
        }
    }

    async fn get(&self, path: &str) -> Result<(u16, String), String> {
        let url = format!("{}{path}", self.plan.endpoint);
        let request = with_key(self.client.get(url), self.plan.key.as_ref());
        let ask = async {
            let response = request.send().await.map_err(|error| chain(&error))?;
            let status = response.status().as_u16();
            Ok((status, text(response).await?))
        };
        let late = || format!("no whole answer within {} s", PATIENCE.as_secs());
        tokio::time::timeout(PATIENCE, ask).await.unwrap_or_else(|_| Err(late()))
    }

    /// Asks once.
    pub async fn ask(&self) -> Health {
        match self.get(self.path()).await {
            Ok((200, _)) if self.plan.engine == EngineKind::LiteLlm => Health::Up(None),
            Ok((200, body)) if self.plan.dialect == Dialect::OpenAi => self.as_endpoint(&body),
            Ok((200, _)) => Health::Up(None),
            Ok((503, body)) if body.contains("oading") => Health::Loading,
            Ok((status @ (401 | 403), body)) => Health::Refused(format!("HTTP {status}: {}", own_words(&body))),
            Ok((status, body)) => Health::Down(format!("HTTP {status}: {}", own_words(&body))),
            Err(why) => Health::Down(why),
        }
    }

    fn as_endpoint(&self, body: &str) -> Health {
        let listed: Option<Value> = serde_json::from_str(body).ok();
        let Some(models) = listed.as_ref().and_then(|value| value.get("data")?.as_array()) else {
            return Health::Refused("/v1/models does not answer as an OpenAI-compatible server does".to_owned());
        };
        let ids: Vec<&str> = models.iter().filter_map(|model| model.get("id")?.as_str()).collect();
        if !ids.is_empty() && !ids.contains(&self.plan.served_name.as_str()) {
            let known = crate::base::text::clean_line(&ids.join(", "));
            return Health::Refused(format!("it serves no model {}: it has {known}", self.plan.served_name));
        }
        Health::Up(context(models))
    }

    /// The context length that the server states for the model.
    pub async fn context(&self) -> Option<u64> {
        if self.plan.dialect == Dialect::Ollama {
            let loaded = super::ollama::Ollama::new(&self.plan.endpoint).ok()?.loaded().await.ok()?;
            let tag = |name: &str| name.strip_suffix(":latest").unwrap_or(name).to_owned();
            return loaded.iter().find(|model| tag(&model.name) == tag(&self.plan.model))?.context;
        }
        let (status, body) = self.get("/v1/models").await.ok()?;
        let value: Value = serde_json::from_str(&body).ok().filter(|_| status == 200)?;
        context(value.get("data")?.as_array()?)
    }

    /// Loads the model into an Ollama server and keeps it loaded.
    ///
    /// # Errors
    /// In Ollama's own words.
    pub async fn load_ollama(&self) -> Result<(), Problem> {
        super::ollama::Ollama::new(&self.plan.endpoint)?.load(&self.plan.model, -1).await
    }
}

fn context(models: &[Value]) -> Option<u64> {
    let model = models.first()?;
    let stated = model.get("max_model_len").or_else(|| model.get("meta")?.get("n_ctx"));
    stated?.as_u64()
}
