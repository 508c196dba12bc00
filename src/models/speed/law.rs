//! The constants of the decode law, and what each was fitted on.
//!
//! llama.cpp and Ollama: 64 rows of single streams without speculative decoding and without layers in RAM, on nine GeForce
//! cards from the RTX 3060 to the RTX 5090, models of 0.1 to 27 billion parameters, Q2_K to Q8_0. Robust least squares of the
//! relative error, rounded. Median error 4 %, p90 13 %; each group of equal card, model and mix left out of the fit in turn:
//! 5 % and 14 %; each card left out: 5 % and 17 %.
//! vLLM: six rows, five of them 4-bit mixtures of experts on an RTX 5090; its range is wider for that.

use super::Case;
use crate::models::fit::Engine;
use crate::models::geometry::{Feed, Geometry, Mixer};

/// The law for one case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Law {
    /// Share of the bandwidth that kernels reach.
    pub share: f64,
    /// Share of the tensor throughput that a batch reaches.
    pub compute_share: f64,
    /// Seconds of a step beside reading: its start and its layers.
    pub fixed: f64,
    /// Seconds that each further request adds to a step.
    pub request: f64,
    /// Factors of the lowest and the highest rate expected.
    pub range: (f64, f64),
    rows: u32,
    family: &'static str,
}

/// Constants of an engine.
struct Family {
    name: &'static str,
    rows: u32,
    share: f64,
    /// Start of a step, µs.
    step: f64,
    /// Any layer, µs.
    layer: f64,
    /// More for routed experts, µs a layer.
    experts: f64,
    /// More for a recurrent mixer, µs a layer.
    recurrent: f64,
    /// More for Gemma's four norms, capped scores and wide heads, µs a layer.
    gemma: f64,
    /// More for latent attention, µs a layer (one row, an early kernel).
    latent: f64,
    /// Half of the range.
    spread: f64,
}

/// llama.cpp and Ollama, which runs it.
const LLAMA: Family = Family {
    name: "llama.cpp",
    rows: 64,
    share: 0.80,
    step: 200.0,
    layer: 20.0,
    experts: 20.0,
    recurrent: 40.0,
    gemma: 40.0,
    latent: 230.0,
    spread: 0.09,
};

/// vLLM with CUDA graphs.
const VLLM: Family = Family {
    name: "vLLM",
    rows: 6,
    share: 0.88,
    step: 150.0,
    layer: 35.0,
    experts: 0.0,
    recurrent: 0.0,
    gemma: 0.0,
    latent: 40.0,
    spread: 0.20,
};

impl Law {
    /// The law that holds for a case.
    pub fn of(case: &Case) -> Self {
        let family = if case.engine == Engine::Vllm { &VLLM } else { &LLAMA };
        let geometry = &case.facts.geometry;
        Self {
            share: family.share,
            compute_share: if case.engine == Engine::Vllm { 0.6 } else { 0.35 },
            fixed: family.fixed(geometry) * 1e-6,
            request: 10e-6,
            range: range(case, family),
            rows: family.rows,
            family: family.name,
        }
    }

    /// What it rests on.
    pub fn basis(&self) -> String {
        let percent = (self.share * 100.0).round();
        format!("{percent} % of the bandwidth, fitted to {} recorded {} rates", self.rows, self.family)
    }
}

impl Family {
    /// Microseconds of a step beside reading.
    fn fixed(&self, geometry: &Geometry) -> f64 {
        let gemma = if geometry.model_type.starts_with("gemma") { self.gemma } else { 0.0 };
        let layers = geometry.layers.iter().map(|layer| {
            let mixer = match layer.mixer {
                Mixer::DeltaNet(_) | Mixer::Mamba(_) => self.recurrent,
                Mixer::Latent(_) => self.latent,
                _ => 0.0,
            };
            let feed = if matches!(layer.feed, Feed::Experts { .. }) { self.experts } else { 0.0 };
            self.layer + mixer + feed + gemma
        });
        self.step + layers.sum::<f64>()
    }
}

/// Factors of the lowest and the highest rate expected: wider where fewer rows speak for the case.
fn range(case: &Case, family: &Family) -> (f64, f64) {
    let geometry = &case.facts.geometry;
    let latent = geometry.layers.iter().any(|layer| matches!(layer.mixer, Mixer::Latent(_)));
    let doubt = geometry.doubts.iter().any(|doubt| doubt.grave);
    // Recorded cards are Ampere, Ada and consumer Blackwell; others move bytes by the same law, but nothing says how well.
    let foreign = !matches!(case.card.compute, Some((8, 6) | (8, 9) | (12, _)));
    let more =
        [(geometry.has_experts() || geometry.is_recurrent(), 0.07), (latent, 0.25), (doubt, 0.25), (foreign, 0.15)];
    let spread: f64 = family.spread + more.iter().filter(|(holds, _)| *holds).map(|(_, width)| width).sum::<f64>();
    let spread = spread.min(0.6);
    match (case.streams, case.engine) {
        (0 | 1, _) => (1.0 - spread, 1.0 + spread),
        (_, Engine::Vllm) => ((1.0 - spread - 0.2).max(0.3), 1.0 + spread),
        // llama.cpp's batches reach far less of the card, by how much no recorded row says.
        _ => (0.3, 1.0 + spread),
    }
}
