//! Remedies held against the card as it is now, which a log cannot know.

use super::{Change, Remedy};
use crate::base::Bytes;
use crate::models::fit::Room;

/// vLLM's share of the whole card, which must be free when it starts.
const SHARE: &str = "--gpu-memory-utilization";

/// Puts those last that ask for more than is free now, and says so.
pub fn held_against(remedies: &mut [Remedy], room: Room) {
    let Some(free) = room.free else { return };
    let lacks = |remedy: &Remedy| match &remedy.change {
        Change::SetFlag { flag, value: Some(value) } if flag == SHARE => {
            let asks = value.parse::<f64>().ok().map(|share| (share * room.total as f64) as u64);
            asks.filter(|asks| *asks > free)
        }
        _ => None,
    };
    for remedy in remedies.iter_mut() {
        if let Some(asks) = lacks(remedy) {
            let (asks, free) = (Bytes(asks), Bytes(free));
            remedy.why =
                format!("only once room is made: {asks} are asked for then, and {free} are free now; {}", remedy.why);
        }
    }
    remedies.sort_by_key(|remedy| lacks(remedy).is_some());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::units::GIB;
    use crate::engines::doctor::Cost;

    #[test]
    fn a_share_that_is_not_free_comes_last() {
        let remedies = || {
            ["0.2", "0.9", "x"]
                .map(|to| Remedy::set(SHARE, None, to, Cost::Room, "more"))
                .into_iter()
                .chain([Remedy::set("--max-num-seqs", None, "1", Cost::Concurrency, "fewer")])
        };
        for (free, order) in [
            (Some(16 * GIB), ["0.2", "0.9", "x", "1"]),
            (Some(4 * GIB), ["0.2", "x", "1", "0.9"]),
            (Some(GIB), ["x", "1", "0.2", "0.9"]),
            (None, ["0.2", "0.9", "x", "1"]),
        ] {
            let mut all: Vec<Remedy> = remedies().collect();
            held_against(&mut all, Room { total: 16 * GIB, free });
            assert_eq!(all.iter().filter_map(|one| one.to.as_deref()).collect::<Vec<_>>(), order, "{free:?}");
            let said = all.iter().filter(|one| one.why.contains("are free now")).count();
            assert_eq!(said, all.len() - order.iter().position(|to| *to == "1").unwrap() - 1, "{free:?}");
        }
    }
}
