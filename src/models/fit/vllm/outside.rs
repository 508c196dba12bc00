//! What is neither weights nor tensors: contexts, libraries, communication.

use crate::base::units::{GIB, MIB};
use crate::models::fit::{Part, PartBasis, PartKind};

/// Bytes inside the budget on any card: loaded kernels and library workspaces. v002, v003, v107, v116: 0.02 to 0.04 GiB.
const KERNELS: u64 = 20 * MIB;
/// The same grows with the card, which has more units to serve: v083, v084, v085 (79.18 GiB) show 0.13 to 0.14 GiB.
const PER_TOTAL: f64 = 0.0014;
/// What talking to other cards takes: v108 (23.5 GiB) 0.25, v081 and v086 (79.18 GiB) 0.55 GiB in all.
const TALK: u64 = 150 * MIB;
/// The part of [`TALK`] that grows with the card.
const TALK_PER_TOTAL: f64 = 0.0033;
/// Context and driver outside of the budget of a card that draws no desktop: 0.24 to 0.55 GiB were seen on L4, A10, 3090
/// and 5090.
pub(super) const RESERVE: u64 = 450 * MIB;
/// The least that a context takes: no free memory above the total less this is believed.
pub(super) const CONTEXT: u64 = 200 * MIB;

/// The least where everything counts (since 0.27): 0.47 and 0.56 GiB in two logs of 23.6 and 80 GiB.
const COUNTED: u64 = 460 * MIB;
/// How far [`COUNTED`] may be off: it depends on what compiling leaves behind.
const COUNTED_OFF: u64 = GIB / 4;

/// The line of the sum for `cards` cards of `total` bytes; `counted`: see [`super::rules::Rules::counted`].
pub(super) fn part(total: u64, cards: u64, counted: bool) -> Part {
    let share = |of: f64| (total as f64 * of) as u64;
    let alone = KERNELS.saturating_add(share(PER_TOTAL)).max(if counted { COUNTED } else { 0 });
    let talk = if cards > 1 { TALK.saturating_add(share(TALK_PER_TOTAL)) } else { 0 };
    Part {
        kind: PartKind::NonTorch,
        bytes: alone.saturating_add(talk),
        margin: match (counted, cards) {
            (true, _) => COUNTED_OFF,
            (false, 1) => 40 * MIB,
            (false, _) => GIB / 8,
        },
        basis: PartBasis::Fitted,
        why: if cards > 1 {
            format!("kernels and libraries, and the links between {cards} cards")
        } else {
            "kernels and libraries, more on larger cards".to_owned()
        },
    }
}
