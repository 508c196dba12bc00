//! What may be asked besides the verdict: flags for an intent, the trade of length and requests, the card it would need.

use super::request::Request;
use crate::base::Problem;
use crate::models::Facts;
use crate::models::cards::Spec;
use crate::models::fit::{Ask, Length, Room};
use crate::models::rank::Intent;
use crate::models::solve::{Point, Solution, Wish, card_for, card_needed, frontier_of, solve_for};

/// Each `None` unless asked for.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct More {
    /// Flags for an intent, or why none do.
    pub solution: Option<(Intent, Result<Solution, Problem>)>,
    /// Lengths with the requests that fit at once.
    pub frontier: Option<Vec<Point>>,
    /// Bytes that a card needs in all, and the known ones that have them.
    pub card: Option<Result<(u64, Vec<Spec>), Problem>>,
}

impl More {
    /// Works out what was asked for. The trade and the card are those of the flags chosen, where some were.
    pub fn of(facts: &Facts, ask: &Ask, room: Room, intent: Option<Intent>, request: &Request) -> Self {
        let length = match ask.flags.max_model_len {
            Length::Tokens(tokens) => Some(tokens),
            Length::Model | Length::Auto => None,
        };
        let solution = intent.map(|intent| {
            let wish = Wish { intent, length, requests: ask.flags.max_num_seqs };
            (intent, solve_for(facts, ask.engine, ask.version, room, wish))
        });
        let chosen = match &solution {
            Some((_, Ok(solution))) => &solution.ask,
            _ => ask,
        };
        Self {
            frontier: request.frontier.then(|| frontier_of(facts, chosen, room)),
            card: request.needs_card.then(|| match &solution {
                Some((_, Ok(solution))) => card_for(facts, &solution.ask),
                _ => card_needed(facts, ask),
            }),
            solution,
        }
    }
}
