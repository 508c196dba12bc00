//! Cards that are known by name: total memory as CUDA reports it, bandwidth, compute capability.
//!
//! The data is `presets/gpus.toml`. A name is compared by its telling words only, so that what NVML says
//! (`NVIDIA GeForce RTX 5080`), what a person types (`rtx5080`, `4060 ti 16gb`) and the data's own name meet.

mod data;
mod hand;
mod name;

pub use data::{Card, TotalBasis};
pub use hand::as_engines_see;

use crate::base::{Reading, Unknown};
use std::sync::LazyLock;

/// What a card can do.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Its name without vendor, for example `RTX 5080`.
    pub name: String,
    /// Memory as CUDA reports it, bytes.
    pub total: u64,
    /// Memory bandwidth, bytes per second; `None` when not known.
    pub bandwidth: Option<f64>,
    /// Compute capability, for example (12, 0); `None` when not known.
    pub compute: Option<(u32, u32)>,
    /// Dense 16-bit tensor throughput, FLOP per second; `None` when not known.
    pub tensor_flops: Option<f64>,
}

static CARDS: LazyLock<Vec<Card>> = LazyLock::new(data::shipped);
static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| CARDS.iter().map(|card| card.spec.clone()).collect());

/// Cards that are known, in the order of the data.
pub fn known() -> &'static [Spec] {
    &SPECS
}

/// Known cards with what stands behind their figures, in the order of the data.
pub fn all() -> &'static [Card] {
    &CARDS
}

/// The card that a person or NVML means by a name (`NVIDIA GeForce RTX 5080`, `5080`, `rtx5080`).
/// Of cards that share a name and differ in memory, the one whose memory the name says (`4060 ti 16gb`), else the first of the data, the most sold.
pub fn find(name: &str) -> Option<&'static Spec> {
    pick(name, None).and_then(|index| SPECS.get(index))
}

/// All cards that a person may mean by a name: those that share it and differ in memory, where it says none. A last number
/// without a unit is memory where no card bears it (`4060 ti 16`, `A100 80`).
pub fn meant(name: &str) -> Vec<&'static Card> {
    let of = |key: &name::Key| -> Vec<&'static Card> { CARDS.iter().filter(|card| card.is(&key.word)).collect() };
    let mut key = name::Key::of(name);
    let mut cards = of(&key);
    if cards.is_empty()
        && let Some(bare) = name::Key::with_bare_number(name)
    {
        cards = of(&bare);
        key = bare;
    }
    cards.retain(|card| key.gigabytes.is_none_or(|gigabytes| gigabytes == card.nominal_gb));
    cards
}

/// The same with provenance.
pub fn find_card(name: &str) -> Option<&'static Card> {
    pick(name, None).and_then(|index| CARDS.get(index))
}

/// The card of that name with `total` bytes of memory, which tells apart cards that share a name. Its total is the one given.
pub fn find_with(name: &str, total: u64) -> Option<Spec> {
    let index = pick(name, Some(total))?;
    SPECS.get(index).map(|spec| Spec { total, ..spec.clone() })
}

/// Index of the card that a name means.
fn pick(text: &str, total: Option<u64>) -> Option<usize> {
    let wanted = name::Key::of(text);
    let cards = CARDS.iter().enumerate().filter(|(_, card)| card.is(&wanted.word));
    let distance = |card: &Card| match (total, wanted.gigabytes) {
        (Some(total), _) => card.nominal_bytes().abs_diff(total),
        (None, Some(gigabytes)) => card.nominal_gb.abs_diff(gigabytes).saturating_mul(data::GIGABYTE),
        (None, None) => 0,
    };
    let (index, card) = cards.min_by_key(|(_, card)| distance(card))?;
    let said_otherwise = total.is_none() && wanted.gigabytes.is_some_and(|gigabytes| gigabytes != card.nominal_gb);
    (!said_otherwise).then_some(index)
}

/// What a driver says of a card that is not known by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// Total bytes.
    pub total: u64,
    /// Compute capability.
    pub compute: Option<(u32, u32)>,
    /// Highest memory clock, MHz.
    pub memory_clock_mhz: Option<u32>,
    /// Width of the memory bus, bits.
    pub bus_bits: Option<u32>,
}

/// The figures of the card that a driver sees: those of the data where its name is known, else those that the driver gives.
/// Bandwidth is clock × 2 × bus width / 8, which gives NVIDIA's figure for GDDR6, GDDR7 and HBM alike (15,001 MHz × 256 bit:
/// 960 GB/s).
///
/// # Errors
/// When the name is not known and the driver gives no clock or no width.
pub fn of_driver(seen: &Seen) -> Reading<Spec> {
    if let Some(spec) = find_with(&seen.name, seen.total) {
        return Ok(spec);
    }
    match (seen.memory_clock_mhz, seen.bus_bits) {
        (Some(clock), Some(bits)) if clock > 0 && bits > 0 => Ok(Spec {
            name: seen.name.clone(),
            total: seen.total,
            bandwidth: Some(f64::from(clock) * 2e6 * f64::from(bits) / 8.0),
            compute: seen.compute,
            tensor_flops: None,
        }),
        _ => Err(Unknown::because("a card that is not in the data, and its driver says no memory clock or bus width")),
    }
}

#[cfg(test)]
mod tests;
