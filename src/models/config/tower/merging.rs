//! Towers that merge patches two by two: Qwen2-VL and later, GLM-4V.

use crate::base::Problem;
use crate::models::config::keys::Keys;
use crate::models::geometry::Tower;
use std::num::Saturating as S;

/// Patches of the largest image that the processors of these families let through, and tokens after merging.
const PATCHES: (u64, u64) = (65_536, 16_384);

/// Qwen2-VL, Qwen2.5-VL, Qwen3-VL and Qwen3.5.
pub(super) fn qwen(view: &Keys<'_>, outer: &str, text: u64) -> Result<Tower, Problem> {
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
    Ok(made(params, layers.0, hidden, inner))
}

/// GLM-4.1V and GLM-OCR.
pub(super) fn glm(view: &Keys<'_>, outer: &str, text: u64) -> Result<Tower, Problem> {
    let hidden = S(view.need(&["hidden_size"])?);
    let layers = S(view.layers(&["depth", "num_hidden_layers"])?);
    let out = S(view.size(&["out_hidden_size"])?.unwrap_or(text));
    let wide = S(view.need(&["intermediate_size"])?);
    let ocr = outer.starts_with("glm_ocr");
    let inner = if ocr { wide } else { out };
    let patch = S(view.size(&["patch_size"])?.unwrap_or(14));
    let side = S(view.size(&["image_size"])?.unwrap_or(336)) / patch;
    let merge = S(view.size(&["spatial_merge_size"])?.unwrap_or(2));
    let block = S(4) * hidden * hidden + S(3) * hidden * inner + S(2) * hidden;
    let merger_inner = if ocr { out * S(view.count(&["in_channels"])?.unwrap_or(3)) } else { wide };
    let merger = out * out + S(2) * out + S(3) * out * merger_inner;
    let down = hidden * merge * merge * out + out;
    let places = if ocr { S(0) } else { side * side * hidden };
    let params = layers * block + merger + down + places + patch * patch * S(6) * hidden + S(3) * hidden;
    Ok(made(params, layers.0, hidden, inner))
}

fn made(params: S<u64>, layers: u64, hidden: S<u64>, inner: S<u64>) -> Tower {
    Tower { params: params.0, layers, hidden: hidden.0, inner: inner.0, max_patches: PATCHES.0, max_tokens: PATCHES.1 }
}
