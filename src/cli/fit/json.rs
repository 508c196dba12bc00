//! An answer as the JSON of the contract.

use super::Answer;
use crate::base::Problem;
use crate::models::Source;
use crate::models::cards::Spec;
use crate::models::fit::{Engine, Fit, Part, PartKind};
use crate::models::rank::Intent;
use crate::models::solve::{self, Point, Solution, Step};
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

/// The whole answer.
pub(in crate::cli) fn answer(answer: &Answer) -> Value {
    let fit = &answer.fit;
    let mut out = json!({
        "model": answer.model,
        "engine": fit.engine.name(),
        "verdict": fit.verdict.name(),
        "why": fit.why,
        "vram_total_bytes": fit.total,
        "vram_free_bytes": fit.free,
        "vram_free_assumed": fit.free_assumed,
        "vram_basis": answer.card.basis,
        "card": answer.card.spec.name,
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
        "decode_tokens_per_second": answer.rate.as_ref().ok().map(|rate| rate.likely),
        "basis": basis(answer),
        "calibrated_from_runs": fit.calibrated_from_runs,
        "learned": learned(fit),
        "margin_bytes": fit.margin,
        "parts": fit.parts.iter().map(part).collect::<Vec<_>>(),
        "doubts": answer.doubts,
    });
    match &answer.rate {
        Ok(rate) => out["decode_range"] = json!({"low": rate.low, "high": rate.high}),
        Err(why) => out["decode_tokens_per_second_unknown"] = json!(why.why),
    }
    offload(fit, &mut out);
    open(answer, &mut out);
    more(answer, &mut out);
    if !answer.ignored.is_empty() {
        out["ignored"] = json!(answer.ignored);
    }
    out
}

/// What has no figure: a concurrency without a cache, a length that was left open and that nothing fits.
fn open(answer: &Answer, out: &mut Value) {
    let fit = &answer.fit;
    let mut unknown = |field: &str, why: &str| {
        out[field] = Value::Null;
        out[format!("{field}_unknown")] = json!(why);
    };
    if fit.kv_needed == 0 && fit.verdict.starts() {
        unknown("max_concurrency", "it keeps no cache, so memory sets no bound on requests");
    }
    if answer.length_is_open && fit.largest_max_model_len == 0 && !fit.verdict.starts() {
        unknown("max_model_len", "no length was asked for, and none fits");
    }
}

/// What starts on this machine taught: 0 runs where nothing.
fn learned(fit: &Fit) -> Value {
    let learned = &fit.learned;
    let mut out = json!({ "runs": learned.runs, "related_runs": learned.related });
    if let Some(words) = learned.words() {
        out["words"] = json!(words);
        out["shift_bytes"] = json!(learned.shift);
        out["margin_before_bytes"] = json!(learned.margin_before);
    }
    out
}

fn offload(fit: &Fit, out: &mut Value) {
    if let Some((on_card, all)) = fit.offload {
        out["layers_on_card"] = json!(on_card);
        out["layers"] = json!(all);
    }
}

fn more(answer: &Answer, out: &mut Value) {
    match &answer.more.solution {
        Some((intent, Ok(found))) => out["solution"] = solution(*intent, found),
        Some((_, Err(problem))) => unknown(out, "solution", problem),
        None => {}
    }
    if let Some(points) = &answer.more.frontier {
        let point = |point: &Point| json!({"tokens": point.tokens, "requests": point.requests});
        out["frontier"] = points.iter().map(point).collect();
    }
    if let Some(needed) = &answer.more.card {
        self::needed(needed, out);
    }
}

/// The card that is needed, or why there is none.
pub(super) fn needed(needed: &Result<(u64, Vec<Spec>), Problem>, out: &mut Value) {
    match needed {
        Ok((bytes, cards)) => {
            let card = |spec: &Spec| json!({"name": spec.name, "memory_total_bytes": spec.total});
            out["card_needed"] = json!({"bytes": bytes, "cards": cards.iter().map(card).collect::<Vec<_>>()});
        }
        Err(problem) => unknown(out, "card_needed", problem),
    }
}

fn unknown(out: &mut Value, field: &str, problem: &Problem) {
    out[field] = Value::Null;
    out[format!("{field}_unknown")] = json!(format!("{}: {}; {}", problem.what, problem.why, problem.hint));
}

fn solution(intent: Intent, found: &Solution) -> Value {
    let pair = |(name, value): (String, String)| (name, Value::String(value));
    let option = |(name, value): (&str, u64)| (name.to_owned(), json!(value));
    let step = |step: &Step| {
        json!({
            "flag": step.flag, "from": step.from, "to": step.to, "why": step.why, "cost": step.cost,
            "gained_bytes": step.gained,
        })
    };
    json!({
        "intent": intent.name(),
        "verdict": found.fit.verdict.name(),
        "why": found.fit.why,
        "flags": if found.ask.engine == Engine::Ollama { Vec::new() } else { solve::flags(&found.ask) },
        "env": solve::environment(&found.ask).into_iter().map(pair).collect::<Map<_, _>>(),
        "request_options": solve::request_options(&found.ask).into_iter().map(option).collect::<Map<_, _>>(),
        "context_tokens": found.context(),
        "requests": found.requests,
        "steps": found.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn basis(answer: &Answer) -> Value {
    let mut basis = Map::new();
    for part in &answer.fit.parts {
        basis.insert(name(part.kind).to_owned(), json!(part.basis.name()));
    }
    basis.insert("geometry".to_owned(), json!(geometry(answer.facts.source)));
    Value::Object(basis)
}

/// What the dimensions rest on.
pub(super) fn geometry(source: Source) -> &'static str {
    match source {
        Source::Config => "config",
        Source::Gguf => "gguf",
        Source::Catalogue => "catalogue",
        Source::Memory => "memory",
    }
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
