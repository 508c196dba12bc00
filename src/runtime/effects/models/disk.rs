//! What the Models screen does with this machine's disk.

use crate::app::Msg as Root;
use crate::app::screens::models::{Msg, Removal};
use crate::base::Problem;
use crate::models::local::LocalModel;
use crate::runtime::world::{Common, World};
use std::sync::Arc;

/// Looks through all caches.
pub(super) fn scan(common: &Common) {
    common.spawn_blocking(|| Some(Root::Models(Msg::Scanned { models: Arc::default(), problems: Vec::new() })));
}

/// Downloads a model.
pub(super) fn download(repo: String, label: Option<String>, world: &World) {
    let _ = label;
    let result = Err(Problem::failed(format!("{repo} cannot be downloaded"), "not there yet", ""));
    world.tell(Root::Models(Msg::Downloaded { repo, result }));
}

/// Stops a download.
pub(super) fn cancel(repo: &str, world: &World) {
    let downloads = world.models.downloads.lock();
    if let Some(token) = downloads.ok().and_then(|mut all| all.remove(repo)) {
        token.cancel();
    }
}

/// Works out what deleting a model would do.
pub(super) fn plan(local: LocalModel, world: &World) {
    let problem = Problem::failed(format!("{} cannot be deleted", local.name), "not there yet", "");
    world.tell(Root::Models(Msg::RemovalPlanned(Err(problem))));
}

/// Deletes as planned.
pub(super) fn remove(removal: Removal, world: &World) {
    let problem = Problem::failed(format!("{} cannot be deleted", removal.model.name), "not there yet", "");
    world.tell(Root::Models(Msg::Removed(Err(problem))));
}
