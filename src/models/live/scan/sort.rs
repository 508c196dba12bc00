//! Files of one folder, sorted into the models that they are.

use super::draft::Draft;
use super::files::{Entry, EntryKind, Look, piece};
use super::{gguf, transformer};
use crate::models::local::{Disk, Piece, Shelf};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files of a folder, with what they are by their place below it.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The folder.
    pub at: PathBuf,
    /// What is there, by name below the folder (`a/b.gguf`).
    pub files: Vec<(String, Piece, Option<SystemTime>)>,
    /// What is there by name but cannot be reached, and why.
    pub broken: BTreeMap<String, String>,
    /// Where among the files a name stands.
    pub places: HashMap<String, usize>,
}

/// Where files belong.
#[derive(Debug, Clone)]
pub(super) struct Belongs {
    /// What the models are called after: repository or folder.
    pub name: String,
    /// In which kind of place.
    pub shelf: Shelf,
    /// As in [`Disk`].
    pub root: PathBuf,
    /// As in [`Disk`].
    pub home: Option<PathBuf>,
    /// As in [`Disk`].
    pub revision: Option<String>,
    /// As in [`Disk`].
    pub refs: Vec<PathBuf>,
}

impl Contents {
    /// Takes in entries; folders are left out. `below` is their place below the folder, empty or ending in `/`.
    pub fn take(&mut self, below: &str, entries: &[Entry]) {
        for entry in entries.iter().filter(|entry| matches!(entry.kind, EntryKind::File | EntryKind::Link)) {
            let name = format!("{below}{}", entry.name);
            match piece(&entry.path) {
                Ok((piece, used)) => {
                    self.places.insert(name.clone(), self.files.len());
                    self.files.push((name, piece, used));
                }
                // A link to a folder is no file of the model, and nothing is missing.
                Err(_) if entry.path.is_dir() => {}
                Err(why) => drop(self.broken.insert(name, why)),
            }
        }
    }

    /// All files of a folder and the folders in it, to a depth; links to folders are not followed.
    pub fn tree(look: &mut Look, at: &Path, depth: usize) -> Self {
        let mut contents = Self { at: at.to_owned(), ..Self::default() };
        contents.deeper(look, at, "", depth);
        contents
    }

    fn deeper(&mut self, look: &mut Look, folder: &Path, below: &str, depth: usize) {
        let entries = look.entries(folder);
        self.take(below, &entries);
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::Folder && depth > 0) {
            self.deeper(look, &entry.path, &format!("{below}{}/", entry.name), depth - 1);
        }
    }

    /// Whether a file of this name lies directly in the folder.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Names directly in the folder that end so.
    pub fn ending(&self, ending: &str) -> Vec<&str> {
        let here = self.files.iter().map(|(name, ..)| name.as_str()).filter(|name| !name.contains('/'));
        here.filter(|name| name.ends_with(ending)).collect()
    }

    /// The pieces of which `wanted` says so, and the newest time among them.
    pub fn pieces(&self, wanted: impl Fn(&str) -> bool) -> (Vec<Piece>, Option<SystemTime>) {
        let of = self.files.iter().filter(|(name, ..)| wanted(name));
        let times = of.clone().filter_map(|(_, _, used)| *used);
        (of.clone().map(|(_, piece, _)| piece.clone()).collect(), times.max())
    }

    /// The pieces of these names that are there, and the newest time among them.
    pub fn named(&self, names: &[String]) -> (Vec<Piece>, Option<SystemTime>) {
        let found = names.iter().filter_map(|name| self.files.get(*self.places.get(name)?));
        let times = found.clone().filter_map(|(_, _, used)| *used);
        (found.clone().map(|(_, piece, _)| piece.clone()).collect(), times.max())
    }

    /// The models that these files are.
    pub fn models(&self, look: &mut Look, belongs: &Belongs) -> Vec<Draft> {
        let mut models: Vec<Draft> = transformer::model(self, belongs).into_iter().collect();
        models.extend(gguf::sets(self, belongs));
        if models.is_empty() || belongs.shelf == Shelf::Folder {
            for (name, why) in &self.broken {
                look.amiss(&self.at.join(name), why.clone());
            }
        }
        models
    }
}

impl Belongs {
    /// The disk part of a draft with these pieces.
    pub fn disk(&self, pieces: Vec<Piece>, amiss: Vec<String>) -> Disk {
        Disk {
            root: self.root.clone(),
            home: self.home.clone(),
            pieces,
            revision: self.revision.clone(),
            refs: self.refs.clone(),
            amiss,
            digest_is_likely: false,
        }
    }
}
