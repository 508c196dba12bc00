//! Context × requests at the same time.

use super::search::limit;
use super::{Point, crowd};
use crate::models::Facts;
use crate::models::fit::llamacpp::MOST_SLOTS;
use crate::models::fit::{Ask, Engine, Needs, Room};

/// The frontier of a model under `ask`: how many requests would fit, not how many are asked for. Longer ones that fit only
/// where no room is kept for others count as one. Empty where there is nothing to compute with.
pub fn frontier_of(facts: &Facts, ask: &Ask, room: Room) -> Vec<Point> {
    let open = crowd(ask, facts.geometry.max_context.unwrap_or(0));
    let mut alone = open.clone();
    alone.flags.max_num_seqs = Some(1);
    let of = |ask| Needs::of(facts, ask, room.total).map_or(Vec::new(), |needs| frontier(&needs, room));
    let mut points = of(&open);
    let longest = points.last().map_or(0, |point| point.tokens);
    points.extend(of(&alone).into_iter().filter(|point| point.tokens > longest));
    points
}

/// "Context × requests": for lengths doubling from 512 tokens to the model's limit, how many requests fit.
/// Falls with the length; ends where not one request fits.
pub fn frontier(needs: &Needs, room: Room) -> Vec<Point> {
    let Some(plan) = &needs.kv else { return Vec::new() };
    // Where not even the weights fit, nothing is served, also by a model that keeps no cache.
    let Ok(bytes) = u64::try_from(needs.sum(room).kv_available) else { return Vec::new() };
    let slots = needs.ask.flags.max_num_seqs.unwrap_or(most(needs.ask.engine)).max(1);
    let mut points: Vec<Point> = Vec::new();
    for tokens in lengths(limit(needs)) {
        let told = plan.concurrency(bytes, tokens).max(0.0) as u64;
        // vLLM's figure leaves its null block out: the last request may lack that one block.
        let fitting = if plan.needed(tokens, told) > bytes { told.saturating_sub(1) } else { told };
        // A plan rounds to whole blocks: never more for a longer request.
        let most = points.last().map_or(u64::MAX, |point| point.requests);
        let requests = fitting.min(most).min(slots);
        if requests == 0 {
            break;
        }
        points.push(Point { tokens, requests });
    }
    points
}

/// Requests that an engine serves at the same time at most, whatever the memory.
pub(super) fn most(engine: Engine) -> u64 {
    if engine == Engine::LlamaCpp { MOST_SLOTS } else { u64::MAX }
}

/// Lengths from 512 tokens, doubling, the limit last.
fn lengths(limit: u64) -> Vec<u64> {
    let doubling = std::iter::successors(Some(512_u64), |tokens| tokens.checked_mul(2));
    let mut all: Vec<u64> = doubling.take_while(|tokens| *tokens < limit).collect();
    if limit > 0 {
        all.push(limit);
    }
    all
}
