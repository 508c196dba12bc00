//! Of whom a result speaks.

use crate::wire::live::Client;
use crate::wire::{DetectedEngine, Endpoint};

/// The most tokens of an answer where nothing is said; a quarter of the context where that is less.
const TOKENS: u64 = 2048;

/// Of whom a result speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// The model as it is asked for.
    pub model: String,
    /// The repository or path that the engine was started with; empty where it is not known.
    pub weights: String,
    /// Which quantisation or parser this is, in the person's word; may be empty.
    pub variant: String,
    /// Kind of server.
    pub engine: String,
    /// Its version, empty where it did not say, and behind it the back end of structured outputs where that matters and is
    /// known.
    pub version: String,
    /// Base URL.
    pub endpoint: String,
}

/// What is known of an endpoint beside what it says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    /// What it said of itself, where it was asked; else it is.
    pub detected: Option<DetectedEngine>,
    /// The repository or path that the engine was started with; empty where it is not known.
    pub weights: String,
    /// Tokens of context, where it does not say them.
    pub context: Option<u64>,
    /// Which quantisation or parser this is, in the person's word; may be empty.
    pub variant: String,
    /// The back end of structured outputs, where it matters and is known.
    pub backend: Option<String>,
}

/// Of whom a result speaks, and the most tokens of an answer where nothing is said. What the endpoint does not say of itself
/// stays unknown.
pub async fn subject(client: &Client, endpoint: &Endpoint, known: Known) -> (Subject, u64) {
    let detected = match known.detected {
        Some(detected) => Some(detected),
        None => client.detect(&endpoint.base_url, endpoint.key.clone()).await.ok(),
    };
    let context = detected.as_ref().and_then(|detected| detected.context_tokens(&endpoint.model)).or(known.context);
    let subject = Subject {
        model: endpoint.model.clone(),
        weights: known.weights,
        variant: known.variant,
        engine: endpoint.dialect.name().to_owned(),
        version: [detected.and_then(|detected| detected.version), known.backend]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        endpoint: endpoint.base_url.clone(),
    };
    (subject, context.map_or(TOKENS, |tokens| TOKENS.min((tokens / 4).max(1))))
}
