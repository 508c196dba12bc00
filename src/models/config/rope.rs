//! Rotary tables, as vLLM builds them: one per kind of layer, cosine and sine of half the rotary width each.

use super::keys::Keys;
use super::mixers::scaled;
use crate::models::geometry::{Layer, Mixer};
use serde_json::{Map, Value};

/// Width of the rotary table of layers in full view, and numbers in all tables.
pub(super) fn tables(keys: &Keys<'_>, layers: &[Layer], max_context: Option<u64>) -> (u64, u64) {
    let model = keys.word(&["model_type"]).unwrap_or_default();
    if ["opt", "gpt2", "bloom", "mpt", "bert", "whisper", "mamba", "jamba", "nemotron_h"]
        .iter()
        .any(|k| model.starts_with(k))
    {
        return (0, 0);
    }
    let rows = rows(keys, model, max_context.unwrap_or(0));
    let mut widths: Vec<u64> = Vec::new();
    for layer in layers {
        let width = match layer.mixer {
            Mixer::Attention(it) => width(keys, it.k_dim),
            Mixer::Latent(it) => it.rope_dim,
            _ => continue,
        };
        if !widths.contains(&width) {
            widths.push(width);
        }
    }
    // The second base is never scaled.
    let local = if widths.len() == 1 && two_bases(model) { max_context.unwrap_or(0).min(rows) } else { 0 };
    let elements = widths.iter().map(|width| width.saturating_mul(rows.saturating_add(local))).sum();
    (widths.last().copied().unwrap_or(0), elements)
}

/// Gemma 3 and ModernBERT turn local layers by another base: a table of its own.
fn two_bases(model: &str) -> bool {
    model.starts_with("gemma3") || model.starts_with("modernbert") || model.starts_with("olmo3")
}

fn width(keys: &Keys<'_>, head: u64) -> u64 {
    if let Some(dim) = keys.count(&["rotary_dim"]).ok().flatten() {
        return dim;
    }
    let nested = scaling(keys).and_then(|part| part.get("partial_rotary_factor")).and_then(Value::as_f64);
    let share =
        keys.real(&["partial_rotary_factor", "rotary_pct", "rotary_percent", "rope_pct"]).or(nested).unwrap_or(1.0);
    scaled(head, share.clamp(0.0, 1.0))
}

fn scaling<'a>(keys: &Keys<'a>) -> Option<&'a Map<String, Value>> {
    keys.part(&["rope_scaling", "rope_parameters"])
}

/// Rows of a table: the longest context, stretched by YaRN and by linear scaling (vLLM multiplies what the config calls
/// the longest context once more); four times that where positions have three axes.
fn rows(keys: &Keys<'_>, model: &str, max_context: u64) -> u64 {
    let part = scaling(keys);
    let kind = part.and_then(|p| p.get("rope_type").or(p.get("type"))).and_then(Value::as_str).unwrap_or_default();
    let vision = ["qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_5", "glm4v"].iter().any(|kind| model.starts_with(kind));
    let axes = vision || part.is_some_and(|p| p.contains_key("mrope_section"));
    let number = |name: &str| part.and_then(|p| p.get(name)).and_then(Value::as_f64).filter(|x| x.is_finite());
    let rows = match (kind, number("original_max_position_embeddings"), number("factor")) {
        ("yarn", Some(base), Some(factor)) if base > 0.0 && base < 1e12 => scaled(whole(base), factor),
        ("yarn" | "linear", None, Some(factor)) => scaled(max_context, factor),
        _ => max_context,
    };
    if axes { rows.saturating_mul(4) } else { rows }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the caller bounds it")]
fn whole(x: f64) -> u64 {
    x as u64
}
