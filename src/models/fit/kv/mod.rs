//! How a KV cache grows: one plan per engine family, asked with the same four questions.

pub(crate) mod cells;
mod paged;

pub use cells::{Cells, Layout};
pub use paged::{Line, Paged, PagedAsk};

/// How the cache of a model grows on an engine.
#[derive(Debug, Clone, PartialEq)]
pub enum KvPlan {
    /// vLLM: blocks of pages, groups of layers.
    Paged(Paged),
    /// llama.cpp and Ollama: cells per layer.
    Cells(Cells),
}

impl KvPlan {
    /// Bytes that `requests` requests of `len` tokens each need, per card.
    pub fn needed(&self, len: u64, requests: u64) -> u64 {
        match self {
            Self::Paged(plan) => plan.needed(len, requests),
            Self::Cells(plan) => plan.needed(len, requests),
        }
    }

    /// How many requests of `len` tokens `bytes` hold at the same time.
    pub fn concurrency(&self, bytes: u64, len: u64) -> f64 {
        match self {
            Self::Paged(plan) => plan.concurrency(bytes, len),
            Self::Cells(plan) => plan.concurrency(bytes, len),
        }
    }

    /// The longest context such that `requests` requests of it fit into `bytes`, at most `limit` tokens; 0 when none.
    pub fn longest(&self, bytes: u64, requests: u64, limit: u64) -> u64 {
        match self {
            Self::Paged(plan) => plan.longest(bytes, requests, limit),
            Self::Cells(plan) => plan.longest(bytes, requests, limit),
        }
    }

    /// Tokens of cache in `bytes` as the engine prints them, for requests of `len` tokens.
    pub fn tokens(&self, bytes: u64, len: u64) -> u64 {
        match self {
            Self::Paged(plan) => plan.tokens(bytes, len),
            Self::Cells(plan) => plan.tokens(bytes, len),
        }
    }

    /// What one more token of a long request costs, bytes per card.
    pub fn per_token(&self) -> u64 {
        match self {
            Self::Paged(plan) => plan.per_token(),
            Self::Cells(plan) => plan.per_token(),
        }
    }

    /// Recurrent states that `bytes` hold, `None` where the engine keeps them outside of this plan or there are none.
    /// vLLM refuses to start with more sequences than that.
    pub fn state_blocks(&self, bytes: u64) -> Option<u64> {
        match self {
            Self::Paged(plan) => plan.state_blocks(bytes),
            Self::Cells(_) => None,
        }
    }
}
