//! The judgement in lines and sentences.

use super::judge::View;
use super::offload::Split;
use super::{CONTEXT, CONTEXT_MARGIN, FIT_TARGET, Plan};
use crate::base::Bytes;
use crate::models::fit::kv::KvPlan;
use crate::models::fit::{Engine, Fit, KvDtype, Part, PartBasis, PartKind, Room, Verdict};

impl Plan {
    /// The judgement with its lines and its reason.
    pub fn explain(&self, room: Room) -> Fit {
        let (view, sum) = (self.view(room), self.sum(room));
        let split = self.shown(&view);
        let kv = KvPlan::Cells(self.cells_for(view.context));
        Fit {
            engine: self.ask.engine,
            verdict: view.verdict,
            why: self.why(&view, &split, sum.kv_available),
            parts: self.parts(&view),
            total: room.total,
            free: view.free,
            free_assumed: room.free.is_none(),
            budget: sum.budget,
            kv_available: sum.kv_available,
            kv_needed: sum.kv_needed,
            kv_per_token: self.per_card(kv.per_token()),
            kv_tokens: self.cells_for(view.context).cells(view.context).0,
            max_concurrency: sum.max_concurrency,
            max_model_len: sum.max_model_len,
            largest_max_model_len: sum.largest_max_model_len,
            offload: Some((split.on_card, split.all)),
            margin: view.margin,
            calibrated_from_runs: self.learned.runs.saturating_add(self.learned.related),
            learned: self.learned,
        }
    }

    /// The split as the engine would make it.
    fn shown(&self, view: &View) -> Split {
        match (view.asked, view.verdict) {
            (Some(split), _) => split,
            (None, Verdict::Fits | Verdict::RefusedAtStart) => self.split(self.layers(), view.context),
            (None, _) if self.ask.flags.gpu_layers.is_some() => self.split(self.layers(), view.context),
            (None, _) => self.fitted(view.free, view.context),
        }
    }

    fn parts(&self, view: &View) -> Vec<Part> {
        let part = |kind, bytes, margin, basis, why: String| Part { kind, bytes, margin, basis, why };
        let split = view.asked.unwrap_or_else(|| self.split(self.layers(), view.context));
        let state = self.state();
        let cache = view.asked.map_or(view.cache, |split| split.cache.saturating_sub(state));
        let host = match self.weights.host {
            0 => String::new(),
            bytes => format!("; the embedding, {}, is read from RAM", Bytes(bytes)),
        };
        let weights = format!("{}{host}", self.weights.why);
        let work_margin = view.margin.saturating_sub(CONTEXT_MARGIN).saturating_sub(self.weights.margin);
        let mut parts = vec![
            part(PartKind::Weights, self.per_card(split.card), self.weights.margin, self.weights.basis, weights),
            part(PartKind::Kv, self.per_card(cache), 0, PartBasis::EngineRule, self.cache_words(view)),
        ];
        if state > 0 {
            let why = format!("32-bit state of {} slots", self.slots);
            parts.push(part(PartKind::State, self.per_card(state), 0, PartBasis::EngineRule, why));
        }
        let flash = if self.flash { "with" } else { "without" };
        let work = format!("a micro-batch of {} tokens {flash} flash attention", self.ubatch_for(view.context));
        parts.push(part(PartKind::Compute, view.compute, work_margin, PartBasis::Fitted, work));
        let outside = "CUDA context and libraries".to_owned();
        parts.push(part(PartKind::Outside, CONTEXT, CONTEXT_MARGIN, PartBasis::EngineRule, outside));
        parts
    }

    fn cache_words(&self, view: &View) -> String {
        let (full, sliding) = self.cells_for(view.context).cells(view.context);
        let stored = match self.ask.flags.kv_cache_dtype {
            KvDtype::Block32(bytes) => format!("{} bits a number", bytes as f64 / 4.0),
            KvDtype::ThirtyTwo => "32-bit".to_owned(),
            _ => "16-bit".to_owned(),
        };
        let windows = if sliding == full { String::new() } else { format!(", {sliding} where a window slides") };
        let slots = match (self.slots, self.unified) {
            (1, _) => "1 slot".to_owned(),
            (slots, true) => format!("{slots} slots that share it"),
            (slots, false) => format!("{slots} slots with their own"),
        };
        format!("{full} cells{windows}, {slots}, {stored}")
    }

    fn why(&self, view: &View, split: &Split, available: i64) -> String {
        let mut text = match view.verdict {
            Verdict::RefusedAtStart => self.refusal.clone().unwrap_or_default(),
            Verdict::Fits => self.fits_words(view, split),
            Verdict::Tight => self.tight_words(view, split, available),
            Verdict::Unknown | Verdict::DoesNotFit => self.no_words(view, split, available),
        };
        if let Some(expected) = self.ollama_unloads(view) {
            let expected = Bytes(expected);
            text.push_str(&format!(". Ollama itself expects {expected} and unloads its other models first"));
        }
        if let Some(doubt) = self.doubtful.first() {
            text.push_str(&format!(". Unsure: {doubt}"));
        }
        text
    }

    fn fits_words(&self, view: &View, split: &Split) -> String {
        if split.on_card < split.all {
            let (low, high) = self.slowdown(split);
            return format!(
                "{} of {} layers on the card as asked; a token takes about {low:.1} to {high:.0} times as long as with all",
                split.on_card, split.all
            );
        }
        let shortened = match view.shortened {
            true => format!("; the server shortens the context to {} tokens to leave 1 GiB free", view.context),
            false => String::new(),
        };
        format!("all {} layers on the card{shortened}", split.all)
    }

    fn tight_words(&self, view: &View, split: &Split, available: i64) -> String {
        let spare = available.saturating_add_unsigned(view.target);
        let needed = i64::try_from(self.per_card(view.cache)).unwrap_or(i64::MAX);
        let spare = Bytes(u64::try_from(spare.saturating_sub(needed)).unwrap_or(0));
        if view.asked.is_some() || split.on_card == split.all && !split.only_experts {
            return format!("it starts, but {spare} stay free and the sum is sure to {} only", Bytes(view.margin));
        }
        let all = match self.ask.engine {
            Engine::Ollama => "num_gpu 999",
            _ => "-ngl all",
        };
        format!(
            "all layers would leave {spare} free; the server wants {} and so {}; {all} keeps all on the card, or a shorter \
             context does",
            Bytes(FIT_TARGET),
            self.split_words(split)
        )
    }

    fn no_words(&self, view: &View, split: &Split, available: i64) -> String {
        let needed = i64::try_from(self.per_card(view.cache)).unwrap_or(i64::MAX);
        let missing = needed.saturating_sub(available.saturating_add_unsigned(view.target)).max(0);
        let missing = Bytes(missing.unsigned_abs());
        let longest = self.largest(view);
        let shorter = match longest {
            0 => "a smaller quantisation".to_owned(),
            longest => format!("a context of at most {longest} tokens"),
        };
        if self.ask.flags.gpu_layers.is_some() {
            return format!("{missing} are missing and the layers were said: take fewer with -ngl, or {shorter}");
        }
        format!(
            "{missing} are missing for all layers, so the server {}; {shorter} keeps all on the card",
            self.split_words(split)
        )
    }

    fn split_words(&self, split: &Split) -> String {
        let (low, high) = self.slowdown(split);
        let kept = if split.only_experts {
            let whole = split.on_card.saturating_sub(1);
            format!(
                "keeps the experts of {} of {} layers in RAM ({})",
                split.all - 1 - whole,
                split.all - 1,
                Bytes(split.ram)
            )
        } else {
            format!("puts {} of {} layers on the card and {} into RAM", split.on_card, split.all, Bytes(split.ram))
        };
        format!(
            "{kept}, where a token takes about {low:.1} to {high:.0} times as long (RAM 5 to 20 times slower, assumed)"
        )
    }
}
