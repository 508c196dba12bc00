//! Deletes a model by its plan: into a trash folder beside it by renaming, then for good.

use crate::base::{Problem, units};
use crate::models::local::{DeletePlan, InUse, Places, Removal};
use nix::fcntl::{OFlag, open, openat, renameat};
use nix::sys::stat::Mode;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{Error, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// How trash folders begin; the number of the process that made one follows.
const TRASH: &str = ".vramdeck-trash-";
/// How folders on the way are opened: as a place alone, and never through a link.
const FOLDER: OFlag = OFlag::O_PATH.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);

/// What a deletion did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deleted {
    /// Things that are gone.
    pub removed: usize,
    /// Bytes that became free: those of the files that were removed and have no other name on the disk.
    pub bytes_freed: u64,
}

/// Whether nothing works with what `plan` would remove, by whatever way its path leads there: relative, or through links.
/// To be asked right before [`delete`]: a run may have begun since the plan was made.
///
/// # Errors
/// Which of `in_use` works with it.
pub fn unused(plan: &DeletePlan, in_use: &[InUse]) -> Result<(), Problem> {
    // What is gone already is nowhere else.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut straight = plan.clone();
    straight.root = real(&plan.root);
    straight.opened = plan.opened.iter().map(|path| real(path)).collect();
    straight.files = plan
        .files
        .iter()
        .map(|removal| match removal {
            Removal::File(path) => Removal::File(real(path)),
            Removal::Folder(path) => Removal::Folder(real(path)),
        })
        .collect();
    let opens = |one: &&InUse| plan.is_used_by(one) || one.path().is_some_and(|path| straight.is_at(&real(&path)));
    in_use.iter().find(opens).map_or(Ok(()), |one| Err(plan.refusal(one)))
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
    let unusable = |error: Error| failed(format!("{}: {error}", root.display()), "check the permissions of the folder");
    let trash = trash(&root).map_err(unusable)?;
    let ways = Ways::of(&root, &trash).map_err(unusable)?;
    let mut moved = Vec::new();
    let mut remains = Vec::new();
    for (number, target) in targets.iter().enumerate() {
        match ways.discard(target, number) {
            Ok(()) => moved.push(target),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => remains.push(format!("{}: {error}", target.display())),
        }
    }
    let bytes_freed = freed(&trash);
    if let Err(error) = fs::remove_dir_all(&trash) {
        remains.push(format!("{}: {error}", trash.display()));
    }
    moved.iter().for_each(|target| prune(target, &root));
    if remains.is_empty() {
        return Ok(Deleted { removed: moved.len(), bytes_freed });
    }
    let why = format!("{} of {} things could not be removed", remains.len(), targets.len());
    let what = format!("{} is deleted in part", plan.name);
    Err(Problem::failed(what, why, "check permissions and delete again").with_detail(remains))
}

/// The root and its trash, held open: what stands for a folder on the way is looked at once more when a thing is moved, so
/// that a folder that was swapped for a link after the check leads nowhere.
struct Ways<'a> {
    root: &'a Path,
    from: OwnedFd,
    trash: OwnedFd,
}

impl<'a> Ways<'a> {
    fn of(root: &'a Path, trash: &Path) -> Result<Self, Error> {
        Ok(Self { root, from: open(root, FOLDER, Mode::empty())?, trash: open(trash, FOLDER, Mode::empty())? })
    }

    /// Moves a thing below the root into the trash, following no link on the way.
    fn discard(&self, target: &Path, number: usize) -> Result<(), Error> {
        let outside = || Error::other("it lies outside");
        let below = target.strip_prefix(self.root).map_err(|_| outside())?;
        let (folders, name) = (below.parent().ok_or_else(outside)?, below.file_name().ok_or_else(outside)?);
        let mut at = self.from.try_clone()?;
        for folder in folders.components() {
            let Component::Normal(folder) = folder else { return Err(outside()) };
            at = openat(&at, folder, FOLDER, Mode::empty())?;
        }
        Ok(renameat(&at, name, &self.trash, number.to_string().as_str())?)
    }
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
    path.components().all(|part| !matches!(part, Component::ParentDir))
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

/// Bytes of the files below a folder that have all their names there. Links are not followed.
fn freed(folder: &Path) -> u64 {
    let mut folders = vec![folder.to_owned()];
    let mut files: HashMap<(u64, u64), (u64, u64)> = HashMap::new();
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).into_iter().flatten().flatten() {
            // Of the entry itself: where it is a link, of the link.
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => folders.push(entry.path()),
                Ok(meta) if meta.is_file() => {
                    let (others, _) = files.entry((meta.dev(), meta.ino())).or_insert((meta.nlink(), meta.len()));
                    *others = others.saturating_sub(1);
                }
                _ => {}
            }
        }
    }
    let gone = files.into_values().filter(|(others, _)| *others == 0);
    gone.fold(0, |sum, (_, bytes)| sum.saturating_add(bytes))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What was checked is checked again on the way: a folder that became a link leads nowhere.
    #[test]
    fn a_folder_swapped_for_a_link_is_not_followed() {
        let home = tempfile::tempdir().unwrap();
        let (root, other) = (home.path().join("hub"), home.path().join("other"));
        let trash = root.join("trash");
        for folder in [&root.join("model"), &other, &trash] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(other.join("precious"), "kept").unwrap();
        fs::write(root.join("model/weights"), "gone").unwrap();
        let ways = Ways::of(&root, &trash).unwrap();
        ways.discard(&root.join("model/weights"), 0).unwrap();
        assert!(trash.join("0").is_file());
        fs::remove_dir(root.join("model")).unwrap();
        std::os::unix::fs::symlink(&other, root.join("model")).unwrap();
        assert!(ways.discard(&root.join("model/precious"), 1).is_err());
        assert_eq!(fs::read_to_string(other.join("precious")).unwrap(), "kept");
        // The link itself can go: what it leads to stays.
        ways.discard(&root.join("model"), 2).unwrap();
        assert!(other.join("precious").is_file() && !root.join("model").exists());
        for outside in [other.join("precious"), root.join("../other/precious"), root.clone()] {
            assert!(ways.discard(&outside, 3).is_err(), "{}", outside.display());
        }
    }
    /// Told is what became free: nothing for what was gone already, nothing for what has another name on the disk.
    #[test]
    fn only_what_was_removed_counts_as_freed() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("hub");
        let model = root.join("model");
        fs::create_dir_all(model.join("blobs")).unwrap();
        for (name, bytes) in [("blobs/one", 1000), ("blobs/two", 500), ("shared", 70), ("ours", 30)] {
            fs::write(model.join(name), vec![0; bytes]).unwrap();
        }
        fs::hard_link(model.join("shared"), home.path().join("elsewhere")).unwrap();
        fs::hard_link(model.join("ours"), model.join("blobs/ours")).unwrap();
        std::os::unix::fs::symlink("blobs/one", model.join("link")).unwrap();
        let plan = |files: Vec<Removal>| DeletePlan {
            name: "Org/Model".to_owned(),
            shelf: crate::models::local::Shelf::HuggingFace,
            opened: Vec::new(),
            root: root.clone(),
            files,
            bytes_freed: 999_999,
            kept_shared: Vec::new(),
            warnings: Vec::new(),
        };
        let places = Places::default().with(crate::models::local::Shelf::HuggingFace, &root);
        let one = plan(vec![Removal::File(model.join("link")), Removal::File(model.join("blobs/one"))]);
        assert_eq!(delete(&one, &places), Ok(Deleted { removed: 2, bytes_freed: 1000 }));
        assert_eq!(delete(&one, &places), Ok(Deleted { removed: 0, bytes_freed: 0 }));
        let all = plan(vec![Removal::Folder(model.clone())]);
        assert_eq!(delete(&all, &places), Ok(Deleted { removed: 1, bytes_freed: 530 }));
        assert_eq!(fs::metadata(home.path().join("elsewhere")).unwrap().len(), 70);
    }
}
