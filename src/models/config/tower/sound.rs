//! Parts that hear: Whisper's encoder and the conformers of Gemma.

use crate::base::Problem;
use crate::models::config::keys::Keys;
use crate::models::geometry::Tower;
use std::num::Saturating as S;

/// Reads a tower that hears; `None` when its sizes are not named in a known way.
pub(super) fn hears(view: &Keys<'_>, outer: &str, text: u64) -> Result<Option<Tower>, Problem> {
    if outer.starts_with("gemma") {
        return gemma(view, outer, text).map(Some);
    }
    let Some(hidden) = view.size(&["d_model", "hidden_size"])? else { return Ok(None) };
    let Some(layers) = view.size(&["encoder_layers", "num_hidden_layers"])? else { return Ok(None) };
    let Some(inner) = view.size(&["encoder_ffn_dim", "intermediate_size"])? else { return Ok(None) };
    let bins = view.size(&["num_mel_bins"])?.unwrap_or(128);
    let places = view.count(&["max_source_positions"])?.unwrap_or(1500);
    let body = whisper(hidden, inner, layers, bins, places);
    let (h, t) = (S(hidden), S(text));
    let projector = if outer.starts_with("voxtral") { S(4) * h * t + t * t } else { h * t + t };
    let params = S(body) + projector;
    Ok(Some(Tower { params: params.0, layers, hidden, inner, max_patches: places, max_tokens: places / 2 }))
}

/// Parameters of Whisper's encoder: two convolutions, positions, layers of attention without a bias of the keys.
pub(in super::super) fn whisper(hidden: u64, inner: u64, layers: u64, bins: u64, places: u64) -> u64 {
    let (h, i) = (S(hidden), S(inner));
    let block = S(4) * h * h + S(3) * h + S(2) * h * i + i + h + S(4) * h;
    let convolutions = S(bins) * h * S(3) + h + h * h * S(3) + h;
    (S(layers) * block + convolutions + S(places) * h + S(2) * h).0
}

/// Gemma 3n and 4: two feed-forward parts of four times the width, attention and a gated convolution per layer.
fn gemma(view: &Keys<'_>, outer: &str, text: u64) -> Result<Tower, Problem> {
    let hidden = view.size(&["hidden_size"])?.unwrap_or(1024);
    let layers = view.size(&["num_hidden_layers", "conf_num_hidden_layers"])?.unwrap_or(12);
    let (h, t) = (S(hidden), S(text));
    let block = S(16 + 5 + 3) * h * h + S(16) * h;
    let out = S(view.count(&["output_proj_dims"])?.unwrap_or(hidden));
    let last = if outer.starts_with("gemma4") { h * out + out } else { S(0) };
    let params = S(layers) * block + h * S(1024) + last + out * t;
    Ok(Tower { params: params.0, layers, hidden, inner: (h * S(4)).0, max_patches: 0, max_tokens: 0 })
}
