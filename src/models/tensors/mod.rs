//! A geometry as groups of parameters, in the shapes that checkpoints and engines have.

mod feed;
mod mixer;

use super::geometry::{Feed, Geometry, Layer};

/// What a group of parameters is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The token embedding.
    Embedding,
    /// Per-layer embeddings (Gemma 3n and 4 E).
    PerLayerEmbedding,
    /// The output head, where it is not the embedding.
    Head,
    /// Learned positions.
    Positions,
    /// A projection of a mixer.
    Linear,
    /// A matrix of a dense feed-forward part, or of what every token sees beside experts.
    Mlp,
    /// A matrix of one expert.
    Expert,
    /// The router of experts.
    Router,
    /// Norm weights and biases.
    Norm,
    /// A bias.
    Bias,
    /// A bias of experts.
    ExpertBias,
    /// Convolutions, decays and gates of recurrent mixers.
    State,
    /// The part that sees or hears.
    Tower,
    /// An encoder stack beside the decoder.
    Encoder,
    /// Small parts without a kind of their own.
    Other,
}

/// How a group is shared among cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Each card has all of it.
    Whole,
    /// By rows (outputs).
    Rows,
    /// By columns (inputs).
    Cols,
    /// By heads of keys and values, of which each card has one at least.
    Heads(u64),
}

/// Parameters of one shape: `count` matrices of `rows` outputs by `cols` inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What it is.
    pub kind: Kind,
    /// Its module, without the stem that files spell in several ways: `layers.3.self_attn.q_proj`.
    pub module: String,
    /// Outputs.
    pub rows: u64,
    /// Inputs.
    pub cols: u64,
    /// How many there are.
    pub count: u64,
    /// How it is shared among cards.
    pub split: Split,
}

impl Group {
    /// Parameters.
    pub fn params(&self) -> u64 {
        self.rows.saturating_mul(self.cols).saturating_mul(self.count)
    }
}

/// Collects groups of one layer.
struct Sink<'a> {
    found: &'a mut Vec<Group>,
    prefix: String,
}

impl Sink<'_> {
    fn add(&mut self, kind: Kind, module: &str, rows: u64, cols: u64, split: Split) {
        self.many(kind, module, rows, cols, 1, split);
    }

    fn many(&mut self, kind: Kind, module: &str, rows: u64, cols: u64, count: u64, split: Split) {
        if rows > 0 && cols > 0 && count > 0 {
            self.found.push(Group { kind, module: format!("{}{module}", self.prefix), rows, cols, count, split });
        }
    }
}

/// All parameters that an engine loads to serve the model: without multi-token prediction, without a tied head.
pub fn groups(geometry: &Geometry) -> Vec<Group> {
    let mut found = Vec::new();
    let mut sink = Sink { found: &mut found, prefix: String::new() };
    let g = geometry;
    let width = if g.embed > 0 { g.embed } else { g.hidden };
    sink.add(Kind::Embedding, "embed_tokens", g.vocab, width, Split::Rows);
    if g.embed > 0 {
        sink.many(Kind::Other, "project", g.hidden, g.embed, 2, Split::Whole);
    }
    if !g.tied {
        sink.add(Kind::Head, "lm_head", g.vocab, width, Split::Rows);
    }
    sink.add(Kind::Positions, "embed_positions", g.positions, g.hidden, Split::Whole);
    for (index, layer) in g.layers.iter().enumerate() {
        sink.prefix = format!("layers.{index}.");
        self::layer(&mut sink, g, layer);
    }
    sink.prefix.clear();
    per_layer(&mut sink, g);
    sink.add(Kind::Norm, "norm", g.hidden, 1 + u64::from(g.norm_bias), Split::Whole);
    if let Some(tower) = &g.tower {
        sink.add(Kind::Tower, "vision_tower", tower.params, 1, Split::Rows);
    }
    sink.add(Kind::Encoder, "encoder", g.encoder_params, 1, Split::Rows);
    sink.add(Kind::Other, "other", g.other_params, 1, Split::Whole);
    found
}

fn layer(sink: &mut Sink<'_>, g: &Geometry, layer: &Layer) {
    mixer::add(sink, g.hidden, &layer.mixer);
    feed::add(sink, g.hidden, &layer.feed);
    let norms = if g.norms == 0 { 2 } else { g.norms };
    // A layer that is only half of one (a state space layer beside attention) has half the norms.
    let norms = if matches!(layer.feed, Feed::None) { norms.div_ceil(2) } else { norms };
    sink.add(Kind::Norm, "norms", g.hidden, norms << u64::from(g.norm_bias), Split::Whole);
}

fn per_layer(sink: &mut Sink<'_>, g: &Geometry) {
    if g.per_layer_embed == 0 {
        return;
    }
    let wide = g.per_layer_embed.saturating_mul(g.layers.len() as u64);
    sink.add(Kind::PerLayerEmbedding, "embed_tokens_per_layer", g.per_layer_vocab, wide, Split::Rows);
    sink.add(Kind::Other, "per_layer_model_projection", wide, g.hidden, Split::Rows);
    sink.add(Kind::Norm, "per_layer_projection_norm", g.per_layer_embed, 1, Split::Whole);
    let layers = g.layers.len() as u64;
    sink.many(Kind::Other, "per_layer_input_gate", g.per_layer_embed, g.hidden, layers, Split::Whole);
    sink.many(Kind::Other, "per_layer_projection", g.hidden, g.per_layer_embed, layers, Split::Whole);
    sink.many(Kind::Norm, "post_per_layer_input_norm", g.hidden, 1, layers, Split::Whole);
}

/// Parameters in all, each counted once.
pub fn params(geometry: &Geometry) -> u64 {
    groups(geometry).iter().map(Group::params).fold(0, u64::saturating_add)
}

/// Parameters that one token passes through: all but the experts that it does not see. The embedding counts, as
/// publishers count it.
pub fn active_params(geometry: &Geometry) -> u64 {
    let mut idle = 0_u64;
    for layer in &geometry.layers {
        if let Feed::Experts { count, active, inner, gated, bias, .. } = layer.feed {
            let matrices = if gated { 3 } else { 2 };
            let biases = if bias { inner.saturating_mul(matrices - 1).saturating_add(geometry.hidden) } else { 0 };
            let one = geometry.hidden.saturating_mul(inner).saturating_mul(matrices).saturating_add(biases);
            idle = idle.saturating_add(one.saturating_mul(count.saturating_sub(active)));
        }
    }
    params(geometry).saturating_sub(idle)
}
