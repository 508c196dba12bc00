//! What the tensors of a repository weigh, by what they belong to.

use super::header::{Header, Tensor};
use super::names::{Role, role};
use crate::models::TensorSums;
use std::collections::{BTreeMap, HashSet};

/// The tensors of a repository, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Census {
    /// Bytes by what they belong to.
    pub sums: TensorSums,
    /// Bytes by dtype, in the order of their names.
    pub dtypes: BTreeMap<String, u64>,
    /// Whether embedding and head have the same shape and dtype, so that one of them is not needed if the config ties
    /// them.
    pub twin_head: bool,
    /// How many tensors two files hold; each is counted once.
    pub twice: u64,
}

/// Counts the tensors of all files that an engine would load. `layers` as in [`role`].
pub fn census<'a>(headers: impl IntoIterator<Item = &'a Header>, layers: Option<usize>) -> Census {
    let mut seen = HashSet::new();
    let mut count = Count::default();
    let mut twice = 0;
    for tensor in headers.into_iter().flat_map(|header| &header.tensors) {
        if seen.insert(tensor.name.as_str()) {
            count.add(tensor, role(&tensor.name, layers));
        } else {
            twice += 1;
        }
    }
    Census { twice, ..count.done() }
}

#[derive(Default)]
struct Count<'a> {
    sums: TensorSums,
    dtypes: BTreeMap<String, u64>,
    encoder: BTreeMap<usize, u64>,
    embedding: Option<&'a Tensor>,
    head: Option<&'a Tensor>,
    decoder: bool,
}

impl<'a> Count<'a> {
    fn add(&mut self, tensor: &'a Tensor, role: Role) {
        let bytes = tensor.bytes();
        self.decoder |= tensor.name.split('.').any(|part| part == "decoder");
        add(&mut self.sums.total, bytes);
        match self.dtypes.get_mut(&tensor.dtype) {
            Some(sum) => add(sum, bytes),
            None => drop(self.dtypes.insert(tensor.dtype.clone(), bytes)),
        }
        match role {
            Role::Embedding => {
                add(&mut self.sums.embedding, bytes);
                self.embedding = larger(self.embedding, tensor);
            }
            Role::Head => {
                add(&mut self.sums.head, bytes);
                self.head = larger(self.head, tensor);
            }
            Role::Layer(number) => self.layer(number, bytes),
            Role::Experts(number) => {
                self.layer(number, bytes);
                add(&mut self.sums.experts, bytes);
            }
            Role::Encoder(number) => add(self.encoder.entry(number).or_default(), bytes),
            Role::Tower => add(&mut self.sums.tower, bytes),
            Role::Mtp => add(&mut self.sums.mtp, bytes),
            Role::Other => {}
        }
    }

    fn layer(&mut self, number: usize, bytes: u64) {
        if self.sums.layers.len() <= number {
            self.sums.layers.resize(number + 1, 0);
        }
        if let Some(sum) = self.sums.layers.get_mut(number) {
            add(sum, bytes);
        }
    }

    fn done(mut self) -> Census {
        // Beside a decoder an encoder hears or sees (Whisper); alone it is the model (BERT).
        for (number, bytes) in std::mem::take(&mut self.encoder) {
            if self.decoder {
                add(&mut self.sums.tower, bytes);
            } else {
                self.layer(number, bytes);
            }
        }
        let twin_head = match (self.embedding, self.head) {
            (Some(one), Some(other)) => one.shape == other.shape && one.dtype == other.dtype,
            _ => false,
        };
        Census { sums: self.sums, dtypes: self.dtypes, twin_head, twice: 0 }
    }
}

fn add(sum: &mut u64, bytes: u64) {
    *sum = sum.saturating_add(bytes);
}

fn larger<'a>(known: Option<&'a Tensor>, new: &'a Tensor) -> Option<&'a Tensor> {
    match known {
        Some(known) if known.bytes() >= new.bytes() => Some(known),
        _ => Some(new),
    }
}
