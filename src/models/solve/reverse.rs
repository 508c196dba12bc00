//! From a model to the card it needs.

use crate::base::Problem;
use crate::base::units::{GIB, MIB};
use crate::models::Facts;
use crate::models::cards::{self, Spec};
use crate::models::fit::{Ask, Engine, Needs, Room, Verdict};

/// The largest card that is thought of.
const LARGEST: u64 = 1024 * GIB;

/// Whether vLLM's share of the card is left to whoever chooses.
fn is_open(ask: &Ask) -> bool {
    let flags = &ask.flags;
    ask.engine == Engine::Vllm && flags.gpu_memory_utilization.is_none() && flags.kv_cache_memory_bytes.is_none()
}

/// As [`card_needed`] for flags that were chosen on one card: another leaves another share free.
///
/// # Errors
/// See there.
pub fn card_for(facts: &Facts, chosen: &Ask) -> Result<(u64, Vec<Spec>), Problem> {
    let mut open = chosen.clone();
    open.flags.gpu_memory_utilization = None;
    card_needed(facts, &open)
}

/// Total bytes that a card would need for `ask`, and the known cards that have them, smallest first.
/// Nothing else is taken to use the card. Where no share of it is asked for, vLLM is given its default, or less on a small
/// card, where its own context leaves less free than that.
///
/// # Errors
/// When the flags contradict each other, or a TiB would not do.
pub fn card_needed(facts: &Facts, ask: &Ask) -> Result<(u64, Vec<Spec>), Problem> {
    let largest = Needs::of(facts, ask, LARGEST)?;
    let verdict = |total: u64| -> Result<Verdict, Problem> {
        let room = Room { total, free: None };
        let needs = Needs::like(facts, ask, total, [&largest])?;
        let sum = needs.sum(room);
        if sum.verdict != Verdict::RefusedAtStart || !is_open(ask) {
            return Ok(sum.verdict);
        }
        let hundredths = u128::from(needs.free(room)) * 100 / u128::from(total.max(1));
        Ok(needs.sum_with(room, Some(hundredths as f64 / 100.0)).verdict)
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
