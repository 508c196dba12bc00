//! Dealing out the card's free memory.

use super::{Guest, is_split, sleep};
use crate::base::units::MIB;
use crate::models::fit::Room;
use crate::models::rank::Intent;
use crate::models::solve::{Solution, Wish, solve_for};

/// Amounts are found to this.
const GRAIN: u64 = 32 * MIB;
/// The context that a model must have to be worth starting, tokens, where nobody says another.
const SHORT: u64 = 8192;

/// What a model needs of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    /// Bytes with which its shortest wish is granted.
    pub least: u64,
    /// Bytes with which all of it is.
    pub most: u64,
    /// Bytes that it keeps while it rests.
    pub asleep: u64,
    /// Bytes of RAM that it takes while it rests.
    pub ram: u64,
}

/// What a guest needs of a card with `free` bytes.
///
/// # Errors
/// In words, when all of `free` would not do.
pub(super) fn need(guest: &Guest, room: Room, free: u64) -> Result<Need, String> {
    let limit = guest.facts.geometry.max_context.unwrap_or(u64::MAX).max(1);
    let short = shortest(guest);
    let granted = |bytes: u64, wish: Wish| granted(guest, room.total, bytes, wish);
    let Some(alone) = granted(free, short) else { return Err(lacking(guest, room.total, free)) };
    let least = least(free, |bytes| granted(bytes, short).is_some());
    let full = Wish { length: Some(wanted(guest.wish, limit)), requests: Some(requests(guest.wish)), ..guest.wish };
    let most = granted(free, full).map_or(free, |_| self::least(free, |bytes| granted(bytes, full).is_some()));
    let rest = sleep::asleep(guest.engine, &alone.fit, None);
    Ok(Need { least, most: most.max(least), asleep: rest.holds, ram: rest.ram })
}

/// The least that a guest is content with: as few requests as were asked for, of the length that was.
fn shortest(guest: &Guest) -> Wish {
    let limit = guest.facts.geometry.max_context.unwrap_or(u64::MAX).max(1);
    let length = guest.wish.length.unwrap_or(SHORT).min(limit);
    Wish { length: Some(length), requests: Some(guest.wish.requests.unwrap_or(1)), ..guest.wish }
}

/// The flags for what a guest is given: those that make the most of it by its intent, where the least that it is content with
/// is among it.
pub(super) fn settled(guest: &Guest, total: u64, given: u64) -> Option<Solution> {
    let short = shortest(guest);
    let room = Room { total, free: Some(given) };
    let wished = solve_for(&guest.facts, guest.engine, guest.version, room, guest.wish).ok();
    wished.filter(|solution| grants(solution, short)).or_else(|| granted(guest, total, given, short))
}

fn grants(solution: &Solution, wish: Wish) -> bool {
    let keeps_none = solution.fit.kv_per_token == 0;
    let long = keeps_none || solution.context() >= wish.length.unwrap_or(1);
    long && !is_split(solution) && solution.requests >= wish.requests.unwrap_or(1)
}

/// The length that is enough.
fn wanted(wish: Wish, limit: u64) -> u64 {
    let length = match wish.intent {
        Intent::Chat => 32_768,
        Intent::LongContext => limit,
        Intent::Agents => SHORT,
    };
    wish.length.unwrap_or(length).min(limit)
}

/// The requests that are enough.
fn requests(wish: Wish) -> u64 {
    wish.requests.unwrap_or(if wish.intent == Intent::Agents { 32 } else { 1 })
}

/// The solution that grants a wish in full with so many bytes free.
fn granted(guest: &Guest, total: u64, free: u64, wish: Wish) -> Option<Solution> {
    let room = Room { total, free: Some(free) };
    let solution = solve_for(&guest.facts, guest.engine, guest.version, room, wish).ok()?;
    grants(&solution, wish).then_some(solution)
}

fn lacking(guest: &Guest, total: u64, free: u64) -> String {
    let room = Room { total, free: Some(free) };
    match solve_for(&guest.facts, guest.engine, guest.version, room, guest.wish) {
        Err(problem) => problem.why,
        Ok(solution) if is_split(&solution) => "only some of its layers fit on the card".to_owned(),
        Ok(solution) => format!("alone on the card it gets {} tokens, less than asked for", solution.context()),
    }
}

/// The least amount up to `most` that will do, `most` being one that does.
fn least(most: u64, will_do: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most);
    while high - low > GRAIN {
        let middle = low + (high - low) / 2;
        if will_do(middle) { high = middle } else { low = middle }
    }
    high
}

/// A model that can be on the card, by its index among the guests.
pub(super) type Able<'a> = (usize, &'a Need);

/// The models that are kept, and how many of them, the most important first, are always awake: one after the other is kept
/// where there is room for it beside those before it; then as many are awake as can be.
pub(super) fn split<'a>(able: &[Able<'a>], free: u64, ram: Option<u64>) -> (Vec<Able<'a>>, usize) {
    let (mut kept, mut awake): (Vec<Able<'a>>, usize) = (Vec::new(), 0);
    for one in able {
        kept.push(*one);
        // One that takes turns with nobody is awake.
        let counts = (0..=kept.len()).rev().filter(|awake| kept.len() - awake != 1);
        match counts.into_iter().find(|awake| holds(&kept, *awake, free, ram)) {
            Some(found) => awake = found,
            None => drop(kept.pop()),
        }
    }
    (kept, awake)
}

fn holds(kept: &[Able<'_>], awake: usize, free: u64, ram: Option<u64>) -> bool {
    let (always, turns) = kept.split_at(awake.min(kept.len()));
    let always = always.iter().fold(0_u64, |sum, (_, need)| sum.saturating_add(need.least));
    let sleeping = turns.iter().fold(0_u64, |sum, (_, need)| sum.saturating_add(need.ram));
    let asleep = turns.iter().map(|(_, need)| need.asleep).fold(0_u64, u64::saturating_add);
    // The one that is awake does not also sleep.
    let turn = turns.iter().map(|(_, need)| asleep.saturating_sub(need.asleep).saturating_add(need.least)).max();
    always.saturating_add(turn.unwrap_or(0)) <= free && ram.is_none_or(|ram| sleeping <= ram)
}

/// Bytes that those which take turns hold together at most, the sleeping ones among them.
pub(super) fn turns(kept: &[Able<'_>], awake: usize, shares: &[u64]) -> u64 {
    let turns = kept.iter().zip(shares).skip(awake);
    let asleep = turns.clone().map(|((_, need), _)| need.asleep).fold(0_u64, u64::saturating_add);
    turns.map(|((_, need), share)| asleep.saturating_sub(need.asleep).saturating_add(*share)).max().unwrap_or(0)
}

/// What each kept model is given: its least, and an even part of the rest up to its most. Those that take turns share one part,
/// since only one of them is awake.
pub(super) fn shares(kept: &[Able<'_>], awake: usize, free: u64) -> Vec<u64> {
    let mut shares: Vec<u64> = kept.iter().map(|(_, need)| need.least).collect();
    loop {
        let held = shares.iter().take(awake).fold(0_u64, |sum, share| sum.saturating_add(*share));
        let rest = free.saturating_sub(held).saturating_sub(turns(kept, awake, &shares));
        let wants = |at: usize, share: u64| kept.get(at).map_or(0, |(_, need)| need.most.saturating_sub(share));
        let open: Vec<usize> =
            shares.iter().enumerate().filter(|(at, share)| wants(*at, **share) >= GRAIN).map(|(at, _)| at).collect();
        let parts = open.iter().filter(|at| **at < awake).count() + usize::from(open.iter().any(|at| *at >= awake));
        let part = rest / (parts.max(1) as u64);
        if parts == 0 || part < GRAIN {
            return shares;
        }
        for at in open {
            if let Some(share) = shares.get_mut(at) {
                *share += part.min(wants(at, *share));
            }
        }
    }
}
