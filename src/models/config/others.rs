//! Small parts that no field of the geometry counts, by family.

use super::family::{Family, QkNorm};
use super::keys::Keys;
use crate::base::Problem;
use crate::models::geometry::{Feed, Geometry, Mixer};
use std::num::Saturating as S;

/// Parameters that no field counts.
pub(super) fn others(keys: &Keys<'_>, family: Family, made: &Geometry) -> Result<u64, Problem> {
    let model = made.model_type.as_str();
    let mut sum = wide_norms(family, made);
    if family.encoder {
        sum += S(keys.count(&["type_vocab_size"])?.unwrap_or(0)) * S(made.hidden);
    }
    if ["phi", "phi-msft", "gptj", "codegen"].contains(&model) && !made.tied {
        // Their heads carry a bias.
        sum += S(made.vocab);
    }
    if ["qwen2_moe", "qwen3_next", "qwen3_5_moe"].iter().any(|kind| model.starts_with(kind)) {
        let gates = made.layers.iter().filter(|layer| matches!(layer.feed, Feed::Experts { shared, .. } if shared > 0));
        sum += S(gates.count() as u64) * S(made.hidden);
    }
    if model.starts_with("gemma3n") {
        sum += altup(keys, made)?;
    }
    if model.starts_with("gemma4") && made.has_experts() {
        // A scale per channel and per expert before the router.
        sum += S(made.layers.len() as u64) * S(made.hidden);
    }
    if model == "whisper" {
        let h = S(made.hidden);
        // Attention to the encoder: four matrices, three biases, a norm.
        sum += S(made.layers.len() as u64) * (S(4) * h * h + S(5) * h);
    }
    Ok(sum.0)
}

/// Norms of queries and keys over all heads hold more than the one head that attention counts.
fn wide_norms(family: Family, made: &Geometry) -> S<u64> {
    let mut sum = S(0);
    for layer in &made.layers {
        if let (Mixer::Attention(it), QkNorm::Full) = (layer.mixer, family.qk_norm)
            && it.qk_norm
        {
            sum += S(it.heads.saturating_add(it.kv_heads).saturating_sub(2)) * S(it.k_dim);
        }
    }
    sum
}

/// Gemma 3n: alternating updates of several streams, and a learned low-rank detour per layer.
fn altup(keys: &Keys<'_>, made: &Geometry) -> Result<S<u64>, Problem> {
    let inputs = S(keys.size(&["altup_num_inputs"])?.unwrap_or(4).min(64));
    let rank = S(keys.size(&["laurel_rank"])?.unwrap_or(64));
    let h = S(made.hidden);
    let layer = S(2) * h * rank + h + h * inputs + h + h + inputs * inputs + inputs * inputs * inputs;
    Ok(S(2) * (inputs - S(1)) * h * h + S(made.layers.len() as u64) * layer)
}
