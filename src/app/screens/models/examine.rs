//! One model worked out in full: flags, the sum they lead to, the trade between length and requests, the card it needs.

use super::ranking::{Pick, Ranking};
use crate::base::Problem;
use crate::models::Facts;
use crate::models::cards::Spec;
use crate::models::fit::{Ask, Fit, Length, Needs};
use crate::models::rank::Situation;
use crate::models::solve::{Point, Solution, card_needed, frontier, solve};

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
    let situation = &ranking.situation;
    let solution = solve(facts, choice.engine, None, situation.room, situation.intent);
    let mut ask = match &solution {
        Ok(solution) => solution.ask.clone(),
        Err(_) => Ask { engine: choice.engine, ..Ask::default() },
    };
    let frontier = Needs::of(facts, &ask, situation.room.total).map_or(Vec::new(), |n| frontier(&n, situation.room));
    if let Some(point) = pick.trade {
        take(&mut ask, point);
    }
    let fit = match (&solution, pick.trade) {
        (Ok(solution), None) => Ok(solution.fit.clone()),
        _ => judge(facts, &ask, situation),
    };
    let card = card_needed(facts, &ask);
    Some(Detail { pick: pick.clone(), solution, fit, ask, frontier, card })
}

/// Asks for a point of the trade.
fn take(ask: &mut Ask, point: Point) {
    ask.flags.max_model_len = Length::Tokens(point.tokens);
    ask.flags.max_num_seqs = Some(point.requests.max(1));
}

fn judge(facts: &Facts, ask: &Ask, situation: &Situation) -> Result<Fit, Problem> {
    Needs::of(facts, ask, situation.room.total).map(|needs| needs.explain(situation.room))
}
