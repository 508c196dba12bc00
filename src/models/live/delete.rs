//! Deletes a model by its plan: into a trash folder beside it by renaming, then for good.

use crate::base::{Problem, units};
use crate::models::local::{DeletePlan, Places, Removal};
use std::ffi::OsStr;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// How trash folders begin; the number of the process that made one follows.
const TRASH: &str = ".vramdeck-trash-";

/// What a deletion did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deleted {
    /// Things that are gone.
    pub removed: usize,
    /// Bytes that became free, as planned.
    pub bytes_freed: u64,
}

/// Deletes what `plan` says. Renames everything into a trash folder first: an end in between leaves no half model that
/// looks whole, and the next deletion clears the trash.
///
/// # Errors
/// When the plan reaches outside the folders of `places` (nothing is touched), or something could not be removed: the
/// problem lists what remains.
pub fn delete(plan: &DeletePlan, places: &Places) -> Result<Deleted, Problem> {
    let failed = |why: String, hint: &str| Problem::failed(format!("{} cannot be deleted", plan.name), why, hint);
    let root = known_root(&plan.root, places).map_err(|why| failed(why, "delete it by hand if you are sure"))?;
    let targets = plan.files.iter().map(|removal| target(&root, removal)).collect::<Result<Vec<_>, _>>();
    let targets = targets.map_err(|why| failed(why, "look for new models again; delete it by hand if you are sure"))?;
    sweep(&root);
    let trash = trash(&root)
        .map_err(|error| failed(format!("{}: {error}", root.display()), "check the permissions of the folder"))?;
    let mut moved = Vec::new();
    let mut remains = Vec::new();
    for (number, target) in targets.iter().enumerate() {
        match fs::rename(target, trash.join(number.to_string())) {
            Ok(()) => moved.push(target),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => remains.push(format!("{}: {error}", target.display())),
        }
    }
    if let Err(error) = fs::remove_dir_all(&trash) {
        remains.push(format!("{}: {error}", trash.display()));
    }
    moved.iter().for_each(|target| prune(target, &root));
    if remains.is_empty() {
        return Ok(Deleted { removed: moved.len(), bytes_freed: plan.bytes_freed });
    }
    let why = format!("{} of {} things could not be removed", remains.len(), targets.len());
    let what = format!("{} is deleted in part", plan.name);
    Err(Problem::failed(what, why, "check permissions and delete again").with_detail(remains))
}

/// The real root, if it is one of the known places or in one.
fn known_root(root: &Path, places: &Places) -> Result<PathBuf, String> {
    let real = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
    let known = places.list.iter().filter_map(|place| place.path.canonicalize().ok());
    // A folder of whole machines is no place for models.
    let fits = |place: PathBuf| real.starts_with(&place) && place.components().count() > 1;
    if known.into_iter().any(fits) {
        Ok(real)
    } else {
        Err(format!("{} is none of the folders where models lie", root.display()))
    }
}

/// Where a thing really is: its folder without links, below the root; the thing itself is not followed.
fn target(root: &Path, removal: &Removal) -> Result<PathBuf, String> {
    let path = removal.path();
    let outside = || format!("{} lies outside of {}", path.display(), root.display());
    let name = path.file_name().ok_or_else(outside)?;
    let parent = match path.parent().ok_or_else(outside)?.canonicalize() {
        Ok(parent) => parent,
        // Gone already, with its folder: nothing to do, but only if it was to be there.
        Err(error) if error.kind() == ErrorKind::NotFound && path.starts_with(root) && is_straight(path) => {
            return Ok(path.to_owned());
        }
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let real = parent.join(name);
    if !real.starts_with(root) || real == root {
        return Err(outside());
    }
    let kind = fs::symlink_metadata(&real).map(|meta| meta.file_type());
    let is_folder = kind.as_ref().is_ok_and(fs::FileType::is_dir);
    match removal {
        Removal::Folder(_) if parent != root => Err(outside()),
        Removal::Folder(_) if kind.is_ok() && !is_folder => Err(format!("{} is no folder", path.display())),
        Removal::File(_) if is_folder => Err(format!("{} is a folder", path.display())),
        _ => Ok(real),
    }
}

fn is_straight(path: &Path) -> bool {
    path.components().all(|part| !matches!(part, std::path::Component::ParentDir))
}

/// A new, empty trash folder.
fn trash(root: &Path) -> Result<PathBuf, Error> {
    for number in 0..1000_u32 {
        let folder = root.join(format!("{TRASH}{}-{number}", std::process::id()));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::other(format!("{} trash folders lie in it", units::count(1000))))
}

/// Clears the trash of processes that ended before they could.
fn sweep(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ended = maker(&name).is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists());
        if ended && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            // What cannot be cleared now is cleared by a later deletion.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The process that made a trash folder.
fn maker(name: &OsStr) -> Option<u32> {
    name.to_str()?.strip_prefix(TRASH)?.split('-').next()?.parse().ok()
}

/// Removes folders that became empty, up to the root.
fn prune(target: &Path, root: &Path) {
    let mut folder = target.parent();
    while let Some(at) = folder.filter(|at| *at != root && at.starts_with(root)) {
        // The blobs of an Ollama store and the like stay, empty or not; a folder with something in it refuses.
        if at.parent() == Some(root) && matches!(at.file_name().and_then(OsStr::to_str), Some("blobs" | "manifests")) {
            return;
        }
        if fs::remove_dir(at).is_err() {
            return;
        }
        folder = at.parent();
    }
}
