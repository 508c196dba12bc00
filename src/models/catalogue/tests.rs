//! The shipped data: whole, strict, and in agreement with the published sizes.

use super::*;
use crate::models::fit::Engine;
use crate::models::{Exact, Source};
use std::collections::BTreeMap;

fn all() -> &'static [Entry] {
    &Catalogue::shipped().entries
}

#[test]
fn every_line_is_an_entry() {
    let mut count = 0;
    for (file, text) in FILES {
        let part = Catalogue::parse(file, text).unwrap();
        assert_eq!(part.entries.len(), text.lines().count(), "{file}");
        count += part.entries.len();
    }
    assert!(count >= 286, "{count} models");
    assert_eq!(count, all().len());
}

#[test]
fn every_branch_of_the_taxonomy_is_there() {
    let mut counts: BTreeMap<Taxonomy, usize> = BTreeMap::new();
    all().iter().for_each(|entry| *counts.entry(entry.taxonomy).or_default() += 1);
    let least = [10, 6, 8, 90, 19, 37, 28, 5, 13, 8, 6, 48, 8];
    for (branch, least) in Taxonomy::ALL.into_iter().zip(least) {
        let count = counts.get(&branch).copied().unwrap_or_default();
        assert!(count >= least, "{}: {count} of {least}", branch.name());
    }
}

#[test]
fn ids_are_unique_and_every_model_has_a_published_form() {
    let mut seen = std::collections::BTreeSet::new();
    for entry in all() {
        assert!(seen.insert(entry.id.to_lowercase()), "{} twice", entry.id);
        let repo = entry.variants[0].repo.as_ref().map(|repo| repo.value.as_str());
        assert_eq!(repo, Some(entry.id.as_str()), "the published form stands in front");
        assert!(entry.params.0 >= entry.params.1 && entry.params.1 > 0, "{}", entry.id);
        assert!(entry.context > 0, "{}", entry.id);
    }
}

/// Parameters by the dimensions alone, without what was added to meet the published count.
fn counted(entry: &Entry) -> u64 {
    let geometry = &entry.variants[0].facts.geometry;
    let all = crate::models::tensors::groups(geometry).iter().map(|group| group.params()).sum::<u64>();
    let added = geometry.doubts.iter().any(|doubt| doubt.what.contains("by count alone"));
    if added { all - geometry.other_params } else { all }
}

/// Parameters that no dimension names, so that the dimensions give less than the published count.
const BESIDE: [(&str, &str); 6] = [
    ("tiiuae/falcon-7b", "the published count holds a head that is tied"),
    ("zai-org/GLM-4.7-Flash", "a layer for multi-token prediction"),
    ("meta-models/Muse-Glimmer-30B", "an architecture that is not known"),
    ("google/gemma-3n-E4B-it", "low-rank paths and two towers"),
    ("google/gemma-4-E2B-it", "wide layers and two towers"),
    ("google/gemma-4-E4B-it", "two towers"),
];

#[test]
fn dimensions_that_were_checked_give_the_published_count() {
    let mut close = 0;
    for entry in all().iter().filter(|entry| entry.confidence != Confidence::Memory) {
        let unknown = entry.variants[0].facts.geometry.layers.is_empty() || entry.id == "allenai/Molmo2-8B";
        if unknown || BESIDE.iter().any(|(id, _)| *id == entry.id) {
            continue;
        }
        let (counted, published) = (counted(entry), entry.params.0);
        let off = counted.abs_diff(published) as f64 / published as f64;
        assert!(off <= 0.03, "{}: {counted} counted, {published} published", entry.id);
        close += 1;
    }
    assert!(close >= 120, "{close} models checked");
}

#[test]
fn sizes_of_published_checkpoints_are_met() {
    // GiB of safetensors files as KAITO's model catalogue gives them; of Qwen3.5 and later the checkpoint holds layers for
    // multi-token prediction that stay out.
    for (id, gib, tolerance) in [
        ("microsoft/phi-4", 27.31, 0.01),
        ("microsoft/Phi-4-mini-instruct", 7.15, 0.01),
        ("microsoft/Phi-3-mini-4k-instruct", 7.12, 0.01),
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", 16.56, 0.01),
        ("google/gemma-4-26B-A4B-it", 48.07, 0.03),
        ("google/gemma-4-31B-it", 58.25, 0.03),
        ("google/gemma-4-E4B-it", 14.89, 0.01),
        ("google/gemma-4-E2B-it", 9.54, 0.01),
        ("google/gemma-4-12B-it", 22.28, 0.03),
        ("Qwen/Qwen3.5-4B", 8.68, 0.03),
        ("Qwen/Qwen3.5-9B", 17.98, 0.03),
        ("Qwen/Qwen3.6-27B", 51.75, 0.03),
        ("Qwen/Qwen3.6-35B-A3B", 66.97, 0.03),
        ("mistralai/Mistral-7B-Instruct-v0.3", 13.5, 0.01),
        ("meta-llama/Llama-3.1-8B-Instruct", 14.96, 0.01),
    ] {
        let entry = Catalogue::shipped().find(id).unwrap();
        let geometry = &entry.variants[0].facts.geometry;
        let bytes = crate::models::tensors::groups(geometry).iter().map(|group| group.params() * 2).sum::<u64>();
        let found = bytes as f64 / f64::from(1 << 30);
        assert!((found / gib - 1.0).abs() <= tolerance, "{id}: {found:.2} GiB of {gib}");
    }
}

#[test]
fn what_is_not_known_is_grave_and_weighed_by_count() {
    let shells: Vec<_> = all().iter().filter(|entry| entry.variants[0].facts.geometry.layers.is_empty()).collect();
    assert!((10..=20).contains(&shells.len()), "{} models without dimensions", shells.len());
    for variant in shells.iter().flat_map(|entry| &entry.variants) {
        assert!(variant.facts.geometry.doubts.iter().any(|doubt| doubt.grave), "{}", variant.facts.name);
        let mobile = matches!(variant.facts.quant.scheme, crate::models::quant::Scheme::Unknown(_));
        assert!(mobile || matches!(variant.facts.exact, Exact::Total(1..)), "{} {}", variant.facts.name, variant.label);
    }
}

#[test]
fn memory_is_marked() {
    let sure = |entry: &&Entry| entry.confidence == Confidence::Memory;
    assert!(all().iter().filter(sure).count() > 50);
    for entry in all() {
        let source = if sure(&entry) { Source::Memory } else { Source::Catalogue };
        assert!(entry.variants.iter().all(|variant| variant.facts.source == source), "{}", entry.id);
        assert!(entry.licence.as_ref().is_none_or(|licence| licence.confidence == Confidence::Memory), "{}", entry.id);
        let tags = entry.variants.iter().filter(|one| one.engines == [Engine::Ollama]);
        assert!(tags.flat_map(|one| &one.repo).all(|repo| repo.confidence == Confidence::Memory), "{}", entry.id);
    }
    let qwen = Catalogue::shipped().find("qwen/qwen3-8b").unwrap();
    assert_eq!(qwen.tool_parser.as_ref().map(|parser| parser.value.as_str()), Some("hermes"));
    let awq = qwen.variants.iter().find(|one| one.label == "AWQ").unwrap();
    assert_eq!(awq.repo.as_ref().map(|repo| repo.value.as_str()), Some("Qwen/Qwen3-8B-AWQ"));
}

#[test]
fn measured_sizes_win_over_computed_ones() {
    let size = |id: &str, label: &str, engine: Engine| {
        let entry = Catalogue::shipped().find(id).unwrap();
        let variant = entry.variants.iter().find(|one| one.label == label && one.engines.contains(&engine)).unwrap();
        variant.facts.exact.clone()
    };
    for (id, label, engine, bytes) in [
        ("Qwen/Qwen3-8B", "Q4_K_M", Engine::LlamaCpp, Some(5_200_000_000)),
        ("Qwen/Qwen3.5-9B", "Q4_K_M", Engine::Ollama, Some(6_600_000_000)),
        ("Qwen/Qwen3-8B", "Q8_0", Engine::LlamaCpp, None),
        ("openai/gpt-oss-20b", "MXFP4", Engine::Vllm, Some(13_761_264_768)),
    ] {
        assert_eq!(size(id, label, engine), bytes.map_or(Exact::No, Exact::Total), "{id} {label}");
    }
}

const LINE: &str =
    r#"{"id":"me/mine","taxonomy":"text/generative/other","params":7,"confidence":"read","context":4096}"#;

#[test]
fn own_lines_are_laid_over() {
    let text = format!("# mine\n\n{LINE}\n{}\n", LINE.replace("me/mine", "QWEN/qwen3-8b"));
    let (whole, problems) = Catalogue::with([("own.jsonl", text.as_str()), ("bad.jsonl", "{")]);
    assert_eq!(whole.entries.len(), all().len() + 1);
    assert_eq!((whole.find("me/mine").unwrap().context, whole.find("Qwen/Qwen3-8B").unwrap().params), (4096, (7, 7)));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].what, "line 1 of bad.jsonl is no model");
}

#[test]
fn bad_lines_are_refused_by_number_and_reason() {
    for (change, why) in [
        (("\"params\":7", "\"params\":7,\"parms\":8"), "unknown field `parms`"),
        (("\"params\":7", "\"params\":-7"), "invalid value"),
        (("\"params\":7,", ""), "missing field `params`"),
        (("text/generative/other", "text/poetry"), "unknown variant `text/poetry`"),
        (("4096", "4096,\"native\":\"fp2\""), "unknown quantisation `fp2`"),
        (("4096", "4096,\"config\":{\"model_type\":\"llama\"}"), "hidden_size"),
        (("4096", "4096,\"variants\":[{\"repo\":\"a/b\",\"quant\":\"awq\",\"colour\":1}]"), "unknown field `colour`"),
    ] {
        let text = format!("{LINE}\n{}", LINE.replacen(change.0, change.1, 1));
        let problem = Catalogue::parse("own.jsonl", &text).unwrap_err();
        assert_eq!(problem.what, "line 2 of own.jsonl is no model");
        assert!(problem.why.contains(why), "{why}: {problem}");
    }
}
