//! Does it fit: the estimator. [`Ask`] and facts become [`Needs`]; needs and [`Room`] become a [`Sum`] or a [`Fit`].

mod answer;
mod ask;
pub mod kv;
pub mod learned;
pub mod llamacpp;
mod needs;
mod vllm;
pub mod weights;

pub use answer::{Fit, Part, PartBasis, PartKind, Verdict};
pub use ask::{Ask, Engine, Flags, KvDtype, Length, Room, Version};
pub use needs::{Needs, Sum};
