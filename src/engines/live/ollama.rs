//! What an Ollama server can be asked beside chatting: its models, fetching, making, loading and unloading them.

use super::http::{body, chain, client_for, own_words};
use crate::base::text::clean_line;
use crate::base::{Bytes, Problem};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// A model the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OllamaModel {
    /// Its tag, for example `qwen3:8b`.
    pub name: String,
    /// Bytes on disk.
    pub size: Bytes,
    /// For example `Q4_K_M`, where the server says.
    pub quantization: Option<String>,
    /// For example `8.2B`, where the server says.
    pub parameters: Option<String>,
    /// Context it was made for, tokens, where the server says.
    pub context: Option<u64>,
}

/// A model that is loaded now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedModel {
    /// Its tag.
    pub name: String,
    /// Bytes it takes in all.
    pub size: Bytes,
    /// Bytes of these on the card.
    pub on_card: Bytes,
    /// Context it was loaded with, tokens, where the server says.
    pub context: Option<u64>,
}

/// How far a pull or a create is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is being done, in the server's words.
    pub status: String,
    /// Bytes done of the present file, where said.
    pub done: Option<Bytes>,
    /// Bytes of the present file in all, where said.
    pub total: Option<Bytes>,
}

/// An Ollama server.
#[derive(Debug, Clone)]
pub struct Ollama {
    client: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
struct Models {
    #[serde(default)]
    models: Vec<Value>,
}

impl Ollama {
    /// The server at a base URL.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(url: &str) -> Result<Self, Problem> {
        // Loading a large model from a slow disk takes minutes without a byte on the line.
        Ok(Self { client: client_for(url, Duration::from_secs(600))?, url: url.trim_end_matches('/').to_owned() })
    }

    fn down(&self, what: &str, error: &reqwest::Error) -> Problem {
        Problem::failed(
            what,
            format!("no answer from {}: {}", self.url, chain(error)),
            "is the server running? ollama serve",
        )
    }

    async fn ask(&self, request: reqwest::RequestBuilder, what: &str) -> Result<String, Problem> {
        let response = request.send().await.map_err(|error| self.down(what, &error))?;
        body(response, what).await
    }

    async fn post(&self, path: &str, fields: Value, what: &str) -> Result<String, Problem> {
        self.ask(self.client.post(format!("{}{path}", self.url)).json(&fields), what).await
    }

    async fn models(&self, path: &str, what: &str) -> Result<Vec<Value>, Problem> {
        let text = self.ask(self.client.get(format!("{}{path}", self.url)), what).await?;
        let models: Models = serde_json::from_str(&text)
            .map_err(|error| Problem::failed(what, error.to_string(), "is this an Ollama server?"))?;
        Ok(models.models)
    }

    /// The models the server has.
    ///
    /// # Errors
    /// When it does not answer, or in its own words.
    pub async fn list(&self) -> Result<Vec<OllamaModel>, Problem> {
        let models = self.models("/api/tags", "the models cannot be listed").await?;
        Ok(models.iter().filter_map(as_model).collect())
    }

    /// The models that are loaded now.
    ///
    /// # Errors
    /// When it does not answer, or in its own words.
    pub async fn loaded(&self) -> Result<Vec<LoadedModel>, Problem> {
        let models = self.models("/api/ps", "the loaded models cannot be listed").await?;
        Ok(models.iter().filter_map(as_loaded).collect())
    }

    /// All that the server knows of a model, as it says it.
    ///
    /// # Errors
    /// When there is no such model, in the server's own words.
    pub async fn show(&self, model: &str) -> Result<Value, Problem> {
        let what = format!("{model} cannot be shown");
        let text = self.post("/api/show", json!({ "model": model }), &what).await?;
        serde_json::from_str(&text)
            .map_err(|error| Problem::failed(what, error.to_string(), "is this an Ollama server?"))
    }

    /// Loads a model and keeps it for so many seconds (negative: until it is unloaded).
    ///
    /// # Errors
    /// In the server's own words; a model it lacks with the hint to fetch it.
    pub async fn load(&self, model: &str, keep_alive: i64) -> Result<(), Problem> {
        let what = format!("{model} cannot be loaded");
        let fields = json!({ "model": model, "keep_alive": keep_alive, "stream": false });
        self.post("/api/generate", fields, &what).await.map(|_| ()).map_err(|problem| {
            let hint =
                if problem.why.contains("not found") { format!("ollama pull {model}") } else { problem.hint.clone() };
            Problem { hint, ..problem }
        })
    }

    /// Unloads a model: its memory comes back.
    ///
    /// # Errors
    /// In the server's own words.
    pub async fn unload(&self, model: &str) -> Result<(), Problem> {
        self.load(model, 0).await.map_err(|problem| Problem { what: format!("{model} cannot be unloaded"), ..problem })
    }

    /// Deletes a model from the server's disk.
    ///
    /// # Errors
    /// In the server's own words.
    pub async fn delete(&self, model: &str) -> Result<(), Problem> {
        let request = self.client.delete(format!("{}/api/delete", self.url)).json(&json!({ "model": model }));
        self.ask(request, &format!("{model} cannot be deleted")).await.map(|_| ())
    }

    /// Fetches a model, telling each step. Dropping the future cancels it; what was fetched is kept by the server.
    ///
    /// # Errors
    /// In the server's own words.
    pub async fn pull(&self, model: &str, tell: impl FnMut(Step)) -> Result<(), Problem> {
        self.stream("/api/pull", json!({ "model": model }), &format!("{model} cannot be fetched"), tell).await
    }

    /// Makes a model from a GGUF file: uploads it by its digest unless the server has it, then creates the model.
    ///
    /// # Errors
    /// When the file cannot be read, or in the server's own words.
    pub async fn create(&self, model: &str, gguf: &Path, mut tell: impl FnMut(Step)) -> Result<(), Problem> {
        let what = format!("{model} cannot be made from {}", gguf.display());
        tell(Step { status: "reading the file".to_owned(), done: None, total: None });
        let digest = digest(gguf.to_owned(), &what).await?;
        self.upload(gguf, &digest, &what, &mut tell).await?;
        let name = gguf.file_name().map_or("model.gguf".into(), |name| name.to_string_lossy());
        let fields = json!({ "model": model, "files": { name.as_ref(): digest } });
        self.stream("/api/create", fields, &what, tell).await
    }

    async fn upload(&self, gguf: &Path, digest: &str, what: &str, tell: &mut impl FnMut(Step)) -> Result<(), Problem> {
        let url = format!("{}/api/blobs/{digest}", self.url);
        let there = self.client.head(&url).send().await.map_err(|error| self.down(what, &error))?;
        if there.status().is_success() {
            return Ok(());
        }
        let unreadable = |error: std::io::Error| Problem::failed(what, error.to_string(), "check the path");
        let file = tokio::fs::File::open(gguf).await.map_err(unreadable)?;
        let size = file.metadata().await.map_err(unreadable)?.len();
        tell(Step { status: "uploading".to_owned(), done: Some(Bytes(0)), total: Some(Bytes(size)) });
        let chunks = futures_util::stream::unfold(file, |mut file| async move {
            use tokio::io::AsyncReadExt;
            let mut buffer = vec![0; 1 << 20];
            match file.read(&mut buffer).await {
                Ok(0) => None,
                Ok(count) => {
                    buffer.truncate(count);
                    Some((Ok(buffer), file))
                }
                Err(error) => Some((Err(error), file)),
            }
        });
        let request = self.client.post(&url).header("content-length", size).body(reqwest::Body::wrap_stream(chunks));
        self.ask(request, what).await?;
        tell(Step { status: "uploading".to_owned(), done: Some(Bytes(size)), total: Some(Bytes(size)) });
        Ok(())
    }

    /// A request answered by one JSON object a line.
    async fn stream(&self, path: &str, fields: Value, what: &str, mut tell: impl FnMut(Step)) -> Result<(), Problem> {
        let request = self.client.post(format!("{}{path}", self.url)).json(&fields);
        let response = request.send().await.map_err(|error| self.down(what, &error))?;
        if !response.status().is_success() {
            return body(response, what).await.map(|_| ());
        }
        let mut chunks = response.bytes_stream();
        let mut pending = Vec::new();
        let mut last = None;
        while let Some(chunk) = chunks.next().await {
            pending.extend_from_slice(&chunk.map_err(|error| self.down(what, &error))?);
            while let Some(end) = pending.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                if let Some(step) = step(&line, what)? {
                    last = Some(step.status.clone());
                    tell(step);
                }
            }
        }
        if let Some(step) = step(&pending, what)? {
            last = Some(step.status.clone());
            tell(step);
        }
        match last.as_deref() {
            Some("success") => Ok(()),
            last => Err(Problem::failed(
                what,
                format!("the server stopped after `{}`", last.unwrap_or("nothing")),
                "try again: what was fetched is kept",
            )),
        }
    }
}

/// One line of a streamed answer: a step, an empty line, or the error that ended it.
fn step(line: &[u8], what: &str) -> Result<Option<Step>, Problem> {
    let text = String::from_utf8_lossy(line);
    let Ok(value) = serde_json::from_str::<Value>(text.trim()) else { return Ok(None) };
    if value.get("error").is_some() {
        return Err(Problem::failed(what, own_words(&text), "check the name and the connection to the registry"));
    }
    let Some(status) = value.get("status").and_then(Value::as_str) else { return Ok(None) };
    let bytes = |key: &str| value.get(key).and_then(Value::as_u64).map(Bytes);
    Ok(Some(Step { status: clean_line(status), done: bytes("completed"), total: bytes("total") }))
}

async fn digest(path: std::path::PathBuf, what: &str) -> Result<String, Problem> {
    let hash = move || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    };
    let hex = tokio::task::spawn_blocking(hash).await.map_err(std::io::Error::other).and_then(|done| done);
    match hex {
        Ok(hex) => Ok(format!("sha256:{hex}")),
        Err(error) => Err(Problem::failed(what, error.to_string(), "check the path")),
    }
}

fn text_at(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(clean_line)
}

fn as_model(value: &Value) -> Option<OllamaModel> {
    Some(OllamaModel {
        name: text_at(value, "/name")?,
        size: Bytes(value.get("size").and_then(Value::as_u64).unwrap_or_default()),
        quantization: text_at(value, "/details/quantization_level"),
        parameters: text_at(value, "/details/parameter_size"),
        context: value.pointer("/details/context_length").and_then(Value::as_u64),
    })
}

fn as_loaded(value: &Value) -> Option<LoadedModel> {
    let bytes = |key: &str| value.get(key).and_then(Value::as_u64).map(Bytes);
    Some(LoadedModel {
        name: text_at(value, "/name")?,
        size: bytes("size")?,
        on_card: bytes("size_vram")?,
        context: value.get("context_length").and_then(Value::as_u64),
    })
}
