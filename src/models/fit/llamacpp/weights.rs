//! Bytes of the weights: where they are on the card, and per layer.

use super::mix::{Role, Traits, kind, known};
use crate::base::Problem;
use crate::models::fit::PartBasis;
use crate::models::geometry::{Feed, Geometry, Layer, Mixer};
use crate::models::gguf::TensorType;
use crate::models::quant::Scheme;
use crate::models::{Exact, Facts, Source, TensorSums};

/// Weights as they lie on card and host once every layer is on the card.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    /// Bytes on the card.
    pub card: u64,
    /// Bytes that stay on the host: the embedding (a copy of it where it is the head too).
    pub host: u64,
    /// Of `card`, each layer's, first to last.
    pub layers: Vec<u64>,
    /// Of all layers, what belongs to routed experts.
    pub experts: u64,
    /// How far `card` may be off.
    pub margin: u64,
    pub basis: PartBasis,
    pub why: String,
}

/// The weights as llama.cpp places them.
///
/// # Errors
/// When they are no GGUF and could not be one, or their mix is not known and no size is.
pub(super) fn weights(facts: &Facts) -> Result<Weights, Problem> {
    let mix = mix_of(facts)?;
    match &facts.exact {
        Exact::Headers(sums) if facts.source == Source::Gguf => {
            let why = format!("sum of the tensors in the file's header, {}", mix.0);
            Ok(placed(facts, sums.clone(), PartBasis::Headers, 0, why))
        }
        Exact::Total(total) if is_gguf(facts) => {
            let guess = by_mix(&facts.geometry, &mix.0);
            let margin = guess.embedding / 20;
            let why = format!("size of the file less what its mix, {}, says of the embedding", mix.0);
            Ok(placed(facts, scaled(guess, *total), PartBasis::Stated, margin, why))
        }
        _ => {
            let sums = by_mix(&facts.geometry, &mix.0);
            // Publishers change mixes of delta nets and experts by hand: up to 7 % was seen.
            let plain = !facts.geometry.is_recurrent() && !facts.geometry.has_experts();
            let share = if mix.1 && plain { 100 } else { 12 };
            let near = if mix.1 { "" } else { ", which is near it" };
            let why = format!("per tensor by the rules of the mix {}{near}", mix.0);
            let margin = sums.total / share;
            Ok(placed(facts, sums, PartBasis::EngineRule, margin, why))
        }
    }
}

fn is_gguf(facts: &Facts) -> bool {
    facts.source == Source::Gguf || matches!(facts.quant.scheme, Scheme::Gguf(_))
}

/// The mix and whether it is known to be that one.
fn mix_of(facts: &Facts) -> Result<(String, bool), Problem> {
    let size_is_known = !matches!(facts.exact, Exact::No) && is_gguf(facts);
    match &facts.quant.scheme {
        Scheme::Gguf(name) | Scheme::Unknown(name) => match known(name) {
            Some(found) => Ok(found),
            None if size_is_known => Ok(("Q4_K_M".to_owned(), false)),
            None => Err(Problem::failed(
                format!("the weights of {} cannot be counted", facts.name),
                format!("the GGUF mix {name} is not known"),
                "name a mix such as Q4_K_M, or the size of the file",
            )),
        },
        Scheme::Plain => Ok(("BF16".to_owned(), true)),
        Scheme::Mxfp4 => Ok(("MXFP4_MOE".to_owned(), false)),
        _ => Err(Problem::failed(
            format!("llama.cpp does not load {}", facts.name),
            format!("it reads GGUF files, and this is stored for other engines ({})", facts.quant.method),
            "take a GGUF of the model, or run it with vLLM",
        )),
    }
}

fn placed(facts: &Facts, sums: TensorSums, basis: PartBasis, margin: u64, why: String) -> Weights {
    // A tied embedding is needed twice: looked up on the host, multiplied on the card.
    let stays = if facts.geometry.tied && sums.head == 0 { per_layer_table(facts, &sums) } else { sums.embedding };
    let unused = stays.saturating_add(sums.mtp);
    let card = sums.total.saturating_sub(unused);
    Weights { card, host: sums.embedding, layers: sums.layers, experts: sums.experts, margin, basis, why }
}

/// Of a tied model's embeddings the part that is only looked up: the table of per-layer embeddings.
fn per_layer_table(facts: &Facts, sums: &TensorSums) -> u64 {
    let g = &facts.geometry;
    let count = g.layers.len() as u64;
    let table = g.per_layer_vocab.saturating_mul(g.per_layer_embed).saturating_mul(count);
    let token = g.vocab.saturating_mul(g.hidden);
    let all = table.saturating_add(token).max(1);
    (u128::from(sums.embedding) * u128::from(table) / u128::from(all)) as u64
}

/// The guess with the layers stretched so that all is `total`; embedding and head stay.
fn scaled(guess: TensorSums, total: u64) -> TensorSums {
    let fixed = guess.embedding.saturating_add(guess.head).min(total);
    let (have, want) = (guess.layers.iter().fold(0_u64, |sum, layer| sum.saturating_add(*layer)), total - fixed);
    let stretch = |bytes: u64| (u128::from(bytes) * u128::from(want) / u128::from(have.max(1))) as u64;
    let layers = guess.layers.iter().map(|bytes| stretch(*bytes)).collect();
    TensorSums { total, layers, experts: stretch(guess.experts), embedding: guess.embedding.min(total), ..guess }
}

/// Bytes of all tensors in a mix, out of the geometry alone. A vision tower lies in a file of its own.
pub(super) fn by_mix(geometry: &Geometry, mix: &str) -> TensorSums {
    let traits = traits(geometry);
    let matrix = |role, columns: u64, rows: u64, layer: usize| {
        let (layer, layers) = (layer as u64, geometry.layers.len() as u64);
        let kind = kind(mix, role, columns, layer, layers, traits);
        kind.bytes(columns.saturating_mul(rows)).unwrap_or(0)
    };
    let width = if geometry.embed > 0 { geometry.embed } else { geometry.hidden };
    let count = geometry.layers.len() as u64;
    let table = geometry.per_layer_vocab.saturating_mul(count);
    let mut sums = TensorSums {
        embedding: matrix(Role::Embedding, width, geometry.vocab, 0).saturating_add(matrix(
            Role::Embedding,
            geometry.per_layer_embed.max(1),
            table,
            0,
        )),
        head: if geometry.tied { 0 } else { matrix(Role::Head, width, geometry.vocab, 0) },
        ..TensorSums::default()
    };
    for (index, layer) in geometry.layers.iter().enumerate() {
        let (bytes, experts) = layer_bytes(geometry, layer, |role, columns, rows| matrix(role, columns, rows, index));
        sums.layers.push(bytes);
        sums.experts = sums.experts.saturating_add(experts);
    }
    let layers = sums.layers.iter().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
    let norm = geometry.hidden.saturating_mul(4);
    sums.total = [sums.head, layers, norm].iter().fold(sums.embedding, |sum, bytes| sum.saturating_add(*bytes));
    sums
}

fn traits(geometry: &Geometry) -> Traits {
    let gqa = geometry.layers.iter().find_map(|layer| match layer.mixer {
        Mixer::Attention(a) => a.heads.checked_div(a.kv_heads),
        Mixer::Latent(l) => Some(l.heads),
        _ => None,
    });
    let experts = geometry.layers.iter().find_map(|layer| match layer.feed {
        Feed::Experts { count, .. } => Some(count),
        _ => None,
    });
    Traits { gqa: gqa.unwrap_or(1), experts: experts.unwrap_or(0), tied: geometry.tied }
}

/// Bytes of one layer, and of its routed experts.
fn layer_bytes(geometry: &Geometry, layer: &Layer, matrix: impl Fn(Role, u64, u64) -> u64) -> (u64, u64) {
    let (wide, by) = (geometry.hidden, u64::saturating_mul);
    let small = |numbers: u64| TensorType::F32.bytes(numbers).unwrap_or(0);
    let mixer = match layer.mixer {
        Mixer::Attention(a) => vec![
            matrix(Role::Query, wide, by(by(a.heads, a.k_dim), 1 + u64::from(a.gated))),
            matrix(Role::Key, wide, if a.shared { 0 } else { by(a.kv_heads, a.k_dim) }),
            matrix(Role::Value, wide, if a.shared || a.k_eq_v { 0 } else { by(a.kv_heads, a.v_dim) }),
            matrix(Role::Output, by(a.heads, a.v_dim), wide),
            small(if a.qk_norm { a.k_dim.saturating_mul(2) } else { 0 }),
            small(if a.qkv_bias { by(a.heads, a.k_dim).saturating_add(by(by(a.kv_heads, a.k_dim), 2)) } else { 0 }),
        ],
        Mixer::Latent(l) => {
            let head = l.nope_dim.saturating_add(l.rope_dim);
            let query = if l.q_rank == 0 {
                matrix(Role::Query, wide, by(l.heads, head))
            } else {
                matrix(Role::Other, wide, l.q_rank).saturating_add(matrix(Role::Other, l.q_rank, by(l.heads, head)))
            };
            vec![
                query,
                matrix(Role::Other, wide, l.kv_rank.saturating_add(l.rope_dim)),
                matrix(Role::Other, l.nope_dim, by(l.kv_rank, l.heads)),
                matrix(Role::Other, l.kv_rank, by(l.v_dim, l.heads)),
                matrix(Role::Output, by(l.heads, l.v_dim), wide),
                small(l.kv_rank.saturating_add(l.q_rank)),
            ]
        }
        Mixer::DeltaNet(d) => {
            let (keys, values) = (by(d.k_heads, d.k_dim), by(d.v_heads, d.v_dim));
            let mixed = keys.saturating_mul(2).saturating_add(values);
            vec![
                matrix(Role::Value, wide, mixed),
                matrix(Role::Other, wide, values),
                matrix(Role::Other, wide, d.v_heads).saturating_mul(2),
                matrix(Role::Other, values, wide),
                small(by(mixed, d.conv).saturating_add(by(d.v_heads, 2)).saturating_add(d.v_dim)),
            ]
        }
        Mixer::Mamba(m) => {
            let grouped = by(by(m.groups, m.state), 2);
            let conv = m.inner.saturating_add(grouped);
            let inputs = m.inner.saturating_add(conv).saturating_add(m.heads);
            vec![
                matrix(Role::Other, wide, if m.version == 1 { m.inner.saturating_mul(2) } else { inputs }),
                matrix(Role::Other, m.inner, wide),
                small(by(conv, m.conv.saturating_add(1)).saturating_add(by(m.heads, 3))),
                small(if m.version == 1 { by(m.inner, m.state) } else { m.inner }),
            ]
        }
        Mixer::ShortConv(s) => vec![
            matrix(Role::Other, wide, s.width.saturating_mul(3)),
            matrix(Role::Other, s.width, wide),
            small(by(s.width, s.conv)),
        ],
        Mixer::None => Vec::new(),
    };
    let (dense, experts) = feed_bytes(wide, layer.feed, &matrix);
    let norms = small(wide.saturating_mul(2));
    let all = mixer.into_iter().chain([dense, experts, norms]).fold(0, u64::saturating_add);
    (all, experts)
}

/// Bytes of what every token sees, and of the routed experts.
fn feed_bytes(wide: u64, feed: Feed, matrix: &impl Fn(Role, u64, u64) -> u64) -> (u64, u64) {
    let network = |inner: u64, count: u64, gated: bool| {
        let gate = if gated { matrix(Role::Gate, wide, inner.saturating_mul(count)) } else { 0 };
        let up = matrix(Role::Up, wide, inner.saturating_mul(count));
        gate.saturating_add(up).saturating_add(matrix(Role::Down, inner, wide.saturating_mul(count)))
    };
    match feed {
        Feed::Dense { inner, gated, .. } => (network(inner, 1, gated), 0),
        Feed::Experts { count, inner, gated, shared, .. } => {
            let router = TensorType::F32.bytes(wide.saturating_mul(count)).unwrap_or(0);
            let always = if shared > 0 { network(shared, 1, gated) } else { 0 };
            (router.saturating_add(always), network(inner, count, gated))
        }
        Feed::None => (0, 0),
    }
}
