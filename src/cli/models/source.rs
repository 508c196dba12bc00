//! Where the models come from: the shipped catalogue, the person's own lines, the caches of this machine.

use crate::base::Problem;
use crate::cli::Context;
use crate::models::catalogue::Catalogue;
use crate::models::live::scan;
use crate::models::local::{LocalModel, Places, Shelf};
use crate::store::caches::caches;
use crate::store::files::texts;
use crate::store::settings::GeneralSettings;

/// The shipped catalogue with the files of the `models` folder beside the settings laid over it.
pub(super) fn catalogue(context: &Context) -> (Catalogue, Vec<Problem>) {
    let (mut read, mut problems) = (Vec::new(), Vec::new());
    for (name, text) in texts(&context.paths.config.join("models"), ".jsonl") {
        match text {
            Ok(text) => read.push((name, text)),
            Err(problem) => problems.push(problem),
        }
    }
    let (catalogue, wrong) = Catalogue::with(read.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    problems.extend(wrong);
    (catalogue, problems)
}

/// What lies on this machine. A demo has none: its machine is not this one.
pub(super) fn local(context: &Context) -> (Vec<LocalModel>, Vec<Problem>) {
    if context.demo.is_some() {
        return (Vec::new(), Vec::new());
    }
    let caches = caches();
    let named = [
        (Shelf::HuggingFace, caches.hugging_face),
        (Shelf::Ollama, caches.ollama),
        (Shelf::LlamaCpp, caches.llama_cpp),
    ];
    let known = named.into_iter().filter_map(|(shelf, path)| Some((shelf, path?)));
    let folders = GeneralSettings::load(&context.paths).map(|loaded| loaded.value.model_folders).unwrap_or_default();
    let all = known.chain(folders.into_iter().map(|path| (Shelf::Folder, path)));
    let found = scan(&all.fold(Places::default(), |places, (shelf, path)| places.with(shelf, path)));
    (found.models, found.problems)
}
