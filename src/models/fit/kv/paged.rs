//! The cache of vLLM.

/// How the cache of vLLM grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Paged {
    per_token: u64,
}

impl Paged {
    pub(super) fn needed(&self, len: u64, requests: u64) -> u64 {
        len.saturating_mul(requests).saturating_mul(self.per_token)
    }

    pub(super) fn concurrency(&self, bytes: u64, len: u64) -> f64 {
        bytes as f64 / self.needed(len, 1).max(1) as f64
    }

    pub(super) fn longest(&self, bytes: u64, requests: u64, limit: u64) -> u64 {
        (bytes / (self.per_token * requests).max(1)).min(limit)
    }

    pub(super) fn tokens(&self, bytes: u64, _len: u64) -> u64 {
        bytes / self.per_token.max(1)
    }

    pub(super) fn per_token(&self) -> u64 {
        self.per_token
    }
}
