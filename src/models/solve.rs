//! The estimator turned round: from card and intent to flags, from a model to the card it needs.

use super::Facts;
use super::cards::Spec;
use super::fit::{Ask, Engine, Fit, Needs, Room, Version};
use super::rank::Intent;
use crate::base::Problem;

/// One flag that the solver set, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The flag as the engine spells it, for example `--max-num-seqs`.
    pub flag: String,
    /// The engine's default, as text.
    pub from: String,
    /// The value chosen; empty for a switch that is set.
    pub to: String,
    /// Why.
    pub why: String,
    /// What it costs; empty when nothing.
    pub cost: String,
    /// Bytes won for the cache by this step alone (below zero: spent).
    pub gained: i64,
}

/// Flags for an intent, with the fit they lead to.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// What to ask of the engine.
    pub ask: Ask,
    /// The judgement of that.
    pub fit: Fit,
    /// What was set and why, in the order it was decided.
    pub steps: Vec<Step>,
}

/// One point of the trade between length and requests at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Context of each request, tokens.
    pub tokens: u64,
    /// Requests at the same time.
    pub requests: u64,
}

/// Flags for `intent` on this card at this moment.
///
/// # Errors
/// When nothing that may be set makes the model start; says what is missing and the nearest thing that would help.
pub fn solve(
    facts: &Facts,
    engine: Engine,
    version: Option<Version>,
    room: Room,
    intent: Intent,
) -> Result<Solution, Problem> {
    let _ = (facts, engine, version, room, intent);
    Err(Problem::failed("cannot solve", "not there yet", ""))
}

/// "Context × requests": for lengths doubling from 512 tokens to the model's limit, how many requests fit.
pub fn frontier(needs: &Needs, room: Room) -> Vec<Point> {
    let _ = (needs, room);
    Vec::new()
}

/// The flags of `ask` as words of the engine's command line, without the model and the port.
pub fn flags(ask: &Ask) -> Vec<String> {
    let _ = ask;
    Vec::new()
}

/// Total bytes that a card would need for `ask`, and the smallest known cards that have them, smallest first.
pub fn card_needed(facts: &Facts, ask: &Ask) -> Result<(u64, Vec<Spec>), Problem> {
    let _ = (facts, ask);
    Err(Problem::failed("cannot tell", "not there yet", ""))
}
