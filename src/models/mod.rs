//! Models: what they are made of, what of them lies on this machine, whether and how they fit a card.
//!
//! How data walks: a source (`config.json`, safetensors headers, a GGUF file, the catalogue) becomes [`Facts`]; facts and
//! a [`fit::Ask`] become [`fit::Needs`] (everything that does not depend on free memory); needs and a [`fit::Room`]
//! become a [`fit::Fit`] (the sum and its verdict). [`rank`] does this for the whole catalogue, [`solve`] turns it round.

pub mod cards;
pub mod catalogue;
pub mod config;
pub mod facts;
pub mod fit;
pub mod geometry;
pub mod gguf;
pub mod hub;
pub mod live;
pub mod local;
pub mod lookup;
pub mod quant;
pub mod rank;
pub mod safetensors;
pub mod solve;
pub mod speed;
pub mod tensors;
pub mod together;

pub use facts::{Exact, Facts, Source, TensorSums};
pub use geometry::Geometry;
pub use quant::Quant;
