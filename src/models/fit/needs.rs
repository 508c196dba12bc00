//! Everything about a fit that does not depend on free memory, and the arithmetic that judges it against a [`Room`].

use super::answer::{Fit, Part, Verdict};
use super::ask::{Ask, Engine, Room};
use super::kv::KvPlan;
use super::learned::Learned;
use super::{llamacpp, vllm};
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
    plan: Plan,
}

/// The rules of one engine family, resolved.
#[derive(Debug, Clone, PartialEq)]
enum Plan {
    Vllm(Box<vllm::Plan>),
    LlamaCpp(Box<llamacpp::Plan>),
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
        Self::like(facts, ask, total, [])
    }

    /// The same, with the weights taken over from one of `others`, made of the same facts, that loads the same: counting them
    /// is most of the work, and few flags change them.
    ///
    /// # Errors
    /// As [`Needs::of`].
    pub fn like<'a>(
        facts: &Facts,
        ask: &Ask,
        total: u64,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Result<Self, Problem> {
        let ask = ask.clone();
        let other = others.into_iter().find(|other| other.ask.loads_as(&ask));
        if facts.geometry.layers.is_empty() {
            let why = "nothing is known of its layers, so neither its cache nor its buffers can be computed";
            return Err(Problem::failed("cannot estimate", why, "give its config.json or its file"));
        }
        match ask.engine {
            Engine::Vllm => {
                let weights = other.and_then(|other| match &other.plan {
                    Plan::Vllm(plan) => Some(plan.counted()),
                    Plan::LlamaCpp(_) => None,
                });
                let vllm::Made { plan, parts, kv, limit } = vllm::needs(facts, &ask, total, weights)?;
                Ok(Self { ask, parts, kv, limit, plan: Plan::Vllm(Box::new(plan)) })
            }
            Engine::LlamaCpp | Engine::Ollama => {
                let same = other.and_then(|other| match &other.plan {
                    Plan::LlamaCpp(plan) => Some(&**plan),
                    Plan::Vllm(_) => None,
                });
                let plan = llamacpp::Plan::like(facts, &ask, same)?;
                let (kv, limit) = (Some(KvPlan::Cells(plan.cells().clone())), plan.limit());
                Ok(Self { ask, parts: Vec::new(), kv, limit, plan: Plan::LlamaCpp(Box::new(plan)) })
            }
        }
    }

    /// Gives vLLM another share of the card; for other engines nothing changes. Nothing that was prepared depends on it.
    pub fn set_utilization(&mut self, share: f64) {
        if let Plan::Vllm(plan) = &mut self.plan {
            plan.set_utilization(share);
            self.ask.flags.gpu_memory_utilization = Some(share);
        }
    }

    /// The judgement in numbers.
    pub fn sum(&self, room: Room) -> Sum {
        self.sum_with(room, None)
    }

    /// The same with another share of the card for vLLM, where one is given.
    pub fn sum_with(&self, room: Room, share: Option<f64>) -> Sum {
        match &self.plan {
            Plan::Vllm(plan) => plan.sum(self.kv.as_ref(), room, share),
            Plan::LlamaCpp(plan) => plan.sum(room),
        }
    }

    /// Free bytes as the judgement takes them: what is stated, else what the engine's rules assume.
    pub fn free(&self, room: Room) -> u64 {
        match &self.plan {
            Plan::Vllm(_) => vllm::Plan::free(room),
            Plan::LlamaCpp(_) => room.free.unwrap_or(room.total).min(room.total),
        }
    }

    /// The judgement with its lines and its reason.
    pub fn explain(&self, room: Room) -> Fit {
        match &self.plan {
            Plan::Vllm(plan) => plan.explain(&self.ask, &self.parts, self.kv.as_ref(), room),
            Plan::LlamaCpp(plan) => plan.explain(room),
        }
    }

    /// From how many starts of this machine it was corrected.
    pub fn learned(&self) -> Learned {
        match &self.plan {
            Plan::Vllm(plan) => plan.learned(),
            Plan::LlamaCpp(plan) => plan.learned(),
        }
    }

    /// Whether CUDA graphs are taken off vLLM's budget; `false` for other engines.
    pub fn graphs_inside(&self) -> bool {
        matches!(&self.plan, Plan::Vllm(plan) if plan.graphs_inside())
    }

    /// Of llama.cpp's weights, what stays on the host, bytes; 0 for vLLM.
    pub fn host_weights(&self) -> u64 {
        match &self.plan {
            Plan::Vllm(_) => 0,
            Plan::LlamaCpp(plan) => plan.host(),
        }
    }

    /// What was assumed about the model because nothing says it.
    pub fn doubts(&self) -> &[String] {
        match &self.plan {
            Plan::Vllm(plan) => plan.doubts(),
            Plan::LlamaCpp(_) => &[],
        }
    }
}
