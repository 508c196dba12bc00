//! What an engine takes of the card, and in which stages; the vLLM dialect refuses to start as vLLM does.

use super::{Config, SimDialect};
use crate::base::Bytes;
use crate::base::units::MIB;

/// The driver's and runtime's own share of a process.
const CONTEXT: Bytes = Bytes(420 * MIB);
/// Room for activations in the vLLM dialect.
const ACTIVATIONS: Bytes = Bytes(640 * MIB);
/// What capturing graphs takes in the vLLM dialect, before any is captured.
const CAPTURE: u64 = 64 * MIB;
/// One captured graph.
const GRAPH: u64 = MIB * 5 / 2;
/// Compute buffers of llama.cpp.
const COMPUTE: Bytes = Bytes(300 * MIB);
/// What a cache is taken to be where nothing else is known.
const LOOSE_CACHE: Bytes = Bytes(2048 * MIB);

/// Total and free bytes of the card, before this engine took any.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CardMemory {
    /// In all.
    pub total: Bytes,
    /// Free now.
    pub free: Bytes,
}

/// The stages, each in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stages {
    /// The runtime's context, with room for activations.
    pub context: Bytes,
    /// Weights.
    pub weights: Bytes,
    /// The cache.
    pub kv: Bytes,
    /// Graphs and buffers.
    pub rest: Bytes,
    /// Tokens that the cache holds.
    pub kv_tokens: u64,
}

/// Why vLLM would not start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shortage {
    /// Less is free than it plans with.
    Free {
        /// The card.
        card: CardMemory,
        /// What it plans with.
        wanted: Bytes,
    },
    /// Nothing is left for the cache.
    NoCache,
    /// The cache cannot hold one sequence.
    SmallCache {
        /// What one sequence needs.
        needed: Bytes,
        /// What there is.
        available: Bytes,
        /// Tokens that would fit.
        tokens: u64,
    },
}

/// Plans the stages; `card` is absent where no simulated card is named.
///
/// # Errors
/// Why the engine would refuse to start.
pub fn plan(config: &Config, card: Option<CardMemory>) -> Result<Stages, Shortage> {
    let weights = config.weight_bytes();
    let per_token = config.cache_per_token();
    let (context, kv, rest) = match config.dialect {
        SimDialect::Vllm => (CONTEXT + activations(config), vllm_cache(config, card, weights)?, graphs(config)),
        // One context shared by all slots.
        _ => (CONTEXT, config.kv.unwrap_or(Bytes(per_token.0 * config.max_model_len)), COMPUTE),
    };
    let kv_tokens = kv.0 / per_token.0.max(1);
    let needed = Bytes(per_token.0 * config.max_model_len);
    if config.dialect == SimDialect::Vllm && kv < needed {
        return Err(Shortage::SmallCache { needed, available: kv, tokens: kv_tokens });
    }
    Ok(Stages { context, weights, kv, rest, kv_tokens })
}

fn activations(config: &Config) -> Bytes {
    ACTIVATIONS + Bytes(config.script.more_mib.saturating_mul(MIB))
}

/// Graphs for one sequence, two, four, then in steps of eight and, from 256 on, of sixteen: up to twice the sequences
/// piecewise, up to the sequences whole.
fn graphs(config: &Config) -> Bytes {
    let sizes = |most: u64| {
        [1, 2, 4].iter().filter(|size| **size <= most).count() as u64
            + most.min(255) / 8
            + most.saturating_sub(240) / 16
    };
    let seqs = config.max_num_seqs as u64;
    let captured = sizes(seqs.saturating_mul(2).min(512)) + sizes(seqs.min(512));
    Bytes(CAPTURE + GRAPH * captured)
}

fn vllm_cache(config: &Config, card: Option<CardMemory>, weights: Bytes) -> Result<Bytes, Shortage> {
    if let Some(kv) = config.kv {
        return Ok(kv);
    }
    let Some(card) = card else { return Ok(LOOSE_CACHE) };
    let wanted = Bytes((card.total.0 as f64 * config.utilization) as u64);
    if card.free < wanted {
        return Err(Shortage::Free { card, wanted });
    }
    let taken = weights + CONTEXT + activations(config) + graphs(config);
    match wanted.minus(taken) {
        Bytes(0) => Err(Shortage::NoCache),
        left => Ok(left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::units::GIB;
    use crate::engines::simulated::Script;

    fn config(dialect: SimDialect, model: &str) -> Config {
        Config {
            model: model.into(),
            served: model.into(),
            dialect,
            host: String::new(),
            port: 0,
            max_model_len: 4096,
            max_num_seqs: 8,
            weights: None,
            kv: None,
            kv_token: None,
            utilization: 0.9,
            load_seconds: 0.0,
            tokens_per_second: 0.0,
            api_key: None,
            reasoning: false,
            script: Script::default(),
            seed: None,
        }
    }

    #[test]
    fn vllm_plans_with_a_share_of_the_whole() {
        let card = |free| Some(CardMemory { total: Bytes(16 * GIB), free: Bytes(free) });
        let config = config(SimDialect::Vllm, "x-8B-AWQ");
        let stages = plan(&config, card(15 * GIB)).unwrap();
        let sum = stages.context.0 + stages.weights.0 + stages.kv.0 + stages.rest.0;
        assert!((sum as f64 / GIB as f64 - 14.4).abs() < 0.01);
        assert_eq!(stages.kv_tokens, stages.kv.0 / (128 * 1024));
        assert!(matches!(plan(&config, card(10 * GIB)), Err(Shortage::Free { .. })));
        let large = Config { model: "x-8B".into(), ..config.clone() };
        assert_eq!(plan(&large, card(15 * GIB)), Err(Shortage::NoCache));
        let small = Config { kv: Some(Bytes(GIB / 4)), ..config };
        assert!(matches!(plan(&small, None), Err(Shortage::SmallCache { tokens: 2048, .. })));
    }

    #[test]
    fn others_take_what_the_context_needs() {
        let stages = plan(&config(SimDialect::LlamaCpp, "x-8B-Q4_K_M"), None).unwrap();
        assert_eq!((stages.kv, stages.kv_tokens), (Bytes(GIB / 2), 4096));
    }
}
