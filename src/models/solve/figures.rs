//! What a solution leads to, in numbers alone: for a whole list of models at every moment.

use super::frontier::most;
use super::search::Memo;
use super::{Wish, llama, vllm};
use crate::base::Problem;
use crate::models::Facts;
use crate::models::fit::{Ask, Engine, Length, Room, Sum, Verdict};
use crate::models::rank::Intent;

/// The numbers of a solution, and the ask they are for.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The flags that the solver chooses, with the length that was judged.
    pub ask: Ask,
    /// The judgement of that length.
    pub sum: Sum,
    /// Requests of 2,048 and of 8,192 tokens each that fit at the same time.
    pub agents: (u64, u64),
}

/// What [`super::solve`] would choose for `intent`, judged at `length` tokens a request. `memo` must be of these facts, this
/// engine and a card of the same total; it keeps what another moment does not change.
///
/// # Errors
/// When there is nothing to compute with.
pub fn figures(
    facts: &Facts,
    engine: Engine,
    room: Room,
    intent: Intent,
    length: u64,
    memo: &Memo,
) -> Result<Figures, Problem> {
    let wish = Wish { intent, ..Wish::default() };
    let (search, slots) = match engine {
        Engine::Vllm => (vllm::chosen(facts, None, room, wish, Some(memo))?, Some(1)),
        Engine::LlamaCpp | Engine::Ollama => llama::chosen(facts, engine, None, room, wish, Some(memo))?,
    };
    let scale = slots.filter(|_| engine == Engine::LlamaCpp).unwrap_or(1);
    let (ask, needs, mut sum) = search.judge(|flags| {
        if search.needs.kv.is_some() {
            flags.max_model_len = Length::Tokens(length.max(1).saturating_mul(scale));
        }
    })?;
    // Layers would have to lie in RAM, or the engine would shorten the context.
    let short = slots.is_none() || (needs.kv.is_some() && sum.largest_max_model_len < length);
    if sum.verdict.starts() && short {
        sum.verdict = Verdict::DoesNotFit;
    }
    let open = crowd(&ask, needs.limit);
    let (_, needs, many) = search.judge(|flags| *flags = open.flags)?;
    let bytes = u64::try_from(many.kv_available).unwrap_or(0);
    let of = |tokens: u64| match &needs.kv {
        Some(plan) if sum.verdict.starts() && tokens <= needs.limit => {
            // What one request may have fits at least once, though not with room kept for many.
            let one = u64::from(tokens <= sum.largest_max_model_len);
            (plan.concurrency(bytes, tokens).max(0.0) as u64).clamp(one, most(engine))
        }
        _ => 0,
    };
    let agents = (of(2048), of(8192));
    Ok(Figures { ask, sum, agents })
}

/// The ask that says how many requests would fit, whatever number is asked for.
pub fn crowd(ask: &Ask, limit: u64) -> Ask {
    let mut open = ask.clone();
    open.flags.max_num_seqs = None;
    open.flags.max_model_len = match ask.engine {
        Engine::Vllm => Length::Auto,
        Engine::LlamaCpp | Engine::Ollama => Length::Tokens(if limit == 0 { 8192 } else { limit.min(8192) }),
    };
    open
}
