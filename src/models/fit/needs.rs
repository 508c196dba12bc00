//! Everything about a fit that does not depend on free memory, and the arithmetic that judges it against a [`Room`].

use super::answer::{Fit, Part, Verdict};
use super::ask::{Ask, Length, Room};
use super::kv::KvPlan;
use crate::base::Problem;
use crate::models::Facts;

/// What a model needs on an engine with its flags; made once, judged often.
#[derive(Debug, Clone, PartialEq)]
pub struct Needs {
    /// What was asked.
    pub ask: Ask,
    /// Lines that do not depend on the card's free memory: weights, activation, graphs, non-torch (vLLM); weights,
    /// compute, state (llama.cpp).
    pub parts: Vec<Part>,
    /// How the cache grows; `None` for models that keep none.
    pub kv: Option<KvPlan>,
    /// The longest context that the model was made for, tokens.
    pub limit: u64,
}

/// The numbers of a [`Fit`] without its sentences: cheap, for ranking and search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sum {
    /// What comes of starting it.
    pub verdict: Verdict,
    /// Weights on the card, bytes.
    pub weights: u64,
    /// Bytes that the engine may use.
    pub budget: u64,
    /// Bytes left for the cache.
    pub kv_available: i64,
    /// Bytes that one request of `max_model_len` needs.
    pub kv_needed: u64,
    /// Requests of `max_model_len` that fit at the same time.
    pub max_concurrency: f64,
    /// The length judged.
    pub max_model_len: u64,
    /// The longest context of one request that would fit, tokens.
    pub largest_max_model_len: u64,
    /// How far `kv_available` may be off, bytes.
    pub margin: u64,
}

impl Needs {
    /// What `facts` need for `ask` on cards of `total` bytes (defaults of vLLM depend on the total).
    ///
    /// # Errors
    /// When flags contradict each other or are out of range (usage), or the model has nothing to compute with.
    pub fn of(facts: &Facts, ask: &Ask, total: u64) -> Result<Self, Problem> {
        let _ = (facts, total);
        Ok(Self { ask: ask.clone(), parts: Vec::new(), kv: None, limit: 0 })
    }

    /// The judgement in numbers.
    pub fn sum(&self, room: Room) -> Sum {
        let _ = Length::Auto;
        Sum {
            verdict: Verdict::DoesNotFit,
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

    /// The judgement with its lines and its reason.
    pub fn explain(&self, room: Room) -> Fit {
        let sum = self.sum(room);
        Fit {
            engine: self.ask.engine,
            verdict: sum.verdict,
            why: String::new(),
            parts: self.parts.clone(),
            total: room.total,
            free: room.free.unwrap_or(room.total),
            free_assumed: room.free.is_none(),
            budget: sum.budget,
            kv_available: sum.kv_available,
            kv_needed: sum.kv_needed,
            kv_per_token: 0,
            kv_tokens: 0,
            max_concurrency: sum.max_concurrency,
            max_model_len: sum.max_model_len,
            largest_max_model_len: sum.largest_max_model_len,
            offload: None,
            margin: sum.margin,
            calibrated_from_runs: 0,
        }
    }
}
