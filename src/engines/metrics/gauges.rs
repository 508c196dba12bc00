//! What an engine says of itself at one moment.

use super::Histogram;
use crate::base::{Bytes, Reading, Unknown};

/// Whether a vLLM engine in sleep mode sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sleep {
    /// It serves.
    Awake,
    /// Level 1: weights are in the host's memory, the cache is dropped.
    Offloaded,
    /// Level 2: weights and cache are dropped.
    Discarded,
}

impl Sleep {
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Awake => "awake",
            Self::Offloaded => "asleep, weights in RAM",
            Self::Discarded => "asleep, weights dropped",
        }
    }
}

/// One look at an engine. Counters count since it started; what it does not tell is unknown with the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauges {
    /// Requests being answered now.
    pub running: Reading<u64>,
    /// Requests that wait for a place.
    pub waiting: Reading<u64>,
    /// Share of the KV cache in use, 0 to 1; the mean over engines.
    pub kv_usage: Reading<f64>,
    /// What the KV cache holds in all, tokens.
    pub kv_tokens: Reading<u64>,
    /// Bytes set aside for the KV cache, where the engine states them.
    pub kv_bytes: Reading<Bytes>,
    /// Prompt tokens looked up in the prefix cache.
    pub prefix_queries: Reading<u64>,
    /// Of these, found there.
    pub prefix_hits: Reading<u64>,
    /// Requests thrown back into the queue because the cache was full.
    pub preemptions: Reading<u64>,
    /// Prompt tokens taken in, cached ones included.
    pub prompt_tokens: Reading<u64>,
    /// Tokens written, those of answers under way included where the engine tells them.
    pub generation_tokens: Reading<u64>,
    /// Seconds until the first token.
    pub ttft: Reading<Histogram>,
    /// Seconds between two tokens of an answer.
    pub itl: Reading<Histogram>,
    /// Whether it sleeps.
    pub sleep: Reading<Sleep>,
    /// Bytes that the loaded model takes in all.
    pub held: Reading<Bytes>,
    /// Of these, on the card; less than `held` means that it spilled into the host's memory.
    pub on_card: Reading<Bytes>,
    /// Context of one request, tokens.
    pub context: Reading<u64>,
    /// When the model will be unloaded, in the server's words.
    pub expires: Reading<String>,
    /// When the engine's process started, seconds since the Unix epoch.
    pub started: Reading<f64>,
}

impl Gauges {
    /// Nothing known, for one reason.
    pub fn untold(why: &Unknown) -> Self {
        Self {
            running: Err(why.clone()),
            waiting: Err(why.clone()),
            kv_usage: Err(why.clone()),
            kv_tokens: Err(why.clone()),
            kv_bytes: Err(why.clone()),
            prefix_queries: Err(why.clone()),
            prefix_hits: Err(why.clone()),
            preemptions: Err(why.clone()),
            prompt_tokens: Err(why.clone()),
            generation_tokens: Err(why.clone()),
            ttft: Err(why.clone()),
            itl: Err(why.clone()),
            sleep: Err(why.clone()),
            held: Err(why.clone()),
            on_card: Err(why.clone()),
            context: Err(why.clone()),
            expires: Err(why.clone()),
            started: Err(why.clone()),
        }
    }

    /// Share of looked-up prompt tokens that the prefix cache had, since the engine started.
    ///
    /// # Errors
    /// When the engine does not tell, or nothing was looked up yet.
    pub fn hit_rate(&self) -> Reading<f64> {
        let (hits, queries) = (self.prefix_hits.clone()?, self.prefix_queries.clone()?);
        share(hits, queries)
    }

    /// Tokens of the KV cache in use now.
    ///
    /// # Errors
    /// When its size or its use is not known.
    pub fn kv_tokens_in_use(&self) -> Reading<u64> {
        Ok((self.kv_usage.clone()? * self.kv_tokens.clone()? as f64).round() as u64)
    }

    /// Whether part of the model lies in the host's memory where all of it should be on the card; `None` where unknown.
    pub fn spilled(&self) -> Option<Bytes> {
        let (held, on_card) = (self.held.as_ref().ok()?, self.on_card.as_ref().ok()?);
        Some(held.minus(*on_card)).filter(|bytes| bytes.0 > 0)
    }

    /// Whether it sleeps: then neither weights nor cache are on the card.
    pub fn asleep(&self) -> bool {
        matches!(self.sleep, Ok(Sleep::Offloaded | Sleep::Discarded))
    }
}

/// Hits over queries, both of one window.
pub(super) fn share(hits: u64, queries: u64) -> Reading<f64> {
    if queries == 0 {
        return Err(Unknown::because("no prompt was looked up"));
    }
    Ok((hits as f64 / queries as f64).clamp(0.0, 1.0))
}
