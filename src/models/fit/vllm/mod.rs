//! vLLM's budget: a share of the card's total, less weights, peak, graphs and libraries; the rest is the cache.
//!
//! Rules read in vLLM 0.32 (`v1/worker/gpu_worker.py`, `v1/worker/utils.py`, `v1/worker/gpu_model_runner.py`,
//! `engine/arg_utils.py`, `config/compilation.py`); constants fitted to recorded starts are named where they stand.

mod activation;
mod check;
mod graphs;
mod judge;
mod levers;
mod outside;
mod rules;
mod taught;
#[cfg(test)]
mod tests;
mod unsure;
mod words;

use super::answer::{Part, PartKind};
use super::ask::{Ask, KvDtype, Length};
use super::kv::{KvPlan, Paged, PagedAsk};
use super::learned::Learned;
use super::weights::weights;
use crate::base::Problem;
use crate::models::{Facts, Geometry};
use rules::Rules;

/// vLLM's answer where a config names no length.
const LENGTH_UNSAID: u64 = 2048;
/// Recorded starts whose budget was logged: what margins and constants rest on.
const RUNS: u64 = 20;

/// What does not depend on free memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    rules: Rules,
    /// `--kv-cache-memory-bytes`.
    given: Option<u64>,
    length: Length,
    limit: u64,
    /// Whether a longer length than `limit` is refused.
    limited: bool,
    weights: u64,
    activation: u64,
    non_torch: u64,
    graphs: u64,
    margin: u64,
    /// The line of the weights before anything was learned.
    counted: Part,
    learned: Learned,
    levers: Vec<levers::Lever>,
    /// What was not known at all; such a model is never said to fit.
    grave: Option<String>,
    doubts: Vec<String>,
}

impl Plan {
    /// The line of the weights before anything was learned.
    pub(super) fn counted(&self) -> &Part {
        &self.counted
    }

    /// From how many starts it was corrected.
    pub(super) fn learned(&self) -> Learned {
        self.learned
    }

    /// Whether graphs are taken off the budget.
    pub(super) fn graphs_inside(&self) -> bool {
        self.rules.graphs_inside
    }
}

/// The plan, its lines, its cache and the model's length.
pub(super) struct Made {
    pub plan: Plan,
    pub parts: Vec<Part>,
    pub kv: Option<KvPlan>,
    pub limit: u64,
}

/// What `facts` need on vLLM.
pub(super) fn needs(facts: &Facts, ask: &Ask, total: u64, counted: Option<&Part>) -> Result<Made, Problem> {
    let geometry = &facts.geometry;
    if geometry.layers.is_empty() || geometry.hidden == 0 {
        return Err(Problem::failed("cannot estimate", "the model's config names no layers", "check its config.json"));
    }
    let encoder = rules::is_encoder(geometry);
    let limit = geometry.max_context.unwrap_or(match ask.flags.max_model_len {
        Length::Tokens(tokens) => tokens,
        Length::Model | Length::Auto => LENGTH_UNSAID,
    });
    let rules = Rules::of(facts, ask, total, limit);
    check::flags(geometry, ask, &rules)?;
    unsure::words(facts, ask)?;
    let counted = counted.cloned().unwrap_or_else(|| loaded(facts, ask));
    let mut parts = parts(counted.clone(), geometry, ask, (&rules, total));
    let learned = taught::apply(facts, ask, &rules, &mut parts);
    let bytes = |kind| parts.iter().filter(|part| part.kind == kind).map(|part| part.bytes).sum();
    let paged = (!encoder).then(|| Paged::of(geometry, &cache(geometry, ask, &rules, limit))).filter(|p| !p.is_empty());
    let told = paged.iter().flat_map(|paged| paged.doubts());
    let of_flags = unsure::doubts(facts, ask);
    let doubts: Vec<_> = geometry.doubts.iter().chain(told).chain(&of_flags).collect();
    let plan = Plan {
        rules,
        given: ask.flags.kv_cache_memory_bytes,
        length: ask.flags.max_model_len,
        limit,
        limited: geometry.max_context.is_some(),
        weights: bytes(PartKind::Weights),
        activation: bytes(PartKind::Activation),
        non_torch: bytes(PartKind::NonTorch),
        graphs: bytes(PartKind::Graphs),
        margin: margin(&parts, &rules),
        counted,
        learned,
        levers: levers::levers(geometry, ask, &rules),
        grave: doubts.iter().find(|doubt| doubt.grave).map(|doubt| doubt.what.clone()),
        doubts: doubts.iter().map(|doubt| doubt.what.clone()).collect(),
    };
    Ok(Made { plan, parts, kv: paged.map(KvPlan::Paged), limit })
}

/// The line of the weights.
fn loaded(facts: &Facts, ask: &Ask) -> Part {
    let known = weights(facts, ask);
    let kind = PartKind::Weights;
    Part { kind, bytes: known.bytes, margin: known.margin, basis: known.basis, why: known.why }
}

fn parts(weights: Part, geometry: &Geometry, ask: &Ask, (rules, total): (&Rules, u64)) -> Vec<Part> {
    let mut parts = vec![weights, activation::part(geometry, ask, rules)];
    parts.extend(graphs::part(geometry, ask, rules));
    parts.push(outside::part(total, ask.flags.cards(), rules.counted));
    parts
}

/// Independent errors add in quadrature; graphs on top of the budget do not touch what is left for the cache.
fn margin(parts: &[Part], rules: &Rules) -> u64 {
    let inside = parts.iter().filter(|part| part.kind != PartKind::Graphs || rules.graphs_inside);
    inside.map(|part| (part.margin as f64).powi(2)).sum::<f64>().sqrt() as u64
}

fn cache(geometry: &Geometry, ask: &Ask, rules: &Rules, limit: u64) -> PagedAsk {
    let flags = &ask.flags;
    PagedAsk {
        version: ask.version,
        kv_dtype: match flags.kv_cache_dtype {
            KvDtype::Auto if geometry.kv_fp8 => KvDtype::Fp8,
            stated => stated,
        },
        model_dtype: flags.dtype.unwrap_or(geometry.dtype),
        block_size: flags.block_size,
        tensor_parallel: flags.cards(),
        max_num_seqs: rules.seqs,
        max_num_batched_tokens: rules.batched,
        max_model_len: if let Length::Tokens(tokens) = flags.max_model_len { tokens } else { limit },
        prefix_caching: flags.enable_prefix_caching.unwrap_or_else(|| PagedAsk::caches_prefixes(ask.version, geometry)),
        speculative_tokens: flags.speculative_tokens,
    }
}
