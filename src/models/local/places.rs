//! Where to look.

use super::Shelf;
use std::path::PathBuf;

/// A place with models.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// How models lie there.
    pub shelf: Shelf,
    /// The folder: the one that holds `models--…`, or `manifests` and `blobs`, or files.
    pub path: PathBuf,
}

/// All places to look at. Nothing needs to exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// In the order of preference where a model lies twice.
    pub list: Vec<Place>,
}

impl Places {
    /// With one more place.
    pub fn with(mut self, shelf: Shelf, path: impl Into<PathBuf>) -> Self {
        self.list.push(Place { shelf, path: path.into() });
        self
    }

    /// Folders of a kind.
    pub fn of(&self, shelf: Shelf) -> impl Iterator<Item = &PathBuf> {
        self.list.iter().filter(move |place| place.shelf == shelf).map(|place| &place.path)
    }
}
