//! Which files of a repository are needed.

use super::answer::{RemoteFile, Repository};
use crate::base::Problem;
use crate::models::gguf::part;
use crate::models::local::names::{is_companion, quant_label};
use std::collections::BTreeMap;

/// What to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// What vLLM needs: weights in safetensors, configuration, tokenizer.
    Transformer,
    /// One quantisation among GGUF files, by its label (`Q4_K_M`).
    Gguf(String),
}

/// A model among the GGUF files of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GgufSet {
    /// Its quantisation, else its file name.
    pub label: String,
    /// Its files, first part first.
    pub files: Vec<RemoteFile>,
}

impl GgufSet {
    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }
}

/// The models among the GGUF files of a repository, smallest first.
pub fn gguf_sets(repository: &Repository) -> Vec<GgufSet> {
    let mut sets: BTreeMap<String, Vec<RemoteFile>> = BTreeMap::new();
    for file in repository.files.iter().filter(|file| file.path.ends_with(".gguf") && !is_companion(&file.path)) {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let stem = part(name).map_or(name.trim_end_matches(".gguf"), |part| part.stem);
        let stem = if folder.is_empty() { stem.to_owned() } else { format!("{folder}/{stem}") };
        sets.entry(stem).or_default().push(file.clone());
    }
    let mut found: Vec<GgufSet> = Vec::new();
    for (stem, files) in sets {
        let label = quant_label(&format!("{stem}.gguf"));
        let label = label.filter(|label| !found.iter().any(|set| set.label == *label));
        found.push(GgufSet { label: label.unwrap_or(stem), files });
    }
    found.sort_by_key(GgufSet::bytes);
    found
}

/// The files that `choice` needs.
///
/// # Errors
/// When the repository does not have them; names what it has.
pub fn choose(repository: &Repository, choice: &Choice) -> Result<Vec<RemoteFile>, Problem> {
    let name = &repository.name;
    let files: Vec<RemoteFile> = match choice {
        Choice::Transformer => repository.files.iter().filter(|file| needed(repository, &file.path)).cloned().collect(),
        Choice::Gguf(label) => {
            let sets = gguf_sets(repository);
            let Some(set) = sets.iter().find(|set| set.label.eq_ignore_ascii_case(label)) else {
                let labels: Vec<&str> = sets.iter().map(|set| set.label.as_str()).collect();
                let list = format!("it has {}", labels.join(", "));
                let why = if labels.is_empty() { "it has no GGUF files".to_owned() } else { list };
                return Err(Problem::usage(format!("{name} has no {label}"), why, "name one that it has"));
            };
            set.files.clone()
        }
    };
    if !files.iter().any(|file| is_weights(&file.path)) {
        let hint = "look for a version in safetensors or GGUF";
        return Err(Problem::failed(format!("{name} holds no weights to fetch"), "it has no safetensors files", hint));
    }
    Ok(files)
}

fn is_weights(path: &str) -> bool {
    [".safetensors", ".gguf", ".bin"].iter().any(|end| path.ends_with(end))
}

/// Whether vLLM needs a file: those beside `config.json`, weights in one format only.
pub fn needed(repository: &Repository, path: &str) -> bool {
    if path.contains('/') {
        return false;
    }
    let has = |wanted: &dyn Fn(&str) -> bool| {
        repository.files.iter().any(|file| !file.path.contains('/') && wanted(&file.path))
    };
    let sharded = repository.file("model.safetensors.index.json").is_some();
    let safetensors = has(&|path| path.ends_with(".safetensors"));
    match path {
        // Mistral's own format doubles the weights where the usual one is there as well.
        _ if path.starts_with("consolidated") => {
            !has(&|path| path.starts_with("model") && path.ends_with(".safetensors"))
        }
        _ if path.ends_with(".safetensors") => !(sharded && path == "model.safetensors"),
        _ if path.ends_with(".bin") => path.starts_with("pytorch_model") && !safetensors,
        _ if path.ends_with(".index.json") => path.contains("safetensors") || !safetensors,
        _ => [".json", ".jinja", ".txt", ".model", ".tiktoken", ".spm", ".py"].iter().any(|end| path.ends_with(end)),
    }
}
