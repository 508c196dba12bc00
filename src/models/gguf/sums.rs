//! Exact bytes out of the list of tensors.

use super::head::Gguf;
use super::names::{Place, place};
use crate::models::TensorSums;

/// The most layers that are believed.
pub(super) const LAYERS: usize = 4096;

/// Bytes per part, and how many tensors are of a type that is not known (and so are missing in the sums).
pub fn sums(head: &Gguf) -> (TensorSums, usize) {
    let mut sums = TensorSums::default();
    let mut unknown = 0;
    let mtp_from = first_mtp(head);
    for tensor in &head.tensors {
        let Some(bytes) = tensor.bytes() else {
            unknown += 1;
            continue;
        };
        sums.total = sums.total.saturating_add(bytes);
        match place(&tensor.name) {
            Place::Embedding => sums.embedding = sums.embedding.saturating_add(bytes),
            Place::Head => sums.head = sums.head.saturating_add(bytes),
            Place::Tower => sums.tower = sums.tower.saturating_add(bytes),
            Place::Layer(layer, _) if layer >= mtp_from => sums.mtp = sums.mtp.saturating_add(bytes),
            Place::Layer(layer, experts) if layer < LAYERS => {
                if sums.layers.len() <= layer {
                    sums.layers.resize(layer + 1, 0);
                }
                sums.layers[layer] = sums.layers[layer].saturating_add(bytes);
                if experts {
                    sums.experts = sums.experts.saturating_add(bytes);
                }
            }
            Place::Layer(..) | Place::Other => {}
        }
    }
    (sums, unknown)
}

/// The first layer that only predicts further tokens; llama.cpp leaves those out unless they are asked for.
pub(super) fn first_mtp(head: &Gguf) -> usize {
    let arch = head.architecture.as_deref().unwrap_or_default();
    let count = |key: &str| head.number(&format!("{arch}.{key}"));
    match (count("block_count"), count("nextn_predict_layers")) {
        (Some(all), Some(mtp)) if mtp > 0 && mtp < all => usize::try_from(all - mtp).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}
