//! The words of the data for how weights are stored.

use crate::models::quant::{Quant, Scheme};

/// Label and quantisation of a word such as `awq` or `fp8-block`; `None` for a word that is not known.
pub(super) fn published(word: &str) -> Option<(&'static str, Quant)> {
    let packed = |bits, group, zeros| Scheme::Packed { bits, group: Some(group), zeros };
    let (label, method, scheme) = match word {
        "awq" => ("AWQ", "awq", packed(4, 128, true)),
        "gptq-4" => ("GPTQ-Int4", "gptq", packed(4, 128, true)),
        "gptq-8" => ("GPTQ-Int8", "gptq", packed(8, 128, true)),
        "w4a16" => ("w4a16", "compressed-tensors", packed(4, 128, false)),
        "w8a8" => ("w8a8", "compressed-tensors", Scheme::Int8 { group: None }),
        "fp8" => ("FP8", "compressed-tensors", Scheme::Fp8 { block: None, online: false }),
        "fp8-block" => ("FP8", "fp8", Scheme::Fp8 { block: Some(128), online: false }),
        "nvfp4" => ("NVFP4", "modelopt_fp4", Scheme::Nvfp4),
        "mxfp4" => ("MXFP4", "mxfp4", Scheme::Mxfp4),
        "bnb-4" => ("bnb-4bit", "bitsandbytes", Scheme::Bnb { bits: 4, double: true }),
        "mixed" => ("mixed", "compressed-tensors", Scheme::Unknown("2, 4 and 8 bit mixed".to_owned())),
        _ => return None,
    };
    // What quantisers leave alone: the head, routers of experts, what sees or hears, and the small projections of delta nets.
    const SKIPS: [&str; 11] = [
        "lm_head",
        "gate",
        "router",
        "visual",
        "vision_tower",
        "vision_model",
        "audio_tower",
        "multi_modal_projector",
        "in_proj_a",
        "in_proj_b",
        "in_proj_ba",
    ];
    Some((label, Quant { scheme, method: method.to_owned(), skips: SKIPS.map(str::to_owned).into() }))
}

/// A GGUF mix.
pub(super) fn gguf(mix: &str) -> Quant {
    Quant { scheme: Scheme::Gguf(mix.to_owned()), method: "gguf".to_owned(), skips: Vec::new() }
}

/// Bits of a number and how much of the model's quality is left at them, 0 to 1. An ordering aid, not a measurement: 8-bit
/// forms lose next to nothing, 4-bit ones 1 to 4 %, below that the loss shows.
pub fn fidelity(scheme: &Scheme) -> (f64, f64) {
    match scheme {
        Scheme::Plain => (16.0, 1.0),
        Scheme::Fp8 { .. } => (8.1, 0.995),
        Scheme::Int8 { .. } | Scheme::Packed { bits: 8, .. } | Scheme::Bnb { bits: 8, .. } => (8.2, 0.995),
        Scheme::Nvfp4 => (4.5, 0.965),
        Scheme::Mxfp4 => (4.25, 0.96),
        Scheme::Packed { bits: 4, .. } => (4.3, 0.965),
        Scheme::Bnb { .. } => (4.2, 0.95),
        Scheme::Packed { bits: 3, .. } => (3.3, 0.82),
        Scheme::Packed { .. } => (2.3, 0.7),
        Scheme::Unknown(_) => (4.0, 0.9),
        Scheme::Gguf(mix) => mix_fidelity(mix),
    }
}

fn mix_fidelity(mix: &str) -> (f64, f64) {
    let mix = mix.to_ascii_uppercase();
    const MIXES: [(&str, f64, f64); 19] = [
        ("F32", 32.0, 1.0),
        ("BF16", 16.0, 1.0),
        ("F16", 16.0, 1.0),
        ("Q8", 8.5, 0.995),
        ("Q6", 6.56, 0.99),
        ("Q5_K", 5.7, 0.985),
        ("Q5", 5.5, 0.98),
        ("MXFP4", 4.25, 0.96),
        ("Q4_K_XL", 4.9, 0.97),
        ("Q4_K", 4.85, 0.965),
        ("Q4", 4.55, 0.95),
        ("IQ4", 4.3, 0.955),
        ("Q3_K_XL", 4.0, 0.87),
        ("Q3", 3.9, 0.86),
        ("IQ3", 3.1, 0.8),
        ("IQ2", 2.4, 0.65),
        ("Q2", 2.9, 0.7),
        ("IQ1", 1.8, 0.55),
        ("TQ1", 1.7, 0.6),
    ];
    // The longest word wins, so that `IQ4_XS` is not read as `Q4`.
    let known = MIXES.iter().filter(|(word, ..)| mix.split(['-', ':']).any(|part| part.starts_with(word)));
    known.max_by_key(|(word, ..)| word.len()).map_or((4.5, 0.9), |(_, bits, share)| (*bits, *share))
}
