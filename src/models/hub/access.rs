//! With what the Hub is asked: its address, a token, and whether it may be asked at all.

use crate::base::Secret;
use std::path::PathBuf;

/// The address of the public Hub.
pub const PUBLIC: &str = "https://huggingface.co";

/// A token and where it came from, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token. It goes to the Hub's own address and nowhere else.
    pub secret: Secret,
    /// The variable or file that holds it.
    pub from: String,
}

/// How to reach the Hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Its address without a slash at the end (`HF_ENDPOINT`, else the public one).
    pub endpoint: String,
    /// The token, where there is one.
    pub token: Option<Token>,
    /// The variable that forbids asking (`HF_HUB_OFFLINE`), where one does.
    pub offline: Option<&'static str>,
    /// The cache that downloads go to.
    pub cache: PathBuf,
}

impl Access {
    /// The public Hub without a token.
    pub fn public(cache: impl Into<PathBuf>) -> Self {
        Self { endpoint: PUBLIC.to_owned(), token: None, offline: None, cache: cache.into() }
    }

    /// The page of a repository, where its terms are accepted.
    pub fn page(&self, repo: &str) -> String {
        format!("{}/{repo}", self.endpoint)
    }
}

/// Whether a variable says yes, as the Hub's own tools read it.
pub fn is_yes(value: &str) -> bool {
    ["1", "ON", "YES", "TRUE"].contains(&value.to_ascii_uppercase().as_str())
}
