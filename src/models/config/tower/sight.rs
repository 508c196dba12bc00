//! Plain vision transformers: CLIP, SigLIP, Pixtral, InternViT, Gemma 4's, Llama 4's, each with its projector.

use crate::base::Problem;
use crate::models::config::keys::Keys;
use crate::models::geometry::Tower;
use serde_json::{Map, Value};
use std::num::Saturating as S;

/// Widths that the formulas share.
#[derive(Clone, Copy)]
struct Sizes {
    hidden: S<u64>,
    inner: S<u64>,
    layers: u64,
    patch: S<u64>,
    /// Patches of one image.
    places: S<u64>,
    text: S<u64>,
}

/// Reads the tower; `top` holds the projector's keys.
pub(super) fn plain(view: &Keys<'_>, top: &Map<String, Value>, outer: &str, text: u64) -> Result<Tower, Problem> {
    let hidden = S(view.need(&["hidden_size", "embed_dim", "width"])?);
    let inner = match view.size(&["intermediate_size"])? {
        Some(inner) => S(inner),
        None => ratio(view, hidden),
    };
    let patch = S(view.size(&["patch_size"])?.unwrap_or(14));
    let side = S(view.size(&["image_size"])?.unwrap_or(336)) / patch;
    let all = view.layers(&["num_hidden_layers", "depth", "layers"])?;
    let layers = if outer.contains("llava") || outer == "vipllava" { used(top, all) } else { all };
    let sizes = Sizes { hidden, inner, layers, patch, places: side * side, text: S(text) };
    let own = view.word(&["model_type"]).unwrap_or(outer);
    let body = body(&sizes, view, own)?;
    let merge = S(number(top, "spatial_merge_size")
        .or(number(top, "scale_factor"))
        .or(number(top, "downsample_factor"))
        .unwrap_or(1));
    let params = body + projector(&sizes, top, outer, merge);
    let tokens = number(top, "mm_tokens_per_image").unwrap_or((sizes.places / (merge * merge)).0);
    Ok(Tower {
        params: params.0,
        layers,
        hidden: hidden.0,
        inner: inner.0,
        max_patches: sizes.places.0,
        max_tokens: tokens,
    })
}

fn ratio(view: &Keys<'_>, hidden: S<u64>) -> S<u64> {
    let ratio = view.real(&["mlp_ratio"]).unwrap_or(4.0);
    S(crate::models::config::mixers::scaled(hidden.0, ratio))
}

/// A small whole number of the outer config.
fn number(top: &Map<String, Value>, name: &str) -> Option<u64> {
    top.get(name).and_then(Value::as_u64).filter(|n| (1..65_536).contains(n))
}

/// LLaVA reads an inner layer: those above are not loaded.
fn used(top: &Map<String, Value>, layers: u64) -> u64 {
    match top.get("vision_feature_layer").and_then(Value::as_i64) {
        Some(at) if at < 0 => layers.saturating_sub(at.unsigned_abs() - 1),
        Some(at) => at.unsigned_abs().min(layers),
        None => layers,
    }
}

fn body(s: &Sizes, view: &Keys<'_>, own: &str) -> Result<S<u64>, Problem> {
    let (h, i, layers) = (s.hidden, s.inner, S(s.layers));
    let pixels = s.patch * s.patch * S(3) * h;
    let attention = S(4) * h * h;
    let two = S(2) * h * i;
    let block = attention + S(4) * h + two + i + h + S(4) * h;
    Ok(match own {
        "pixtral" => layers * (attention + S(3) * h * i + S(2) * h) + pixels + h,
        own if own.starts_with("gemma4") => {
            let head = S(view.count(&["head_dim"])?.unwrap_or(64));
            let places = S(view.count(&["position_embedding_size"])?.unwrap_or(10_240));
            layers * (attention + S(3) * h * i + S(4) * h + S(2) * head) + pixels + S(2) * places * h
        }
        own if own.starts_with("intern_vit") || own.starts_with("internvl") => {
            let biases = if view.flag(&["qkv_bias", "attention_bias"]) == Some(true) { S(3) * h } else { S(0) };
            let norms = if view.flag(&["qk_normalization", "use_qk_norm"]) == Some(true) { S(2) * h } else { S(0) };
            let block = attention + h + biases + norms + two + i + h + S(6) * h;
            layers * block + pixels + h + h + (s.places + S(1)) * h
        }
        own if own.starts_with("llama4") => {
            let out = S(view.count(&["projector_output_dim"])?.unwrap_or(4096));
            let adapter = i * out + out * out;
            layers * block + pixels + (s.places + S(2)) * h + S(4) * h + adapter
        }
        own if own.starts_with("siglip")
            || own.starts_with("idefics")
            || own.starts_with("smolvlm")
            || own.starts_with("lfm2") =>
        {
            let places = S(view.count(&["num_patches"])?.unwrap_or(s.places.0));
            layers * block + pixels + h + places * h + S(2) * h
        }
        _ => layers * block + pixels + (s.places + S(1)) * h + S(3) * h,
    })
}

/// Between the tower and the decoder.
fn projector(s: &Sizes, top: &Map<String, Value>, outer: &str, merge: S<u64>) -> S<u64> {
    let (h, t) = (s.hidden, s.text);
    let joined = h * merge * merge;
    match outer {
        "gemma3" => h * t + h,
        outer if outer.starts_with("gemma4") || outer.starts_with("gemma3n") => h * t,
        "paligemma" => h * t + t,
        "mistral3" => joined * h + h + h * t + t * t,
        "idefics3" | "smolvlm" => joined * t,
        "llama4" => {
            let vision = top.get("vision_config").and_then(|v| v.get("vision_output_dim")).and_then(Value::as_u64);
            S(vision.unwrap_or(4096)) * t
        }
        outer if outer.starts_with("lfm2") => {
            let wide = S(number(top, "projector_hidden_size").unwrap_or(2560));
            S(2) * joined + joined * wide + wide + wide * t + t
        }
        outer if outer.starts_with("internvl") => {
            let joined = h * S(4);
            S(2) * joined + joined * t + t + t * t + t
        }
        outer if outer.starts_with("cohere2") || outer.starts_with("aya") => {
            let joined = h * S(4);
            let wide = S(number(top, "alignment_intermediate_size").unwrap_or(36_864));
            joined * wide + wide + wide / S(2) * t + t
        }
        _ => h * t + t + t * t + t,
    }
}
