//! The judgement against a card.

use super::offload::Split;
use super::{CONTEXT, FIT_SHORTEST, FIT_TARGET, MIB, Plan};
use crate::models::fit::kv::cells::most;
use crate::models::fit::{Engine, Length, Room, Sum, Verdict};

/// A plan seen on a card.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub free: u64,
    /// Bytes that must stay free for the engine to keep all on the card.
    pub target: u64,
    /// Context of all slots together.
    pub context: u64,
    /// Context of a request, as it was asked for or chosen.
    pub length: u64,
    /// The context was shortened to fit.
    pub shortened: bool,
    pub compute: u64,
    pub cache: u64,
    /// Where layers were said to be fewer than all.
    pub asked: Option<Split>,
    pub margin: u64,
    pub verdict: Verdict,
}

impl View {
    /// What the engine may fill.
    pub fn budget(&self) -> u64 {
        self.free.saturating_sub(CONTEXT).saturating_sub(self.target)
    }
}

impl Plan {
    pub(super) fn view(&self, room: Room) -> View {
        // Where only the total is known, no desktop and no other program is assumed, as for vLLM.
        let free = room.free.unwrap_or(room.total).min(room.total);
        let asked = self.ask.flags.gpu_layers.filter(|layers| *layers < self.layers());
        let target = if self.ask.flags.gpu_layers.is_none() { FIT_TARGET } else { 0 };
        let (length, shortened) = self.length(free, room.total);
        let context = self.context_of(length);
        let (compute, cache) = (self.compute(context), self.cache(context));
        let asked = asked.map(|layers| self.split(layers, context));
        let margin = self.margin(context);
        let mut view = View {
            free,
            target,
            context,
            length,
            shortened,
            compute,
            cache,
            asked,
            margin,
            verdict: Verdict::DoesNotFit,
        };
        view.verdict = self.verdict(&view);
        view
    }

    fn verdict(&self, view: &View) -> Verdict {
        if self.refusal.is_some() {
            return Verdict::RefusedAtStart;
        }
        let needed = match &view.asked {
            Some(split) => split.card.saturating_add(split.cache),
            None => self.weights.card.saturating_add(view.cache).saturating_add(self.state()),
        };
        let needed = self.per_card(needed).saturating_add(view.compute).saturating_add(CONTEXT);
        match view.free.checked_sub(needed) {
            None => Verdict::DoesNotFit,
            Some(spare) if spare < view.target || spare < view.margin => Verdict::Tight,
            // A sum that rests on something unknown is never sure.
            Some(_) if !self.doubtful.is_empty() => Verdict::Tight,
            Some(_) => Verdict::Fits,
        }
    }

    /// Layers are dealt out to the cards.
    pub(super) fn per_card(&self, bytes: u64) -> u64 {
        bytes.div_ceil(self.ask.flags.cards())
    }

    /// Context of all slots for a request of so many tokens: Ollama multiplies, llama.cpp's `-c` is for all already.
    fn context_of(&self, length: u64) -> u64 {
        if self.ask.engine == Engine::Ollama { length.saturating_mul(self.slots) } else { length }
    }

    /// Slots of which each may see the model's whole context.
    fn streams(&self) -> u64 {
        if self.unified || self.ask.engine == Engine::Ollama { 1 } else { self.slots }
    }

    fn limit_or(&self, other: u64) -> u64 {
        if self.limit == 0 { other } else { self.limit.saturating_mul(self.streams()) }
    }

    /// The context, and whether it was shortened to fit.
    fn length(&self, free: u64, total: u64) -> (u64, bool) {
        match (self.ask.flags.max_model_len, self.ask.engine) {
            (Length::Tokens(tokens), Engine::Ollama) => (tokens.min(self.limit_or(tokens)), false),
            (Length::Tokens(tokens), _) => (tokens, false),
            (Length::Model | Length::Auto, Engine::Ollama) => {
                let default = match total {
                    0..24_696_061_952 => 4096,
                    24_696_061_952..50_465_865_728 => 32_768,
                    _ => 262_144,
                };
                (default.min(self.limit_or(default)), false)
            }
            (Length::Model | Length::Auto, _) => self.shortened(free),
        }
    }

    /// The model's context, or what `--fit` makes of it: in proportion between 4,096 tokens and all of it.
    fn shortened(&self, free: u64) -> (u64, bool) {
        let longest = self.limit_or(FIT_SHORTEST);
        let shortest = FIT_SHORTEST.saturating_mul(self.streams());
        let room = free.saturating_sub(CONTEXT).saturating_sub(FIT_TARGET);
        let needed = |context: u64| {
            let cached = self.weights.card.saturating_add(self.cache(context)).saturating_add(self.state());
            self.per_card(cached).saturating_add(self.compute(context))
        };
        let all = needed(longest);
        if all <= room || longest <= shortest {
            return (longest, false);
        }
        let least = needed(shortest);
        if room <= least || all <= least {
            return (shortest, true);
        }
        let grown = u128::from(longest - shortest) * u128::from(room - least) / u128::from(all - least);
        let chosen = shortest.saturating_add(u64::try_from(grown).unwrap_or(u64::MAX));
        let run = 256 * self.streams();
        ((chosen - chosen % run).max(shortest), true)
    }

    /// The judgement in numbers.
    pub fn sum(&self, room: Room) -> Sum {
        let view = self.view(room);
        let available = self.available(&view);
        let bytes = u64::try_from(available).unwrap_or(0).saturating_mul(self.ask.flags.cards());
        let kv = super::super::kv::KvPlan::Cells(self.cells_for(view.context));
        Sum {
            verdict: view.verdict,
            weights: self.per_card(view.asked.map_or(self.weights.card, |split| split.card)),
            budget: view.budget(),
            kv_available: available,
            kv_needed: self.per_card(view.asked.map_or(view.cache, |split| split.cache.saturating_sub(self.state()))),
            max_concurrency: if available < 0 { 0.0 } else { kv.concurrency(bytes, view.length) },
            max_model_len: view.length,
            largest_max_model_len: self.largest(&view),
            margin: view.margin,
        }
    }

    /// Bytes left for the cache; below zero where not even the rest fits.
    fn available(&self, view: &View) -> i64 {
        let weights = view.asked.map_or(self.weights.card, |split| split.card);
        let rest = self.per_card(weights.saturating_add(self.state())).saturating_add(view.compute);
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        signed(view.budget()).saturating_sub(signed(rest))
    }

    /// The longest context that leaves everything on the card.
    pub(super) fn largest(&self, view: &View) -> u64 {
        let weights = view.asked.map_or(self.weights.card, |split| split.card);
        let limit = self.limit_or(1 << 40);
        let runs = most(limit.div_ceil(256), |runs| {
            let context = self.context_of(runs.saturating_mul(256));
            let cached = weights.saturating_add(self.cache(context)).saturating_add(self.state());
            self.per_card(cached).saturating_add(self.compute(context)) <= view.budget()
        });
        runs.saturating_mul(256).min(limit)
    }

    /// What Ollama itself expects before it loads, where that is more than the 80 % of free memory at which it first
    /// unloads other models.
    pub(super) fn ollama_unloads(&self, view: &View) -> Option<u64> {
        let expected = self.predicted.0.saturating_mul(view.context).saturating_add(self.predicted.1);
        let too_much = expected > view.free / 10 * 8 && view.free > MIB;
        (self.ask.engine == Engine::Ollama && too_much).then_some(expected)
    }
}
