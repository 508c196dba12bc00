//! Why the Hub gave nothing, and what to do about it.

use super::access::Access;
use crate::base::Problem;
use crate::base::text::{clean_line, fit};
use std::time::Duration;

/// What came back instead of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// Header `X-Error-Code`: `GatedRepo`, `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`.
    pub code: String,
    /// Header `X-Error-Message`, the Hub's own words.
    pub message: String,
    /// Header `Retry-After`, seconds.
    pub retry_after: Option<u64>,
}

/// Why nothing came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Its terms are not accepted by the owner of the token, or there is no token.
    Gated,
    /// There is no such repository, or it is private.
    NoRepository,
    /// The repository has no such branch, tag or commit.
    NoRevision,
    /// The repository has no such file.
    NoFile,
    /// The token is not valid, or not for this.
    Token(String),
    /// Too many questions; when to ask again.
    Busy(Option<Duration>),
    /// The Hub failed: status and its words.
    Broken(u16, String),
    /// The connection failed or was cut.
    Cut(String),
    /// A variable forbids asking.
    Offline(&'static str),
    /// What came makes no sense.
    Nonsense(String),
}

impl Fault {
    /// What an answer means; `with_token` says whether a token was sent.
    pub fn of(answered: &Answered, with_token: bool) -> Self {
        let words = || fit(&clean_line(&answered.message), 200).into_owned();
        match (answered.status, answered.code.as_str()) {
            (_, "GatedRepo") => Self::Gated,
            (_, "RevisionNotFound") => Self::NoRevision,
            (_, "EntryNotFound") => Self::NoFile,
            (401, _) if answered.message.contains("Invalid") => Self::Token(words()),
            (_, "RepoNotFound") | (404, _) => Self::NoRepository,
            (401, _) if with_token => Self::Token(words()),
            // The Hub answers 401 for what is not there as well as for what is private.
            (401, _) => Self::NoRepository,
            (403, _) => Self::Gated,
            (429, _) => Self::Busy(answered.retry_after.map(Duration::from_secs)),
            (status, _) => Self::Broken(status, words()),
        }
    }

    /// Whether asking again in a moment may help.
    pub fn passes(&self) -> bool {
        match self {
            Self::Busy(_) | Self::Cut(_) => true,
            Self::Broken(status, _) => *status == 408 || *status >= 500,
            _ => false,
        }
    }

    /// The problem as it is shown, for a repository at a revision.
    pub fn problem(&self, access: &Access, repo: &str, revision: &str) -> Problem {
        let page = access.page(repo);
        let (what, why, hint) = match self {
            Self::Gated => gated(access, repo),
            Self::NoRepository => (
                format!("{repo} is not there"),
                format!("{} knows no such repository, or it is private", access.endpoint),
                match &access.token {
                    Some(token) => format!("check the name; if it is private, {} needs access to it", token.from),
                    None => "check the name; if it is private, set HF_TOKEN to a token with access".to_owned(),
                },
            ),
            Self::NoRevision => (
                format!("{repo} has no revision {revision}"),
                "there is no such branch, tag or commit".to_owned(),
                format!("see {page}/commits"),
            ),
            Self::NoFile => (
                format!("{repo} lacks a file"),
                "the Hub does not have it".to_owned(),
                format!("see {page}/tree/{revision}"),
            ),
            Self::Token(words) => (
                "the token is refused".to_owned(),
                if words.is_empty() { format!("{} does not accept it", access.endpoint) } else { words.clone() },
                match &access.token {
                    Some(token) => format!("renew the token in {} ({}/settings/tokens)", token.from, access.endpoint),
                    None => "set HF_TOKEN to a valid token".to_owned(),
                },
            ),
            other => other.passing(access, repo),
        };
        Problem::failed(what, why, hint)
    }

    fn passing(&self, access: &Access, repo: &str) -> (String, String, String) {
        let endpoint = &access.endpoint;
        match self {
            Self::Busy(after) => (
                format!("{endpoint} has had too many questions"),
                "it limits how often one may ask (HTTP 429)".to_owned(),
                match after {
                    Some(after) => format!("try again in {} s", after.as_secs()),
                    None => "try again in a few minutes; with HF_TOKEN set the limit is higher".to_owned(),
                },
            ),
            Self::Offline(variable) => (
                format!("{repo} cannot be looked up"),
                format!("{variable} is set: the Hub may not be asked"),
                format!("unset {variable}, or name a folder on this machine"),
            ),
            Self::Broken(status, words) => (
                format!("{endpoint} failed"),
                format!("it answered HTTP {status}{}{words}", if words.is_empty() { "" } else { ": " }),
                "try again later".to_owned(),
            ),
            Self::Nonsense(why) => (
                format!("the answer about {repo} cannot be read"),
                why.clone(),
                "check HF_ENDPOINT; a proxy may answer in its place".to_owned(),
            ),
            Self::Cut(why) => unreached(endpoint, why),
            other => unreached(endpoint, &format!("{other:?}")),
        }
    }
}

fn unreached(endpoint: &str, why: &str) -> (String, String, String) {
    let hint = "check the connection; models on this machine work without it";
    (format!("{endpoint} cannot be reached"), why.to_owned(), hint.to_owned())
}

fn gated(access: &Access, repo: &str) -> (String, String, String) {
    let page = access.page(repo);
    let what = format!("{repo} is gated");
    match &access.token {
        Some(token) => (
            what,
            format!("the owner of the token in {} has no access to it yet", token.from),
            format!("accept its terms at {page}, and let the token read gated repositories"),
        ),
        None => (
            what,
            "its terms must be accepted first, and no token was sent".to_owned(),
            format!("accept its terms at {page}, then set HF_TOKEN to a token of yours"),
        ),
    }
}
