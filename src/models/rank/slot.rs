//! One way to run a model: what is prepared, and its judgement at a moment.

use super::{Choice, Intent, hardware, score};
use crate::base::{Bytes, Problem, Reading, Unknown};
use crate::models::cards::Spec;
use crate::models::catalogue::Entry;
use crate::models::fit::{Ask, Engine, Fit, Length, Needs, Room, Sum, Verdict};
use crate::models::quant::Scheme;
use crate::models::solve::{Memo, figures};
use crate::models::speed::{self, Rate};
use crate::models::{Exact, Facts};
use std::sync::Arc;

/// As the catalogue or a local folder tells it.
pub(super) struct Way<'a> {
    pub variant: Option<usize>,
    pub label: &'a str,
    pub engine: Engine,
    pub facts: Result<&'a Facts, &'a str>,
    pub local: Option<usize>,
    pub by_name: bool,
    /// Whether it is known where it can be had.
    pub placed: bool,
}

/// What a judgement can rest on.
#[derive(Debug, Clone)]
pub(super) enum Basis {
    /// Everything is known.
    Sum(Box<Known>),
    /// Only the bytes of the weights.
    Bytes(u64),
    /// The engine refuses, or there is nothing to compute with: why.
    Refused(Arc<str>),
}

/// What a solution is made from, and what was asked of the engine last.
#[derive(Debug, Clone)]
pub(super) struct Known {
    facts: Facts,
    memo: Memo,
    pub ask: Ask,
}

/// A way to run a model before its judgement.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub variant: Option<usize>,
    label: String,
    pub engine: Engine,
    pub basis: Basis,
    rate: Reading<Rate>,
    local: Option<usize>,
    by_name: bool,
    fixed: f64,
    /// Context that a request must have, tokens.
    wanted: u64,
    /// Context that counts in full, tokens.
    aim: u64,
    /// Something about the model is not known at all: it is never said to fit.
    grave: bool,
}

impl Slot {
    pub(super) fn of(way: &Way<'_>, entry: Option<&Entry>, card: &Spec, intent: Intent) -> Self {
        let limit = way.facts.ok().and_then(|facts| facts.geometry.max_context);
        let limit = limit.or(entry.map(|entry| entry.context)).unwrap_or(0);
        let basis = way.facts.map_err(str::to_owned).and_then(|facts| basis(way, entry, facts, card));
        let rate = way.facts.map_err(|why| Unknown::because(why.to_owned()));
        let wanted = score::asked(limit);
        let rate = rate.and_then(|facts| speed::decode(facts, way.engine, card, wanted.min(2048)));
        let scheme = way.facts.map_or(&Scheme::Plain, |facts| &facts.quant.scheme);
        Self {
            variant: way.variant,
            label: way.label.to_owned(),
            engine: way.engine,
            basis: basis.unwrap_or_else(|why| Basis::Refused(why.into())),
            rate,
            local: way.local,
            by_name: way.by_name,
            fixed: score::fixed(way.engine, intent, scheme, entry) * score::place(way.placed),
            wanted,
            aim: if intent == Intent::LongContext { limit.max(wanted) } else { wanted },
            grave: way.facts.is_ok_and(|facts| facts.geometry.doubts.iter().any(|doubt| doubt.grave)),
        }
    }

    pub(super) fn judge(&mut self, at: usize, room: Room, intent: Intent) -> Choice {
        let share = share(room);
        let (mut sum, mut agents) = match &mut self.basis {
            Basis::Sum(known) => known.judge(self.engine, room, intent, self.wanted, share),
            Basis::Bytes(bytes) => (by_bytes(*bytes, room), (0, 0)),
            Basis::Refused(_) => (empty(Verdict::RefusedAtStart, room), (0, 0)),
        };
        if self.grave && sum.verdict == Verdict::Fits {
            sum.verdict = Verdict::Tight;
        }
        if !sum.verdict.starts() {
            agents = (0, 0);
        }
        Choice {
            variant: self.variant,
            label: self.label.clone(),
            engine: self.engine,
            score: score::score(self.fixed, &sum, agents.1, &self.rate, intent, self.aim),
            sum,
            agents,
            rate: self.rate_of(sum.verdict),
            local: self.local,
            by_name: self.by_name,
            refusal: match &self.basis {
                Basis::Refused(why) => Some(Arc::clone(why)),
                Basis::Sum(_) | Basis::Bytes(_) => None,
            },
            utilization: (self.engine == Engine::Vllm).then(|| self.utilization().unwrap_or(share)),
            slot: at,
        }
    }

    /// The rate of what lies on the card as a whole; with a part in RAM another one would count.
    fn rate_of(&self, verdict: Verdict) -> Reading<Rate> {
        match verdict {
            Verdict::DoesNotFit | Verdict::RefusedAtStart => {
                Err(Unknown::because("it does not start whole on the card"))
            }
            Verdict::Fits | Verdict::Tight | Verdict::Unknown => self.rate.clone(),
        }
    }

    /// vLLM's share as it was asked for last.
    fn utilization(&self) -> Option<f64> {
        let Basis::Sum(known) = &self.basis else { return None };
        Some(known.ask.flags.gpu_memory_utilization.unwrap_or(SHARE as f64 / 100.0))
    }

    /// Forgets what was made for a card of another total.
    pub(super) fn forget(&mut self) {
        if let Basis::Sum(known) = &mut self.basis {
            known.memo = Memo::default();
        }
    }

    pub(super) fn reason(&self, room: Room) -> String {
        match &self.basis {
            Basis::Sum(known) => known.explain(room).map_or_else(|problem| problem.why, |fit| fit.why),
            Basis::Refused(why) => why.to_string(),
            Basis::Bytes(bytes) => {
                let free = Bytes(room.free.unwrap_or(room.total));
                let rest = "what else it takes is not known, because its dimensions are not";
                format!("weights of about {} against {free} free; {rest}", Bytes(*bytes))
            }
        }
    }
}

impl Known {
    /// The numbers at a moment. What is far too large is not searched for flags.
    fn judge(&mut self, engine: Engine, room: Room, intent: Intent, length: u64, share: f64) -> (Sum, (u64, u64)) {
        let free = room.free.unwrap_or(room.total).min(room.total);
        if let Some(sum) = self.memo.first().map(|needs| needs.sum_with(room, Some(share)))
            && sum.weights / 5 * 4 > free
        {
            self.ask = plain(engine, share);
            return (Sum { verdict: Verdict::DoesNotFit, ..sum }, (0, 0));
        }
        match figures(&self.facts, engine, room, intent, length, &self.memo) {
            Ok(mut found) => {
                self.ask = found.ask;
                if intent == Intent::LongContext {
                    found.sum.max_model_len = found.sum.largest_max_model_len;
                }
                (found.sum, found.agents)
            }
            Err(_) => (empty(Verdict::RefusedAtStart, room), (0, 0)),
        }
    }

    pub(super) fn explain(&self, room: Room) -> Result<Fit, Problem> {
        Needs::of(&self.facts, &self.ask, room.total).map(|needs| needs.explain(room))
    }
}

/// What is asked where no flags were searched for.
fn plain(engine: Engine, share: f64) -> Ask {
    let mut ask = Ask { engine, ..Ask::default() };
    ask.flags.tensor_parallel_size = 1;
    ask.flags.max_model_len = Length::Tokens(1);
    ask.flags.gpu_memory_utilization = (engine == Engine::Vllm).then_some(share);
    ask
}

fn basis(way: &Way<'_>, entry: Option<&Entry>, facts: &Facts, card: &Spec) -> Result<Basis, String> {
    if let Some(why) = refused(way, entry, facts, card) {
        return Err(why);
    }
    if facts.geometry.layers.is_empty() {
        return match &facts.exact {
            Exact::Total(bytes) => Ok(Basis::Bytes(*bytes)),
            Exact::Headers(sums) => Ok(Basis::Bytes(sums.total)),
            Exact::No => Err("neither its dimensions nor its size are known".to_owned()),
        };
    }
    let ask = plain(way.engine, SHARE as f64 / 100.0);
    let memo = Memo::of(facts, &ask, card.total).map_err(|problem| format!("{}: {}", problem.what, problem.why))?;
    Ok(Basis::Sum(Box::new(Known { facts: facts.clone(), memo, ask })))
}

/// Why the engine refuses, before any byte is counted.
fn refused(way: &Way<'_>, entry: Option<&Entry>, facts: &Facts, card: &Spec) -> Option<String> {
    let engine = entry.filter(|_| way.engine == Engine::Vllm).and_then(|entry| entry.refused_by_vllm.clone());
    engine.or_else(|| hardware::refusal(&facts.quant.scheme, way.engine, card.compute).map(str::to_owned))
}

/// vLLM's own share of the card unless it is told otherwise, in hundredths.
const SHARE: u64 = 92;

/// The share of the card that vLLM is judged with where no flags are searched for: what is free, in whole hundredths, at most its default.
fn share(room: Room) -> f64 {
    let free = room.free.unwrap_or(room.total).min(room.total);
    let hundredths = u128::from(free) * 100 / u128::from(room.total.max(1));
    let most = u64::try_from(hundredths).unwrap_or(SHARE).clamp(1, SHARE);
    let fits = |share: u64| (room.total as f64 * (share as f64 / 100.0)).ceil() as u64 <= free;
    let share = if most > 1 && !fits(most) { most - 1 } else { most };
    share as f64 / 100.0
}

/// Bytes of weights alone can rule a model out, never in.
fn by_bytes(bytes: u64, room: Room) -> Sum {
    let free = room.free.unwrap_or(room.total).min(room.total);
    let verdict = if bytes < free { Verdict::Unknown } else { Verdict::DoesNotFit };
    let left = i64::try_from(free).unwrap_or(i64::MAX).saturating_sub_unsigned(bytes);
    Sum { weights: bytes, kv_available: left, margin: bytes / 5, ..empty(verdict, room) }
}

fn empty(verdict: Verdict, room: Room) -> Sum {
    Sum {
        verdict,
        weights: 0,
        budget: room.total,
        kv_available: 0,
        kv_needed: 0,
        max_concurrency: 0.0,
        max_model_len: 0,
        largest_max_model_len: 0,
        margin: 0,
    }
}
