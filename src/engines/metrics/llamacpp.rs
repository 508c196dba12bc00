//! llama-server's `/metrics` (`--metrics`) and `/slots`.
//!
//! The counter of written tokens moves when an answer ends; what the slots have written so far is added, so that it moves
//! with every token. The cache's use is that of slots at work: what idle slots keep of earlier prompts is given up at once.

use super::text::samples;
use super::vllm::told;
use super::{Answers, Gauges};
use crate::base::{Reading, Unknown};
use serde::Deserialize;

/// Slots looked at, at most; llama-server has up to 256.
const MOST: usize = 1024;

#[derive(Deserialize, Default)]
struct Slot {
    #[serde(default)]
    n_ctx: u64,
    #[serde(default)]
    is_processing: bool,
    #[serde(default)]
    n_prompt_tokens: u64,
    /// One object in present versions, a list of them in newer ones.
    #[serde(default)]
    next_token: serde_json::Value,
}

impl Slot {
    fn decoded(&self) -> u64 {
        let token = self.next_token.get(0).unwrap_or(&self.next_token);
        token.get("n_decoded").and_then(serde_json::Value::as_u64).unwrap_or(0)
    }

    fn in_use(&self) -> u64 {
        if self.is_processing { self.n_prompt_tokens.saturating_add(self.decoded()).min(self.n_ctx) } else { 0 }
    }
}

/// What the texts say.
pub(super) fn gauges(answers: &Answers<'_>) -> Gauges {
    let slots: Reading<Vec<Slot>> = answers
        .slots
        .and_then(|text| serde_json::from_str::<Vec<Slot>>(text).ok())
        .filter(|slots| slots.len() <= MOST)
        .ok_or_else(|| Unknown::because("/slots does not answer: the server runs with --no-slots, or is older"));
    let mut gauges = counters(answers.metrics);
    if let Ok(slots) = &slots {
        let decoded = slots.iter().filter(|slot| slot.is_processing).map(Slot::decoded).fold(0, u64::saturating_add);
        gauges.generation_tokens = gauges.generation_tokens.map(|written| written.saturating_add(decoded));
        gauges.running = Ok(slots.iter().filter(|slot| slot.is_processing).count() as u64);
    }
    // Slots with a cache of their own, unless the log said that they share one.
    let each = |slots: &Vec<Slot>| slots.iter().map(|slot| slot.n_ctx).fold(0, u64::saturating_add);
    let room = |slots: &Vec<Slot>| answers.kv_tokens.unwrap_or_else(|| each(slots));
    let used = |slots: &Vec<Slot>| slots.iter().map(Slot::in_use).fold(0, u64::saturating_add);
    gauges.kv_usage = slots.as_ref().map_err(Clone::clone).and_then(|slots| match room(slots) {
        0 => Err(Unknown::because("the slots do not tell their context")),
        all => Ok((used(slots) as f64 / all as f64).min(1.0)),
    });
    gauges.kv_tokens = slots.as_ref().map(room).map_err(Clone::clone);
    gauges.context = slots.map(|slots| slots.iter().map(|slot| slot.n_ctx).max().unwrap_or(0));
    gauges
}

fn counters(metrics: Option<&str>) -> Gauges {
    let (mut running, mut waiting, mut fresh, mut cached, mut written, mut ours) =
        (None, None, None, None, None, false);
    for sample in metrics.into_iter().flat_map(samples) {
        let Some(name) = sample.name.strip_prefix("llamacpp:") else { continue };
        ours = true;
        let value = sample.counted();
        match name {
            "requests_processing" => running = value,
            "requests_deferred" => waiting = value,
            "prompt_tokens_total" => fresh = value,
            "prompt_tokens_cached_total" => cached = value,
            "tokens_predicted_total" => written = value,
            _ => {}
        }
    }
    let why = if ours { "this version does not tell" } else { "/metrics is off: start llama-server with --metrics" };
    let all = fresh.map(|fresh: f64| fresh + cached.unwrap_or(0.0));
    Gauges {
        running: told(running, why),
        waiting: told(waiting, why),
        prefix_queries: told(cached.and(all), why),
        prefix_hits: told(cached, why),
        prompt_tokens: told(all, why),
        generation_tokens: told(written, why),
        ..Gauges::untold(&Unknown::because("llama-server does not tell"))
    }
}
