//! Mixers other than softmax attention.

use super::keys::{Keys, refuse};
use crate::base::Problem;
use crate::models::geometry::{DeltaNet, Mamba, ShortConv};

/// Bytes of one number of a recurrent state: as `mamba_ssm_dtype` says, else `fallback`.
fn state_bytes(keys: &Keys<'_>, fallback: u64) -> u64 {
    match keys.word(&["mamba_ssm_dtype", "mamba_ssm_cache_dtype", "ssm_dtype"]) {
        Some("float32" | "fp32") => 4,
        Some("bfloat16" | "float16") => 2,
        _ => fallback,
    }
}

/// The gated delta net of Qwen3-Next and later.
pub(super) fn delta(keys: &mut Keys<'_>) -> Result<DeltaNet, Problem> {
    Ok(DeltaNet {
        k_heads: keys.need(&["linear_num_key_heads"])?,
        v_heads: keys.need(&["linear_num_value_heads"])?,
        k_dim: keys.need(&["linear_key_head_dim"])?,
        v_dim: keys.need(&["linear_value_head_dim"])?,
        conv: keys.size(&["linear_conv_kernel_dim"])?.unwrap_or(4),
        state_bytes: state_bytes(keys, 4),
    })
}

/// A state space layer; version 2 where heads are named.
pub(super) fn mamba(keys: &mut Keys<'_>, hidden: u64) -> Result<Mamba, Problem> {
    let expand = keys.real(&["mamba_expand", "expand"]).unwrap_or(2.0);
    let state = keys.size(&["mamba_d_state", "ssm_state_size", "state_size", "mamba_state_dim", "d_state"])?;
    let conv = keys.size(&["mamba_d_conv", "conv_kernel", "d_conv"])?.unwrap_or(4);
    let heads = keys.size(&["mamba_n_heads", "mamba_num_heads", "n_mamba_heads"])?;
    let model = keys.word(&["model_type"]).unwrap_or_default();
    let heads = heads.or_else(|| (model == "mamba2").then(|| keys.count(&["num_heads"]).ok().flatten()).flatten());
    let Some(heads) = heads.filter(|_| model != "jamba" && model != "mamba") else {
        let inner = keys.size(&["intermediate_size"])?.filter(|_| model != "jamba");
        let inner = inner.unwrap_or_else(|| scaled(hidden, expand));
        let state = state.unwrap_or(16);
        return Ok(Mamba {
            version: 1,
            inner,
            state,
            conv,
            heads: 0,
            head_dim: 0,
            groups: 0,
            state_bytes: state_bytes(keys, 2),
        });
    };
    let said = keys.value(&["mamba_d_head", "mamba_head_dim"]).and_then(serde_json::Value::as_u64);
    let own = keys.size(&["mamba_d_ssm"])?;
    let inner = own.unwrap_or_else(|| said.map_or_else(|| scaled(hidden, expand), |dim| heads.saturating_mul(dim)));
    let head_dim = said.or(keys.count(&["head_dim"])?.filter(|_| model == "mamba2")).unwrap_or(inner / heads);
    if head_dim == 0 {
        return Err(refuse(format!("the inner width ({inner}) is smaller than the number of Mamba heads ({heads})")));
    }
    let groups = keys.size(&["mamba_n_groups", "n_groups"])?.unwrap_or(1);
    let state = state.unwrap_or(128);
    Ok(Mamba { version: 2, inner, state, conv, heads, head_dim, groups, state_bytes: state_bytes(keys, 2) })
}

/// The short convolution of LFM2.
pub(super) fn conv(keys: &Keys<'_>, hidden: u64) -> Result<ShortConv, Problem> {
    let conv = keys.size(&["conv_L_cache"])?.unwrap_or(3);
    Ok(ShortConv { width: keys.size(&["conv_dim"])?.unwrap_or(hidden), conv })
}

/// A width times a factor, for widths that were checked to be sane.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "both are bounded"
)]
pub(super) fn scaled(width: u64, factor: f64) -> u64 {
    (width as f64 * factor.clamp(0.0, 1024.0)) as u64
}
