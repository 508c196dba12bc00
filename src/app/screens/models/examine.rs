//! One model worked out in full: flags, the sum they lead to, the trade between length and requests, the card it needs.

use super::ranking::{Pick, Ranking};
use crate::base::Problem;
use crate::models::cards::Spec;
use crate::models::fit::{Ask, Engine, Fit, Needs};
use crate::models::rank::Situation;
use crate::models::solve::{Point, Solution, Wish, card_for, frontier_of, solve_for};

/// What is shown of one model and one way to run it.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// Of what.
    pub pick: Pick,
    /// The flags with the sum they lead to, or why none do.
    pub solution: Result<Solution, Problem>,
    /// The sum that is shown: of the solution, of the trade chosen by hand, or of the engine's defaults where nothing starts.
    pub fit: Result<Fit, Problem>,
    /// What is asked of the engine.
    pub ask: Ask,
    /// Lengths with the requests that fit at once.
    pub frontier: Vec<Point>,
    /// Bytes a card needs in all, and the smallest known ones that have them.
    pub card: Result<(u64, Vec<Spec>), Problem>,
}

/// Works a pick out; `None` when the ranking does not know it, or nothing is known of its weights.
pub fn examine(ranking: &Ranking, pick: &Pick) -> Option<Detail> {
    let (row, choice) = ranking.place(pick)?;
    let facts = ranking.facts(row, choice)?;
    let Situation { room, intent, .. } = ranking.situation;
    let wish = Wish {
        intent,
        length: pick.trade.map(|point| point.tokens),
        requests: pick.trade.map(|point| point.requests.max(1)),
    };
    let solution = solve_for(facts, choice.engine, None, room, wish);
    let (ask, fit) = match &solution {
        Ok(solution) => (solution.ask.clone(), Ok(solution.fit.clone())),
        Err(_) => {
            let mut ask = Ask { engine: choice.engine, ..Ask::default() };
            ask.flags.quantization = facts.quant.flag().map(str::to_owned);
            let fit = Needs::of(facts, &ask, room.total).map(|needs| needs.explain(room));
            (ask, fit)
        }
    };
    let frontier = frontier_of(facts, &ask, room);
    let card = card_for(facts, &ask);
    Some(Detail { pick: pick.clone(), solution, fit, ask, frontier, card })
}

impl Detail {
    /// Tokens of one request that the sum is for. llama.cpp shares its context among its slots.
    pub fn length(&self) -> u64 {
        let fit = self.fit.as_ref().map_or(0, |fit| fit.max_model_len);
        let slots = if self.ask.engine == Engine::LlamaCpp { self.ask.flags.max_num_seqs.unwrap_or(1) } else { 1 };
        self.pick.trade.map_or(fit / slots.max(1), |point| point.tokens)
    }
}
