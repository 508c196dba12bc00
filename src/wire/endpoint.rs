//! Where requests go and which dialect is spoken there.

use crate::base::text::clean_line;
use crate::base::{Problem, Secret};
use serde::{Deserialize, Serialize};

/// Whose version of the OpenAI API an endpoint speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dialect {
    /// vLLM.
    #[serde(rename = "vllm")]
    Vllm,
    /// llama-server.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// Ollama's `/v1`.
    #[serde(rename = "ollama")]
    Ollama,
    /// An endpoint of which no more is known than the OpenAI API.
    #[serde(rename = "openai")]
    OpenAi,
}

/// One place to send requests to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Base URL without a trailing slash and without `/v1`.
    pub base_url: String,
    /// Bearer token, where one is needed.
    pub key: Option<Secret>,
    /// Whose API it is.
    pub dialect: Dialect,
    /// The model name to send.
    pub model: String,
}

impl Dialect {
    /// All dialects, in the order shown.
    pub const ALL: [Self; 4] = [Self::Vllm, Self::LlamaCpp, Self::Ollama, Self::OpenAi];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "ollama",
            Self::OpenAi => "openai",
        }
    }

    /// The name as its makers write it, for sentences.
    pub fn title(self) -> &'static str {
        match self {
            Self::Vllm => "vLLM",
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "Ollama's /v1",
            Self::OpenAi => "this endpoint",
        }
    }

    /// Finds a dialect by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

/// The base URL in what a person wrote: `http://` is added where no scheme stands, a trailing `/`, `/v1` or
/// `/v1/chat/completions` goes.
///
/// # Errors
/// When no http or https URL with a host can be made of it.
pub fn base_url(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let bad = |why: &str| {
        Problem::usage(
            format!("{} is no URL of an endpoint", clean_line(text)),
            why,
            "for example http://127.0.0.1:8000",
        )
    };
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return Err(bad("only http and https are spoken"));
    }
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(bad("a URL has no blanks"));
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let rest = rest.strip_suffix("/chat/completions").or_else(|| rest.strip_suffix("/models")).unwrap_or(rest);
    let rest = rest.strip_suffix("/v1").unwrap_or(rest).trim_end_matches('/');
    let host = rest.split('/').next().unwrap_or_default();
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.contains(']'));
    if host.is_empty() || host.starts_with(':') {
        return Err(bad("it names no host"));
    }
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(bad("the port is not a number from 0 to 65535"));
    }
    Ok(format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_base() {
        for (text, base) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000"),
            (" http://h:1/v1/ ", "http://h:1"),
            ("HTTPS://h/v1/chat/completions", "https://h"),
            ("http://h/openai/v1", "http://h/openai"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(base_url(text).unwrap(), base);
        }
        for text in ["", "http://", "ftp://h", "http://a b", "http://h:99999", ":8000"] {
            assert_eq!(base_url(text).unwrap_err().exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn names_are_those_of_files() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
            assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.name());
        }
    }
}
