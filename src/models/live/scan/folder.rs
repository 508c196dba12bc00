//! Folders of a person: models anywhere in them, to a depth.

use super::draft::Draft;
use super::files::{Entry, EntryKind, Look};
use super::sort::{Belongs, Contents};
use crate::models::local::Shelf;
use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How deep models may lie: `models/PUBLISHER/REPOSITORY/VARIANT`.
const DEPTH: usize = 4;
/// The most folders of one place that are looked into.
const FOLDERS: usize = 20_000;

/// All models in a folder. Links to folders are followed, none twice.
pub(super) fn scan(look: &mut Look, root: &Path) -> Vec<Draft> {
    let mut walk = Walk { look, root, seen: HashSet::new(), found: Vec::new() };
    walk.folder(root, "", DEPTH);
    walk.found
}

struct Walk<'a> {
    look: &'a mut Look,
    root: &'a Path,
    seen: HashSet<(u64, u64)>,
    found: Vec<Draft>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, below: &str, depth: usize) {
        let Ok(meta) = std::fs::metadata(folder) else { return };
        if self.seen.len() >= FOLDERS || !self.seen.insert((meta.dev(), meta.ino())) {
            return;
        }
        let entries = self.look.entries(folder);
        let mut contents = Contents { at: folder.to_owned(), ..Contents::default() };
        contents.take("", &models(&entries));
        let belongs = Belongs {
            name: self.name(folder, below),
            shelf: Shelf::Folder,
            root: self.root.to_owned(),
            home: None,
            revision: None,
            refs: Vec::new(),
        };
        let models = contents.models(self.look, &belongs);
        self.found.extend(models);
        for entry in entries.iter().filter(|entry| depth > 0 && !entry.name.starts_with('.')) {
            let is_folder = entry.kind == EntryKind::Folder || entry.kind == EntryKind::Link && entry.path.is_dir();
            if is_folder {
                let below = if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
                self.folder(&entry.path, &below, depth - 1);
            }
        }
    }

    fn name(&self, folder: &Path, below: &str) -> String {
        let own = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        if below.is_empty() { own.unwrap_or_else(|| self.root.display().to_string()) } else { below.to_owned() }
    }
}

/// Entries worth a look: a folder of a person may hold anything, and a dead link in it is no fault of a model.
fn models(entries: &[Entry]) -> Vec<Entry> {
    const ENDS: [&str; 10] =
        [".json", ".safetensors", ".gguf", ".bin", ".model", ".txt", ".jinja", ".tiktoken", ".md", ".py"];
    let wanted = |entry: &&Entry| ENDS.iter().any(|end| entry.name.ends_with(end)) || entry.name == "LICENSE";
    entries.iter().filter(wanted).cloned().collect()
}
