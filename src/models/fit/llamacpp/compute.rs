//! The compute buffer: the memory of one micro-batch's intermediate results.
//!
//! Fitted to llama-server 0.7 with small models of known sizes (see the tests): with flash attention the buffer is
//! `ubatch × 4 B × (5 × hidden + 3 × inner)` for the widest feed-forward part, plus a 16-bit mask of `ubatch × cells` for
//! each of the two caches; experts count by those a token sees, delta nets with
//! three times their convolution's width. Heads and vocabulary do not enter: only one row of outputs
//! per slot is set aside. Without flash attention the scores of all heads, `ubatch × cells × heads × 4 B`, dominate.

use crate::models::Geometry;
use crate::models::geometry::{Feed, Layer, Mixer};

/// What the buffer of a model depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Work {
    /// Numbers per token at the widest point.
    per_token: u64,
    /// Numbers per token at the widest point of attention without flash attention.
    scores: u64,
    /// Most query heads of a layer.
    heads: u64,
    /// Rows of the output, numbers.
    vocab: u64,
    /// Numbers of the recurrent state of one layer and sequence.
    state: u64,
    /// Most numbers of keys and values of one cell in one layer.
    cell: u64,
    windows: bool,
}

/// One micro-batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    pub ubatch: u64,
    pub slots: u64,
    /// Cells that one slot sees in layers that see everything, and in those with a window.
    pub cells: (u64, u64),
    pub flash: bool,
}

impl Work {
    pub fn of(geometry: &Geometry) -> Self {
        let mut work = Self { vocab: geometry.vocab, ..Self::default() };
        for layer in &geometry.layers {
            work.widen(geometry.hidden, layer);
        }
        work
    }

    fn widen(&mut self, hidden: u64, layer: &Layer) {
        let sum = |hiddens: u64, others: u64| hidden.saturating_mul(hiddens).saturating_add(others);
        let feed = match layer.feed {
            Feed::Dense { inner, .. } => sum(5, inner.saturating_mul(3)),
            Feed::Experts { active, inner, shared, .. } => {
                let routed = sum(5, active.saturating_mul(inner).saturating_mul(3));
                let back = sum(3, active.saturating_mul(hidden).saturating_mul(2));
                routed.max(back).max(sum(5, shared.saturating_mul(3)))
            }
            Feed::None => sum(5, 0),
        };
        self.per_token = self.per_token.max(feed);
        match layer.mixer {
            Mixer::Attention(a) => {
                let keys = a.kv_heads.saturating_mul(a.k_dim);
                let queries = a.heads.saturating_mul(a.k_dim.max(a.v_dim));
                let around = queries.saturating_mul(2).saturating_add(keys.saturating_mul(6));
                self.scores = self.scores.max(sum(3, around));
                self.heads = self.heads.max(a.heads);
                self.cell = self.cell.max(keys.saturating_add(a.kv_heads.saturating_mul(a.v_dim)));
                self.windows |= a.window.is_some();
            }
            Mixer::Latent(l) => {
                let row = l.kv_rank.saturating_add(l.rope_dim);
                self.scores = self.scores.max(sum(3, l.heads.saturating_mul(row).saturating_mul(4)));
                self.heads = self.heads.max(l.heads);
                self.cell = self.cell.max(row);
            }
            Mixer::DeltaNet(d) => {
                let (keys, values) = (d.k_heads.saturating_mul(d.k_dim), d.v_heads.saturating_mul(d.v_dim));
                let mixed = keys.saturating_mul(2).saturating_add(values);
                self.per_token = self.per_token.max(sum(5, mixed.saturating_mul(3)));
                self.state = self.state.max(values.saturating_mul(d.k_dim));
            }
            Mixer::Mamba(m) => {
                let mixed = m.inner.saturating_add(m.groups.saturating_mul(m.state).saturating_mul(2));
                let projected = mixed.saturating_add(m.inner).saturating_add(m.heads).saturating_mul(2);
                self.per_token = self.per_token.max(sum(5, projected.saturating_add(mixed)));
                self.state = self.state.max(m.inner.saturating_mul(m.state));
            }
            Mixer::ShortConv(_) | Mixer::None => {}
        }
    }

    /// Bytes of the buffer.
    pub fn bytes(&self, batch: Batch) -> u64 {
        let cells = batch.cells.0.saturating_add(if self.windows { batch.cells.1 } else { 0 });
        let times = |numbers: u64, bytes: u64| batch.ubatch.saturating_mul(numbers).saturating_mul(bytes);
        let outputs = batch.slots.saturating_mul(self.vocab).saturating_mul(4);
        let worked = if batch.flash {
            times(self.per_token, 4).saturating_add(times(cells, 2))
        } else {
            let scores = times(self.scores, 4).saturating_add(times(self.heads.saturating_mul(batch.cells.0), 4));
            scores.max(times(self.per_token, 4)).saturating_add(times(cells, 4))
        };
        worked.max(outputs)
    }

    /// How far the buffer may be off: 5 %, copies of recurrent states, and where the cache is stored in blocks the 16-bit
    /// copy of one layer's cells that the CUDA kernels for long prompts make outside of the buffer.
    pub fn margin(&self, batch: Batch, blocks: bool) -> u64 {
        let states = batch.slots.saturating_mul(self.state).saturating_mul(8);
        let copy = if blocks { batch.cells.0.saturating_mul(self.cell).saturating_mul(2) } else { 0 };
        (self.bytes(batch) / 20).saturating_add(states).saturating_add(copy)
    }
}
