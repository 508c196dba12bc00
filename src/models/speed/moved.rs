//! Bytes that one step of decoding moves. Sums are in `f64`: they go into a rate, and hostile sizes cannot overflow them.

use super::Case;
use super::bits::Bits;
use crate::base::{Reading, Unknown};
use crate::models::Facts;
use crate::models::facts::Exact;
use crate::models::geometry::{Feed, Geometry, Layer, Mixer, Runner};
use crate::models::quant::Scheme;

/// Bytes that one step of decoding moves.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moved {
    /// Weights of the layers that the step uses: of experts only those that are chosen.
    pub weights: f64,
    /// The output head. Of the embedding one row is read, which is nothing.
    pub head: f64,
    /// Keys and values of what came before, of all requests.
    pub cache: f64,
    /// Recurrent states, read and written, of all requests.
    pub state: f64,
    /// Parameters that one token uses, head included.
    pub active: f64,
}

impl Moved {
    /// All bytes.
    pub fn total(&self) -> f64 {
        self.weights + self.head + self.cache + self.state
    }

    /// What one step of `case` moves.
    ///
    /// # Errors
    /// When the width of the weights is not known, or nothing is generated.
    pub(super) fn of(case: &Case) -> Reading<Self> {
        let geometry = &case.facts.geometry;
        if geometry.runner != Runner::Generate {
            return Err(Unknown::because("it writes no text"));
        }
        if geometry.layers.is_empty() || geometry.hidden == 0 {
            return Err(Unknown::because("its layers are not known"));
        }
        let streams = case.streams.max(1);
        let parts = Parts::of(geometry, streams);
        let (weights, head) = read(case.facts, &parts)?;
        let cache = cache(geometry, case.context) * case.cache_bytes * streams as f64;
        let active = Parts::of(geometry, 1);
        Ok(Self {
            weights,
            head,
            cache,
            state: state(geometry) * streams as f64,
            active: active.mixers + active.feeds + active.experts + active.head,
        })
    }
}

/// Parameters by place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Parts {
    mixers: f64,
    feeds: f64,
    /// Experts that a step touches.
    experts: f64,
    /// All experts.
    all_experts: f64,
    head: f64,
    embedding: f64,
}

impl Parts {
    /// Parameters of a model whose step serves `streams` tokens at once.
    fn of(geometry: &Geometry, streams: u64) -> Self {
        let hidden = geometry.hidden as f64;
        let head = geometry.vocab as f64 * hidden;
        let per_layer = (geometry.per_layer_embed as f64) * hidden * 2.0;
        let mut parts = Self { head, embedding: if geometry.tied { 0.0 } else { head }, ..Self::default() };
        for layer in &geometry.layers {
            parts.mixers += mixer(layer, hidden);
            parts.add(layer, hidden, streams);
            parts.feeds += per_layer;
        }
        parts
    }

    /// Adds the feed-forward part of a layer.
    fn add(&mut self, layer: &Layer, hidden: f64, streams: u64) {
        let matrices = |gated: bool| if gated { 3.0 } else { 2.0 };
        match layer.feed {
            Feed::None => {}
            Feed::Dense { inner, gated, .. } => self.feeds += hidden * inner as f64 * matrices(gated),
            Feed::Experts { count, active, inner, gated, shared, .. } => {
                let one = hidden * inner as f64 * matrices(gated);
                self.feeds += hidden * (shared as f64 * matrices(gated) + count as f64);
                self.experts += one * touched(count, active, streams);
                self.all_experts += one * count as f64;
            }
        }
    }
}

/// Experts that `streams` tokens touch when each chooses `active` of `count` evenly.
fn touched(count: u64, active: u64, streams: u64) -> f64 {
    if count == 0 {
        return 0.0;
    }
    let (count, active) = (count as f64, active.min(count) as f64);
    let untouched = (1.0 - active / count).powf(streams.max(1) as f64);
    count * (1.0 - untouched)
}

/// Parameters of the part that mixes tokens.
fn mixer(layer: &Layer, hidden: f64) -> f64 {
    match layer.mixer {
        Mixer::None => 0.0,
        Mixer::Attention(a) => {
            let queries = a.heads as f64 * a.k_dim as f64 * if a.gated { 2.0 } else { 1.0 };
            let keys = if a.shared { 0.0 } else { a.kv_heads as f64 * a.k_dim as f64 };
            let values = if a.shared || a.k_eq_v { 0.0 } else { a.kv_heads as f64 * a.v_dim as f64 };
            hidden * (queries + keys + values + a.heads as f64 * a.v_dim as f64)
        }
        Mixer::Latent(l) => {
            let (heads, rank) = (l.heads as f64, l.kv_rank as f64);
            let (rope, nope, v) = (l.rope_dim as f64, l.nope_dim as f64, l.v_dim as f64);
            let queries = heads * (nope + rope);
            let queries = match l.q_rank {
                0 => hidden * queries,
                q => (hidden + queries) * q as f64,
            };
            queries + hidden * (rank + rope) + rank * heads * (nope + v) + heads * v * hidden
        }
        Mixer::DeltaNet(d) => {
            let (keys, values) = (d.k_heads as f64 * d.k_dim as f64, d.v_heads as f64 * d.v_dim as f64);
            hidden * (2.0 * keys + 3.0 * values + 2.0 * d.v_heads as f64) + d.conv as f64 * (2.0 * keys + values)
        }
        Mixer::Mamba(m) => {
            let (inner, state) = (m.inner as f64, m.state as f64);
            let groups = if m.version == 1 { 1.0 } else { m.groups as f64 };
            let wide = inner + 2.0 * groups * state;
            hidden * (2.0 * inner + wide + m.heads as f64) + m.conv as f64 * wide
        }
        Mixer::ShortConv(c) => (4.0 * hidden + c.conv as f64) * c.width as f64,
    }
}

/// Bytes of weights and of the head that a step reads.
fn read(facts: &Facts, parts: &Parts) -> Reading<(f64, f64)> {
    if let Exact::Headers(sums) = &facts.exact
        && !sums.layers.is_empty()
    {
        let layers: f64 = sums.layers.iter().map(|bytes| *bytes as f64).sum();
        let experts = (sums.experts as f64).min(layers);
        let share = if parts.all_experts > 0.0 { parts.experts / parts.all_experts } else { 1.0 };
        let head = if sums.head > 0 { sums.head } else { sums.embedding };
        return Ok((layers - experts + experts * share, head as f64));
    }
    let whole = Parts { experts: parts.all_experts, ..*parts };
    let total = match &facts.exact {
        Exact::Total(bytes) => Some(*bytes as f64),
        Exact::Headers(sums) => Some(sums.total as f64),
        Exact::No => None,
    }
    .filter(|bytes| *bytes > 0.0);
    let plain = facts.geometry.dtype.bytes() as f64 * 8.0;
    let bits = match (Bits::of(&facts.quant, plain), total) {
        (Ok(bits), _) => bits,
        (Err(_), Some(total)) => Bits::even(total * 8.0 / whole.sum(&Bits::even(1.0)).max(1.0)),
        (Err(unknown), None) => return Err(unknown),
    };
    // A stated total says how far the mix differs from the formula; what is not in the formula (towers) must not count fully.
    let tower = facts.geometry.tower.map_or(0.0, |tower| tower.params as f64 * plain / 8.0);
    let kin = matches!(facts.quant.scheme, Scheme::Gguf(_));
    let scale = total.map_or(1.0, |total| {
        let extra = if kin { 0.0 } else { tower };
        ((total - extra) * 8.0 / whole.sum(&bits)).clamp(0.7, 1.4)
    });
    let weights = (parts.mixers * bits.mixer + parts.feeds * bits.feed + parts.experts * bits.experts) / 8.0;
    Ok((weights * scale, parts.head * bits.head / 8.0))
}

impl Parts {
    /// Bits of all weights.
    fn sum(&self, bits: &Bits) -> f64 {
        self.mixers * bits.mixer
            + self.feeds * bits.feed
            + self.experts * bits.experts
            + self.head * bits.head
            + self.embedding * bits.embedding
    }
}

/// Numbers of the cache that one token reads after `context` tokens. Layers that share a cache read it too.
fn cache(geometry: &Geometry, context: u64) -> f64 {
    let layers = geometry.layers.iter().map(|layer| match layer.mixer {
        Mixer::Attention(a) => {
            let seen = a.window.map_or(context, |window| context.min(window)) as f64;
            seen * a.kv_heads as f64 * (a.k_dim as f64 + a.v_dim as f64)
        }
        Mixer::Latent(l) => context as f64 * (l.kv_rank as f64 + l.rope_dim as f64),
        _ => 0.0,
    });
    layers.sum()
}

/// Bytes of recurrent states that one token reads and writes.
fn state(geometry: &Geometry) -> f64 {
    let layers = geometry.layers.iter().map(|layer| match layer.mixer {
        Mixer::DeltaNet(d) => 2.0 * d.v_heads as f64 * d.k_dim as f64 * d.v_dim as f64 * d.state_bytes as f64,
        Mixer::Mamba(m) => 2.0 * m.inner as f64 * m.state as f64 * m.state_bytes as f64,
        _ => 0.0,
    });
    layers.sum()
}
