//! The judgement: the plan against the memory there is. Numbers only; no allocation.

use super::outside::{CONTEXT, RESERVE};
use super::{Length, Plan};
use crate::models::fit::kv::KvPlan;
use crate::models::fit::{Room, Sum, Verdict};

/// Why it was judged so; decides the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Longer than the model was made for.
    TooLong,
    /// The card is smaller than what a context takes.
    NoCard,
    /// Free memory is below the requested share of the total.
    Refused,
    /// The parts and the stated cache together are more than is free.
    OutOfMemory,
    /// Nothing is left for the cache.
    NoCache,
    /// The cache of one request is larger than what is left.
    CacheShort,
    /// Fewer recurrent states than sequences.
    StatesShort(u64),
    /// The free memory was assumed and lies below the requested share.
    FreeAssumed,
    /// Graphs on top of the budget may not find room.
    GraphsShort,
    /// Something about the model is not known.
    Doubt,
    /// Within the margin.
    Near,
    /// Room to spare.
    Spare,
}

impl Cause {
    fn verdict(self) -> Verdict {
        match self {
            Self::TooLong | Self::Refused | Self::StatesShort(_) => Verdict::RefusedAtStart,
            Self::NoCard | Self::OutOfMemory | Self::NoCache | Self::CacheShort => Verdict::DoesNotFit,
            Self::FreeAssumed | Self::GraphsShort | Self::Doubt | Self::Near => Verdict::Tight,
            Self::Spare => Verdict::Fits,
        }
    }
}

/// The judgement with its cause.
pub(super) struct Judged {
    pub cause: Cause,
    pub free: u64,
    pub sum: Sum,
}

impl Plan {
    /// Bytes beside the cache inside the budget.
    pub(super) fn fixed(&self) -> u64 {
        let graphs = if self.rules.graphs_inside { self.graphs } else { 0 };
        self.weights.saturating_add(self.activation).saturating_add(self.non_torch).saturating_add(graphs)
    }

    /// The share of the total that vLLM asks for.
    pub(super) fn requested(&self, total: u64) -> u64 {
        (total as f64 * self.rules.utilization).ceil() as u64
    }

    /// Another share of the card.
    pub fn set_utilization(&mut self, share: f64) {
        self.rules.utilization = share;
    }

    /// The judgement in numbers, with another share of the card where one is given.
    pub fn sum(&self, kv: Option<&KvPlan>, room: Room, share: Option<f64>) -> Sum {
        self.judge_with(kv, room, share.unwrap_or(self.rules.utilization)).sum
    }

    /// Free bytes as the judgement takes them.
    pub(in crate::models::fit) fn free(room: Room) -> u64 {
        room.free.unwrap_or(room.total.saturating_sub(RESERVE)).min(room.total)
    }

    pub(super) fn judge(&self, kv: Option<&KvPlan>, room: Room) -> Judged {
        self.judge_with(kv, room, self.rules.utilization)
    }

    fn judge_with(&self, kv: Option<&KvPlan>, room: Room, share: f64) -> Judged {
        let free = Self::free(room);
        let requested = (room.total as f64 * share).ceil() as u64;
        let fixed = self.fixed();
        let (budget, available) = match self.given {
            Some(given) => (fixed.saturating_add(given), signed(given)),
            None => (requested, signed(requested).saturating_sub(signed(fixed))),
        };
        let cache = available.max(0).unsigned_abs();
        let largest = match kv {
            Some(_) if available <= 0 => 0,
            Some(plan) => plan.longest(cache, 1, self.limit),
            None if available <= 0 => 0,
            None => self.limit,
        };
        let len = match self.length {
            Length::Tokens(tokens) => tokens,
            Length::Model => self.limit,
            Length::Auto => largest.max(1),
        };
        let needed = kv.map_or(0, |plan| plan.needed(len, 1));
        let sum = Sum {
            verdict: Verdict::DoesNotFit,
            weights: self.weights,
            budget,
            kv_available: available,
            kv_needed: needed,
            max_concurrency: kv.map_or(0.0, |plan| plan.concurrency(cache, len)),
            max_model_len: len,
            largest_max_model_len: largest,
            margin: self.margin,
        };
        let cause = self.cause(kv, room, free, requested, &sum);
        Judged { cause, free, sum: Sum { verdict: cause.verdict(), ..sum } }
    }

    fn cause(&self, kv: Option<&KvPlan>, room: Room, free: u64, requested: u64, sum: &Sum) -> Cause {
        if self.limited && sum.max_model_len > self.limit {
            return Cause::TooLong;
        }
        if room.total <= CONTEXT {
            return Cause::NoCard;
        }
        let believed = room.free.is_some() || requested > room.total.saturating_sub(CONTEXT);
        if free < requested && believed {
            return Cause::Refused;
        }
        self.short(kv, free, sum).unwrap_or_else(|| {
            // A length that follows what fits starts with any: only a token must be sure.
            let least = kv.filter(|_| self.length == Length::Auto).map_or(sum.kv_needed, |plan| plan.needed(1, 1));
            let spare = sum.kv_available.saturating_sub(signed(least));
            let spare = if self.given.is_some() { signed(free).saturating_sub(signed(sum.budget)) } else { spare };
            match () {
                () if self.grave.is_some() => Cause::Doubt,
                () if spare < signed(self.margin) => Cause::Near,
                () if free < requested => Cause::FreeAssumed,
                () if self.graphs_short(free, sum.budget) => Cause::GraphsShort,
                () => Cause::Spare,
            }
        })
    }

    /// What keeps it from starting once the request for memory was granted.
    fn short(&self, kv: Option<&KvPlan>, free: u64, sum: &Sum) -> Option<Cause> {
        if self.given.is_some() && sum.budget > free {
            return Some(Cause::OutOfMemory);
        }
        if sum.kv_available <= 0 {
            return Some(Cause::NoCache);
        }
        if signed(sum.kv_needed) > sum.kv_available {
            return Some(Cause::CacheShort);
        }
        let Some(KvPlan::Paged(paged)) = kv.filter(|_| self.rules.states) else { return None };
        let states = paged.state_blocks(sum.kv_available.unsigned_abs())?;
        (states < self.rules.seqs).then_some(Cause::StatesShort(states))
    }

    /// Where graphs come on top and may be larger than they were said to be; what the peak held until then is free for them.
    fn graphs_short(&self, free: u64, budget: u64) -> bool {
        let spare = free.saturating_sub(budget).saturating_add(self.activation);
        !self.rules.graphs_inside && self.graphs.saturating_add(super::graphs::OFF) > spare
    }
}

/// Bytes as a signed number; no card has so many that it would saturate.
pub(super) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
