//! From a model to the card it needs.

use crate::base::Problem;
use crate::base::units::{GIB, MIB};
use crate::models::Facts;
use crate::models::cards::{self, Spec};
use crate::models::fit::{Ask, Needs, Room, Verdict};

/// The largest card that is thought of.
const LARGEST: u64 = 1024 * GIB;

/// Total bytes that a card would need for `ask`, and the known cards that have them, smallest first.
/// The card is taken as used by nothing else but a desktop's reserve.
///
/// # Errors
/// When the flags contradict each other, or a TiB would not do.
pub fn card_needed(facts: &Facts, ask: &Ask) -> Result<(u64, Vec<Spec>), Problem> {
    let verdict = |total: u64| -> Result<Verdict, Problem> {
        Ok(Needs::of(facts, ask, total)?.sum(Room { total, free: None }).verdict)
    };
    // A model of which something is unknown never fits for sure; then the card is the one that it would start on.
    let sure = verdict(LARGEST)? == Verdict::Fits;
    let fits = |total: u64| -> Result<bool, Problem> {
        let verdict = verdict(total)?;
        Ok(verdict == Verdict::Fits || !sure && verdict.starts())
    };
    if !fits(LARGEST)? {
        let why = "not even a TiB on one card would do";
        return Err(Problem::failed("no card is large enough", why, "ask for less context, or use several cards"));
    }
    let (mut low, mut high) = (0, LARGEST);
    while high - low > 16 * MIB {
        let middle = low + (high - low) / 2;
        if fits(middle)? { high = middle } else { low = middle }
    }
    let mut cards: Vec<Spec> = Vec::new();
    // The engine's defaults follow the size of the card: each one is asked itself.
    for card in cards::known().iter().filter(|card| card.total >= high) {
        if fits(card.total)? {
            cards.push(card.clone());
        }
    }
    cards.sort_by_key(|card| card.total);
    Ok((high, cards))
}
