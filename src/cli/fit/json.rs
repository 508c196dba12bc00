//! An answer as the JSON of the contract.

use super::Answer;
use crate::models::Source;
use crate::models::fit::{Fit, Part, PartKind};
use serde_json::{Map, Value, json};

/// Names of parts, in the keys of `basis` and in `parts`.
pub(super) fn name(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Weights => "weights",
        PartKind::Activation => "activation",
        PartKind::Graphs => "cuda_graph",
        PartKind::NonTorch => "non_torch",
        PartKind::Outside => "outside",
        PartKind::Kv => "kv",
        PartKind::State => "state",
        PartKind::Compute => "compute",
    }
}

pub(super) fn answer(answer: &Answer) -> Value {
    let fit = &answer.fit;
    let mut out = json!({
        "model": answer.model,
        "engine": fit.engine.name(),
        "verdict": fit.verdict.name(),
        "why": fit.why,
        "vram_total_bytes": fit.total,
        "vram_free_bytes": fit.free,
        "vram_free_assumed": fit.free_assumed,
        "budget_bytes": fit.budget,
        "weights_bytes": fit.bytes(PartKind::Weights),
        "activation_bytes": fit.bytes(PartKind::Activation).saturating_add(fit.bytes(PartKind::Compute)),
        "cuda_graph_bytes": fit.bytes(PartKind::Graphs),
        "non_torch_bytes": fit.bytes(PartKind::NonTorch),
        "kv_available_bytes": fit.kv_available,
        "kv_bytes": fit.kv_needed,
        "kv_bytes_per_token": fit.kv_per_token,
        "kv_tokens": fit.kv_tokens,
        "max_concurrency": fit.max_concurrency,
        "max_model_len": fit.max_model_len,
        "largest_max_model_len": fit.largest_max_model_len,
        "decode_tokens_per_second": null,
        "decode_tokens_per_second_unknown": "not computed for this request",
        "basis": basis(answer),
        "calibrated_from_runs": fit.calibrated_from_runs,
        "margin_bytes": fit.margin,
        "parts": fit.parts.iter().map(part).collect::<Vec<_>>(),
        "doubts": answer.doubts,
    });
    offload(fit, &mut out);
    if !answer.ignored.is_empty() {
        out["ignored"] = json!(answer.ignored);
    }
    out
}

fn offload(fit: &Fit, out: &mut Value) {
    if let Some((on_card, all)) = fit.offload {
        out["layers_on_card"] = json!(on_card);
        out["layers"] = json!(all);
    }
}

fn basis(answer: &Answer) -> Value {
    let mut basis = Map::new();
    for part in &answer.fit.parts {
        basis.insert(name(part.kind).to_owned(), json!(part.basis.name()));
    }
    let geometry = match answer.facts.source {
        Source::Config => "config",
        Source::Gguf => "gguf",
        Source::Catalogue => "catalogue",
        Source::Memory => "memory",
    };
    basis.insert("geometry".to_owned(), json!(geometry));
    Value::Object(basis)
}

fn part(part: &Part) -> Value {
    json!({
        "kind": name(part.kind),
        "bytes": part.bytes,
        "margin_bytes": part.margin,
        "basis": part.basis.name(),
        "why": part.why,
    })
}
