//! The cache of vLLM: one pool of blocks, from which groups of layers draw.
//!
//! A block holds one page of each layer of a group. All groups share the pool, so a block has the bytes of the widest
//! group, and a request takes from each group as many blocks as that group's kind of layer needs. Rules read in
//! vLLM 0.32 (`v1/core/kv_cache_utils.py`, `v1/kv_cache_interface.py`, `platforms/interface.py`); earlier releases in
//! `rules`.

mod ask;
mod bucket;
mod group;
mod rules;
#[cfg(test)]
mod tests;
mod words;

pub use ask::PagedAsk;
pub use words::Line;

use crate::models::geometry::{Doubt, Geometry};
use bucket::Kind;
use group::{Class, Cut};
use rules::Rules;

/// How the cache of vLLM grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Paged {
    cut: Cut,
    rules: Rules,
    /// Tokens that a window holds beyond its own: batches in flight, and what several draft layers read again.
    beyond: u64,
    doubts: Vec<Doubt>,
}

impl Paged {
    /// The cache of `geometry` under `ask`. Empty for models that keep none (encoders).
    pub fn of(geometry: &Geometry, ask: &PagedAsk) -> Self {
        let rules = Rules::of(ask.version);
        let cut = group::cut(bucket::collect(geometry, ask, rules), ask, rules);
        let doubts = words::doubts(geometry, &cut, ask);
        let chain = if geometry.mtp_layers > 1 { ask.speculative_tokens.saturating_sub(1) } else { 0 };
        let beyond = ask.max_num_batched_tokens.saturating_mul(rules.batches).saturating_add(chain);
        Self { cut, rules, beyond, doubts }
    }

    /// Whether the model keeps no cache at all.
    pub fn is_empty(&self) -> bool {
        self.cut.classes.is_empty() || self.cut.bytes == 0
    }

    /// What was approximated.
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// Bytes that vLLM wants before it serves `requests` requests of `len` tokens, per card; with the pool's null
    /// block where the release counts it.
    pub fn needed(&self, len: u64, requests: u64) -> u64 {
        let blocks = self.request(len).saturating_mul(requests).saturating_add(self.null_block());
        blocks.saturating_mul(self.cut.bytes)
    }

    /// Requests of `len` tokens that `bytes` hold at the same time: blocks over the blocks of one request, as printed
    /// by vLLM (which does not take the null block off). 0 without a cache.
    pub fn concurrency(&self, bytes: u64, len: u64) -> f64 {
        match self.request(len) {
            0 => 0.0,
            one => self.blocks(bytes) as f64 / one as f64,
        }
    }

    /// The longest context such that `requests` requests of it fit into `bytes`, at most `limit`; 0 when none does.
    /// vLLM's own estimate: a binary search over lengths.
    pub fn longest(&self, bytes: u64, requests: u64, limit: u64) -> u64 {
        if self.is_empty() || self.needed(limit, requests) <= bytes {
            return limit;
        }
        let (mut fits, mut fails) = (0, limit);
        while fails - fits > 1 {
            let middle = fits + (fails - fits) / 2;
            if self.needed(middle, requests) <= bytes {
                fits = middle;
            } else {
                fails = middle;
            }
        }
        fits
    }

    /// Tokens of cache in `bytes` as the release prints them for a context of `len`.
    pub fn tokens(&self, bytes: u64, len: u64) -> u64 {
        let blocks = self.blocks(bytes);
        if self.rules.tokens_by_length {
            let one = u128::from(self.request(len).max(1));
            return u64::try_from(u128::from(blocks) * u128::from(len) / one).unwrap_or(u64::MAX);
        }
        let groups = self.cut.classes.iter().fold(0u64, |sum, c| sum.saturating_add(c.groups));
        let smallest = self.cut.classes.iter().map(|c| if c.kind.is_state() { len } else { c.block }).min();
        (blocks / groups.max(1)).saturating_mul(smallest.unwrap_or(0))
    }

    /// What one more token of a long request costs, bytes per card: only layers that keep every token grow.
    pub fn per_token(&self) -> u64 {
        let full = self.cut.classes.iter().filter(|c| c.kind == Kind::Full && c.block > 0);
        full.fold(0u64, |sum, c| sum.saturating_add(c.groups.saturating_mul(self.cut.bytes).div_ceil(c.block)))
    }

    /// Blocks of the pool in `bytes`; 0 without a cache.
    pub fn blocks(&self, bytes: u64) -> u64 {
        bytes.checked_div(self.cut.bytes).unwrap_or(0)
    }

    /// Tokens of one block of an attention layer.
    pub fn block_size(&self) -> u64 {
        self.cut.block
    }

    /// Blocks for recurrent states in `bytes`, `None` without recurrent layers. With CUDA graphs on, vLLM refuses to
    /// start when `max_num_seqs` exceeds them, also where the cache of one request would fit.
    pub fn state_blocks(&self, bytes: u64) -> Option<u64> {
        self.cut.classes.iter().any(|c| c.kind.is_state()).then(|| self.blocks(bytes))
    }

    /// How the pool is cut, in words.
    pub fn layout(&self) -> Vec<Line> {
        words::layout(self)
    }

    fn null_block(&self) -> u64 {
        if self.is_empty() { 0 } else { self.rules.null_block }
    }

    /// Blocks of one request of `len` tokens.
    fn request(&self, len: u64) -> u64 {
        self.cut
            .classes
            .iter()
            .fold(0, |sum: u64, class| sum.saturating_add(self.blocks_of(class, len).saturating_mul(class.groups)))
    }

    /// Blocks of one request in one group. A window does not start at the edge of a block, hence one more.
    fn blocks_of(&self, class: &Class, len: u64) -> u64 {
        let held = |tokens: u64| tokens.div_ceil(class.block.max(1));
        match class.kind {
            Kind::Full => held(len),
            Kind::Window(window) => {
                held(window.saturating_sub(1).saturating_add(self.beyond).min(len)).saturating_add(1)
            }
            Kind::Chunk(chunk) => held(chunk.saturating_add(self.beyond).min(len)),
            Kind::Cross(tokens) => held(tokens),
            Kind::State(states) => states,
        }
    }
}
