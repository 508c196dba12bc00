//! Upgrade, pin, repair, remove.

use super::lock::Lock;
use super::room::{Room, gone, size};
use super::tool::{self, Failure, Setting};
use super::work::{self, Installed, Options};
use super::{own, users, verify};
use crate::base::{Bytes, Problem};
use crate::engines::install::record::{Pin, is_version, older, slot_name};
use crate::engines::install::{Package, Progress, Record, Wish, known, plan};
use crate::store::Paths;
use serde::Serialize;
use std::path::PathBuf;

/// What a repair found and did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Repaired {
    /// What was broken; none: nothing was, and nothing was done.
    pub was_broken: Option<Problem>,
    /// The environment as it is now.
    pub installed: Installed,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Removed {
    /// The folders.
    pub folders: Vec<PathBuf>,
    /// Bytes that came free.
    pub freed: Bytes,
}

/// Refuses another version than the one a package is pinned to.
pub(super) fn allowed_by_pin(room: &Room, version: &str) -> Result<(), Problem> {
    match room.pin().version {
        Some(pinned) if pinned != version => Err(Problem::usage(
            format!("{} stays at {pinned}", room.package.title()),
            format!("it is pinned to that version; {version} was asked for"),
            format!("vramdeck engines unpin {}", room.package),
        )),
        _ => Ok(()),
    }
}

/// The environment in use, or that there is none.
fn current(room: &Room) -> Result<(PathBuf, Record), Problem> {
    room.used().ok_or_else(|| {
        let (title, package) = (room.package.title(), room.package);
        Problem::usage(
            format!("vramdeck has installed no {title}"),
            "only what it installed itself is its to change",
            format!("vramdeck engines install {package} installs it"),
        )
    })
}

/// Installs the newest version known, or the one named, of the build that is there.
///
/// # Errors
/// When there is nothing to upgrade, it is pinned, or the install fails; the old one then stays.
pub fn upgrade(
    paths: &Paths,
    wish: &Wish,
    options: &Options,
    tell: &mut dyn FnMut(&Progress),
) -> Result<Installed, Problem> {
    let room = own(paths, wish.package)?;
    let (slot, record) = current(&room)?;
    let build = wish.build.unwrap_or(record.build);
    let version = match &wish.version {
        Some(version) => version.clone(),
        None => known(wish.package, build)?.version,
    };
    allowed_by_pin(&room, &version)?;
    let forward = older(&record.version, &version) || wish.version.is_some() || build != record.build;
    if !forward && verify::whole(&slot, &record).is_ok() {
        let notes = vec![format!("{version} is the newest version vramdeck knows to install; --version takes another")];
        return Ok(Installed { path: verify::program(&slot, &record), record, already: true, notes });
    }
    super::install(paths, &Wish { version: Some(version), build: Some(build), ..wish.clone() }, options, tell)
}

/// Pins a package to a version, that in use unless one is named; answers with it.
///
/// # Errors
/// When there is none in use and none is named, or it cannot be kept.
pub fn pin(paths: &Paths, package: Package, version: Option<&str>) -> Result<String, Problem> {
    let room = own(paths, package)?;
    let version = match version {
        Some(version) if is_version(version) => version.to_owned(),
        Some(other) => {
            return Err(Problem::usage(
                format!("{other} is no version"),
                "a version begins with a digit",
                "--version 0.32.0",
            ));
        }
        None => current(&room)?.1.version,
    };
    let _lock = Lock::take(&room, &format!("pinning {}", package.title()))?;
    room.write_pin(&Pin { version: Some(version.clone()) })?;
    Ok(version)
}

/// Takes a pin away; answers with the version it was pinned to.
///
/// # Errors
/// When it cannot be kept.
pub fn unpin(paths: &Paths, package: Package) -> Result<Option<String>, Problem> {
    let room = own(paths, package)?;
    let _lock = Lock::take(&room, &format!("unpinning {}", package.title()))?;
    let before = room.pin().version;
    room.write_pin(&Pin::default())?;
    Ok(before)
}

/// Looks whether the environment is whole (interpreter, every recorded file, the program's answer) and makes it anew, in the
/// same version and build, where it is not.
///
/// # Errors
/// When there is none, or it cannot be made anew; the broken one then stays as it is.
pub fn repair(
    paths: &Paths,
    package: Package,
    options: &Options,
    tell: &mut dyn FnMut(&Progress),
) -> Result<Repaired, Problem> {
    let room = own(paths, package)?;
    let lock = Lock::take(&room, &format!("repairing {}", package.title()))?;
    let recovered = room.recover()?;
    let (slot, record) = current(&room)?;
    let Err(problem) = verify::whole(&slot, &record).and_then(|()| answers(&slot, &record, &lock, options)) else {
        let notes = recovered.into_iter().collect();
        let installed = Installed { path: verify::program(&slot, &record), record, already: true, notes };
        return Ok(Repaired { was_broken: None, installed });
    };
    let machine = super::machine::probe(paths, package);
    let wish = Wish { package, version: Some(record.version.clone()), build: Some(record.build) };
    let taken: Vec<String> = room.slots().into_iter().map(|one| one.slot).collect();
    let fresh = room.slot(&slot_name(&record.version, &taken));
    let plan = plan::plan(&wish, &known(package, record.build)?, &machine, &fresh)?;
    let installed = work::carry_out(&room, &lock, &plan, options, tell)?;
    Ok(Repaired { was_broken: Some(problem), installed })
}

fn answers(slot: &std::path::Path, record: &Record, lock: &Lock, options: &Options) -> Result<(), Problem> {
    let silence = std::time::Duration::from_secs(600).min(options.silence);
    let setting = Setting { lock, cancel: &options.cancel, silence, env: Vec::new() };
    let argv = [verify::program(slot, record).to_string_lossy().into_owned(), "--version".to_owned()];
    match tool::run(&setting, &argv, &[], |_| {}) {
        Ok(_) => Ok(()),
        Err(Failure::Failed(how, tail)) => Err(verify::broken(record, how).with_detail(tail)),
        Err(Failure::Cancelled) => {
            let what = format!("the look at {} is cancelled", record.package.title());
            Err(Problem::failed(what, "it was asked to end", "nothing was changed"))
        }
    }
}

/// Removes every environment vramdeck made of a package, its pin and its downloads.
///
/// # Errors
/// When there is none, a run uses one, or a file cannot be removed.
pub fn remove(paths: &Paths, package: Package) -> Result<Removed, Problem> {
    let room = own(paths, package)?;
    let lock = Lock::take(&room, &format!("removing {}", package.title()))?;
    let slots: Vec<String> = room.slots().into_iter().map(|one| one.slot).collect();
    if slots.is_empty() && !room.cache.exists() {
        current(&room)?;
    }
    let folders: Vec<PathBuf> = slots.iter().map(|name| room.slot(name)).collect();
    let used: Vec<String> = folders.iter().flat_map(|folder| users::of(folder)).collect();
    if !used.is_empty() {
        return Err(Problem::failed(
            format!("{} is not removed", package.title()),
            format!("it is used by {}", used.join(", ")),
            "stop it first (vramdeck stop RUN), then try again",
        ));
    }
    let freed = folders.iter().map(|folder| size(folder)).fold(size(&room.cache), u64::saturating_add);
    let cannot = |error: std::io::Error| room.problem("it cannot be removed", &room.root, &error);
    // Each slot stops being whole before anything else goes, so that no next command takes one up again.
    for name in &slots {
        gone(std::fs::remove_file(room.slot(name).join("vramdeck.json"))).map_err(cannot)?;
    }
    room.unlink().map_err(cannot)?;
    for name in &slots {
        room.delete(name).map_err(cannot)?;
    }
    gone(std::fs::remove_dir_all(&room.cache)).map_err(cannot)?;
    room.remember_failure(None);
    gone(std::fs::remove_file(room.root.join("pin.json"))).map_err(cannot)?;
    room.close().map_err(cannot)?;
    drop(lock);
    Ok(Removed { folders, freed: Bytes(freed) })
}

/// Asks the installer at work on a package to end; it cleans up after itself.
///
/// # Errors
/// When none is at work.
pub fn cancel(paths: &Paths, package: Package) -> Result<(), Problem> {
    let room = own(paths, package)?;
    let none = |why: String| Problem::usage(format!("{} is not being installed", package.title()), why, "");
    let holder =
        super::lock::holder(&room.root.join("lock")).ok_or_else(|| none("no installer is at work".to_owned()))?;
    let pid = nix::unistd::Pid::from_raw(holder.process.pid.cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).map_err(|error| none(error.to_string()))
}
