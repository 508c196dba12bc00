//! The answer as JSON.

use super::Answer;
use crate::base::Reading;
use crate::models::catalogue::{Confidence, Entry, Sourced};
use crate::models::fit::Sum;
use crate::models::local::{LocalModel, twins};
use crate::models::rank::{Choice, Row, remark};
use crate::models::speed::Rate;
use serde_json::{Map, Value, json};
use std::time::UNIX_EPOCH;

/// One document.
pub(super) fn answer(answer: &Answer<'_>) -> Value {
    let spec = &answer.card.spec;
    json!({
        "card": {
            "name": spec.name,
            "memory_total_bytes": spec.total,
            "bandwidth_bytes_per_second": spec.bandwidth,
            "compute_capability": spec.compute.map(|(major, minor)| format!("{major}.{minor}")),
        },
        "free_bytes": answer.card.room.free,
        "free_basis": answer.card.basis,
        "intent": answer.prepared.intent().name(),
        "models": answer.shown.iter().filter_map(|at| answer.rows.get(*at)).map(|row| model(answer, row)).collect::<Vec<_>>(),
    })
}

fn model(answer: &Answer<'_>, row: &Row) -> Value {
    let entry = row.entry.and_then(|at| answer.catalogue.entries.get(at));
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    put("id", json!(row.name));
    put("taxonomy", json!(row.taxonomy.map(|branch| branch.name())));
    put("verdict", json!(row.verdict().name()));
    put("why", json!(row.best().map(|best| answer.prepared.reason(best, answer.card.room))));
    put("variant", json!(row.best().map(|best| &best.label)));
    put("engine", json!(row.best().map(|best| best.engine.name())));
    row.best().map(|best| numbers(&best.sum, best)).into_iter().flatten().for_each(|(name, value)| put(name, value));
    put("nearest", json!(row.nearest.and_then(|at| row.choices.get(at)).map(|one| &one.label)));
    put("tasks", json!(row.capabilities.iter().map(|one| one.name()).collect::<Vec<_>>()));
    about(entry, &mut put);
    put("local", row.choices.iter().find_map(|one| local(answer, one)).unwrap_or(Value::Null));
    put("variants", json!(row.choices.iter().map(|one| choice(answer, entry, one)).collect::<Vec<_>>()));
    Value::Object(object)
}

fn about(entry: Option<&Entry>, put: &mut impl FnMut(&str, Value)) {
    let text = |field: Option<&Sourced<String>>| json!(field.map(|sourced| &sourced.value));
    let sure = |field: Option<&Sourced<String>>| json!(field.map(|sourced| sourced.confidence.name()));
    let licence = entry.and_then(|entry| entry.licence.as_ref());
    let tools = entry.and_then(|entry| entry.tool_parser.as_ref());
    let reasoning = entry.and_then(|entry| entry.reasoning_parser.as_ref());
    put("parameters", json!(entry.map(|entry| entry.params.0)));
    put("active_parameters", json!(entry.map(|entry| entry.params.1)));
    put("max_context", json!(entry.map(|entry| entry.context)));
    put("tool_parser", text(tools));
    put("tool_parser_confidence", sure(tools));
    put("reasoning_parser", text(reasoning));
    put("reasoning_parser_confidence", sure(reasoning));
    put("chat_template", json!(entry.and_then(|entry| entry.chat_template.as_ref())));
    put("licence", text(licence));
    put("licence_confidence", sure(licence));
    put("gated", json!(entry.and_then(|entry| entry.gated)));
    put("min_vllm", json!(entry.and_then(|entry| entry.min_vllm.as_ref())));
    put("vllm_flags", json!(entry.and_then(|entry| entry.vllm_flags.as_ref())));
    put("notes", json!(entry.map(|entry| &entry.notes)));
    put("confidence", json!(entry.map(|entry| entry.confidence.name())));
}

/// Zero stands for what is not known, except for agents of a model that is known not to start.
fn numbers(sum: &Sum, choice: &Choice) -> Vec<(&'static str, Value)> {
    let known = |bytes: u64| if bytes == 0 { Value::Null } else { json!(bytes) };
    vec![
        ("weights_bytes", known(sum.weights)),
        ("largest_max_model_len", known(sum.largest_max_model_len)),
        ("agents_2k", json!(choice.agents.0)),
        ("agents_8k", json!(choice.agents.1)),
        ("decode_tokens_per_second", rate(&choice.rate)),
        ("gpu_memory_utilization", json!(choice.utilization)),
    ]
}

fn rate(rate: &Reading<Rate>) -> Value {
    rate.as_ref().map_or(Value::Null, |rate| json!({"low": rate.low, "likely": rate.likely, "high": rate.high}))
}

fn choice(answer: &Answer<'_>, entry: Option<&Entry>, choice: &Choice) -> Value {
    let variant = entry.zip(choice.variant).and_then(|(entry, at)| entry.variants.get(at));
    let repo = variant.and_then(|variant| variant.repo.as_ref());
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    put("variant", json!(choice.label));
    put("repo", json!(repo.map(|repo| &repo.value)));
    put("repo_confidence", json!(repo.map(|repo| repo.confidence.name())));
    put("engine", json!(choice.engine.name()));
    put("verdict", json!(choice.sum.verdict.name()));
    numbers(&choice.sum, choice).into_iter().for_each(|(name, value)| put(name, value));
    put("kv_available_bytes", json!(choice.sum.kv_available));
    put("kv_bytes", json!(choice.sum.kv_needed));
    put("margin_bytes", json!(choice.sum.margin));
    let scheme = variant.map(|variant| &variant.facts.quant.scheme);
    put("remark", json!(scheme.and_then(|scheme| remark(scheme, choice.engine, answer.card.spec.compute))));
    put("local", local(answer, choice).unwrap_or(Value::Null));
    Value::Object(object)
}

fn local(answer: &Answer<'_>, choice: &Choice) -> Option<Value> {
    let at = choice.local?;
    let model: &LocalModel = answer.local.get(at)?;
    let used = model.last_used.and_then(|used| used.duration_since(UNIX_EPOCH).ok());
    let same = twins(answer.local, at).into_iter().filter_map(|twin| Some((twin, answer.local.get(twin.index)?)));
    Some(json!({
        "shelf": model.shelf.name(),
        "last_used_unix": used.map(|used| used.as_secs()),
        "same_as": same.map(|(twin, other)| json!({
            "name": other.name,
            "path": other.path.to_string_lossy(),
            "shared": twin.shared,
            "likely": twin.likely,
        })).collect::<Vec<_>>(),
        "name": model.name,
        "path": model.path.to_string_lossy(),
        "bytes": model.bytes,
        "complete": model.complete,
        "matched_by_name": choice.by_name,
    }))
}

/// Whether something of the entry that a table shows is known from memory only.
pub(super) fn from_memory(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| entry.confidence == Confidence::Memory)
}
