//! A card as engines see it, out of what its driver says.

use super::{Seen, Spec, all, of_driver};

/// The card that a driver sees, its total as CUDA reports it. CUDA reports less than the driver: what it reports for a
/// known card, where that is at most the driver's total and more than 7/8 of it, else the driver's total without the
/// `kept` bytes of driver and firmware. Cards of one name with more or less memory are told apart by the driver's total.
/// The driver's compute capability wins over the data's.
pub fn as_engines_see(seen: &Seen, kept: u64) -> Spec {
    let known = of_driver(seen).ok();
    let by_cuda = known.as_ref().and_then(|spec| all().iter().find(|card| card.spec.name == spec.name));
    let by_cuda = by_cuda.map(|card| card.spec.total);
    let total = by_cuda.filter(|total| *total <= seen.total && *total > seen.total / 8 * 7);
    let short = seen.name.trim_start_matches("NVIDIA ").trim_start_matches("GeForce ").to_owned();
    let told = Spec { name: short, total: 0, bandwidth: None, compute: None, tensor_flops: None };
    let spec = known.unwrap_or(told);
    Spec { total: total.unwrap_or(seen.total.saturating_sub(kept)), compute: seen.compute.or(spec.compute), ..spec }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::units::{GIB, MIB};

    fn seen(name: &str, total: u64) -> Seen {
        Seen { name: name.to_owned(), total, ..Seen::default() }
    }

    #[test]
    fn the_total_is_what_cuda_reports() {
        let known = all().iter().find(|card| card.spec.name == "RTX 5080").map(|card| card.spec.total).unwrap();
        let driver = known + 300 * MIB;
        for (what, seen, kept, total) in [
            ("a known card", seen("NVIDIA GeForce RTX 5080", driver), 200 * MIB, known),
            (
                "a known name on half the memory",
                seen("NVIDIA GeForce RTX 5080", 8 * GIB),
                200 * MIB,
                8 * GIB - 200 * MIB,
            ),
            ("an unknown card", seen("NVIDIA Foo 1", 10 * GIB), GIB, 9 * GIB),
            ("a driver that keeps more than all", seen("NVIDIA Foo 1", GIB), u64::MAX, 0),
            ("nothing", Seen::default(), 0, 0),
        ] {
            assert_eq!(as_engines_see(&seen, kept).total, total, "{what}");
        }
    }

    #[test]
    fn what_the_driver_says_of_its_kind_wins() {
        let card = as_engines_see(&Seen { compute: Some((9, 9)), ..seen("NVIDIA Foo 1", GIB) }, 0);
        assert_eq!((card.name.as_str(), card.compute, card.bandwidth), ("Foo 1", Some((9, 9)), None));
        let card = as_engines_see(&seen("NVIDIA GeForce RTX 5080", 16 * GIB), 0);
        assert_eq!((card.name.as_str(), card.compute), ("RTX 5080", Some((12, 0))));
    }
}
