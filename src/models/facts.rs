//! What is known about one set of weights, however it was learned.

use super::fit::learned::Lessons;
use super::geometry::Geometry;
use super::quant::Quant;

/// Exact bytes of tensors, summed out of headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TensorSums {
    /// All tensors of the file or repository.
    pub total: u64,
    /// The token embedding.
    pub embedding: u64,
    /// The output head; 0 when the embedding serves as it and no copy is stored.
    pub head: u64,
    /// Bytes of each repeated layer, first to last (GGUF `blk.N`, `model.layers.N`).
    pub layers: Vec<u64>,
    /// Vision or audio tower and projector.
    pub tower: u64,
    /// Multi-token prediction layers.
    pub mtp: u64,
    /// Of `layers`, what belongs to routed experts.
    pub experts: u64,
}

/// How well the bytes of the weights are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Exact {
    /// Only from the geometry.
    #[default]
    No,
    /// The sum of all tensor bytes, as someone said it or as a file's size.
    Total(u64),
    /// Read out of headers.
    Headers(TensorSums),
}

/// What is known about one set of weights.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Repository, path or tag, as the person knows it.
    pub name: String,
    /// What it is made of.
    pub geometry: Geometry,
    /// How it is stored.
    pub quant: Quant,
    /// Bytes, where they are known better than by formula.
    pub exact: Exact,
    /// Where the geometry comes from: `config` (the model's own file), `gguf` (its header) or `catalogue`.
    pub source: Source,
    /// What real starts of this model and its relatives taught; nothing unless somebody put it here.
    pub learned: Lessons,
}

/// Where a geometry comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// The model's own `config.json`.
    #[default]
    Config,
    /// A GGUF header.
    Gguf,
    /// Shipped data, checked against published sizes.
    Catalogue,
    /// Shipped data from memory only; marked so.
    Memory,
}
