//! What lies on this machine: where, how large, when last used, and what lies there twice.

use crate::base::Bytes;
use crate::base::text::clean_line;
use crate::cli::wrap::paragraph;
use crate::models::local::{LocalModel, twins};
use std::collections::HashSet;
use std::fmt::Write;
use std::time::SystemTime;

/// When there is nothing.
pub(super) const NONE: &str = "No model lies in the Hugging Face cache, an Ollama store, llama.cpp's cache or the folders of \
                               the settings (model_folders).";

/// Adds all models, those that the filters hide too: they take room all the same.
pub(super) fn add(out: &mut String, models: &[LocalModel], columns: usize) {
    out.push('\n');
    let now = SystemTime::now();
    for (at, model) in models.iter().enumerate() {
        let words = format!("{}: {}{}", model.name, Bytes(model.bytes), model.remark(now));
        paragraph(out, &format!("{:<6} ", model.shelf.name()), &clean_line(&words), columns);
        let _ = writeln!(out, "       {}", clean_line(&model.path.display().to_string()));
        for twin in twins(models, at) {
            let Some(other) = models.get(twin.index) else { continue };
            let room = if twin.shared { "one copy on the disk" } else { "a copy of its own" };
            let words = format!("{}, {room}", twin.words(other));
            paragraph(out, "       ", &clean_line(&words), columns);
        }
    }
    let words = format!("{} on this machine, {} in all", counted(models.len()), Bytes(bytes(models)));
    paragraph(out, "", &words, columns);
}

fn counted(n: usize) -> String {
    if n == 1 { "1 model".to_owned() } else { format!("{n} models") }
}

/// Bytes on the disk, those that several models share counted once.
fn bytes(models: &[LocalModel]) -> u64 {
    let mut seen = HashSet::new();
    let pieces = models.iter().flat_map(|model| &model.disk.pieces).filter(|piece| seen.insert(piece.id));
    pieces.fold(0, |sum, piece| sum.saturating_add(piece.bytes))
}
