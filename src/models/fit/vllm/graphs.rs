//! CUDA graphs: how many are captured and what they hold.

use super::rules::{Rules, Sampling};
use crate::base::units::{GIB, MIB};
use crate::models::Geometry;
use crate::models::fit::{Ask, Part, PartBasis, PartKind};

/// Bytes of the first capture, whatever the model. With [`EACH`] fitted to the logged figures of v004, v013, v022, v024,
/// v028, v037, v038, v079, v080 and v094: 0.14 GiB off in the median, 0.19 where the row is left out of the fit.
const FIRST: u64 = GIB / 5;
/// Bytes of one layer in one graph, see [`FIRST`].
const EACH: u64 = MIB * 14 / 100;
/// How far the figure may be off: the estimate of vLLM itself and its later capture differ by as much, and twice that
/// where the second runner extrapolates from two captures (`v1/worker/gpu/cudagraph_utils.py`).
pub(super) const OFF: u64 = MIB * 200;

/// Graphs captured by default: piecewise for sizes up to twice the sequences (512 at most), whole for decode up to the
/// sequences; sizes 1, 2, 4, then steps of 8 to 256 and of 16 beyond (source of 0.32).
fn count(seqs: u64) -> u64 {
    sizes(seqs.saturating_mul(2).min(512)) + sizes(seqs.min(512))
}

fn sizes(most: u64) -> u64 {
    let small = [1, 2, 4].iter().filter(|size| **size <= most).count() as u64;
    let eights = most.min(255) / 8;
    let sixteens = if most >= 256 { (most - 256) / 16 + 1 } else { 0 };
    small + eights + sixteens
}

/// The graphs as a line of the sum; `None` where none are captured.
pub(super) fn part(geometry: &Geometry, ask: &Ask, rules: &Rules) -> Option<Part> {
    if ask.flags.enforce_eager {
        return None;
    }
    let graphs = count(rules.seqs);
    let layers = geometry.layers.len() as u64;
    let bytes = FIRST.saturating_add(graphs.saturating_mul(layers).saturating_mul(EACH));
    let place =
        if rules.graphs_inside { "estimated at start and taken off the budget" } else { "on top of the budget" };
    Some(Part {
        kind: PartKind::Graphs,
        bytes,
        margin: if rules.sampling == Sampling::Bare { OFF.saturating_mul(2) } else { OFF },
        basis: PartBasis::Fitted,
        why: format!("{graphs} graphs × {layers} layers, {place}; --enforce-eager saves them"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_the_engine_captures() {
        for (seqs, graphs) in [(256, 51 + 35), (1024, 51 + 51), (64, 19 + 11), (8, 5 + 4), (1, 2 + 1)] {
            assert_eq!(count(seqs), graphs, "{seqs} sequences");
        }
    }
}
