//! Where exactly a model lies.

use std::path::PathBuf;

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// As an engine opens it; in a Hugging Face snapshot a link.
    pub path: PathBuf,
    /// Where its bytes lie; the same as `path` for a plain file.
    pub blob: PathBuf,
    /// Bytes of it.
    pub bytes: u64,
    /// Device and number of the bytes: equal for hard links.
    pub id: (u64, u64),
    /// How many names the bytes have (hard links).
    pub names: u64,
}

/// Where a model lies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Disk {
    /// The folder of the cache that holds it; nothing outside is ever removed.
    pub root: PathBuf,
    /// The folder that is this repository's own (`models--ORG--NAME`), where there is one.
    pub home: Option<PathBuf>,
    /// Its files.
    pub pieces: Vec<Piece>,
    /// The commit, where known.
    pub revision: Option<String>,
    /// Files that name this commit (`refs/main`).
    pub refs: Vec<PathBuf>,
    /// What is missing or amiss, a sentence each.
    pub amiss: Vec<String>,
    /// Whether the digest compares only size, head and tail.
    pub digest_is_likely: bool,
}

impl Disk {
    /// Bytes of all pieces, each counted once however many names it has.
    pub fn bytes(&self) -> u64 {
        let mut seen = std::collections::HashSet::new();
        self.pieces.iter().filter(|piece| seen.insert(piece.id)).fold(0, |sum, piece| sum.saturating_add(piece.bytes))
    }

    /// Its largest file.
    pub fn largest(&self) -> Option<&Piece> {
        self.pieces.iter().max_by_key(|piece| piece.bytes)
    }
}
