//! Layers whose caches are alike, with the bytes of one page.

use super::ask::PagedAsk;
use super::rules::Rules;
use crate::models::fit::KvDtype;
use crate::models::geometry::{Attention, DeltaNet, Geometry, Latent, Layer, Mamba, Mixer, Runner, ShortConv};

/// Encoder positions that a decoder with cross attention caches (Whisper: 30 seconds of sound).
const ENCODER_TOKENS: u64 = 1500;

/// The shape of an index beside sparse latent attention.
const INDEX: (u64, u64, u64) = (1, 132, 0);
/// Bytes of one token of sparse latent attention in 8 bits: 512 numbers, 4 scales of 4 bytes, 64 rotary numbers of 2.
const SPARSE_FP8: u64 = 656;
/// The same in 4 bits.
const SPARSE_NVFP4: u64 = 352;

/// What a request keeps of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Every token.
    Full,
    /// The last tokens.
    Window(u64),
    /// The current chunk of this many tokens.
    Chunk(u64),
    /// The encoder's output of this many positions.
    Cross(u64),
    /// So many states of fixed size.
    State(u64),
}

impl Kind {
    /// Whether it is a state of fixed size.
    pub fn is_state(self) -> bool {
        matches!(self, Self::State(_))
    }
}

/// Layers whose caches are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bucket {
    /// What a request keeps.
    pub kind: Kind,
    /// What else tells caches apart: heads and the widths of keys and values.
    pub shape: (u64, u64, u64),
    /// Latent attention, whose pages cannot be padded.
    pub latent: bool,
    /// Bytes of one token, or of one state.
    pub unit: u64,
    /// Tokens of one block; 0 for states.
    pub block: u64,
    /// Bytes of one page: one block of one layer.
    pub page: u64,
    /// Layers.
    pub layers: u64,
}

/// The buckets of a model in the order of its layers, with pages not yet sized.
pub(super) fn collect(geometry: &Geometry, ask: &PagedAsk, rules: Rules) -> Vec<Bucket> {
    let mut found: Vec<Bucket> = Vec::new();
    if matches!(geometry.runner, Runner::Pooling { encoder: true }) {
        return found;
    }
    let sparse = geometry.architecture.contains("V32") || geometry.architecture.contains("Dsa");
    let reader = Reader { ask, rules, chunked: geometry.architecture.contains("Llama4"), sparse };
    let mut add = |bucket: Option<Bucket>, layers: u64| {
        let Some(new) = bucket else { return };
        match found.iter_mut().find(|b| (b.kind, b.shape, b.unit) == (new.kind, new.shape, new.unit)) {
            Some(old) => old.layers = old.layers.saturating_add(layers),
            None => found.push(Bucket { layers, ..new }),
        }
    };
    for layer in &geometry.layers {
        add(reader.bucket(layer), 1);
        if geometry.encoder_params > 0 {
            add(reader.bucket(layer).map(|b| Bucket { kind: Kind::Cross(ENCODER_TOKENS), ..b }), 1);
        }
        if sparse {
            add(indexer(layer), 1);
        }
    }
    if ask.speculative_tokens > 0 && geometry.mtp_layers > 0 {
        add(geometry.layers.iter().rev().find_map(|l| reader.draft(l)), geometry.mtp_layers);
    }
    found
}

/// The index beside sparse latent attention (DeepSeek V3.2, GLM with DSA): 128 bytes and a 4-byte scale per token.
fn indexer(layer: &Layer) -> Option<Bucket> {
    matches!(layer.mixer, Mixer::Latent(_)).then(|| bucket_of(Kind::Full, INDEX, true, INDEX.1))
}

impl Bucket {
    /// Whether it is the index of sparse attention, whose kernels read whole blocks of 64.
    pub fn is_index(&self) -> bool {
        self.latent && self.shape == INDEX
    }
}

fn bucket_of(kind: Kind, shape: (u64, u64, u64), latent: bool, unit: u64) -> Bucket {
    Bucket { kind, shape, latent, unit, block: 0, page: 0, layers: 1 }
}

struct Reader<'a> {
    ask: &'a PagedAsk,
    rules: Rules,
    chunked: bool,
    sparse: bool,
}

impl Reader<'_> {
    fn bucket(&self, layer: &Layer) -> Option<Bucket> {
        match layer.mixer {
            Mixer::Attention(a) if a.shared => None,
            Mixer::Attention(a) => Some(self.attention(&a)),
            Mixer::Latent(l) => Some(self.latent(&l)),
            Mixer::DeltaNet(d) => Some(self.delta(&d)),
            Mixer::Mamba(m) => Some(self.mamba(&m)),
            Mixer::ShortConv(s) => Some(self.short(s)),
            Mixer::None => None,
        }
    }

    /// The layer that drafts: full attention of the same shape.
    fn draft(&self, layer: &Layer) -> Option<Bucket> {
        match layer.mixer {
            Mixer::Attention(a) if a.window.is_none() => Some(self.attention(&Attention { shared: false, ..a })),
            Mixer::Latent(l) => Some(self.latent(&l)),
            _ => None,
        }
    }

    fn cards(&self) -> u64 {
        self.ask.tensor_parallel.max(1)
    }

    /// Heads of keys and values on one card: at least one, so that few heads are held by several cards.
    fn attention(&self, a: &Attention) -> Bucket {
        let heads = (a.kv_heads / self.cards()).max(1);
        let kind = match a.window {
            Some(chunk) if self.chunked && self.rules.chunked && self.rules.hybrid => Kind::Chunk(chunk),
            Some(window) if !self.chunked && self.rules.hybrid => Kind::Window(window),
            _ => Kind::Full,
        };
        let unit = heads.saturating_mul(self.vector(a.k_dim).saturating_add(self.vector(a.v_dim)));
        bucket_of(kind, (heads, a.k_dim, a.v_dim), false, unit)
    }

    /// One vector per token, whole on every card.
    fn latent(&self, l: &Latent) -> Bucket {
        let width = l.kv_rank.saturating_add(l.rope_dim);
        let unit = match self.ask.kv_dtype {
            KvDtype::Fp8 if self.sparse => SPARSE_FP8,
            KvDtype::Nvfp4 if self.sparse => SPARSE_NVFP4,
            _ => self.vector(width),
        };
        bucket_of(Kind::Full, (1, width, 0), true, unit)
    }

    /// Bytes of one vector of `width` numbers.
    fn vector(&self, width: u64) -> u64 {
        match self.ask.kv_dtype {
            KvDtype::Auto => width.saturating_mul(self.ask.model_dtype.bytes()),
            KvDtype::Sixteen => width.saturating_mul(2),
            KvDtype::ThirtyTwo => width.saturating_mul(4),
            KvDtype::Fp8 => width,
            KvDtype::Nvfp4 => (width / 2).saturating_add(width / 16),
            KvDtype::Block32(bytes) => width.div_ceil(32).saturating_mul(bytes),
        }
    }

    /// A convolution state: its length less one, and one more for each speculative token.
    fn conv(&self, width: u64, length: u64) -> u64 {
        let steps = length.saturating_sub(1).saturating_add(self.ask.speculative_tokens);
        width.div_ceil(self.cards()).saturating_mul(steps).saturating_mul(self.ask.model_dtype.bytes())
    }

    fn state(&self, shape: (u64, u64, u64), unit: u64) -> Bucket {
        self.states(0, shape, unit)
    }

    /// One running state, one more to resume from with prefix caching, one for each speculative token, and `extra`.
    fn states(&self, extra: u64, shape: (u64, u64, u64), unit: u64) -> Bucket {
        let kept = if self.ask.prefix_caching { 2 } else { 1 };
        let states = self.ask.speculative_tokens.saturating_add(kept).saturating_add(extra);
        bucket_of(Kind::State(states), shape, false, unit)
    }

    fn delta(&self, d: &DeltaNet) -> Bucket {
        let values = d.v_heads.saturating_mul(d.v_dim);
        let width = d.k_heads.saturating_mul(d.k_dim).saturating_mul(2).saturating_add(values);
        let state = product(&[d.v_heads.div_ceil(self.cards()), d.v_dim, d.k_dim, d.state_bytes]);
        self.state((d.v_heads, d.v_dim, d.k_dim), self.conv(width, d.conv).saturating_add(state))
    }

    fn mamba(&self, m: &Mamba) -> Bucket {
        let cards = self.cards();
        if m.version < 2 {
            let held = m.inner.div_ceil(cards);
            let conv = product(&[held, m.conv.saturating_sub(1), self.ask.model_dtype.bytes()]);
            let unit = conv.saturating_add(product(&[held, m.state, m.state_bytes]));
            return self.state((m.inner, m.state, 0), unit);
        }
        let groups = if m.groups.is_multiple_of(cards) { m.groups } else { m.groups.max(cards) };
        let width = groups.saturating_mul(m.state).saturating_mul(2).saturating_add(m.inner);
        let state = product(&[m.heads.div_ceil(cards), m.head_dim, m.state, m.state_bytes]);
        let unit = self.conv(width, m.conv).saturating_add(state);
        let extra = if self.ask.prefix_caching { self.rules.checkpoint } else { 0 };
        self.states(extra, (m.heads, m.head_dim, m.state), unit)
    }

    fn short(&self, s: ShortConv) -> Bucket {
        self.state((s.width, s.conv, 0), self.conv(s.width, s.conv))
    }
}

fn product(factors: &[u64]) -> u64 {
    factors.iter().fold(1, |sum: u64, f| sum.saturating_mul(*f))
}
