//! The part that sees: parameters and sizes, from `vision_config`.

use super::keys::Keys;
use crate::base::Problem;
use crate::models::geometry::Tower;
use serde_json::{Map, Value};
use std::num::Saturating as S;

/// Reads the tower, where there is one.
pub(super) fn tower(keys: &Keys<'_>, text: u64) -> Result<Option<Tower>, Problem> {
    let Some(part) = keys.top.get("vision_config").and_then(Value::as_object) else { return Ok(None) };
    if part.is_empty() {
        return Ok(None);
    }
    let view = Keys { text: part, top: part, doubts: Vec::new() };
    let outer = keys.top.get("model_type").and_then(Value::as_str).unwrap_or_default();
    let own = view.word(&["model_type"]).unwrap_or(outer);
    if outer.starts_with("qwen") || own.starts_with("qwen") {
        return qwen(&view, outer, text).map(Some);
    }
    plain(&view, keys.top, own, text).map(Some)
}

/// Towers of Qwen2-VL and later: patches merged two by two.
fn qwen(view: &Keys<'_>, outer: &str, text: u64) -> Result<Tower, Problem> {
    let old = outer.starts_with("qwen2_vl");
    let hidden = S(if old { view.need(&["embed_dim"])? } else { view.need(&["hidden_size"])? });
    let layers = S(view.layers(&["depth", "num_hidden_layers"])?);
    let ratio = S(view.count(&["mlp_ratio"])?.unwrap_or(4));
    let inner = view.size(&["intermediate_size"])?.map_or(hidden * ratio, S);
    let patch = S(view.size(&["patch_size"])?.unwrap_or(14));
    let time = S(view.size(&["temporal_patch_size"])?.unwrap_or(2));
    let colours = S(view.size(&["in_channels", "in_chans"])?.unwrap_or(3));
    let merge = S(view.size(&["spatial_merge_size"])?.unwrap_or(2));
    let out = S(view.size(&["out_hidden_size"])?.filter(|_| !old).unwrap_or(text));
    let gated = outer.starts_with("qwen2_5");
    let (matrices, norm) = if gated { (S(3), hidden) } else { (S(2), S(2) * hidden) };
    let biases = if gated { S(2) * inner + hidden } else { inner + hidden };
    let block = S(4) * hidden * hidden + S(4) * hidden + matrices * hidden * inner + biases + S(2) * norm;
    let patches = patch * patch * time * colours * hidden;
    let wide = hidden * merge * merge;
    let mlp = wide * wide + wide + wide * out + out;
    let mut params = layers * block + patches + mlp + norm;
    if !old && !gated {
        let places = S(view.count(&["num_position_embeddings"])?.unwrap_or(0));
        let deep = S(view.numbers(&["deepstack_visual_indexes"]).map_or(0, |list| list.len() as u64));
        params += places * hidden + hidden + deep * (mlp + S(2) * wide);
    }
    Ok(Tower { params: params.0, layers: layers.0, hidden: hidden.0, inner: inner.0, max_patches: 0, max_tokens: 0 })
}

/// CLIP, SigLIP and Pixtral with a two-layer projector.
fn plain(view: &Keys<'_>, top: &Map<String, Value>, own: &str, text: u64) -> Result<Tower, Problem> {
    let hidden = S(view.need(&["hidden_size", "embed_dim", "width"])?);
    let layers = view.layers(&["num_hidden_layers", "depth", "layers"])?;
    let inner = view.size(&["intermediate_size"])?.map_or(hidden * S(4), S);
    let patch = S(view.size(&["patch_size"])?.unwrap_or(14));
    let image = S(view.size(&["image_size"])?.unwrap_or(336));
    let text = S(text);
    let pixtral = own == "pixtral";
    let used = match top.get("vision_feature_layer").and_then(Value::as_i64) {
        Some(at) if at < 0 => layers.saturating_sub(at.unsigned_abs() - 1),
        Some(at) => at.unsigned_abs().min(layers),
        None => layers,
    };
    let block = if pixtral {
        S(4) * hidden * hidden + S(3) * hidden * inner + S(2) * hidden
    } else {
        S(4) * hidden * hidden + S(4) * hidden + S(2) * hidden * inner + inner + hidden + S(4) * hidden
    };
    let side = image / patch;
    let places = if pixtral { S(0) } else { (side * side + S(1)) * hidden };
    let merge = S(top.get("spatial_merge_size").and_then(Value::as_u64).filter(|n| (2..64).contains(n)).unwrap_or(1));
    let merger = if merge.0 > 1 { hidden * merge * merge * hidden + hidden } else { S(0) };
    let projector = hidden * text + text * text + if pixtral { S(0) } else { S(2) * text };
    let params = S(used) * block + patch * patch * S(3) * hidden + places + S(3) * hidden + merger + projector;
    Ok(Tower { params: params.0, layers: used, hidden: hidden.0, inner: inner.0, max_patches: 0, max_tokens: 0 })
}
