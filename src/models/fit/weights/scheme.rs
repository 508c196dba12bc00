//! Bytes of one quantised matrix, by the parameters that vLLM's layer classes create for it.

use crate::models::quant::Scheme;

/// Bytes of the tensors that one matrix becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    /// The numbers themselves.
    pub(super) numbers: u64,
    /// Their scales.
    pub(super) scales: u64,
    /// Their zero points.
    pub(super) zeros: u64,
}

impl Parts {
    pub(super) fn sum(&self) -> u64 {
        self.numbers.saturating_add(self.scales).saturating_add(self.zeros)
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.numbers = self.numbers.saturating_add(other.numbers);
        self.scales = self.scales.saturating_add(other.scales);
        self.zeros = self.zeros.saturating_add(other.zeros);
    }

    pub(super) fn times(&self, count: u64) -> Self {
        Self {
            numbers: self.numbers.saturating_mul(count),
            scales: self.scales.saturating_mul(count),
            zeros: self.zeros.saturating_mul(count),
        }
    }
}

/// The parts of a matrix of `rows` outputs by `cols` inputs on one card; `wide` is the width of an unquantised number.
pub(super) fn parts(scheme: &Scheme, rows: u64, cols: u64, wide: u64) -> Parts {
    let elements = rows.saturating_mul(cols);
    let (numbers, scales, zeros) = match scheme {
        Scheme::Plain | Scheme::Gguf(_) | Scheme::Unknown(_) => (elements.saturating_mul(wide), 0, 0),
        Scheme::Fp8 { block: Some(side), .. } => {
            let side = (*side).max(1);
            (elements, rows.div_ceil(side).saturating_mul(cols.div_ceil(side)).saturating_mul(4), 0)
        }
        Scheme::Fp8 { block: None, online: true } => (elements, 4, 0),
        Scheme::Fp8 { block: None, online: false } => (elements, rows.saturating_mul(4), 0),
        Scheme::Int8 { group } => (elements, groups(cols, *group).saturating_mul(rows).saturating_mul(4), 0),
        Scheme::Packed { bits, group, zeros } => {
            let scales = groups(cols, *group).saturating_mul(rows);
            (bytes(elements, *bits), scales.saturating_mul(2), if *zeros { bytes(scales, *bits) } else { 0 })
        }
        Scheme::Nvfp4 => (bytes(elements, 4), elements.div_ceil(16), 0),
        Scheme::Mxfp4 => (bytes(elements, 4), elements.div_ceil(32), 0),
        Scheme::Bnb { bits: 8, .. } => (elements, rows.saturating_mul(4), 0),
        Scheme::Bnb { double: true, .. } => {
            (bytes(elements, 4), elements.div_ceil(64).saturating_add(elements.div_ceil(64 * 64)), 0)
        }
        Scheme::Bnb { double: false, .. } => (bytes(elements, 4), elements.div_ceil(16), 0),
    };
    Parts { numbers, scales, zeros }
}

fn groups(cols: u64, group: Option<u64>) -> u64 {
    group.map_or(1, |size| cols.div_ceil(size.max(1)))
}

/// Bytes of `count` numbers of `bits` bits.
fn bytes(count: u64, bits: u64) -> u64 {
    let exact = u128::from(count) * u128::from(bits);
    u64::try_from(exact.div_ceil(8)).unwrap_or(u64::MAX)
}
