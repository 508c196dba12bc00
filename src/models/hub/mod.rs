//! The Hugging Face Hub, without touching it: names, its answers, what to download, how far a download is.

mod access;
mod answer;
mod choice;
mod fault;
mod made;
mod name;
mod progress;

pub use access::{Access, PUBLIC, Token, is_yes};
pub use answer::{RemoteFile, Repository};
pub use choice::{Choice, GgufSet, choose, gguf_sets, lost_weights, needed};
pub use fault::{Answered, Fault};
pub use made::{Found, Made, made};
pub use name::{Asked, is_commit, is_path, is_revision};
pub use progress::{Meter, Progress, Stage};

#[cfg(test)]
mod tests;
