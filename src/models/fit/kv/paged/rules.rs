//! What changed between releases of vLLM.

use crate::models::fit::Version;

/// The rules of one release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// Layers of different kinds get groups of their own (0.9.1); before, every attention layer is cached in full.
    pub hybrid: bool,
    /// Chunked local attention has groups of its own by default (0.13).
    pub chunked: bool,
    /// Batches in flight that a window reserves for: 2 since 0.26, when blocks began to be freed only after the
    /// asynchronous scheduler's batch had settled; 1 before.
    pub batches: u64,
    /// The pool's null block is counted against the length (0.29, as the request that met it was still open in August
    /// 2026 and 0.32 has it): 1 or 0 blocks.
    pub null_block: u64,
    /// Mamba 2 keeps a checkpoint of the prompt beside the two states of prefix caching (0.30): 1 or 0 states.
    pub checkpoint: u64,
    /// Printed tokens are concurrency times length (0.21); before, blocks over groups times the smallest block.
    pub tokens_by_length: bool,
    /// Groups are as wide as the most frequent kind of layer where it has fewer layers than this many quarters of the
    /// rarest: 6 since 0.16, 5 since 0.12, never before (4).
    pub quarters: u64,
}

impl Rules {
    /// The rules of `version`; the newest known without one.
    pub fn of(version: Option<Version>) -> Self {
        let since = |minor: u32| version.is_none_or(|v| v >= Version(0, minor));
        Self {
            hybrid: since(9),
            chunked: since(13),
            batches: if since(26) { 2 } else { 1 },
            null_block: u64::from(since(29)),
            checkpoint: u64::from(since(30)),
            tokens_by_length: since(21),
            quarters: 4 + u64::from(since(12)) + u64::from(since(16)),
        }
    }
}
