//! The catalogue: models with their variants, in vLLM's taxonomy. Data in `presets/models/`.

mod entry;

pub use entry::{Capability, Confidence, Entry, Sourced, Taxonomy, Variant};

/// All models that ship with vramdeck.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// In the order of the data.
    pub entries: Vec<Entry>,
}
