//! A line of the data becomes an entry: the geometry is read once, each variant adds how it is stored.

use super::entry::{Confidence, Entry, Sourced, Taxonomy, Variant};
use super::forms;
use super::record::{Record, Tag};
use crate::models::config;
use crate::models::fit::Engine;
use crate::models::geometry::{Doubt, Runner};
use crate::models::quant::{Quant, Scheme};
use crate::models::tensors;
use crate::models::{Exact, Facts, Geometry, Source};

/// The entry of a record, or what is wrong with it.
pub(super) fn entry(record: Record) -> Result<Entry, String> {
    let geometry = geometry(&record)?;
    let source = if record.confidence == Confidence::Memory { Source::Memory } else { Source::Catalogue };
    let make = |name: &str, quant: Quant, measured: Option<u64>, estimate: Option<u64>| {
        let known = if geometry.layers.is_empty() { measured.or(estimate) } else { measured };
        let exact = known.map_or(Exact::No, Exact::Total);
        Facts { name: name.to_owned(), geometry: geometry.clone(), quant, exact, source, ..Facts::default() }
    };
    let mut variants = vec![published(&record, &geometry, &make)?];
    variants.extend(quantised(&record, &make)?);
    variants.extend(mixes(&record, &make));
    variants.extend(online(&record, &make));
    // The published form stays in front, the rest from many bits to few.
    variants.get_mut(1..).unwrap_or_default().sort_by(|a, b| bits(b).total_cmp(&bits(a)));
    let sourced = |field: &str, value: &Option<String>| {
        let known = |value: &String| Sourced { value: value.clone(), confidence: confidence(&record, field) };
        value.as_ref().map(known)
    };
    Ok(Entry {
        licence: sourced("licence", &record.licence),
        tool_parser: sourced("tool_parser", &record.tool_parser),
        reasoning_parser: sourced("reasoning_parser", &record.reasoning_parser),
        id: record.id,
        taxonomy: record.taxonomy,
        params: (record.params, record.active.unwrap_or(record.params)),
        capabilities: record.capabilities,
        tags: record.tags,
        context: record.context,
        embedding: record.embedding,
        gated: record.gated,
        chat_template: record.chat_template,
        min_vllm: record.min_vllm,
        refused_by_vllm: record.refused_by_vllm,
        vllm_flags: record.vllm_flags,
        speculative: record.speculative,
        ollama_parallel: record.ollama_parallel,
        notes: record.notes,
        confidence: record.confidence,
        variants,
    })
}

fn bits(variant: &Variant) -> f64 {
    forms::fidelity(&variant.facts.quant.scheme).0
}

fn confidence(record: &Record, field: &str) -> Confidence {
    if record.memory.iter().any(|name| name == field) { Confidence::Memory } else { Confidence::Read }
}

/// The geometry of the config; without one, a shell with a grave doubt, so that only bytes can be spoken of.
fn geometry(record: &Record) -> Result<Geometry, String> {
    let read = record.config.as_ref().map(config::from_value).transpose();
    let read = read.map_err(|problem| format!("{}: {}", problem.what, problem.why))?;
    let mut geometry = read.map_or_else(|| shell(record), |facts| facts.geometry);
    geometry.max_context = Some(record.context);
    let pooling = Runner::Pooling { encoder: record.encoder };
    geometry.runner = if record.pooling { pooling } else { Runner::Generate };
    reconcile(&mut geometry, record);
    Ok(geometry)
}

/// Holds the count of the dimensions against the published one. What sees, hears or encodes has parts that no dimension
/// names: they are added as unquantised weight. A head that pooling leaves out and layers for multi-token prediction
/// explain a lower count. All else from 2 % on is said as a doubt.
fn reconcile(geometry: &mut Geometry, record: &Record) {
    let published = record.params;
    if geometry.layers.is_empty() || published == 0 {
        return;
    }
    let counted = tensors::groups(geometry).iter().fold(0_u64, |sum, group| sum.saturating_add(group.params()));
    let billions = |count: u64| count as f64 / 1e9;
    let near = published.abs_diff(counted) <= published / 50;
    let explained = counted < published && (geometry.mtp_layers > 0 || (record.pooling && !record.encoder));
    if near || explained {
        return;
    }
    let parts = matches!(record.taxonomy, Taxonomy::Multimodal | Taxonomy::Transcription) || record.encoder;
    let unknown = geometry.doubts.iter().any(|doubt| doubt.grave);
    let what = if counted < published && (parts || unknown) {
        geometry.other_params = geometry.other_params.saturating_add(published - counted);
        let (rest, all) = (billions(published - counted), billions(published));
        format!("{rest:.2} B of {all:.2} B parameters are known by count alone and taken as 16-bit")
    } else {
        format!("its dimensions give {:.2} B parameters, {:.2} B are published", billions(counted), billions(published))
    };
    geometry.doubts.push(Doubt { what, grave: false });
}

fn shell(record: &Record) -> Geometry {
    let what = "its dimensions are not known: bytes follow from the parameter count alone".to_owned();
    Geometry {
        architecture: record.architecture.clone().unwrap_or_default(),
        doubts: vec![Doubt { what, grave: true }],
        ..Geometry::default()
    }
}

type Make<'a> = dyn Fn(&str, Quant, Option<u64>, Option<u64>) -> Facts + 'a;

fn form(word: &str) -> Result<(&'static str, Quant), String> {
    forms::published(word).ok_or_else(|| format!("unknown quantisation `{word}`"))
}

fn published(record: &Record, geometry: &Geometry, make: &Make<'_>) -> Result<Variant, String> {
    let plain = if geometry.dtype.bytes() == 4 { "FP32" } else { "BF16" };
    let (label, quant) = record.native.as_deref().map_or(Ok((plain, Quant::default())), form)?;
    Ok(Variant {
        label: label.to_owned(),
        repo: Some(Sourced { value: record.id.clone(), confidence: Confidence::Read }),
        engines: vec![Engine::Vllm],
        facts: make(&record.id, quant, record.bytes, record.estimate),
        sm120: None,
        note: None,
    })
}

fn quantised(record: &Record, make: &Make<'_>) -> Result<Vec<Variant>, String> {
    let each = record.variants.iter().map(|one| {
        let (label, quant) = form(&one.quant)?;
        let confidence = if one.memory { Confidence::Memory } else { Confidence::Read };
        Ok(Variant {
            label: label.to_owned(),
            repo: Some(Sourced { value: one.repo.clone(), confidence }),
            engines: vec![Engine::Vllm],
            facts: make(&one.repo, quant, one.bytes, one.estimate),
            sm120: one.sm120,
            note: one.note.clone(),
        })
    });
    each.collect()
}

/// FP8 while loading, which vLLM does to any 16-bit checkpoint.
fn online(record: &Record, make: &Make<'_>) -> Option<Variant> {
    let plain = record.native.is_none() && record.config.is_some() && !record.encoder;
    let scheme = Scheme::Fp8 { block: None, online: true };
    let quant = Quant { scheme, method: "fp8".to_owned(), skips: Vec::new() };
    plain.then(|| Variant {
        label: "FP8 online".to_owned(),
        repo: Some(Sourced { value: record.id.clone(), confidence: Confidence::Read }),
        engines: vec![Engine::Vllm],
        facts: make(&record.id, quant, None, None),
        sm120: None,
        note: Some("the published weights with --quantization fp8: quantised while loading".to_owned()),
    })
}

/// GGUF mixes for llama.cpp, tags for Ollama; without a tag Ollama can pull a mix from the hub all the same.
fn mixes(record: &Record, make: &Make<'_>) -> Vec<Variant> {
    let engines =
        if record.ollama.is_empty() { vec![Engine::LlamaCpp, Engine::Ollama] } else { vec![Engine::LlamaCpp] };
    let estimate = |mix: &str| record.gguf_estimates.get(mix).copied();
    let mix = |mix: &String| Variant {
        label: mix.clone(),
        repo: None,
        engines: engines.clone(),
        facts: make(&record.id, forms::gguf(mix), record.gguf_bytes.get(mix).copied(), estimate(mix)),
        sm120: None,
        note: None,
    };
    let tag = |one: &Tag| Variant {
        label: one.mix.clone(),
        repo: Some(Sourced { value: one.tag.clone(), confidence: confidence(record, "ollama") }),
        engines: vec![Engine::Ollama],
        facts: make(&one.tag, forms::gguf(&one.mix), one.bytes, estimate(&one.mix)),
        sm120: None,
        note: None,
    };
    record.gguf.iter().map(mix).chain(record.ollama.iter().map(tag)).collect()
}
