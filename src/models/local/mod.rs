//! What lies on this machine, in all caches, as one list.

mod delete;
mod disk;
pub mod names;
pub mod ollama;
mod places;
mod same;
mod uses;

pub use delete::{DeletePlan, Removal, plan_delete};
pub use disk::{Disk, Piece};
pub use places::{Place, Places};
pub use same::{Twin, twins};
pub use uses::{InUse, repository};

use crate::base::{Problem, units};
use crate::models::Facts;
use crate::models::fit::Engine;
use std::path::PathBuf;
use std::time::SystemTime;

/// A kind of place where models lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shelf {
    /// The Hugging Face cache (`models--ORG--NAME`).
    HuggingFace,
    /// An Ollama store (manifests and blobs).
    Ollama,
    /// llama.cpp's own downloads.
    LlamaCpp,
    /// A folder of the settings (`model_folders`).
    Folder,
}

impl Shelf {
    /// Its word in tables and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::HuggingFace => "hf",
            Self::Ollama => "ollama",
            Self::LlamaCpp => "llama",
            Self::Folder => "folder",
        }
    }
}

/// One model that lies on this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalModel {
    /// Repository, tag or file name.
    pub name: String,
    /// In which kind of place.
    pub shelf: Shelf,
    /// The folder or file to give to an engine.
    pub path: PathBuf,
    /// Bytes on disk, each blob counted once.
    pub bytes: u64,
    /// When a file of it was last read or written.
    pub last_used: Option<SystemTime>,
    /// Whether every file that its index names is there.
    pub complete: bool,
    /// What is known of its weights, or why nothing is.
    pub facts: Result<Facts, String>,
    /// Engines that can load it as it lies.
    pub engines: Vec<Engine>,
    /// Identity of its content, equal for duplicates: the digest of the largest blob where it is known.
    pub digest: Option<String>,
    /// Where exactly it lies: what a deletion removes.
    pub disk: Disk,
}

impl LocalModel {
    /// What is to be said of it beside its size: whether a part is missing, and when it was last used. Empty, or begins
    /// with a comma.
    pub fn remark(&self, now: SystemTime) -> String {
        let part = if self.complete { "" } else { ", not all of it" };
        let age = self.last_used.and_then(|used| now.duration_since(used).ok());
        let used = age.map_or_else(String::new, |age| format!(", last used {}", units::age(age)));
        format!("{part}{used}")
    }
}

/// What a look at all places found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scan {
    /// The models, by name.
    pub models: Vec<LocalModel>,
    /// What could not be read. The rest of the list holds all the same.
    pub problems: Vec<Problem>,
}
