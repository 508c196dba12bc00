//! The estimator turned round: from card and intent to flags, from a model to the card it needs.
//!
//! Flags are tried one after the other and judged by the estimator; each that stays is a [`Step`] with its reason, its cost and
//! the bytes it won. Cheap ones come first: what costs nothing, then what costs speed or a little quality, and CUDA graphs last.

mod figures;
mod flags;
mod frontier;
mod llama;
mod reverse;
mod search;
mod vllm;
mod words;

pub use figures::{Figures, crowd, figures};
pub use flags::{environment, flags, request_options};
pub use frontier::{frontier, frontier_of};
pub use reverse::{card_for, card_needed};
pub use search::{Memo, headroom};
pub use words::{asked, counts};

use super::Facts;
use super::fit::{Ask, Engine, Fit, Needs, Room, Version};
use super::rank::Intent;
use crate::base::Problem;
use std::sync::Arc;

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
    /// What was counted for it, so that other flags need not count it again.
    pub needs: Arc<Needs>,
    /// What was set and why, in the order it was decided.
    pub steps: Vec<Step>,
    /// Requests of the chosen length that are served at the same time.
    pub requests: u64,
}

/// One point of the trade between length and requests at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Context of each request, tokens.
    pub tokens: u64,
    /// Requests at the same time.
    pub requests: u64,
}

/// What is wished for; what is left open follows from the intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wish {
    /// What for.
    pub intent: Intent,
    /// Context of one request, tokens, at least 1. Chat: 32,768; long context: what the model was made for; agents: 8,192.
    pub length: Option<u64>,
    /// Requests at the same time, at least 1. Chat and long context: 1; agents: as many as fit, 256 at most.
    pub requests: Option<u64>,
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
    solve_for(facts, engine, version, room, Wish { intent, ..Wish::default() })
}

/// Flags for a wish that says more than an intent.
///
/// # Errors
/// As [`solve`].
pub fn solve_for(
    facts: &Facts,
    engine: Engine,
    version: Option<Version>,
    room: Room,
    wish: Wish,
) -> Result<Solution, Problem> {
    if facts.geometry.layers.is_empty() || facts.geometry.hidden == 0 {
        let why = "nothing is known of its layers";
        return Err(Problem::failed("no flags can be chosen", why, "give its config.json or its file"));
    }
    match engine {
        Engine::Vllm => vllm::solve(facts, version, room, wish),
        Engine::LlamaCpp | Engine::Ollama => llama::solve(facts, engine, version, room, wish),
    }
}

/// The best of several variants of one model, most faithful first: the first that grants the wish, else the one that grants most
/// of it. Gives the index of the variant.
///
/// # Errors
/// The problem of the smallest variant, the last, when none starts.
pub fn best(
    variants: &[Facts],
    engine: Engine,
    version: Option<Version>,
    room: Room,
    wish: Wish,
) -> Result<(usize, Solution), Problem> {
    let mut found: Option<(usize, Solution)> = None;
    let mut problem = Problem::usage("no variant to choose from", "the list of variants is empty", "name at least one");
    for (index, facts) in variants.iter().enumerate() {
        match solve_for(facts, engine, version, room, wish) {
            Ok(solution) => {
                let more =
                    found.as_ref().is_none_or(|(_, best)| served(&solution) > served(best).saturating_mul(5) / 4);
                let limit = facts.geometry.max_context.unwrap_or(u64::MAX);
                let granted = solution.granted(wish, limit);
                if more {
                    found = Some((index, solution));
                }
                if granted {
                    break;
                }
            }
            Err(other) => problem = other,
        }
    }
    found.ok_or(problem)
}

/// Tokens that are served at the same time.
fn served(solution: &Solution) -> u64 {
    solution.fit.max_model_len.saturating_mul(solution.requests)
}

impl Solution {
    /// Whether a wish is granted in full, the model having been made for `limit` tokens.
    fn granted(&self, wish: Wish, limit: u64) -> bool {
        let (length, requests) = wish.target(limit);
        self.fit.verdict == super::fit::Verdict::Fits && self.context() >= length && self.requests >= requests
    }

    /// Context of one request, tokens.
    pub fn context(&self) -> u64 {
        match self.ask.engine {
            Engine::LlamaCpp => self.fit.max_model_len / self.ask.flags.max_num_seqs.unwrap_or(1).max(1),
            Engine::Vllm | Engine::Ollama => self.fit.max_model_len,
        }
    }
}

impl Wish {
    /// Length and requests that are aimed at, the model having been made for `limit` tokens.
    fn target(self, limit: u64) -> (u64, u64) {
        let (length, requests) = match self.intent {
            Intent::Chat => (32_768, 1),
            Intent::LongContext => (u64::MAX, 1),
            Intent::Agents => (8192, 32),
        };
        let limit = limit.max(1);
        (self.length.unwrap_or(length).clamp(1, limit), self.requests.unwrap_or(requests).max(1))
    }
}

#[cfg(test)]
mod card_tests;
#[cfg(test)]
mod tests;
