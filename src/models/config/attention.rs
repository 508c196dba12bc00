//! Softmax attention of one layer.

use super::family::{Family, QkNorm};
use super::keys::{Keys, refuse};
use super::plan::Kind;
use crate::base::Problem;
use crate::models::geometry::{Attention, Latent};
use std::collections::BTreeMap;

const HEADS: &[&str] =
    &["num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads", "encoder_attention_heads"];
const KV_HEADS: &[&str] =
    &["num_key_value_heads", "n_head_kv", "num_kv_heads", "multi_query_group_num", "num_key_value_groups"];
const HEAD_DIM: &[&str] = &["head_dim", "attention_head_dim", "kv_channels", "d_kv"];

/// What the layers of a model share.
#[derive(Debug, Clone)]
pub(super) struct Heads {
    pub(super) base: Attention,
    /// Of layers in full view where they differ (Gemma 4): heads of keys and values, width, one projection for both.
    wide: Option<(u64, u64, bool)>,
    /// First layer that uses the cache of an earlier one.
    shared_from: u64,
    window: Option<u64>,
    /// One projection serves as key and value in layers in full view.
    one: bool,
    /// Width and heads of keys and values of single layers, where the config lists them.
    own: BTreeMap<u64, (Option<u64>, Option<u64>)>,
}

/// Reads what attention layers share. `None` where the model has no attention at all.
pub(super) fn heads(keys: &mut Keys<'_>, family: Family, hidden: u64, layers: u64) -> Result<Heads, Problem> {
    let heads = keys.need(HEADS)?;
    let dim = head_dim(keys, hidden, heads)?;
    let kv_heads = kv_heads(keys, heads)?;
    if kv_heads > heads {
        return Err(refuse(format!("`num_key_value_heads` ({kv_heads}) exceeds `num_attention_heads` ({heads})")));
    }
    if !heads.is_multiple_of(kv_heads) {
        keys.grave(format!("{heads} query heads are no multiple of {kv_heads} heads of keys and values"));
    }
    let bias =
        keys.flag(&["attention_bias", "qkv_bias", "add_qkv_bias", "use_qkv_bias", "use_bias", "add_bias_linear"]);
    let out = keys.flag(&["attention_out_bias", "o_proj_bias", "use_bias"]);
    let norm = keys.flag(&["use_qk_norm", "qk_layernorm", "qk_norm"]).unwrap_or(family.qk_norm != QkNorm::No);
    let qkv_bias = bias.unwrap_or(family.qkv_bias);
    let base = Attention {
        heads,
        kv_heads,
        k_dim: dim,
        v_dim: keys.size(&["v_head_dim"])?.unwrap_or(dim),
        window: None,
        shared: false,
        k_eq_v: false,
        gated: keys.flag(&["attn_output_gate"]).unwrap_or(gated(keys)),
        qkv_bias,
        out_bias: out.unwrap_or(family.out_bias || (bias == Some(true) && biased_out(keys))),
        qk_norm: norm,
    };
    let wide = keys.size(&["global_head_dim"])?.map(|dim| {
        let one = keys.flag(&["attention_k_eq_v"]).unwrap_or(false);
        let kv = keys.size(&["num_global_key_value_heads"]).ok().flatten().filter(|_| one).unwrap_or(kv_heads);
        (kv, dim, one)
    });
    let shared = keys.count(&["num_kv_shared_layers"])?.unwrap_or(0);
    let window = keys.count(&["sliding_window", "sliding_window_size", "attention_chunk_size", "local_attention"])?;
    let own = own(keys);
    Ok(Heads {
        base,
        wide,
        own,
        one: keys.flag(&["attention_k_eq_v"]).unwrap_or(false),
        shared_from: layers.saturating_sub(shared),
        window: window.filter(|w| *w > 0),
    })
}

impl Heads {
    /// Layer `index` of kind `kind`.
    pub(super) fn layer(&self, index: u64, kind: Kind) -> Attention {
        let mut found = Attention { shared: index >= self.shared_from, ..self.base };
        if let Some((dim, kv)) = self.own.get(&index) {
            let dim = dim.unwrap_or(found.k_dim);
            found = Attention { k_dim: dim, v_dim: dim, kv_heads: kv.unwrap_or(found.kv_heads), ..found };
            found.k_eq_v = self.one && kind == Kind::Full;
        }
        match (kind, self.wide) {
            (Kind::Window, _) => found.window = self.window,
            (_, Some((kv_heads, dim, one))) => {
                found = Attention { kv_heads, k_dim: dim, v_dim: dim, k_eq_v: one, ..found };
            }
            _ => {}
        }
        found
    }

    /// Whether a window is named at all.
    pub(super) fn windowed(&self) -> bool {
        self.window.is_some()
    }
}

/// `per_layer_config`: sizes of single layers by index.
fn own(keys: &Keys<'_>) -> BTreeMap<u64, (Option<u64>, Option<u64>)> {
    let Some(part) = keys.part(&["per_layer_config"]) else { return BTreeMap::new() };
    let size = |layer: &serde_json::Value, name: &str| {
        layer.get(name).and_then(serde_json::Value::as_u64).filter(|n| (1..1 << 20).contains(n))
    };
    let read = part.iter().filter_map(|(at, layer)| {
        Some((at.parse().ok()?, (size(layer, "head_dim"), size(layer, "num_key_value_heads"))))
    });
    read.collect()
}

/// Qwen3-Next and later gate the output of attention.
fn gated(keys: &Keys<'_>) -> bool {
    keys.word(&["model_type"]).is_some_and(|kind| kind.starts_with("qwen3_next") || kind.starts_with("qwen3_5"))
}

/// Llama's `attention_bias` covers the output projection, that of Qwen, GLM and others does not.
fn biased_out(keys: &Keys<'_>) -> bool {
    let kind = keys.word(&["model_type"]).unwrap_or_default();
    let own =
        ["llama", "mistral", "granite", "olmo", "phimoe", "nemotron", "smollm3", "arcee", "gpt_oss", "gemma", "ernie"];
    own.iter().any(|prefix| kind.starts_with(prefix))
}

fn head_dim(keys: &mut Keys<'_>, hidden: u64, heads: u64) -> Result<u64, Problem> {
    if let Some(dim) = keys.size(HEAD_DIM)? {
        return Ok(dim);
    }
    if keys.word(&["model_type"]).is_some_and(|kind| kind.starts_with("gemma")) {
        keys.doubt("head_dim 256 (Gemma's default)");
        return Ok(256);
    }
    if !hidden.is_multiple_of(heads) {
        return Err(refuse(format!(
            "`hidden_size` ({hidden}) is no multiple of `num_attention_heads` ({heads}) and `head_dim` is missing"
        )));
    }
    Ok(hidden / heads)
}

fn kv_heads(keys: &mut Keys<'_>, heads: u64) -> Result<u64, Problem> {
    let nested =
        keys.part(&["attn_config"]).and_then(|part| part.get("kv_n_heads")).and_then(serde_json::Value::as_u64);
    if let Some(found) = nested.filter(|n| *n > 0) {
        return Ok(found);
    }
    if keys.flag(&["new_decoder_architecture"]) != Some(true) && keys.flag(&["multi_query"]) == Some(true) {
        return Ok(1);
    }
    Ok(keys.size(KV_HEADS)?.unwrap_or(heads))
}

/// Latent attention, where the config names its ranks.
pub(super) fn latent(keys: &Keys<'_>) -> Result<Option<Latent>, Problem> {
    let Some(kv_rank) = keys.size(&["kv_lora_rank"])? else { return Ok(None) };
    Ok(Some(Latent {
        heads: keys.need(HEADS)?,
        q_rank: keys.count(&["q_lora_rank"])?.unwrap_or(0),
        kv_rank,
        rope_dim: keys.need(&["qk_rope_head_dim"])?,
        nope_dim: keys.need(&["qk_nope_head_dim"])?,
        v_dim: keys.need(&["v_head_dim"])?,
    }))
}
