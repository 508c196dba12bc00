//! Safetensors: the header of a file, the index of a repository, and what the tensors in them weigh.
//!
//! A file is 8 bytes (little endian: the length of the header), the header (JSON: name → dtype, shape, offsets) and the
//! numbers. Only the first two are read. What the format forbids is refused with a reason, as engines refuse it.

mod dtype;
mod header;
mod index;
mod names;
mod sums;

pub use dtype::bits;
pub use header::{Broken, HEADER_MOST, Header, Tensor};
pub use index::Index;
pub use names::{Role, role};
pub use sums::{Census, census};

#[cfg(test)]
mod tests;
