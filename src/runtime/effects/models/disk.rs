//! What the Models screen does with this machine's disk.

use crate::app::Msg as Root;
use crate::app::screens::models::Msg;
use crate::base::Bytes;
use crate::models::live;
use crate::models::local::{DeletePlan, Places, Shelf};
use crate::runtime::world::{Common, World};
use crate::store::caches::caches;
use std::path::Path;
use std::sync::Arc;

/// Where Ollama's service keeps its models when the package installed it.
const OLLAMA_SERVICE: &str = "/usr/share/ollama/.ollama/models";

/// All places where models lie: the caches of the engines, and the folders of the settings.
pub(super) fn places(common: &Common) -> Places {
    let caches = caches();
    let shelves = [
        (Shelf::HuggingFace, caches.hugging_face),
        (Shelf::Ollama, caches.ollama),
        (Shelf::LlamaCpp, caches.llama_cpp),
    ];
    let mut places = Places::default();
    for (shelf, path) in shelves {
        if let Some(path) = path {
            places = places.with(shelf, path);
        }
    }
    if Path::new(OLLAMA_SERVICE).is_dir() {
        places = places.with(Shelf::Ollama, OLLAMA_SERVICE);
    }
    common.settings.model_folders.iter().fold(places, |places, folder| places.with(Shelf::Folder, folder))
}

/// Looks through all places.
pub(super) fn scan(common: &Common) {
    let places = places(common);
    common.spawn_blocking(move || {
        let scan = live::scan(&places);
        Some(Root::Models(Msg::Scanned { models: Arc::new(scan.models), problems: scan.problems }))
    });
}

/// Deletes as planned.
pub(super) fn remove(plan: DeletePlan, world: &World) {
    let places = places(&world.common);
    world.spawn_blocking(move || {
        let result = live::delete(&plan, &places);
        let result = result.map(|done| format!("{} is deleted: {} came free", plan.name, Bytes(done.bytes_freed)));
        Some(Root::Models(Msg::Removed(result)))
    });
}
