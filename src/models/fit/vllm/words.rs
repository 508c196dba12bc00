//! The judgement in words.

use super::judge::{Cause, Judged};
use super::outside::RESERVE;
use super::{Plan, RUNS};
use crate::base::{Bytes, units};
use crate::models::fit::kv::KvPlan;
use crate::models::fit::{Ask, Fit, Part, PartBasis, PartKind, Room, Sum};

/// Tokens of a context that is worth starting for.
const SOME: u64 = 2048;

impl Plan {
    /// The judgement with its lines and its reason.
    pub fn explain(&self, ask: &Ask, lines: &[Part], kv: Option<&KvPlan>, room: Room) -> Fit {
        let judged = self.judge(kv, room);
        let sum = judged.sum;
        let cache = sum.kv_available.max(0).unsigned_abs();
        let mut parts = vec![outside(room, judged.free)];
        parts.extend_from_slice(lines);
        parts.extend(kv.map(|plan| cache_line(plan, sum.max_model_len, sum.kv_needed)));
        Fit {
            engine: ask.engine,
            verdict: sum.verdict,
            why: self.why(&judged, room, kv),
            parts,
            total: room.total,
            free: judged.free,
            free_assumed: room.free.is_none(),
            budget: sum.budget,
            kv_available: sum.kv_available,
            kv_needed: sum.kv_needed,
            kv_per_token: kv.map_or(0, KvPlan::per_token),
            kv_tokens: kv.map_or(0, |plan| plan.tokens(cache, sum.max_model_len)),
            max_concurrency: sum.max_concurrency,
            max_model_len: sum.max_model_len,
            largest_max_model_len: sum.largest_max_model_len,
            offload: None,
            margin: sum.margin,
            calibrated_from_runs: RUNS.saturating_add(self.learned.runs).saturating_add(self.learned.related),
            learned: self.learned,
        }
    }

    fn why(&self, judged: &Judged, room: Room, kv: Option<&KvPlan>) -> String {
        let sum = &judged.sum;
        let available = Bytes(sum.kv_available.max(0).unsigned_abs());
        let (needed, margin) = (Bytes(sum.kv_needed), Bytes(sum.margin));
        let rest = match kv {
            Some(_) => format!("{available} left for the cache, {needed} needed for {}", tokens(sum.max_model_len)),
            None => format!("{available} left, and it keeps no cache"),
        };
        match judged.cause {
            Cause::TooLong => format!(
                "{} are asked for, the model was made for {}: --max-model-len {}",
                tokens(sum.max_model_len),
                tokens(self.limit),
                self.limit
            ),
            Cause::NoCard => format!("a card of {} is smaller than what CUDA's context takes", Bytes(room.total)),
            Cause::Refused => self.refused(judged, room, kv),
            Cause::OutOfMemory => {
                let over = Bytes(sum.budget.saturating_sub(judged.free));
                let most = judged.free.saturating_sub(self.fixed());
                let change = if most == 0 {
                    "a smaller or more quantised model".to_owned()
                } else {
                    format!("--kv-cache-memory-bytes {most} at most")
                };
                format!("{} are needed, {} are free, {over} too many: {change}", Bytes(sum.budget), Bytes(judged.free))
            }
            Cause::NoCache => {
                let over = sum.kv_available.unsigned_abs();
                let (fixed, budget) = (Bytes(self.fixed()), Bytes(sum.budget));
                let least = kv.map_or(0, |plan| plan.needed(sum.max_model_len.min(SOME), 1));
                let change = self.change(over.saturating_add(least).saturating_add(1));
                format!("everything but the cache takes {fixed} of {budget}, {} too many: {change}", Bytes(over))
            }
            Cause::CacheShort => self.cache_short(sum, &rest),
            Cause::StatesShort(states) => format!(
                "{} sequences are to be served, but the cache holds only {states} recurrent states: \
                 --max-num-seqs {states}",
                self.rules.seqs
            ),
            Cause::FreeAssumed => format!(
                "{rest}; that needs {} free, and {} were assumed",
                Bytes(self.requested(room.total)),
                Bytes(judged.free)
            ),
            Cause::GraphsShort => {
                format!("{rest}; CUDA graphs ({}) come on top and may not find room", Bytes(self.graphs))
            }
            Cause::Doubt => {
                let doubt = self.grave.as_deref().unwrap_or("something about the model is not known");
                format!("{rest}, by a sum that cannot be trusted: {doubt}")
            }
            Cause::Near => format!("{rest}; the sum is sure to {margin} only"),
            Cause::Spare => format!("{rest}, sure to {margin}"),
        }
    }

    fn refused(&self, judged: &Judged, room: Room, kv: Option<&KvPlan>) -> String {
        let (share, total, free) = (self.rules.utilization, room.total, judged.free);
        let most = (free as f64 / (total.max(1)) as f64 * 100.0).floor() / 100.0;
        let asked = Bytes(self.requested(total));
        let head = format!("vLLM asks for {asked} ({share} of {}), but {} are free", Bytes(total), Bytes(free));
        // What starts with less is advised, what does not start with any share is not.
        let less = self.sum(kv, room, Some(most));
        let more = Bytes(self.requested(total).saturating_sub(free));
        match less.largest_max_model_len {
            _ if less.verdict.starts() => {
                format!("{head}: --gpu-memory-utilization {most:.2} at most, or free the card")
            }
            _ if judged.sum.kv_available <= 0 => {
                let over = judged.sum.kv_available.unsigned_abs();
                let fixed = Bytes(self.fixed());
                format!(
                    "{head}, and everything but the cache takes {fixed} anyway: {}",
                    self.change(over.saturating_add(1))
                )
            }
            0 => format!("{head}: free {more} more; no smaller share leaves room for a cache"),
            tokens => format!(
                "{head}: --gpu-memory-utilization {most:.2} with --max-model-len {tokens} at most, or free {more} more"
            ),
        }
    }

    fn cache_short(&self, sum: &Sum, rest: &str) -> String {
        let missing = sum.kv_needed.saturating_sub(sum.kv_available.max(0).unsigned_abs());
        let change = self.change(missing);
        match sum.largest_max_model_len {
            0 => format!("{rest}: {change}"),
            largest if self.levers.iter().any(|lever| lever.gain >= missing) => {
                format!("{rest}: --max-model-len {largest} at most, or {change}")
            }
            largest => format!("{rest}: --max-model-len {largest} at most"),
        }
    }

    /// What was assumed about the model.
    pub fn doubts(&self) -> &[String] {
        &self.doubts
    }
}

fn tokens(count: u64) -> String {
    if count == 1 { "1 token".to_owned() } else { format!("{} tokens", units::count(count)) }
}

fn outside(room: Room, free: u64) -> Part {
    let bytes = room.total.saturating_sub(free);
    let (basis, why) = match room.free {
        Some(_) => {
            (PartBasis::Stated, "what is not free before the start: context, desktop, other programs".to_owned())
        }
        None => {
            (PartBasis::Assumed, format!("free memory is not known: {} for the context, no desktop", Bytes(RESERVE)))
        }
    };
    Part { kind: PartKind::Outside, bytes, margin: 0, basis, why }
}

fn cache_line(plan: &KvPlan, len: u64, needed: u64) -> Part {
    let why = format!("one request of {}, {} B for each more", tokens(len), plan.per_token());
    Part { kind: PartKind::Kv, bytes: needed, margin: 0, basis: PartBasis::EngineRule, why }
}
