//! What the Models screen does with this machine's disk.

use crate::app::Msg as Root;
use crate::app::screens::models::Msg;
use crate::base::Bytes;
use crate::models::live;
use crate::models::local::{DeletePlan, Places};
use crate::runtime::shelves;
use crate::runtime::world::{Common, World};
use std::sync::Arc;

fn places(common: &Common) -> Places {
    shelves::places(&common.settings.model_folders, common.demo.is_some())
}

/// Looks through all places, and tells which of the user's own lines of the catalogue cannot be used.
pub(super) fn scan(common: &Common) {
    let (places, paths) = (places(common), common.paths.clone());
    common.spawn_blocking(move || {
        let scan = live::scan(&places);
        let problems = scan.problems.into_iter().chain(shelves::catalogue(&paths).1).collect();
        Some(Root::Models(Msg::Scanned { models: Arc::new(scan.models), problems }))
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
