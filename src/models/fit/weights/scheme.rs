//! Bytes of one quantised matrix, by the parameters that vLLM's layer classes create for it.

use crate::models::quant::Scheme;

/// Bytes of a matrix of `rows` outputs by `cols` inputs on one card; `wide` is the width of an unquantised number.
pub(super) fn matrix(scheme: &Scheme, rows: u64, cols: u64, wide: u64) -> u64 {
    let elements = rows.saturating_mul(cols);
    match scheme {
        Scheme::Plain | Scheme::Gguf(_) | Scheme::Unknown(_) => elements.saturating_mul(wide),
        Scheme::Fp8 { block: Some(side), .. } => {
            let side = (*side).max(1);
            elements.saturating_add(rows.div_ceil(side).saturating_mul(cols.div_ceil(side)).saturating_mul(4))
        }
        Scheme::Fp8 { block: None, online: true } => elements.saturating_add(4),
        Scheme::Fp8 { block: None, online: false } => elements.saturating_add(rows.saturating_mul(4)),
        Scheme::Int8 { group } => elements.saturating_add(groups(cols, *group).saturating_mul(rows).saturating_mul(4)),
        Scheme::Packed { bits, group, zeros } => {
            let scales = groups(cols, *group).saturating_mul(rows);
            let packed = bytes(elements, *bits).saturating_add(scales.saturating_mul(2));
            if *zeros { packed.saturating_add(bytes(scales, *bits)) } else { packed }
        }
        Scheme::Nvfp4 => bytes(elements, 4).saturating_add(elements.div_ceil(16)),
        Scheme::Mxfp4 => bytes(elements, 4).saturating_add(elements.div_ceil(32)),
        Scheme::Bnb { bits: 8, .. } => elements.saturating_add(rows.saturating_mul(4)),
        Scheme::Bnb { double: true, .. } => {
            bytes(elements, 4).saturating_add(elements.div_ceil(64)).saturating_add(elements.div_ceil(64 * 64))
        }
        Scheme::Bnb { double: false, .. } => bytes(elements, 4).saturating_add(elements.div_ceil(16)),
    }
}

fn groups(cols: u64, group: Option<u64>) -> u64 {
    group.map_or(1, |size| cols.div_ceil(size.max(1)))
}

/// Bytes of `count` numbers of `bits` bits.
fn bytes(count: u64, bits: u64) -> u64 {
    let exact = u128::from(count) * u128::from(bits);
    u64::try_from(exact.div_ceil(8)).unwrap_or(u64::MAX)
}
