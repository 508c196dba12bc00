//! The cache of llama.cpp: cells of one token each, in every layer that keeps a cache.
//!
//! Rules of its loader (release 0.7): the context is rounded up to 256 cells. A cache shared by all slots (`--kv-unified`,
//! the default while `--parallel` is unset) has the context as one run of cells; else each slot has its share of it, rounded
//! up to 256. Layers with a sliding window hold `window × slots + ubatch` cells of the shared cache or `window + ubatch` of
//! each slot's, never more than the context, rounded up to 256; `--swa-full` gives them the whole context. A latent layer
//! stores one vector of `kv_lora_rank + rope` numbers and no values.

use crate::models::Geometry;
use crate::models::fit::KvDtype;
use crate::models::geometry::Mixer;

/// Cells are handed out in runs of this many.
const RUN: u64 = 256;
/// No context is longer than this, tokens.
const LONGEST: u64 = 1 << 40;

/// How the cache is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How a number of the cache is stored.
    pub dtype: KvDtype,
    /// Slots, at least 1.
    pub slots: u64,
    /// One run of cells for all slots.
    pub unified: bool,
    /// Tokens of one micro-batch.
    pub ubatch: u64,
    /// Layers with a window hold the whole context.
    pub swa_full: bool,
}

/// How the cache of llama.cpp grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// Bytes of one cell, all layers that see everything.
    full: u64,
    /// Bytes of one cell, all layers that see a window.
    sliding: u64,
    window: u64,
    /// Bytes of one sequence's recurrent state, which is kept beside the cache.
    state: u64,
    layout: Layout,
}

/// Bytes of so many numbers in a row of the cache; blocks of 32 where the type has blocks.
pub(crate) fn row_bytes(dtype: KvDtype, numbers: u64) -> u64 {
    match dtype {
        KvDtype::Auto | KvDtype::Sixteen => numbers.saturating_mul(2),
        KvDtype::ThirtyTwo => numbers.saturating_mul(4),
        KvDtype::Fp8 => numbers,
        KvDtype::Nvfp4 => numbers.div_ceil(16).saturating_mul(9),
        KvDtype::Block32(bytes) => numbers.div_ceil(32).saturating_mul(bytes),
    }
}

impl Cells {
    /// The cache of a model in a layout. The recurrent state is 32-bit whatever the cache is stored in.
    pub fn of(geometry: &Geometry, layout: Layout) -> Self {
        let layout = Layout { slots: layout.slots.max(1), ubatch: layout.ubatch.max(1), ..layout };
        let mut cells = Self { full: 0, sliding: 0, window: 0, state: 0, layout };
        for layer in &geometry.layers {
            cells.add(layer.mixer);
        }
        if layout.swa_full {
            cells.full = cells.full.saturating_add(cells.sliding);
            cells.sliding = 0;
        }
        cells
    }

    fn add(&mut self, mixer: Mixer) {
        match mixer {
            Mixer::Attention(a) if !a.shared => {
                let row = |dim: u64| row_bytes(self.layout.dtype, a.kv_heads.saturating_mul(dim));
                let bytes = row(a.k_dim).saturating_add(row(a.v_dim));
                match a.window {
                    Some(window) => {
                        self.sliding = self.sliding.saturating_add(bytes);
                        self.window = self.window.max(window);
                    }
                    None => self.full = self.full.saturating_add(bytes),
                }
            }
            Mixer::Latent(l) => {
                let bytes = row_bytes(self.layout.dtype, l.kv_rank.saturating_add(l.rope_dim));
                self.full = self.full.saturating_add(bytes);
            }
            other => self.state = self.state.saturating_add(state_bytes(other)),
        }
    }

    /// The same cache under another micro-batch.
    pub fn with_ubatch(&self, ubatch: u64) -> Self {
        Self { layout: Layout { ubatch: ubatch.max(1), ..self.layout }, ..self.clone() }
    }

    /// Cells of one layer that sees everything, and of one with a window, all slots together, for a context (`-c`).
    pub fn cells(&self, context: u64) -> (u64, u64) {
        self.counted(context, self.layout.slots)
    }

    fn counted(&self, context: u64, slots: u64) -> (u64, u64) {
        let slots = slots.max(1);
        let (runs, each, seen) = if self.layout.unified {
            (1, padded(context), self.window.saturating_mul(slots))
        } else {
            (slots, padded(padded(context) / slots), self.window)
        };
        let sliding = if self.window == 0 { each } else { padded(each.min(seen.saturating_add(self.layout.ubatch))) };
        (each.saturating_mul(runs), sliding.saturating_mul(runs))
    }

    /// Bytes that are set aside at the start for a context (`-c`) that the slots share.
    pub fn allocated(&self, context: u64) -> u64 {
        self.bytes(self.cells(context))
    }

    fn bytes(&self, (full, sliding): (u64, u64)) -> u64 {
        full.saturating_mul(self.full).saturating_add(sliding.saturating_mul(self.sliding))
    }

    /// Bytes of the recurrent state, all slots together.
    pub fn state(&self) -> u64 {
        self.state.saturating_mul(self.layout.slots)
    }

    pub(super) fn needed(&self, len: u64, requests: u64) -> u64 {
        if requests == 0 {
            return 0;
        }
        let context = padded(len).saturating_mul(requests);
        let slots = if self.layout.unified { requests.max(self.layout.slots) } else { requests };
        self.bytes(self.counted(context, slots))
    }

    pub(super) fn concurrency(&self, bytes: u64, len: u64) -> f64 {
        const MOST: u64 = 1 << 20;
        // Recurrent states are set aside for so many sequences; no cache grows beside them.
        if self.full == 0 && self.sliding == 0 {
            return self.layout.slots.min(MOST) as f64;
        }
        let whole = most(MOST, |requests| self.needed(len, requests) <= bytes);
        if whole == MOST {
            return MOST as f64;
        }
        let (at, next) = (self.needed(len, whole), self.needed(len, whole.saturating_add(1)));
        whole as f64 + bytes.saturating_sub(at) as f64 / next.saturating_sub(at).max(1) as f64
    }

    pub(super) fn longest(&self, bytes: u64, requests: u64, limit: u64) -> u64 {
        let runs =
            most(limit.min(LONGEST).div_ceil(RUN), |runs| self.needed(runs.saturating_mul(RUN), requests) <= bytes);
        runs.saturating_mul(RUN).min(limit)
    }

    pub(super) fn tokens(&self, bytes: u64, _len: u64) -> u64 {
        let runs = most(LONGEST / RUN, |runs| self.allocated(runs.saturating_mul(RUN)) <= bytes);
        if self.full == 0 && self.sliding == 0 { 0 } else { runs.saturating_mul(RUN) }
    }

    pub(super) fn per_token(&self) -> u64 {
        self.full
    }
}

/// Rounded up to whole runs; a context of nothing is one run.
fn padded(tokens: u64) -> u64 {
    tokens.max(1).div_ceil(RUN).saturating_mul(RUN)
}

/// The largest number up to `limit` that `fits`, which holds for all numbers up to some one; 0 when not even 1 does.
pub(crate) fn most(limit: u64, fits: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, limit);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// Bytes of one sequence's recurrent state in one layer, 32-bit numbers.
fn state_bytes(mixer: Mixer) -> u64 {
    let (width, conv, state) = match mixer {
        Mixer::DeltaNet(d) => {
            let (keys, values) = (d.k_heads.saturating_mul(d.k_dim), d.v_heads.saturating_mul(d.v_dim));
            (keys.saturating_mul(2).saturating_add(values), d.conv, values.saturating_mul(d.k_dim))
        }
        Mixer::Mamba(m) => {
            let grouped = m.groups.saturating_mul(m.state).saturating_mul(2);
            (m.inner.saturating_add(grouped), m.conv, m.inner.saturating_mul(m.state))
        }
        Mixer::ShortConv(s) => (s.width, s.conv, 0),
        Mixer::Attention(_) | Mixer::Latent(_) | Mixer::None => return 0,
    };
    width.saturating_mul(conv.saturating_sub(1)).saturating_add(state).saturating_mul(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::geometry::{Attention, DeltaNet, Feed, Latent, Layer};
    use proptest::prelude::*;

    const MIB: u64 = 1 << 20;

    fn attention(kv_heads: u64, dim: u64, window: Option<u64>) -> Mixer {
        Mixer::Attention(Attention {
            heads: kv_heads,
            kv_heads,
            k_dim: dim,
            v_dim: dim,
            window,
            shared: false,
            k_eq_v: false,
            gated: false,
            qkv_bias: false,
            out_bias: false,
            qk_norm: false,
        })
    }

    fn model(mixers: impl IntoIterator<Item = Mixer>) -> Geometry {
        let layers = mixers.into_iter().map(|mixer| Layer { mixer, feed: Feed::None }).collect();
        Geometry { layers, ..Geometry::default() }
    }

    fn layout(slots: Option<u64>, dtype: KvDtype) -> Layout {
        let unified = slots.is_none();
        Layout { dtype, slots: slots.unwrap_or(4), unified, ubatch: 512, swa_full: false }
    }

    const Q8: KvDtype = KvDtype::Block32(34);

    /// Sizes as llama-server printed them, MiB.
    #[test]
    fn sizes_are_those_of_real_starts() {
        let delta =
            Mixer::DeltaNet(DeltaNet { k_heads: 16, v_heads: 32, k_dim: 128, v_dim: 128, conv: 4, state_bytes: 4 });
        let nine = model((0..32).map(|i| if i % 4 == 3 { attention(4, 256, None) } else { delta }));
        let hybrid = Cells::of(&nine, layout(Some(2), Q8));
        assert_eq!(hybrid.allocated(262_144), 4352 * MIB);
        assert_eq!(hybrid.state(), 100 * MIB + MIB / 2);
        let gemma = model((0..26).map(|i| attention(1, 256, (i % 6 != 5).then_some(512))));
        assert_eq!(Cells::of(&gemma, layout(Some(1), KvDtype::Auto)).allocated(4096), 38 * MIB);
        assert_eq!(Cells::of(&gemma, layout(None, KvDtype::Auto)).cells(4096), (4096, 2560));
        let whole = Layout { swa_full: true, ..layout(None, KvDtype::Auto) };
        assert_eq!(Cells::of(&gemma, whole).allocated(4096), 26 * 4 * MIB);
        let phi = model((0..40).map(|_| attention(10, 128, None)));
        assert_eq!(Cells::of(&phi, layout(Some(1), KvDtype::Sixteen)).allocated(2048), 400 * MIB);
        let latent =
            Mixer::Latent(Latent { heads: 4, q_rank: 128, kv_rank: 128, rope_dim: 32, nope_dim: 64, v_dim: 64 });
        let latent = model([latent; 4]);
        assert_eq!(Cells::of(&latent, layout(None, KvDtype::Auto)).allocated(4096), 5 * MIB);
    }

    #[test]
    fn contexts_are_rounded_as_the_engine_does() {
        let small = model([attention(2, 32, None); 3]);
        assert_eq!(Cells::of(&small, layout(None, KvDtype::Auto)).cells(1000).0, 1024);
        assert_eq!(Cells::of(&small, layout(Some(4), KvDtype::Auto)).cells(8192).0, 8192);
        assert_eq!(Cells::of(&small, layout(Some(3), KvDtype::Auto)).cells(1024).0, 1536);
    }

    proptest! {
        #[test]
        fn the_longest_context_is_the_inverse_of_the_need(
            bytes in any::<u64>(), requests in 0_u64..20, limit in any::<u64>(), heads in any::<u64>(),
            window in proptest::option::of(any::<u64>()), unified in any::<bool>(), slots in any::<u64>(), len in any::<u64>(),
        ) {
            let wild = Layout { slots, unified, ..layout(Some(1), KvDtype::Auto) };
            for heads in [heads, heads % 64] {
                let cells = Cells::of(&model([attention(heads, 128, None), attention(heads, 128, window)]), wild);
                let found = cells.longest(bytes, requests, limit);
                prop_assert!(found <= limit);
                prop_assert!(found == 0 || cells.needed(found, requests) <= bytes);
                if found < limit.min(LONGEST) {
                    prop_assert!(cells.needed(found + 1, requests) > bytes || found + 1 > LONGEST);
                }
                let many = cells.concurrency(bytes, len);
                prop_assert!(many.is_finite() && many >= 0.0);
                prop_assert!(cells.needed(len, many as u64) <= bytes || many < 1.0);
                let _ = (cells.tokens(bytes, len), cells.state(), cells.per_token());
            }
        }
    }
}
