//! The state of a search: what is asked so far, how it is judged, what was set.

use super::{Solution, Step, Wish};
use crate::base::Problem;
use crate::base::units::MIB;
use crate::models::Facts;
use crate::models::fit::{Ask, Engine, Flags, Length, Needs, Room, Sum, Verdict};
use crate::models::rank::Intent;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that are left to the desktop and other programs beyond what they hold now: a quarter of a GiB, and more the less sure
/// the sum is.
pub fn headroom(margin: u64) -> u64 {
    (256 * MIB).saturating_add(margin / 2).min(1024 * MIB)
}

/// The longest context that is thought of where nobody says what the model was made for.
const UNKNOWN_LIMIT: u64 = 1 << 20;

/// The longest context that a model was made for, tokens.
pub(super) fn limit(needs: &Needs) -> u64 {
    if needs.limit == 0 { UNKNOWN_LIMIT } else { needs.limit }
}

/// Lengths are whole multiples of this, where they are longer.
const STEP: u64 = 256;

/// A search under way.
pub(super) struct Search<'a> {
    pub facts: &'a Facts,
    pub room: Room,
    pub wish: Wish,
    pub ask: Ask,
    pub needs: Arc<Needs>,
    pub sum: Sum,
    pub steps: Vec<Step>,
    /// What was made before for other moments; then nothing is written down.
    memo: Option<&'a Memo>,
}

/// What a search made, kept for the same facts and card at another moment: free memory and vLLM's share change none of it.
#[derive(Debug, Default)]
pub struct Memo(Mutex<Made>);

/// In the order in which it was asked for first. A search asks in nearly the same order each time.
#[derive(Debug, Clone, Default)]
struct Made {
    all: Vec<(Flags, Arc<Needs>)>,
    /// After the one that was found last.
    next: usize,
}

impl Made {
    fn find(&mut self, key: &Flags) -> Option<Arc<Needs>> {
        let (before, after) = self.all.split_at_checked(self.next)?;
        let at = after.iter().chain(before).position(|(flags, _)| flags == key)?;
        let at = (self.next + at) % self.all.len();
        self.next = at + 1;
        self.all.get(at).map(|(_, needs)| Arc::clone(needs))
    }

    fn add(&mut self, key: Flags, needs: &Arc<Needs>) {
        self.all.push((key, Arc::clone(needs)));
        self.next = self.all.len();
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

impl Memo {
    /// One that begins with what `ask` makes of the facts on a card of `total` bytes.
    ///
    /// # Errors
    /// As [`Needs::of`].
    pub fn of(facts: &Facts, ask: &Ask, total: u64) -> Result<Self, Problem> {
        let memo = Self::default();
        memo.needs(facts, ask, total)?;
        Ok(memo)
    }

    fn lock(&self) -> MutexGuard<'_, Made> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was made first.
    pub fn first(&self) -> Option<Arc<Needs>> {
        self.lock().all.first().map(|(_, needs)| Arc::clone(needs))
    }

    fn needs(&self, facts: &Facts, ask: &Ask, total: u64) -> Result<Arc<Needs>, Problem> {
        let key = Flags { gpu_memory_utilization: None, ..ask.flags.clone() };
        let mut made = self.lock();
        if let Some(needs) = made.find(&key) {
            return Ok(needs);
        }
        let ask = Ask { flags: key.clone(), ..ask.clone() };
        let needs = Arc::new(Needs::like(facts, &ask, total, made.all.iter().map(|(_, needs)| &**needs))?);
        made.add(key, &needs);
        Ok(needs)
    }
}

/// An ask with what it leads to.
pub(super) type Judged = (Ask, Arc<Needs>, Sum);

/// Judges an ask; without a memo what was counted for `like` counts, where it loads the same.
fn judged(
    facts: &Facts,
    ask: &Ask,
    room: Room,
    memo: Option<&Memo>,
    like: Option<&Needs>,
) -> Result<(Arc<Needs>, Sum), Problem> {
    let needs = match memo {
        Some(memo) => memo.needs(facts, ask, room.total)?,
        None => Arc::new(Needs::like(facts, ask, room.total, like)?),
    };
    let sum = needs.sum_with(room, ask.flags.gpu_memory_utilization);
    Ok((needs, sum))
}

/// What a step says beside its bytes.
pub(super) struct Words<'a> {
    pub flag: &'a str,
    pub from: &'a str,
    pub to: String,
    pub why: &'a str,
    pub cost: &'a str,
}

/// A context to settle on.
pub(super) struct Goal {
    pub flag: &'static str,
    pub from: &'static str,
    /// Context of one request, tokens.
    pub length: u64,
    /// What turns it into the flag's value.
    pub scale: u64,
}

impl Goal {
    /// The flag's value for a request's context.
    fn flag_length(&self, tokens: u64) -> Length {
        Length::Tokens(tokens.saturating_mul(self.scale))
    }
}

impl<'a> Search<'a> {
    /// A search that begins at `ask`; what was counted for `like` counts, where it loads the same.
    pub fn new(
        facts: &'a Facts,
        ask: Ask,
        (room, wish): (Room, Wish),
        memo: Option<&'a Memo>,
        like: Option<&Needs>,
    ) -> Result<Self, Problem> {
        let (needs, sum) = judged(facts, &ask, room, memo, like)?;
        Ok(Self { facts, room, wish, ask, needs, sum, steps: Vec::new(), memo })
    }

    /// What another ask would lead to.
    pub fn judge(&self, change: impl FnOnce(&mut Flags)) -> Result<Judged, Problem> {
        let mut ask = self.ask.clone();
        change(&mut ask.flags);
        let (needs, sum) = judged(self.facts, &ask, self.room, self.memo, Some(&self.needs))?;
        Ok((ask, needs, sum))
    }

    /// Changes what is asked without a word: for what a later step says.
    pub fn set(&mut self, change: impl FnOnce(&mut Flags)) -> Result<(), Problem> {
        (self.ask, self.needs, self.sum) = self.judge(change)?;
        Ok(())
    }

    /// Takes a judged ask and writes down why.
    pub fn take(&mut self, judged: Judged, words: Words) {
        let (ask, needs, sum) = judged;
        if self.memo.is_some() {
            (self.ask, self.needs, self.sum) = (ask, needs, sum);
            return;
        }
        let saved = cost(&self.needs).saturating_sub(cost(&needs));
        let won = sum.kv_available.saturating_sub(self.sum.kv_available).saturating_add(saved);
        self.steps.push(Step {
            flag: words.flag.to_owned(),
            from: words.from.to_owned(),
            to: words.to,
            why: words.why.to_owned(),
            cost: words.cost.to_owned(),
            gained: won,
        });
        (self.ask, self.needs, self.sum) = (ask, needs, sum);
    }

    /// Tries a change and keeps it where it grants more of the wish: a twentieth more at least.
    pub fn try_change(&mut self, words: Words, change: impl FnOnce(&mut Flags)) -> bool {
        let Ok(judged) = self.judge(change) else { return false };
        let (before, after) = (self.worth(&self.needs, &self.sum), self.worth(&judged.1, &judged.2));
        let better = after > before + before / 20.0;
        if better {
            self.take(judged, words);
        }
        better
    }

    /// How much of the wish a judgement grants: tokens served at the same time, no more than wished.
    pub fn worth(&self, needs: &Needs, sum: &Sum) -> f64 {
        let (length, requests) = self.wish.target(limit(needs));
        let longest = longest(needs, sum, 1).min(length);
        let together = together(needs, sum, longest).min(self.most());
        let wished = if self.wish.requests.is_some() { requests as f64 } else { self.most() };
        longest as f64 * together.min(wished)
    }

    /// Whether the wish is granted so far.
    pub fn granted(&self) -> bool {
        let (length, requests) = self.wish.target(limit(&self.needs));
        longest(&self.needs, &self.sum, requests) >= length
    }

    /// Requests that are served at once at most.
    fn most(&self) -> f64 {
        if self.wish.intent == Intent::Agents && self.wish.requests.is_none() {
            return 256.0;
        }
        self.ask.flags.max_num_seqs.unwrap_or(256).clamp(1, 256) as f64
    }

    /// Sets the longest context, at most that of the goal, at which `requests` requests fit surely; shorter where that is
    /// only tight.
    pub fn settle(&mut self, goal: &Goal, requests: u64) -> Result<(), Problem> {
        let fitting = longest(&self.needs, &self.sum, requests);
        let mut tokens = if fitting >= goal.length { goal.length } else { whole(fitting) };
        let mut tight = None;
        for _ in 0..48 {
            if tokens == 0 {
                break;
            }
            let judged = self.judge(|flags| flags.max_model_len = goal.flag_length(tokens))?;
            match judged.2.verdict {
                Verdict::Fits => {
                    self.settled(judged, goal, tokens, "");
                    return Ok(());
                }
                Verdict::Tight if tight.is_none() => tight = Some((judged, tokens)),
                _ => {}
            }
            tokens = whole(tokens.saturating_sub((tokens / 10).max(1)));
        }
        // Nothing is sure: then at least what would start by the sum.
        let (judged, tokens) = tight.or_else(|| self.last_resort(goal)).ok_or_else(|| self.refusal())?;
        self.settled(judged, goal, tokens, "less room is left than the sum is sure of");
        Ok(())
    }

    /// The longest context that starts at all.
    fn last_resort(&self, goal: &Goal) -> Option<(Judged, u64)> {
        let mut tokens = whole(self.sum.largest_max_model_len.min(goal.length));
        while tokens > 0 {
            let judged = self.judge(|flags| flags.max_model_len = goal.flag_length(tokens)).ok()?;
            if judged.2.verdict.starts() {
                return Some((judged, tokens));
            }
            tokens = if tokens > 64 { whole(tokens / 4 * 3) } else { 0 };
        }
        None
    }

    /// Writes the length down.
    fn settled(&mut self, judged: Judged, goal: &Goal, tokens: u64, cost: &str) {
        let made_for = self.needs.limit;
        let why = match tokens {
            n if n >= made_for && made_for > 0 => "all that the model was made for",
            n if n >= goal.length => "what is asked for; the rest of the cache serves more requests",
            _ => "the longest that surely fits",
        };
        let to = tokens.saturating_mul(goal.scale).to_string();
        self.take(judged, Words { flag: goal.flag, from: goal.from, to, why, cost });
    }

    /// Why nothing starts, with the next step.
    pub fn refusal(&self) -> Problem {
        let fit = self.needs.explain(self.room);
        let hint = match super::card_for(self.facts, &self.ask) {
            Ok((bytes, cards)) => {
                let gib = bytes as f64 / crate::base::units::GIB as f64;
                let card = cards.first().map(|card| format!(", for example {}", card.name)).unwrap_or_default();
                let other =
                    if self.ask.engine == Engine::Vllm { "llama.cpp, which can leave layers in RAM, " } else { "" };
                format!("take a smaller variant, {other}or a card with {gib:.1} GiB{card}")
            }
            Err(_) => "take a smaller variant or a smaller model".to_owned(),
        };
        Problem::failed(format!("{} does not start on this card", self.facts.name), fit.why, hint)
    }

    /// What the search found.
    pub fn done(self) -> Result<Solution, Problem> {
        if !self.sum.verdict.starts() {
            return Err(self.refusal());
        }
        let fit = self.needs.explain(self.room);
        let slots = self.ask.flags.max_num_seqs.unwrap_or(1).max(1);
        let requests = match self.ask.engine {
            Engine::Vllm => (self.sum.max_concurrency.max(1.0) as u64).clamp(1, slots),
            _ => slots,
        };
        Ok(Solution { ask: self.ask, fit, needs: self.needs, steps: self.steps, requests })
    }
}

/// Whole multiples of [`STEP`], where they are longer.
fn whole(tokens: u64) -> u64 {
    if tokens > STEP { tokens / STEP * STEP } else { tokens }
}

/// Bytes of cache that are sure.
fn sure(sum: &Sum) -> u64 {
    u64::try_from(sum.kv_available).unwrap_or(0).saturating_sub(sum.margin)
}

/// The longest context at which `requests` requests fit surely.
pub(super) fn longest(needs: &Needs, sum: &Sum, requests: u64) -> u64 {
    match &needs.kv {
        Some(plan) => plan.longest(sure(sum), requests.max(1), limit(needs)),
        None if sum.kv_available >= 0 => limit(needs),
        None => 0,
    }
}

/// Requests of `length` tokens that fit surely at the same time.
pub(super) fn together(needs: &Needs, sum: &Sum, length: u64) -> f64 {
    match &needs.kv {
        Some(_) if length == 0 => 0.0,
        Some(plan) => plan.concurrency(sure(sum), length).max(0.0),
        None if sum.kv_available >= 0 => 256.0,
        None => 0.0,
    }
}

/// Bytes of the cache of one request of a length that both sides of a step share.
fn cost(needs: &Needs) -> i64 {
    let length = limit(needs).min(8192);
    needs.kv.as_ref().map_or(0, |plan| i64::try_from(plan.needed(length, 1)).unwrap_or(i64::MAX))
}
