//! Which local model is which entry of the catalogue.

use crate::models::catalogue::Catalogue;
use crate::models::local::{LocalModel, Shelf};
use std::collections::HashMap;

/// Where a local model belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    /// Index of the entry.
    pub entry: usize,
    /// Index of the variant, where it is one of those listed.
    pub variant: Option<usize>,
    /// Whether only the file's name says so.
    pub by_name: bool,
}

/// Repositories and tags of the whole catalogue, in small letters.
pub(super) struct Index<'a> {
    catalogue: &'a Catalogue,
    by_repo: HashMap<String, (usize, usize)>,
    by_word: Vec<(String, usize)>,
}

impl<'a> Index<'a> {
    pub(super) fn of(catalogue: &'a Catalogue) -> Self {
        let mut by_repo = HashMap::new();
        let mut by_word = Vec::new();
        for (at, entry) in catalogue.entries.iter().enumerate() {
            let named = entry.variants.iter().enumerate();
            for (variant, repo) in named.filter_map(|(n, variant)| Some((n, variant.repo.as_ref()?))) {
                by_repo.entry(repo.value.to_ascii_lowercase()).or_insert((at, variant));
            }
            by_word.push((squeezed(name_of(&entry.id)), at));
        }
        // The longest name first, so that `qwen2.5-coder-7b` is not taken for a shorter one.
        by_word.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self { catalogue, by_repo, by_word }
    }

    /// The entry of `model`: by repository or tag where they are equal, else by its file name.
    pub(super) fn find(&self, model: &LocalModel) -> Option<Match> {
        let name = model.name.to_ascii_lowercase();
        let tag = name.strip_suffix(":latest").unwrap_or(&name);
        let exact = self.by_repo.get(&name).or_else(|| self.by_repo.get(tag));
        if let Some((entry, variant)) = exact.copied() {
            return Some(Match { entry, variant: Some(variant), by_name: false });
        }
        if model.shelf == Shelf::Ollama && !name.contains('/') {
            return self.other_tag(tag);
        }
        let file = squeezed(name_of(&name));
        let (_, entry) = self.by_word.iter().find(|(word, _)| word.len() >= 6 && file.starts_with(word.as_str()))?;
        Some(Match { entry: *entry, variant: self.mix(*entry, &name), by_name: true })
    }

    /// A tag of a model whose other tags are known: `qwen3:8b-q8_0` beside `qwen3:8b`.
    fn other_tag(&self, tag: &str) -> Option<Match> {
        let (stem, _) = tag.rsplit_once('-')?;
        let (entry, _) = self.by_repo.get(stem)?;
        Some(Match { entry: *entry, variant: self.mix(*entry, tag), by_name: true })
    }

    /// The mix that a file name speaks of, among those without a repository of their own.
    fn mix(&self, entry: usize, name: &str) -> Option<usize> {
        let name = name.to_ascii_lowercase();
        let variants = &self.catalogue.entries.get(entry)?.variants;
        let spoken = |label: &str| name.ends_with(label) || name.contains(&format!("{label}.gguf"));
        let found = variants.iter().enumerate().filter(|(_, one)| one.repo.is_none());
        let found = found.filter(|(_, one)| spoken(&one.label.to_ascii_lowercase()));
        found.max_by_key(|(_, one)| one.label.len()).map(|(at, _)| at)
    }
}

fn name_of(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Small letters and digits alone.
fn squeezed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
