//! Layers that do not lie on the card.

use super::{Case, Rate, Why, why};
use crate::base::{Reading, Unknown};
use crate::models::Facts;
use crate::models::cards::{Spec, find_card};
use crate::models::fit::Engine;

/// Bandwidth of RAM where nobody says it: two channels of DDR5-4800, bytes per second.
const RAM: f64 = 76.8e9;

/// Shares of the RAM's bandwidth that decoding on the processor reaches: lowest, likely, highest.
const SHARES: (f64, f64, f64) = (0.35, 0.65, 1.0);

/// Tokens per second of one stream with `layers_on_card` of `of` layers on the card.
/// llama.cpp and Ollama compute the others on the processor, out of RAM of `ram_bandwidth` bytes per second (`None`: assumed);
/// vLLM fetches them over PCI Express for each step.
pub fn offloaded(
    facts: &Facts,
    engine: Engine,
    card: &Spec,
    layers_on_card: u64,
    of: u64,
    ram_bandwidth: Option<f64>,
) -> Reading<Rate> {
    offloaded_why(&Case::new(facts, engine, card, 0), layers_on_card, of, ram_bandwidth).map(|why| why.rate)
}

/// The same for any case, with what it is computed from.
///
/// # Errors
/// As [`why`]; for vLLM also when the card's PCI Express is not known.
pub fn offloaded_why(case: &Case, layers_on_card: u64, of: u64, ram_bandwidth: Option<f64>) -> Reading<Why> {
    let on_card = why(case)?;
    if of == 0 || layers_on_card >= of {
        return Ok(on_card);
    }
    let away = 1.0 - layers_on_card as f64 / of as f64;
    let moved = on_card.moved;
    let (bytes, bandwidth, shares, road) = if case.engine == Engine::Vllm {
        let pcie = find_card(&case.card.name).and_then(|card| card.pcie_bandwidth());
        let pcie = pcie.ok_or_else(|| Unknown::because("the card's PCI Express is not known"))?;
        // The cache stays on the card: only weights come over.
        (moved.weights, pcie, (0.5, 0.8, 0.95), "over PCI Express each step")
    } else {
        let ram = ram_bandwidth.filter(|b| b.is_finite() && *b > 0.0).unwrap_or(RAM);
        (moved.total(), ram, SHARES, "out of RAM by the processor")
    };
    let here = (moved.total() - bytes * away) / (on_card.bandwidth * on_card.share);
    let seconds = |share: f64| here + on_card.fixed + bytes * away / (bandwidth * share);
    let rate = Rate { low: 1.0 / seconds(shares.0), likely: 1.0 / seconds(shares.1), high: 1.0 / seconds(shares.2) };
    let known =
        if case.engine == Engine::Vllm || ram_bandwidth.is_some() { "" } else { " (assumed: DDR5-4800, two channels)" };
    let percent = (away * 100.0).round();
    let basis = format!("{percent} % of the layers {road} at {:.0} GB/s{known}; {}", bandwidth / 1e9, on_card.basis);
    Ok(Why { rate, basis, ..on_card })
}
