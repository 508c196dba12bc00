//! A model in Hugging Face's layout: `config.json`, tokenizer, weights.

use super::draft::{Draft, Kind};
use super::files::small;
use super::sort::{Belongs, Contents};
use crate::base::text::clean_line;
use crate::models::safetensors::Index;
use std::collections::HashSet;

/// The longest index that is read, bytes.
const INDEX: u64 = 64 << 20;
/// Files with one of these endings belong to a model.
const BELONGING: &[&str] = &[
    ".safetensors",
    ".json",
    ".jinja",
    ".txt",
    ".model",
    ".tiktoken",
    ".spm",
    ".bpe",
    ".py",
    ".bin",
    ".pt",
    ".pth",
    ".md",
    "LICENSE",
    "NOTICE",
    ".gitattributes",
];

/// The model of a folder, if it is one.
pub(super) fn model(contents: &Contents, belongs: &Belongs) -> Option<Draft> {
    let other = other(contents);
    let safetensors = contents.ending(".safetensors");
    if !contents.has("config.json") && !contents.has("params.json") && safetensors.is_empty() && other.is_none() {
        return None;
    }
    // Repositories of GGUF files carry a config of the model they were made of.
    let gguf = contents.files.iter().any(|(name, ..)| name.ends_with(".gguf"));
    let mut weights = Weights::of(contents);
    if weights.files.is_empty() && (gguf || weights.amiss.is_empty() && contents.files.len() < 2) {
        return None;
    }
    let dangling = contents.broken.iter().filter(|(name, _)| !name.contains('/'));
    weights.amiss.extend(dangling.map(|(name, why)| format!("{}: {why}", clean_line(name))));
    if weights.files.is_empty() && other.is_none() {
        weights.amiss.push("there are no weights: only what belongs to them".to_owned());
    }
    let own = |name: &str| BELONGING.iter().any(|end| name.ends_with(end)) && (other.is_some() || !name.contains('/'));
    let (pieces, last_used) = contents.pieces(own);
    Some(Draft {
        name: belongs.name.clone(),
        shelf: belongs.shelf,
        path: contents.at.clone(),
        disk: belongs.disk(pieces, weights.amiss),
        kind: Kind::Transformer {
            config: contents.has("config.json").then(|| contents.at.join("config.json")),
            weights: weights.files.iter().map(|file| contents.at.join(file)).collect(),
            total: weights.total,
            other,
        },
        last_used,
        digest: None,
    })
}

/// What else such files may be.
fn other(contents: &Contents) -> Option<String> {
    match () {
        () if contents.has("adapter_config.json") && !contents.has("config.json") => {
            Some("it is an adapter (LoRA) for another model".to_owned())
        }
        () if contents.has("model_index.json") => Some("it is a pipeline for images, no language model".to_owned()),
        () => None,
    }
}

/// The files that vLLM would load: Mistral's own format before the index before all safetensors before older formats.
#[derive(Default)]
struct Weights {
    files: Vec<String>,
    total: Option<u64>,
    amiss: Vec<String>,
}

impl Weights {
    fn of(contents: &Contents) -> Self {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let mut safetensors = contents.ending(".safetensors");
        let consolidated: Vec<&str> =
            safetensors.iter().copied().filter(|name| name.starts_with("consolidated")).collect();
        let index = match () {
            () if !consolidated.is_empty() => "consolidated.safetensors.index.json",
            () if safetensors.is_empty() && contents.has("pytorch_model.bin.index.json") => {
                "pytorch_model.bin.index.json"
            }
            () => "model.safetensors.index.json",
        };
        if contents.has(index) {
            return Self::indexed(contents, index);
        }
        if !consolidated.is_empty() {
            safetensors = consolidated;
        }
        if safetensors.is_empty() {
            let mut bins = contents.ending(".bin");
            bins.retain(|name| name.starts_with("pytorch_model") || name.starts_with("model"));
            return Self { files: owned(bins), ..Self::default() };
        }
        let mut weights = Self { files: owned(safetensors), ..Self::default() };
        weights.amiss = missing_parts(&weights.files);
        weights
    }

    fn indexed(contents: &Contents, name: &str) -> Self {
        let index = small(&contents.at.join(name), INDEX).and_then(|bytes| Index::parse(&bytes));
        let index = match index {
            Ok(index) => index,
            Err(why) => {
                let amiss = vec![format!("{name} cannot be read: {why}")];
                let files = contents.ending(".safetensors").into_iter().map(str::to_owned).collect();
                return Self { files, total: None, amiss };
            }
        };
        let (here, gone): (Vec<String>, Vec<String>) = index.files.into_iter().partition(|file| contents.has(file));
        let amiss = gone
            .iter()
            .filter(|file| !contents.broken.contains_key(*file))
            .map(|file| format!("{} is missing", clean_line(file)));
        Self { files: here, total: index.total_size, amiss: amiss.collect() }
    }
}

/// Parts that names like `model-00002-of-00004.safetensors` say there should be.
fn missing_parts(files: &[String]) -> Vec<String> {
    let Some((number, stem, of)) = files.iter().find_map(|file| part(file)) else { return Vec::new() };
    let _ = number;
    let here: HashSet<&String> = files.iter().collect();
    let names = (1..=of).map(|number| format!("{stem}-{number:05}-of-{of:05}.safetensors"));
    names.filter(|name| !here.contains(name)).map(|name| format!("{} is missing", clean_line(&name))).collect()
}

fn part(file: &str) -> Option<(u32, &str, u32)> {
    let (front, of) = file.strip_suffix(".safetensors")?.rsplit_once("-of-")?;
    let (stem, number) = front.rsplit_once('-')?;
    let of: u32 = of.parse().ok()?;
    (of <= 1000).then_some((number.parse().ok()?, stem, of))
}
