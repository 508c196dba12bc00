//! What the Models screen does with this machine's disk.

use crate::app::Msg as Root;
use crate::app::screens::models::{Msg, uses};
use crate::base::{Bytes, Problem};
use crate::engines::{self, RunState};
use crate::models::live;
use crate::models::local::{DeletePlan, InUse, Places};
use crate::runtime::shelves;
use crate::runtime::world::{Common, World};
use std::path::PathBuf;
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

/// Deletes as planned, unless something works with the model by now.
pub(super) fn remove(plan: DeletePlan, world: &World) {
    let (places, paths) = (places(&world.common), world.common.paths.clone());
    world.spawn_blocking(move || {
        // The runs as they are now: one may have begun while the question was open.
        let result = delete(&plan, &places, &engines::live::list(&paths));
        Some(Root::Models(Msg::Removed(result)))
    });
}

fn delete(plan: &DeletePlan, places: &Places, runs: &[RunState]) -> Result<String, Problem> {
    let in_use: Vec<InUse> = uses(runs).into_iter().map(|one| InUse { dir: started_in(&one), ..one }).collect();
    live::unused(plan, &in_use)?;
    let done = live::delete(plan, places)?;
    Ok(format!("{} is deleted: {} came free", plan.name, Bytes(done.bytes_freed)))
}

/// The folder that a run works in; that of this process, where a run has none of its own to look at yet.
fn started_in(one: &InUse) -> Option<PathBuf> {
    let own = one.pid.and_then(|pid| std::fs::read_link(format!("/proc/{pid}/cwd")).ok());
    own.or_else(|| std::env::current_dir().ok())
}
