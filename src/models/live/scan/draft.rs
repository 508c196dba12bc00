//! A model before its heads were read.

use crate::models::local::{Disk, Shelf};
use std::path::PathBuf;
use std::time::SystemTime;

/// What kind of files a model consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// `config.json` beside safetensors (or older) files.
    Transformer {
        /// The configuration.
        config: Option<PathBuf>,
        /// Files with weights that an engine would load.
        weights: Vec<PathBuf>,
        /// Bytes of all tensors as the index states them.
        total: Option<u64>,
        /// Why nothing can be known, where it is none after all (an adapter, a pipeline).
        other: Option<String>,
    },
    /// GGUF files, one or the parts of one.
    Gguf(Vec<PathBuf>),
    /// Nothing to read.
    Nothing(String),
}

/// A model before its heads were read.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// As [`crate::models::local::LocalModel::name`].
    pub name: String,
    /// Where.
    pub shelf: Shelf,
    /// What to give to an engine.
    pub path: PathBuf,
    /// Its files.
    pub disk: Disk,
    /// What to read.
    pub kind: Kind,
    /// The newest time of a file.
    pub last_used: Option<SystemTime>,
    /// Digest of the largest blob, where the cache names it.
    pub digest: Option<String>,
}
