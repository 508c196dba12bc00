//! Facts about a set of weights out of a head.

use super::head::Gguf;
use super::kinds::mix_name;
use super::layers::{Keys, layers};
use super::sums::{LAYERS, sums};
use crate::base::text::clean_line;
use crate::models::geometry::{Doubt, Dtype, Geometry, Runner, Tower};
use crate::models::quant::{Quant, Scheme};
use crate::models::{Exact, Facts, Source};
use std::collections::BTreeMap;

/// What is known of the weights. `name` is what the person knows them by; empty: the name in the file.
pub fn facts(head: &Gguf, name: &str) -> Facts {
    let (bytes, unknown) = sums(head);
    let mut geometry = geometry(head, bytes.tower);
    if unknown > 0 {
        let what = format!("{unknown} tensors are of a type that is not known; their bytes are missing");
        geometry.doubts.push(Doubt { what, grave: true });
    }
    let own = head.text("general.name").or_else(|| head.text("general.basename")).unwrap_or("GGUF");
    let name = if name.is_empty() { clean_line(own) } else { name.to_owned() };
    let quant = Quant { scheme: Scheme::Gguf(mix(head)), method: "gguf".to_owned(), skips: Vec::new() };
    Facts { name, geometry, quant, exact: Exact::Headers(bytes), source: Source::Gguf, ..Facts::default() }
}

/// The mix as the file says it, else the type that holds the most bytes.
fn mix(head: &Gguf) -> String {
    if let Some(name) = head.number("general.file_type").and_then(mix_name) {
        return name.to_owned();
    }
    let mut bytes: BTreeMap<&str, u64> = BTreeMap::new();
    for tensor in &head.tensors {
        if let (Some(name), Some(size)) = (tensor.kind.name(), tensor.bytes()) {
            let sum = bytes.entry(name).or_default();
            *sum = sum.saturating_add(size);
        }
    }
    bytes.into_iter().max_by_key(|(_, size)| *size).map_or_else(|| "unknown".to_owned(), |(name, _)| name.to_owned())
}

fn geometry(head: &Gguf, tower_bytes: u64) -> Geometry {
    let keys = Keys::of(head);
    let find = |name: &str| head.tensors.iter().find(|tensor| tensor.name == name);
    let embedding = find("token_embd.weight").map(|tensor| tensor.dims);
    let vocab = embedding.map_or_else(|| head.length("tokenizer.ggml.tokens").unwrap_or(0), |dims| dims[1]);
    let per_layer = find("per_layer_token_embd.weight").map_or(0, |tensor| tensor.dims[1]);
    let arch = clean_line(keys.arch);
    let layers = layers(head);
    let mut doubts = Vec::new();
    let is_tower = arch == "clip" || head.text("general.type") == Some("mmproj");
    match keys.number("block_count") {
        _ if is_tower => {}
        Some(count) if count > 0 && count <= LAYERS as u64 => {}
        _ => doubts.push(Doubt { what: "the header names no number of layers".to_owned(), grave: true }),
    }
    let pooling = matches!(arch.as_str(), "bert" | "nomic-bert" | "nomic-bert-moe" | "jina-bert-v2" | "jina-bert-v3")
        || matches!(arch.as_str(), "modern-bert" | "neo-bert" | "eurobert" | "gemma-embedding");
    Geometry {
        model_type: arch.clone(),
        architecture: arch,
        hidden: keys.number("embedding_length").or(embedding.map(|dims| dims[0])).unwrap_or(0),
        vocab,
        positions: find("position_embd.weight").map_or(0, |tensor| tensor.dims[1]),
        rope_dim: keys.number("rope.dimension_count").unwrap_or(0),
        tied: find("output.weight").is_none(),
        max_context: head.context,
        mtp_layers: keys.number("nextn_predict_layers").unwrap_or(0),
        per_layer_embed: keys.number("embedding_length_per_layer_input").unwrap_or(0),
        per_layer_vocab: per_layer,
        tower: tower(head, is_tower, tower_bytes),
        dtype: Dtype::F16,
        runner: if pooling { Runner::Pooling { encoder: true } } else { Runner::Generate },
        layers,
        doubts,
        ..Geometry::default()
    }
}

/// The part that sees or hears: a file of its own (`mmproj`) or tensors among the others.
fn tower(head: &Gguf, alone: bool, bytes: u64) -> Option<Tower> {
    if !alone && bytes == 0 {
        return None;
    }
    let part = if head.number("clip.vision.block_count").is_some() { "vision" } else { "audio" };
    let number = |key: &str| head.number(&format!("clip.{part}.{key}")).unwrap_or(0);
    let is_own = |name: &str| alone || !name.starts_with("blk.") && super::names::is_tower(name);
    let own = head.tensors.iter().filter(|tensor| is_own(&tensor.name));
    let params = own.fold(0_u64, |sum, tensor| sum.saturating_add(tensor.elements()));
    let side = number("image_size").checked_div(number("patch_size")).unwrap_or(0);
    let patches = side.saturating_mul(side);
    let merge = number("spatial_merge_size").max(1);
    Some(Tower {
        params,
        layers: number("block_count"),
        hidden: number("embedding_length"),
        inner: number("feed_forward_length"),
        max_patches: patches,
        max_tokens: patches / merge.saturating_mul(merge).max(1),
    })
}
