//! Installs engines, keeps them, removes them; only ever what vramdeck made itself.

mod change;
mod list;
mod lock;
mod machine;
mod room;
mod system;
mod tool;
mod users;
mod verify;
mod work;

pub use change::{Removed, Repaired, cancel, pin, remove, repair, unpin, upgrade};
pub use list::{at_work_now, status, statuses};
pub use system::{offers, run_offer};
pub use work::{Installed, Options};

pub(super) use room::Room;
pub(super) use verify::{program, quick};

use crate::base::Problem;
use crate::engines::install::record::slot_name;
use crate::engines::install::{InstallPlan, Package, Progress, Wish, known, plan};
use crate::store::Paths;
use lock::Lock;

/// Works out what an install would do. Looks at the machine, changes nothing.
///
/// # Errors
/// When it cannot be done: no such build or version, no Python, no room on the disk.
pub fn planned(paths: &Paths, wish: &Wish) -> Result<InstallPlan, Problem> {
    let room = Room::of(paths, wish.package);
    let machine = machine::probe(paths, wish.package);
    // A build once chosen stays, until another is asked for.
    let before = room.used().map(|(_, record)| record.build);
    let recipe = known(wish.package, wish.build.or(before).unwrap_or_else(|| machine.build(wish.package)))?;
    // Where none is named, the one it is pinned to.
    let wish = Wish { version: wish.version.clone().or(room.pin().version), ..wish.clone() };
    let version = wish.version.as_ref().unwrap_or(&recipe.version);
    let taken: Vec<String> = room.slots().into_iter().map(|one| one.slot).collect();
    plan::plan(&wish, &recipe, &machine, &room.slot(&slot_name(version, &taken)))
}

/// Installs a package into an environment of vramdeck's own and makes it the current one.
///
/// # Errors
/// When it is pinned to another version, is being installed by another process, or a step fails; nothing half made is left.
pub fn install(
    paths: &Paths,
    wish: &Wish,
    options: &Options,
    tell: &mut dyn FnMut(&Progress),
) -> Result<Installed, Problem> {
    let room = own(paths, wish.package)?;
    let lock = Lock::take(&room, &format!("installing {}", wish.package.title()))?;
    let recovered = room.recover()?;
    let plan = planned(paths, wish)?;
    change::allowed_by_pin(&room, &plan.version)?;
    if let Some((slot, record)) = room.used() {
        let same = record.version == plan.version && record.build == plan.build;
        if same && verify::whole(&slot, &record).is_ok() {
            let notes = recovered.into_iter().collect();
            return Ok(Installed { path: verify::program(&slot, &record), record, already: true, notes });
        }
    }
    let mut installed = work::carry_out(&room, &lock, &plan, options, tell)?;
    installed.notes.extend(recovered);
    Ok(installed)
}

/// The room of a package that vramdeck installs itself.
fn own(paths: &Paths, package: Package) -> Result<Room, Problem> {
    if package.is_own() {
        return Ok(Room::of(paths, package));
    }
    let title = package.title();
    Err(Problem::usage(
        format!("{title} is not vramdeck's to install"),
        "it comes with the system or its own installer",
        format!("vramdeck engines install {package} shows the way this system offers"),
    ))
}
