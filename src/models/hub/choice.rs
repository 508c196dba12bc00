//! Which files of a repository are needed.

use super::answer::{RemoteFile, Repository};
use crate::base::Problem;
use crate::base::text::{clean_line, fit};
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
    /// Names of files of it that the listing has, but not so that they could be fetched.
    pub left_out: Vec<String>,
}

impl GgufSet {
    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }
}

/// The models among the GGUF files of a repository, smallest first. Each has a file that can be fetched.
pub fn gguf_sets(repository: &Repository) -> Vec<GgufSet> {
    let mut sets = all_sets(repository);
    sets.retain(|set| !set.files.is_empty());
    sets
}

/// The same, and those of which no file can be fetched.
fn all_sets(repository: &Repository) -> Vec<GgufSet> {
    let mut sets: BTreeMap<String, (Vec<RemoteFile>, Vec<String>)> = BTreeMap::new();
    for file in &repository.files {
        if let Some(stem) = stem(&file.path) {
            sets.entry(stem).or_default().0.push(file.clone());
        }
    }
    for name in lost(repository) {
        if let Some(stem) = stem(name) {
            sets.entry(stem).or_default().1.push(name.to_owned());
        }
    }
    let mut found: Vec<GgufSet> = Vec::new();
    // What can be fetched has the first word on labels.
    let (sound, rest): (Vec<_>, Vec<_>) = sets.into_iter().partition(|(_, (files, _))| !files.is_empty());
    for (stem, (files, left_out)) in sound.into_iter().chain(rest) {
        let label = quant_label(&format!("{stem}.gguf"));
        let label = label.filter(|label| !found.iter().any(|set| set.label == *label));
        found.push(GgufSet { label: label.unwrap_or(stem), files, left_out });
    }
    found.sort_by_key(|set| (set.files.is_empty(), set.bytes()));
    found
}

/// What the parts of a GGUF model have in common; `None` for other files.
fn stem(path: &str) -> Option<String> {
    if !path.ends_with(".gguf") || is_companion(path) {
        return None;
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = part(name).map_or(name.trim_end_matches(".gguf"), |part| part.stem);
    Some(if folder.is_empty() { stem.to_owned() } else { format!("{folder}/{stem}") })
}

/// Names that were left out of the listing and are not in it a second time, sound.
fn lost(repository: &Repository) -> impl Iterator<Item = &str> {
    repository.left_out.iter().map(String::as_str).filter(|name| repository.file(name).is_none())
}

/// A file of the weights that vLLM would load and that was left out of the listing: what is known of the others is not
/// the whole model.
pub fn lost_weights(repository: &Repository) -> Option<&str> {
    lost(repository).find(|name| is_weights(name) && needed(repository, name))
}

/// The files that `choice` needs.
///
/// # Errors
/// When the repository does not have them, then it names what it has; when one of them was left out of the listing.
pub fn choose(repository: &Repository, choice: &Choice) -> Result<Vec<RemoteFile>, Problem> {
    let name = &repository.name;
    let (files, left_out): (Vec<RemoteFile>, Vec<String>) = match choice {
        Choice::Transformer => {
            let files = repository.files.iter().filter(|file| needed(repository, &file.path)).cloned();
            // What has no name at all may be anything.
            let left_out = lost(repository).filter(|name| name.is_empty() || needed(repository, name));
            (files.collect(), left_out.map(str::to_owned).collect())
        }
        Choice::Gguf(label) => {
            let sets = all_sets(repository);
            let Some(set) = sets.iter().find(|set| set.label.eq_ignore_ascii_case(label)) else {
                let labels: Vec<&str> = sets.iter().map(|set| set.label.as_str()).collect();
                let list = clean_line(&format!("it has {}", labels.join(", ")));
                let why = if labels.is_empty() { "it has no GGUF files".to_owned() } else { list };
                return Err(Problem::usage(format!("{name} has no {label}"), why, "name one that it has"));
            };
            (set.files.clone(), set.left_out.clone())
        }
    };
    if !left_out.is_empty() {
        return Err(incomplete(name, &left_out));
    }
    if !files.iter().any(|file| is_weights(&file.path)) {
        let hint = "look for a version in safetensors or GGUF";
        return Err(Problem::failed(format!("{name} holds no weights to fetch"), "it has no safetensors files", hint));
    }
    Ok(files)
}

fn incomplete(name: &str, left_out: &[String]) -> Problem {
    let told = |name: &String| if name.is_empty() { "a file without a name".to_owned() } else { clean_line(name) };
    let first = left_out.first().map(told).unwrap_or_default();
    let more = if left_out.len() > 1 { format!(" and {} more", left_out.len() - 1) } else { String::new() };
    let why = format!("the hub lists {}{more} without a size and a digest that can be checked", fit(&first, 100));
    let hint = "check HF_ENDPOINT: a mirror may list less than the hub itself";
    Problem::failed(format!("{name} cannot be fetched whole"), why, hint)
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
