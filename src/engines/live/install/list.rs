//! What is there of each package.

use super::super::{find, program};
use super::lock::{Lock, holder};
use super::room::{Room, size};
use super::verify;
use crate::base::Bytes;
use crate::engines::install::known::newest;
use crate::engines::install::{Build, Installing, Package, Place, Status, Whose};
use crate::store::Paths;
use std::path::{Path, PathBuf};

/// What is there of every package.
pub fn statuses(paths: &Paths) -> Vec<Status> {
    Package::ALL.into_iter().map(|package| status(paths, package)).collect()
}

/// The installers at work, without a look at what is installed: cheap enough to be asked again and again.
pub fn at_work_now(paths: &Paths) -> Vec<(Package, Option<Installing>)> {
    Package::ALL.into_iter().map(|package| (package, at_work(&Room::of(paths, package)).0)).collect()
}

/// What is there of one package. An install that was cut off is put right by the way.
pub fn status(paths: &Paths, package: Package) -> Status {
    let room = Room::of(paths, package);
    let at_work = at_work(&room);
    let places = places(paths, &room);
    let fitting = || if super::machine::card(package) { Build::Cuda } else { Build::Cpu };
    let build = places.iter().find_map(|place| place.build).or_else(|| package.is_own().then(fitting));
    Status {
        engine: package,
        pinned: room.pin().version,
        newest_known: newest(package, build),
        installing: at_work.0.clone(),
        recovered: at_work.1.clone(),
        last_failure: room.last_failure(),
        // While it grows, nobody wants it counted.
        kept: if at_work.0.is_some() { Bytes(0) } else { Bytes(size(&room.cache)) },
        places,
    }
}

/// The installer at work; where none is, what a killed one left is put right.
fn at_work(room: &Room) -> (Option<Installing>, Option<String>) {
    if !room.root.is_dir() {
        return (None, None);
    }
    if let Some(holder) = holder(&room.root.join("lock")) {
        let pid = holder.process.pid;
        return (Some(Installing { pid, what: holder.what, progress: room.reported(pid) }), None);
    }
    if !room.is_left_behind() {
        return (None, None);
    }
    // Nobody waits for this: what cannot be put right now is by the next command, which says why.
    let recovered = Lock::take(room, "looking").ok().and_then(|_lock| room.recover().ok().flatten());
    (None, recovered)
}

/// In the order a launch looks: the settings, vramdeck's own, the machine.
fn places(paths: &Paths, room: &Room) -> Vec<Place> {
    let mut out = Vec::new();
    let engine = room.package.engine();
    if let Some(named) = find::configured(paths, engine) {
        let (broken, path) = match find::command(engine, Some(&named)) {
            Ok(command) => (None, command.first().map(PathBuf::from).unwrap_or(named)),
            Err(problem) => (Some(problem), named),
        };
        out.push(Place { version: version(paths, room.package, &path), broken, ..place(Whose::Settings, path) });
        mark(&mut out);
    }
    if let Some((slot, record)) = room.used() {
        let broken = verify::quick(&slot, &record).err();
        let path = verify::program(&slot, &record);
        let lacking = broken.is_none().then(|| verify::whole(&slot, &record).err()).flatten();
        let (version, build, disk_bytes) = (Some(record.version), Some(record.build), Some(record.disk_bytes));
        out.push(Place { version, build, disk_bytes, broken, ..place(Whose::Own, path) });
        mark(&mut out);
        // A launch takes it all the same: it looks at the program alone, and parts may be gone that a model never needs.
        if let (Some(problem), Some(own)) = (lacking, out.last_mut()) {
            own.broken = Some(problem);
        }
    }
    let system = program::on_path(room.package.program());
    if let Some(path) = system.filter(|path| !out.iter().any(|place: &Place| same(&place.path, path))) {
        out.push(Place { version: version(paths, room.package, &path), ..place(Whose::System, path) });
        mark(&mut out);
    }
    out
}

/// What a launch takes: the first that can be run.
fn mark(places: &mut [Place]) {
    if let Some((last, before)) = places.split_last_mut() {
        last.used = last.broken.is_none() && before.iter().all(|place| !place.used);
    }
}

fn place(whose: Whose, path: PathBuf) -> Place {
    Place { whose, path, version: None, build: None, disk_bytes: None, broken: None, used: false }
}

fn same(left: &Path, right: &Path) -> bool {
    left == right || left.canonicalize().ok().zip(right.canonicalize().ok()).is_some_and(|(left, right)| left == right)
}

fn version(paths: &Paths, package: Package, program: &Path) -> Option<String> {
    match package {
        // Asking LiteLLM itself takes half a minute.
        Package::LiteLlm => find::from_metadata(program, package.name()),
        _ => find::version(paths, package.engine(), &[program.to_string_lossy().into_owned()]),
    }
}
