//! Questions to pooling models, and what a server says that its model can do.

use super::Client;
use super::http::{self, PATIENCE};
use crate::base::{Problem, Reading, Unknown};
use crate::wire::fault::{self, Broke};
use crate::wire::pooling::{self, Answer, Ask, MOST_ANSWER, Task};
use crate::wire::{Dialect, Endpoint, raw};
use reqwest::Response;
use serde_json::{Value, json};

/// Most bytes of an answer that describes a model.
const MOST: usize = 8 << 20;

impl Client {
    /// Asks a pooling model.
    ///
    /// # Errors
    /// When the question cannot be asked of such a server, is refused, or its answer cannot be used.
    pub async fn pool(&self, endpoint: &Endpoint, ask: &Ask) -> Result<Answer, Problem> {
        let path = ask.check(endpoint.dialect)?;
        let url = format!("{}{path}", endpoint.base_url);
        let body = pooling::body(&endpoint.model, endpoint.dialect, ask);
        let work = async {
            let answer = self.sent(endpoint, &url, &body).await?;
            let status = answer.status().as_u16();
            let answer = match http::accepted(answer, endpoint, &url).await {
                Ok(answer) => answer,
                Err(problem) => return Err(unserved(problem, status, endpoint.dialect, ask.task)),
            };
            pooling::read(ask, &url, &http::start_of(answer, MOST_ANSWER).await)
        };
        let idle = self.idle;
        let silent = |_| fault::from_transport(&endpoint.base_url, Broke::Silent(idle.as_secs()), "");
        tokio::time::timeout(idle, work).await.map_err(silent)?
    }

    /// Whether a server serves a task, asked by a request that no server answers with work: one with nothing in it, which is
    /// refused as such where the task is served, and as unknown where it is not.
    pub async fn serves(&self, endpoint: &Endpoint, task: Task) -> Reading<bool> {
        let Some(path) = pooling::route(endpoint.dialect, task) else { return Ok(false) };
        if !matches!(endpoint.dialect, Dialect::Vllm | Dialect::LlamaCpp) {
            return Err(Unknown::because("such a server cannot be asked without work"));
        }
        let empty = match task {
            Task::Rerank => json!({"model": endpoint.model, "query": "", "documents": []}),
            Task::Score => json!({"model": endpoint.model, "text_1": "", "text_2": []}),
            _ => json!({"model": endpoint.model, "input": [""]}),
        };
        let url = format!("{}{path}", endpoint.base_url);
        let answer = tokio::time::timeout(PATIENCE, self.sent(endpoint, &url, &empty)).await;
        match answer.map(|sent| sent.map(|answer| answer.status().as_u16())) {
            Ok(Ok(404 | 405 | 501)) => Ok(false),
            Ok(Ok(200..=299 | 400 | 422)) => Ok(true),
            Ok(Ok(status)) => Err(Unknown::because(format!("the server answered HTTP {status}"))),
            Ok(Err(problem)) => Err(Unknown::because(problem.why)),
            Err(_) => Err(Unknown::because("the server did not answer in time")),
        }
    }

    /// What a server says that a model can do, in its own words: Ollama's capabilities (`completion`, `embedding`, `vision`,
    /// …), llama-server's modalities (`vision`, `audio`), LiteLLM's mode (`embedding`, `rerank`, `chat`).
    pub async fn abilities(&self, endpoint: &Endpoint) -> Reading<Vec<String>> {
        let unknown = |problem: Problem| Unknown::because(problem.why);
        let words = match endpoint.dialect {
            Dialect::Vllm => return Err(Unknown::because("vLLM does not say what its model can do")),
            Dialect::Ollama => {
                let url = format!("{}/api/show", endpoint.base_url);
                let answer = self.sent(endpoint, &url, &json!({"model": endpoint.model})).await.map_err(unknown)?;
                let told = self.told(answer, endpoint, &url).await.map_err(unknown)?;
                listed(told.get("capabilities"))
            }
            Dialect::LlamaCpp => {
                let told = self.described(endpoint, "/props").await.map_err(unknown)?;
                let all = told.get("modalities").and_then(Value::as_object).cloned().unwrap_or_default();
                all.into_iter().filter(|(_, on)| on == &Value::Bool(true)).map(|(name, _)| name).collect()
            }
            Dialect::OpenAi => {
                let told = self.described(endpoint, "/model/info").await.map_err(unknown)?;
                let all = told.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
                let named = |one: &&Value| one.get("model_name").and_then(Value::as_str) == Some(&endpoint.model);
                let about = all.iter().find(named).and_then(|one| one.get("model_info"));
                let about = about.ok_or(Unknown::because("the server does not describe the model"))?;
                let mode = about.get("mode").and_then(Value::as_str).map(str::to_owned);
                let sees = about.get("supports_vision") == Some(&Value::Bool(true));
                mode.into_iter().chain(sees.then(|| "vision".to_owned())).collect()
            }
        };
        Ok(words)
    }

    /// The tokens that vLLM makes of a text, special ones among them.
    pub async fn tokens_of(&self, endpoint: &Endpoint, text: &str) -> Reading<Vec<String>> {
        if endpoint.dialect != Dialect::Vllm {
            return Err(Unknown::because("only vLLM shows the tokens that it labels"));
        }
        let unknown = |problem: Problem| Unknown::because(format!("the tokens cannot be read: {}", problem.why));
        let url = format!("{}/tokenize", endpoint.base_url);
        let body = json!({"model": endpoint.model, "prompt": text, "return_token_strs": true});
        let answer = self.sent(endpoint, &url, &body).await.map_err(unknown)?;
        let told = self.told(answer, endpoint, &url).await.map_err(unknown)?;
        Ok(raw::spelled(listed(told.get("token_strs"))))
    }

    async fn described(&self, endpoint: &Endpoint, path: &str) -> Result<Value, Problem> {
        let url = format!("{}{path}", endpoint.base_url);
        let request = http::with_key(self.pools.of(&url)?.get(&url).timeout(PATIENCE), endpoint);
        let answer = request.send().await.map_err(|error| http::unsent(&url, &error))?;
        self.told(answer, endpoint, &url).await
    }

    async fn sent(&self, endpoint: &Endpoint, url: &str, body: &Value) -> Result<Response, Problem> {
        let request = http::with_key(self.pools.of(url)?.post(url).json(body), endpoint);
        request.send().await.map_err(|error| http::unsent(url, &error))
    }

    async fn told(&self, answer: Response, endpoint: &Endpoint, url: &str) -> Result<Value, Problem> {
        let answer = http::accepted(answer, endpoint, url).await?;
        let body = http::start_of(answer, MOST).await;
        serde_json::from_slice(&body).map_err(|_| fault::not_an_answer(url, "", &body))
    }
}

fn listed(list: Option<&Value>) -> Vec<String> {
    let all = list.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// A refusal that says that the server does not serve the task tells what would make it.
fn unserved(problem: Problem, status: u16, dialect: Dialect, task: Task) -> Problem {
    if !matches!(status, 404 | 405 | 501) || problem.what.contains("a model named") {
        return problem;
    }
    let hint = match (dialect, task) {
        (Dialect::Vllm, Task::Embed) => {
            "start vLLM with --runner pooling, and --convert embed where the model writes text"
        }
        (Dialect::Vllm, Task::Rerank | Task::Score) => {
            "start vLLM with a reranker, or an embedding model with --runner pooling"
        }
        (Dialect::Vllm, _) => {
            "start vLLM with a model that has such a head, or with --runner pooling --convert classify"
        }
        (Dialect::LlamaCpp, Task::Rerank) => "start llama-server with --reranking, and a reranker",
        (Dialect::LlamaCpp | Dialect::Ollama, _) => {
            "start it with an embedding model; llama-server also needs --embeddings"
        }
        (Dialect::OpenAi, _) => "give the base URL of a server that serves it, without /v1",
    };
    Problem { what: format!("the server does not give {}", task.gives()), hint: hint.to_owned(), ..problem }
}
