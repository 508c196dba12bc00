//! Looks at all places: first names and sizes, then the heads of the files, several at a time.

mod draft;
pub(super) mod files;
mod folder;
mod gguf;
mod hugging_face;
mod identity;
mod llama_cpp;
mod ollama;
mod person;
mod read;
mod sort;
mod transformer;

pub use person::look;

use super::super::local::{LocalModel, Place, Places, Scan, Shelf};
use draft::Draft;
use files::Look;
use std::collections::HashSet;
use std::num::NonZero;
use std::path::Path;
use std::thread;

/// Everything that lies in these places. Places that do not exist are passed over; what cannot be read is told among the
/// problems and stops nothing.
pub fn scan(places: &Places) -> Scan {
    let mut look = Look::default();
    let mut drafts = Vec::new();
    let mut roots = HashSet::new();
    for place in &places.list {
        let real = place.path.canonicalize().unwrap_or_else(|_| place.path.clone());
        // Links lead to blobs by their real places: told apart from others only where the root is real as well.
        if roots.insert(real.clone()) {
            drafts.extend(shelf(&mut look, &Place { shelf: place.shelf, path: real }));
        }
    }
    once(&mut drafts);
    let mut models = fill(&drafts);
    identity::settle(&mut models);
    models.sort_by(|a, b| (&a.name, a.shelf, &a.path).cmp(&(&b.name, b.shelf, &b.path)));
    Scan { models, problems: look.problems }
}

fn shelf(look: &mut Look, place: &Place) -> Vec<Draft> {
    match kind(place) {
        Shelf::HuggingFace => hugging_face::scan(look, &place.path),
        Shelf::Ollama => ollama::scan(look, &place.path),
        Shelf::LlamaCpp => llama_cpp::scan(look, &place.path),
        Shelf::Folder => folder::scan(look, &place.path),
    }
}

/// A folder of the settings may be a cache of an engine itself.
fn kind(place: &Place) -> Shelf {
    let has = |name: &str| place.path.join(name).is_dir();
    match place.shelf {
        Shelf::Folder if has("manifests") && has("blobs") => Shelf::Ollama,
        Shelf::Folder if is_hub(&place.path) => Shelf::HuggingFace,
        shelf => shelf,
    }
}

fn is_hub(path: &Path) -> bool {
    let mut entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().starts_with("models--"))
}

/// Takes out what an earlier place showed already: a model whose files are the very same.
fn once(drafts: &mut Vec<Draft>) {
    let mut seen = HashSet::new();
    drafts.retain(|draft| {
        let real = draft.path.canonicalize().unwrap_or_else(|_| draft.path.clone());
        seen.insert((real, draft.name.clone())) || draft.disk.pieces.is_empty()
    });
}

/// Reads the heads of all drafts, on as many threads as there are processors.
fn fill(drafts: &[Draft]) -> Vec<LocalModel> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(8);
    let share = drafts.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let work: Vec<_> =
            drafts.chunks(share).map(|part| scope.spawn(|| part.iter().map(read::model).collect::<Vec<_>>())).collect();
        // A thread that panicked leaves its share out; the readers are made not to.
        work.into_iter().flat_map(|handle| handle.join().unwrap_or_default()).collect()
    })
}
