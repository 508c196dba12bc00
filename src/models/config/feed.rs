//! Feed-forward parts: dense or experts, and in which layers which.

use super::family::Family;
use super::keys::Keys;
use super::mixers::scaled;
use crate::base::Problem;
use crate::models::geometry::Feed;
use serde_json::Value;

const INNER: &[&str] = &[
    "intermediate_size",
    "ffn_dim",
    "n_inner",
    "ffn_hidden_size",
    "decoder_ffn_dim",
    "encoder_ffn_dim",
    "d_ff",
    "hidden_dim",
];
const COUNT: &[&str] =
    &["num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts", "num_routed_experts"];
const ACTIVE: &[&str] = &[
    "num_experts_per_tok",
    "num_experts_per_token",
    "top_k_experts",
    "moe_topk",
    "moe_top_k",
    "experts_per_token",
    "moe_k",
    "num_selected_experts",
];
const EXPERT_INNER: &[&str] =
    &["moe_intermediate_size", "expert_intermediate_size", "moe_ffn_hidden_size", "expert_ffn_hidden_size"];

/// Feed-forward parts of a model.
#[derive(Debug, Clone)]
pub(super) struct Feeds {
    gated: bool,
    bias: bool,
    experts: Option<Feed>,
    spread: Spread,
}

/// Which layers have experts.
#[derive(Debug, Clone)]
enum Spread {
    All,
    From(u64, u64),
    Every { step: u64, offset: u64, except: Vec<u64> },
    Listed(Vec<u64>),
}

impl Spread {
    fn hit(&self, index: u64) -> bool {
        match self {
            Self::All => true,
            Self::From(first, step) => index >= *first && index.is_multiple_of((*step).max(1)),
            Self::Every { step, offset, except } => {
                let step = (*step).max(1);
                index % step == offset % step && !except.contains(&index)
            }
            Self::Listed(list) => list.contains(&index),
        }
    }
}

impl Feeds {
    /// Reads what the layers share.
    pub(super) fn read(keys: &mut Keys<'_>, family: Family, hidden: u64) -> Result<Self, Problem> {
        let gated = match keys.word(&["mlp", "hidden_act", "activation_function", "activation"]) {
            Some("silu" | "swiglu" | "gelu_glu") => family.gated || !family.known,
            _ => family.gated,
        };
        let gated = if keys.flag(&["is_gated_act"]) == Some(true) { true } else { gated };
        let bias = keys.flag(&["mlp_bias", "mlp_fc1_bias"]).unwrap_or(family.mlp_bias);
        let experts = experts(keys, gated, bias, hidden)?;
        let spread = spread(keys)?;
        Ok(Self { gated, bias, experts, spread })
    }

    /// The part of layer `index`.
    pub(super) fn layer(&self, keys: &Keys<'_>, hidden: u64, index: u64) -> Result<Feed, Problem> {
        match self.experts {
            Some(experts) if self.spread.hit(index) => Ok(experts),
            _ => self.dense(keys, hidden, index),
        }
    }

    /// A dense part.
    pub(super) fn dense(&self, keys: &Keys<'_>, hidden: u64, index: u64) -> Result<Feed, Problem> {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let own = if self.experts.is_some() { keys.at(&["intermediate_size_mlp"], at)? } else { None };
        let inner = match own {
            Some(found) => Some(found),
            None => keys.at(INNER, at)?,
        };
        let inner = match inner {
            Some(found) => found,
            None => fallback(keys, hidden)?,
        };
        if inner == 0 {
            return Ok(Feed::None);
        }
        let inner = if doubled(keys, index) { inner.saturating_mul(2) } else { inner };
        Ok(Feed::Dense { inner: adjusted(keys, inner, hidden), gated: self.gated, bias: self.bias })
    }

    /// Experts, where the model has them.
    pub(super) fn experts(&self) -> Option<Feed> {
        self.experts
    }
}

/// Gemma 4 E doubles the width in layers that share a cache.
fn doubled(keys: &Keys<'_>, index: u64) -> bool {
    if keys.flag(&["use_double_wide_mlp"]) != Some(true) {
        return false;
    }
    let size = |name: &str| keys.count(&[name]).ok().flatten().unwrap_or(0);
    let (layers, shared) = (size("num_hidden_layers"), size("num_kv_shared_layers"));
    shared > 0 && index >= layers.saturating_sub(shared)
}

/// LFM2 adjusts the width it names.
fn adjusted(keys: &Keys<'_>, inner: u64, hidden: u64) -> u64 {
    if keys.flag(&["block_auto_adjust_ff_dim"]) != Some(true) {
        return inner;
    }
    let base = keys.count(&["block_ff_dim"]).ok().flatten().unwrap_or(inner);
    let multiple = keys.count(&["block_multiple_of"]).ok().flatten().unwrap_or(256).max(1);
    let factor = keys.real(&["block_ffn_dim_multiplier"]).unwrap_or(1.0);
    let two_thirds = 2 * base / 3;
    let _ = hidden;
    scaled(two_thirds, factor).div_ceil(multiple).saturating_mul(multiple)
}

/// Families whose default is certain: four times the width.
fn fallback(keys: &Keys<'_>, hidden: u64) -> Result<u64, Problem> {
    let ratio = keys.real(&["expansion_ratio", "ffn_ratio"]);
    match keys.word(&["model_type"]).unwrap_or_default() {
        "gpt2" | "gpt_bigcode" | "gptj" | "gpt_neo" | "bloom" | "falcon" | "RefinedWeb" | "RefinedWebModel"
        | "codegen" => Ok(hidden.saturating_mul(4)),
        "mpt" => Ok(scaled(hidden, ratio.unwrap_or(4.0))),
        "lfm2" => keys.need(&["block_ff_dim"]),
        _ => keys.need(INNER),
    }
}

fn experts(keys: &mut Keys<'_>, gated: bool, bias: bool, hidden: u64) -> Result<Option<Feed>, Problem> {
    if keys.flag(&["enable_moe_block"]) == Some(false) {
        return Ok(None);
    }
    let Some(count) = keys.count(COUNT)?.filter(|n| *n > 1) else { return Ok(None) };
    let inner = match keys.size(EXPERT_INNER)? {
        Some(found) => found,
        None => keys.need(INNER)?,
    };
    let active = match keys.size(ACTIVE)? {
        Some(found) if found > count => {
            keys.grave(format!("{found} experts per token of {count} in all"));
            count
        }
        Some(found) => found,
        None => {
            keys.doubt("2 experts per token (nothing says how many)");
            2
        }
    };
    let shared = shared(keys, inner)?;
    let _ = hidden;
    Ok(Some(Feed::Experts { count, active, inner, gated, bias, shared }))
}

/// Inner width of what every token sees beside the experts.
fn shared(keys: &Keys<'_>, inner: u64) -> Result<u64, Problem> {
    if let Some(width) = keys.count(&[
        "shared_expert_intermediate_size",
        "shared_intermediate_size",
        "moe_shared_expert_intermediate_size",
    ])? {
        let times = keys.count(&["n_shared_experts"])?.unwrap_or(1).max(1);
        return Ok(width.saturating_mul(times));
    }
    if keys.flag(&["enable_moe_block"]) == Some(true) {
        return Ok(keys.count(INNER)?.unwrap_or(0));
    }
    if keys.word(&["model_type"]).is_some_and(|kind| kind.starts_with("llama4")) {
        return Ok(inner);
    }
    let times =
        keys.count(&["n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts"])?;
    Ok(times.unwrap_or(0).saturating_mul(inner))
}

fn spread(keys: &Keys<'_>) -> Result<Spread, Problem> {
    if let Some(list) = keys.numbers(&["moe_layers"]) {
        return Ok(Spread::Listed(list));
    }
    if let Some(words) = keys.words(&["mlp_layer_types"]) {
        let sparse = (0..).zip(&words).filter(|(_, word)| **word == "sparse").map(|(index, _)| index).collect();
        return Ok(Spread::Listed(sparse));
    }
    if let Some(Value::Array(list)) = keys.value(&["moe_layer_freq"]) {
        let on = (0..).zip(list).filter(|(_, v)| v.as_u64() == Some(1)).map(|(index, _)| index).collect();
        return Ok(Spread::Listed(on));
    }
    if let Some(step) = keys.size(&["interleave_moe_layer_step"])? {
        return Ok(Spread::Every { step, offset: step - 1, except: Vec::new() });
    }
    if let Some(step) = keys.size(&["expert_layer_period"])? {
        let offset = keys.count(&["expert_layer_offset"])?.unwrap_or(1);
        return Ok(Spread::Every { step, offset, except: Vec::new() });
    }
    if let Some(first) = keys.count(&["first_k_dense_replace", "num_dense_layers", "moe_layer_start_index"])? {
        return Ok(Spread::From(first, keys.count(&["moe_layer_freq"])?.unwrap_or(1)));
    }
    let except = keys.numbers(&["mlp_only_layers"]).unwrap_or_default();
    match keys.size(&["decoder_sparse_step"])? {
        Some(step) => Ok(Spread::Every { step, offset: step - 1, except }),
        None if except.is_empty() => Ok(Spread::All),
        None => Ok(Spread::Every { step: 1, offset: 0, except }),
    }
}
