//! How much a way to run a model is worth.
//!
//! `score = size × fidelity × pace × length × kind × place`, where
//! - size is log2(1 + effective parameters in billions), effective = sqrt(all × active) for experts;
//! - fidelity is the share of quality that the quantisation leaves ([`fidelity`]);
//! - pace is sqrt(rate / 20 tokens a second), at most 1 (an answer read as it comes); 0.8 where the rate is not known;
//! - length is sqrt(context reached / wanted), at most 1; for agents also the share of 16 agents of 8,192 tokens, likewise;
//! - kind is 0.5 for models that do not chat, 0.6 for an older generation (`legacy`), 0.85 where no
//!   release of vLLM from 0.8 on (spring 2025) is named as the first that ran it, 1 otherwise; for agents 0.85 on
//!   llama.cpp and Ollama, which batch less well than vLLM;
//! - place is 0.8 for a variant of which no repository is known and which does not lie on this machine.
//!
//! It orders; it is no benchmark of answers.

use super::Intent;
use crate::base::Reading;
use crate::models::catalogue::{Capability, Entry, fidelity};
use crate::models::fit::{Engine, Sum};
use crate::models::quant::Scheme;
use crate::models::speed::Rate;

/// Tokens per second that are read as they come.
const READ: f64 = 20.0;
/// Agents that make a crowd.
const CROWD: f64 = 16.0;

/// The context that a request must have for a verdict that starts, tokens, for a model made for `limit` tokens.
pub(super) fn asked(limit: u64) -> u64 {
    if limit == 0 { 8192 } else { limit.min(8192) }
}

/// The part of the score that never changes on a card: size, fidelity, kind.
pub(super) fn fixed(engine: Engine, intent: Intent, scheme: &Scheme, entry: Option<&Entry>) -> f64 {
    let params = entry.map_or((0, 0), |entry| entry.params);
    let effective = ((params.0 as f64) * (params.1.max(1) as f64)).sqrt() / 1e9;
    let (bits, share) = fidelity(scheme);
    // More bits win among equals, by less than any other difference.
    let fidelity = share + bits.min(16.0) * 1e-5;
    let kind = entry.map_or(1.0, |entry| {
        let chats = if entry.capabilities.contains(&Capability::Chat) { 1.0 } else { 0.5 };
        let age = match entry.tags.iter().any(|tag| tag == "legacy") {
            true => 0.6,
            false if is_recent(entry) => 1.0,
            false => 0.85,
        };
        chats * age
    });
    let crowd = if intent == Intent::Agents && engine != Engine::Vllm { 0.85 } else { 1.0 };
    (1.0 + effective).log2() * fidelity * kind * crowd
}

/// Whether vLLM learnt the model in 0.8 or later, which tells the generation where no date is known.
fn is_recent(entry: &Entry) -> bool {
    let Some(first) = &entry.min_vllm else { return false };
    let mut parts = first.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (0, 8),
        _ => first == "nightly",
    }
}

/// What it counts that a variant can be had.
pub(super) fn place(placed: bool) -> f64 {
    if placed { 1.0 } else { 0.8 }
}

/// The whole score at one moment.
pub(super) fn score(fixed: f64, sum: &Sum, agents: u64, rate: &Reading<Rate>, intent: Intent, wanted: u64) -> f64 {
    let share = |have: f64, want: f64| if want > 0.0 { (have / want).clamp(0.0, 1.0).sqrt() } else { 1.0 };
    let pace = rate.as_ref().map_or(0.8, |rate| share(rate.likely, READ));
    let length = match intent {
        // Models without a cache answer with 0 as the longest context: their limit is not memory.
        _ if sum.kv_needed == 0 => 1.0,
        Intent::Chat | Intent::LongContext => share(sum.largest_max_model_len as f64, wanted as f64),
        Intent::Agents => share(agents as f64, CROWD),
    };
    fixed * pace * length
}
