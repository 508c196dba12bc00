//! A scripted hub on a loopback port: the API, files with ranges, and what goes wrong with them.

use crate::tree::sha256;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream::{iter, once, pending};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use vramdeck::base::Secret;
use vramdeck::models::hub::{Access, Token};

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub const REPO: &str = "Org/Name";

/// What happens to one request for a path, instead of the answer.
#[derive(Debug, Clone)]
pub enum Turn {
    /// So many bytes, then the connection ends.
    Cut(usize),
    /// So many bytes, then nothing more.
    Stall(usize),
    /// A status with headers.
    Status(u16, Vec<(&'static str, String)>),
    /// The whole file whatever range was asked for.
    Whole,
    /// As it should be.
    Well,
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub query: String,
    pub headers: HashMap<String, String>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, Vec<u8>>>,
    turns: Mutex<HashMap<String, VecDeque<Turn>>>,
    asked: Mutex<Vec<Asked>>,
}

/// The hub; it ends with the runtime it was started on.
#[derive(Clone)]
pub struct Fake {
    pub url: String,
    shared: Arc<Shared>,
}

impl Fake {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// A repository of these files; those that end in safetensors, gguf or bin are large files.
    pub fn repository(&self, files: &[(&str, Vec<u8>)]) {
        let siblings: Vec<Value> = files
            .iter()
            .map(|(name, bytes)| {
                let mut entry = json!({"rfilename": name, "size": bytes.len(), "blobId": &sha256(bytes)[..40]});
                if [".safetensors", ".gguf", ".bin"].iter().any(|end| name.ends_with(end)) {
                    entry["lfs"] = json!({"sha256": sha256(bytes), "size": bytes.len(), "pointerSize": 134});
                }
                entry
            })
            .collect();
        let info = json!({"id": REPO, "sha": COMMIT, "gated": false, "siblings": siblings});
        self.put(&format!("/api/models/{REPO}/revision/main"), info.to_string().into_bytes());
        for (name, bytes) in files {
            self.put(&file(name), bytes.clone());
        }
    }

    pub fn put(&self, path: &str, bytes: Vec<u8>) {
        self.shared.answers.lock().unwrap().insert(path.to_owned(), bytes);
    }

    /// What happens to the next requests for a path, in order; then all is well.
    pub fn turns(&self, path: &str, turns: impl IntoIterator<Item = Turn>) {
        self.shared.turns.lock().unwrap().insert(path.to_owned(), turns.into_iter().collect());
    }

    /// Requests for a path.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// All requests.
    pub fn all(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn access(&self, cache: &std::path::Path) -> Access {
        Access {
            endpoint: self.url.clone(),
            token: Some(Token { secret: Secret::new("hf_secret"), from: "HF_TOKEN".into() }),
            offline: None,
            cache: cache.to_owned(),
        }
    }
}

/// The path of a file of the repository.
pub fn file(name: &str) -> String {
    format!("/{REPO}/resolve/{COMMIT}/{name}")
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers: HashMap<String, String> =
        request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let range = headers.get("range").cloned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    shared.asked.lock().unwrap().push(Asked { path: path.clone(), query, headers });
    let turn = shared.turns.lock().unwrap().get_mut(&path).and_then(VecDeque::pop_front).unwrap_or(Turn::Well);
    if let Turn::Status(status, headers) = &turn {
        let mut builder = Response::builder().status(*status);
        for (name, value) in headers {
            builder = builder.header(*name, value);
        }
        return builder.body(Body::empty()).unwrap();
    }
    match shared.answers.lock().unwrap().get(&path) {
        Some(bytes) => content(bytes, range.filter(|_| !matches!(turn, Turn::Whole)), &turn),
        None => Response::builder().status(404).header("x-error-code", "RepoNotFound").body(Body::empty()).unwrap(),
    }
}

fn content(bytes: &[u8], range: Option<String>, turn: &Turn) -> Response {
    let all = bytes.len();
    let builder = Response::builder().header("etag", format!("\"{}\"", &sha256(bytes)[..16]));
    let (builder, part) = match range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) {
        None => (builder, bytes.to_vec()),
        Some((from, to)) => {
            let from: usize = from.parse().unwrap();
            let to = to.parse().map_or(all, |to: usize| (to + 1).min(all));
            if from >= all {
                return Response::builder().status(416).body(Body::empty()).unwrap();
            }
            let builder = builder.status(206).header("content-range", format!("bytes {from}-{}/{all}", to - 1));
            (builder, bytes[from..to].to_vec())
        }
    };
    let builder = builder.header("content-length", part.len());
    let body = match turn {
        Turn::Cut(most) => {
            let first = Bytes::copy_from_slice(&part[..part.len().min(*most)]);
            let end = once(async {
                // The first bytes are on their way before the connection ends.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                Err(std::io::Error::other("cut"))
            });
            Body::from_stream(iter([Ok(first)]).chain(end))
        }
        Turn::Stall(most) => {
            let first: Result<Bytes, std::io::Error> = Ok(Bytes::copy_from_slice(&part[..part.len().min(*most)]));
            Body::from_stream(iter([first]).chain(pending()))
        }
        _ => Body::from(part),
    };
    builder.body(body).unwrap()
}
