//! Requests to models that write no text but turn it into vectors, scores and labels, and what comes back.
//!
//! vLLM has a route a task (`/v1/embeddings`, `/rerank`, `/score`, `/classify`, `/pooling`), llama-server and LiteLLM have
//! `/v1/embeddings` and `/v1/rerank`, Ollama has `/v1/embeddings` alone.

mod numbers;
mod read;
#[cfg(test)]
mod tests;

pub use read::read;

use super::Dialect;
use crate::base::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most texts of one request.
pub const MOST_TEXTS: usize = 1000;
/// Most bytes of the texts of one request.
pub const MOST_BYTES: usize = 8 << 20;
/// Most bytes of an answer: 1000 vectors of 1536 numbers as servers write them.
pub const MOST_ANSWER: usize = 32 << 20;
/// Most numbers of one vector.
pub const MOST_DIMENSIONS: usize = 65_536;

/// What is asked of a pooling model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A vector for each text.
    Embed,
    /// Documents in the order of their worth for a query.
    Rerank,
    /// A number for each pair of the query and a text.
    Score,
    /// A probability for each label of each text.
    Classify,
    /// A number for each text: how good it is.
    Reward,
    /// Labels for each token of each text.
    Tokens,
}

impl Task {
    /// All, in the order shown.
    pub const ALL: [Self; 6] = [Self::Embed, Self::Rerank, Self::Score, Self::Classify, Self::Reward, Self::Tokens];

    /// The word of the command line and of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embed => "embed",
            Self::Rerank => "rerank",
            Self::Score => "score",
            Self::Classify => "classify",
            Self::Reward => "reward",
            Self::Tokens => "tokens",
        }
    }

    /// What it gives, for sentences.
    pub fn gives(self) -> &'static str {
        match self {
            Self::Embed => "embeddings",
            Self::Rerank => "a ranking of documents",
            Self::Score => "scores of pairs",
            Self::Classify => "labels",
            Self::Reward => "rewards",
            Self::Tokens => "labels of tokens",
        }
    }

    /// Finds a task by its word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.name() == name)
    }

    /// Whether texts are held against a query.
    pub fn pairs(self) -> bool {
        matches!(self, Self::Rerank | Self::Score)
    }
}

/// A question to a pooling model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What is asked.
    pub task: Task,
    /// What the texts are held against; empty where nothing is.
    pub query: String,
    /// The texts.
    pub texts: Vec<String>,
    /// Wanted length of the vectors, for models that can shorten them (Matryoshka).
    pub dimensions: Option<u32>,
    /// Numbers as the model's head gives them, before softmax or sigmoid; vLLM alone can leave them out.
    pub raw: bool,
}

impl Ask {
    /// A question with nothing special.
    pub fn new(task: Task, query: impl Into<String>, texts: Vec<String>) -> Self {
        Self { task, query: query.into(), texts, dimensions: None, raw: false }
    }

    /// Whether it can be sent at all.
    ///
    /// # Errors
    /// When texts or the query are missing, empty or too many, or a server of this dialect has no route for it.
    pub fn check(&self, dialect: Dialect) -> Result<&'static str, Problem> {
        let bad = |why: String, hint: &str| Err(Problem::usage("nothing was asked", why, hint));
        let bytes = self.texts.iter().fold(self.query.len(), |sum, text| sum.saturating_add(text.len()));
        if self.task.pairs() && self.query.trim().is_empty() {
            return bad("there is no query to hold the texts against".to_owned(), "give one with --query");
        }
        if self.texts.is_empty() {
            return bad("there is no text".to_owned(), "give one or more texts, or a file with one a line");
        }
        if let Some(at) = self.texts.iter().position(|text| text.trim().is_empty()) {
            return bad(format!("text {} is empty, which servers refuse", at + 1), "leave it out");
        }
        if self.texts.len() > MOST_TEXTS || bytes > MOST_BYTES {
            let why = format!("{} texts of {bytes} bytes are more than {MOST_TEXTS} or {MOST_BYTES}", self.texts.len());
            return bad(why, "ask in parts");
        }
        if self.raw && (dialect != Dialect::Vllm || self.task == Task::Embed) {
            return bad(
                "numbers before the activation are given by vLLM's scores and labels alone".to_owned(),
                "leave it out",
            );
        }
        route(dialect, self.task).ok_or_else(|| {
            let why = format!("{} has no route for {}", dialect.title(), self.task.gives());
            Problem::usage("nothing was asked", why, routes(dialect))
        })
    }
}

fn routes(dialect: Dialect) -> String {
    let all = Task::ALL.into_iter().filter(|task| route(dialect, *task).is_some()).map(Task::name);
    format!("it can be asked for {}", all.collect::<Vec<_>>().join(", "))
}

/// The path below the base URL where a task is asked; `None` where a server of this dialect has none.
pub fn route(dialect: Dialect, task: Task) -> Option<&'static str> {
    match (dialect, task) {
        (_, Task::Embed) => Some("/v1/embeddings"),
        (Dialect::Vllm, Task::Rerank) => Some("/rerank"),
        (Dialect::Vllm, Task::Score) => Some("/score"),
        (Dialect::Vllm, Task::Classify) => Some("/classify"),
        (Dialect::Vllm, Task::Reward | Task::Tokens) => Some("/pooling"),
        (Dialect::LlamaCpp | Dialect::OpenAi, Task::Rerank) => Some("/v1/rerank"),
        _ => None,
    }
}

/// The body of the request.
pub fn body(model: &str, dialect: Dialect, ask: &Ask) -> Value {
    let mut body = match ask.task {
        Task::Embed => json!({"model": model, "input": ask.texts, "encoding_format": "float"}),
        Task::Rerank => {
            json!({"model": model, "query": ask.query, "documents": ask.texts, "top_n": ask.texts.len()})
        }
        Task::Score => json!({"model": model, "text_1": ask.query, "text_2": ask.texts}),
        Task::Classify | Task::Reward | Task::Tokens => json!({"model": model, "input": ask.texts}),
    };
    if let Some(dimensions) = ask.dimensions.filter(|_| ask.task == Task::Embed) {
        body["dimensions"] = dimensions.into();
    }
    if ask.raw && dialect == Dialect::Vllm && ask.task != Task::Embed {
        body["use_activation"] = false.into();
    }
    body
}

/// A label of a text with the probabilities of all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Class {
    /// The name of the most probable one, where the server says it.
    pub label: Option<String>,
    /// A number for each label, in the order of the model's configuration.
    pub probs: Vec<f32>,
}

/// Numbers that a model gave, each list in the order of the texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Pooled {
    /// A vector for each text, all of one length.
    Vectors(Vec<Vec<f32>>),
    /// A number for each text.
    Numbers(Vec<f64>),
    /// Labels of each text.
    Classes(Vec<Class>),
    /// For each text, for each of its tokens, a number for each label.
    Tokens(Vec<Vec<Vec<f32>>>),
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The numbers.
    pub pooled: Pooled,
    /// The model as the server names it; empty where it does not.
    pub model: String,
    /// Tokens that were read, where the server counts them.
    pub tokens: Option<u64>,
}
