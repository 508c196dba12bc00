//! One way to run a model: what is prepared, and its judgement at a moment.

use super::{Choice, Intent, hardware, score};
use crate::base::{Bytes, Reading, Unknown};
use crate::models::cards::Spec;
use crate::models::catalogue::Entry;
use crate::models::fit::{Ask, Engine, Flags, Needs, Room, Sum, Verdict};
use crate::models::quant::Scheme;
use crate::models::speed::{self, Rate};
use crate::models::{Exact, Facts};

/// As the catalogue or a local folder tells it.
pub(super) struct Way<'a> {
    pub variant: Option<usize>,
    pub label: &'a str,
    pub engine: Engine,
    pub facts: Result<&'a Facts, &'a str>,
    pub local: Option<usize>,
    pub by_name: bool,
}

/// What a judgement can rest on.
#[derive(Debug, Clone)]
pub(super) enum Basis {
    /// Everything is known.
    Sum(Needs),
    /// Only the bytes of the weights.
    Bytes(u64),
    /// The engine refuses, or there is nothing to compute with: why.
    Refused(String),
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
    wanted: u64,
    /// Something about the model is not known at all: it is never said to fit.
    grave: bool,
}

impl Slot {
    pub(super) fn of(way: &Way<'_>, entry: Option<&Entry>, card: &Spec, intent: Intent) -> Self {
        let limit = way.facts.ok().and_then(|facts| facts.geometry.max_context);
        let limit = limit.or(entry.map(|entry| entry.context)).unwrap_or(0);
        let basis = way.facts.map_err(str::to_owned).and_then(|facts| basis(way, entry, facts, card, intent, limit));
        let rate = way.facts.map_err(|why| Unknown::because(why.to_owned()));
        let (_, wanted, _) = score::asked(intent, limit);
        let rate = rate.and_then(|facts| speed::decode(facts, way.engine, card, wanted.min(2048)));
        let scheme = way.facts.map_or(&Scheme::Plain, |facts| &facts.quant.scheme);
        Self {
            variant: way.variant,
            label: way.label.to_owned(),
            engine: way.engine,
            basis: basis.unwrap_or_else(Basis::Refused),
            rate,
            local: way.local,
            by_name: way.by_name,
            fixed: score::fixed(way.engine, intent, scheme, entry),
            wanted,
            grave: way.facts.is_ok_and(|facts| facts.geometry.doubts.iter().any(|doubt| doubt.grave)),
        }
    }

    pub(super) fn judge(&mut self, at: usize, room: Room, utilization: f64, intent: Intent) -> Choice {
        let mut sum = match &mut self.basis {
            Basis::Sum(needs) => {
                needs.set_utilization(utilization);
                needs.sum(room)
            }
            Basis::Bytes(bytes) => by_bytes(*bytes, room),
            Basis::Refused(_) => empty(Verdict::RefusedAtStart, room),
        };
        if self.grave && sum.verdict == Verdict::Fits {
            sum.verdict = Verdict::Tight;
        }
        let agents = (self.agents(&sum, 2048), self.agents(&sum, 8192));
        Choice {
            variant: self.variant,
            label: self.label.clone(),
            engine: self.engine,
            score: score::score(self.fixed, &sum, agents.1, &self.rate, intent, self.wanted),
            sum,
            agents,
            rate: self.rate.clone(),
            local: self.local,
            by_name: self.by_name,
            utilization: (self.engine == Engine::Vllm).then_some(utilization),
            slot: at,
        }
    }

    pub(super) fn reason(&self, room: Room) -> String {
        match &self.basis {
            Basis::Sum(needs) => needs.explain(room).why,
            Basis::Refused(why) => why.clone(),
            Basis::Bytes(bytes) => {
                let free = Bytes(room.free.unwrap_or(room.total));
                let rest = "what else it takes is not known, because its dimensions are not";
                format!("weights of about {} against {free} free; {rest}", Bytes(*bytes))
            }
        }
    }

    /// Requests of `tokens` each that the cache holds at the same time.
    fn agents(&self, sum: &Sum, tokens: u64) -> u64 {
        let Basis::Sum(needs) = &self.basis else { return 0 };
        match &needs.kv {
            Some(plan) if sum.verdict.starts() && sum.kv_available > 0 && tokens <= needs.limit => {
                plan.concurrency(sum.kv_available.unsigned_abs(), tokens).max(0.0) as u64
            }
            _ => 0,
        }
    }
}

fn basis(
    way: &Way<'_>,
    entry: Option<&Entry>,
    facts: &Facts,
    card: &Spec,
    intent: Intent,
    limit: u64,
) -> Result<Basis, String> {
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
    let (length, _, requests) = score::asked(intent, limit);
    let forced = entry.and_then(|entry| entry.ollama_parallel).filter(|_| way.engine == Engine::Ollama);
    let requests = if way.engine == Engine::Vllm { requests } else { forced.unwrap_or(1) };
    let flags =
        Flags { max_model_len: length, max_num_seqs: Some(requests), tensor_parallel_size: 1, ..Flags::default() };
    let ask = Ask { engine: way.engine, version: None, flags };
    let needs = Needs::of(facts, &ask, card.total);
    needs.map(Basis::Sum).map_err(|problem| format!("{}: {}", problem.what, problem.why))
}

/// Why the engine refuses, before any byte is counted.
fn refused(way: &Way<'_>, entry: Option<&Entry>, facts: &Facts, card: &Spec) -> Option<String> {
    let engine = entry.filter(|_| way.engine == Engine::Vllm).and_then(|entry| entry.refused_by_vllm.clone());
    engine.or_else(|| hardware::refusal(&facts.quant.scheme, way.engine, card.compute).map(str::to_owned))
}

/// vLLM's own share of the card unless it is told otherwise, in hundredths.
const SHARE: u64 = 92;

/// The share of the card that vLLM is given: what is free, in whole hundredths, at most its default.
pub(super) fn utilization(room: Room) -> f64 {
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
    let verdict = if bytes < free { Verdict::Tight } else { Verdict::DoesNotFit };
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
