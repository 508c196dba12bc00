//! GGUF files: what their head says, and the exact bytes of their tensors. Nothing behind the head is read.
//!
//! This reader is ours. Of the crates that read GGUF, `gguf` 0.1 is from 2023 and knows neither the IQ nor the MXFP4 types,
//! `gguf-rs` keeps every vocabulary entry as a JSON value and sizes its buffers by the lengths that a file claims, and
//! `candle-core` brings a whole inference library for the same walk. A head comes from a stranger: here every length is
//! checked before anything is kept, and what is kept is bounded however long the file says it is.

mod bytes;
mod facts;
mod head;
mod kinds;
mod layers;
mod names;
mod split;
mod sums;
mod talk;
#[cfg(test)]
pub(crate) mod tests;

pub use facts::facts;
pub use head::{Gguf, Tensor, Value, read};
pub use kinds::{TensorType, mix_name};
pub use split::{Part, join, part};
pub use sums::sums;
pub use talk::{Talk, talk};

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It does not begin with `GGUF`.
    #[error("it does not begin with `GGUF`")]
    Magic,
    /// It ends within its head.
    #[error("it ends within its header")]
    Short,
    /// It is written for big-endian machines.
    #[error("it is a big-endian file, made for another kind of processor")]
    BigEndian,
    /// Its head contradicts itself.
    #[error("its header is broken: {0}")]
    Head(String),
}
