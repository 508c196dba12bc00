//! Folders and files, read with care: what fails is told and passed over, nothing is followed in circles, and no read of
//! ours counts as a use of the model.

use crate::base::Problem;
use crate::models::local::Piece;
use nix::fcntl::OFlag;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The most entries of one folder that are looked at.
const ENTRIES: usize = 100_000;
/// The most problems that are told.
const PROBLEMS: usize = 200;

/// One look: what went wrong on the way.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// One entry of a folder.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name, as far as it is text.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it is, links not followed.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link to something.
    Link,
    /// A socket, pipe or device.
    Other,
}

impl Look {
    /// Tells that something could not be read.
    pub fn amiss(&mut self, path: &Path, why: impl Into<String>) {
        if self.problems.len() < PROBLEMS {
            let what = format!("{} cannot be read", path.display());
            self.problems.push(Problem::failed(what, why, "check its permissions, or take it out of the folders"));
        }
    }

    /// The entries of a folder by name; none when it does not exist.
    pub fn entries(&mut self, folder: &Path) -> Vec<Entry> {
        let found = match fs::read_dir(folder) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.amiss(folder, error.to_string());
                return Vec::new();
            }
        };
        let mut entries = Vec::new();
        for entry in found.take(ENTRIES) {
            match entry.and_then(|entry| Ok((entry.file_name(), entry.path(), entry.file_type()?))) {
                Ok((name, path, kind)) => entries.push(Entry { name: text(&name), path, kind: kind_of(kind) }),
                Err(error) => self.amiss(folder, error.to_string()),
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    /// The folders in a folder, links not followed.
    pub fn folders(&mut self, folder: &Path) -> Vec<Entry> {
        let mut entries = self.entries(folder);
        entries.retain(|entry| entry.kind == EntryKind::Folder);
        entries
    }
}

fn text(name: &OsString) -> String {
    name.to_string_lossy().into_owned()
}

fn kind_of(kind: fs::FileType) -> EntryKind {
    match kind {
        kind if kind.is_file() => EntryKind::File,
        kind if kind.is_dir() => EntryKind::Folder,
        kind if kind.is_symlink() => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

/// A file as a piece of a model, with the newest of its times.
///
/// # Errors
/// In words: a link that leads nowhere or in a circle, no plain file, no permission.
pub(super) fn piece(path: &Path) -> Result<(Piece, Option<SystemTime>), String> {
    let told = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => "its link leads nowhere".to_owned(),
        _ => error.to_string(),
    };
    let meta = fs::metadata(path).map_err(told)?;
    if !meta.is_file() {
        return Err("it is no file".to_owned());
    }
    let is_link = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
    let blob = if is_link { path.canonicalize().map_err(told)? } else { path.to_owned() };
    let piece =
        Piece { path: path.to_owned(), blob, bytes: meta.len(), id: (meta.dev(), meta.ino()), names: meta.nlink() };
    Ok((piece, used(&meta)))
}

/// The newest of the times of last reading and writing.
fn used(meta: &fs::Metadata) -> Option<SystemTime> {
    let seconds = u64::try_from(meta.atime().max(meta.mtime())).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Opens a file without leaving a mark that it was read, where the system allows that.
pub(super) fn open(path: &Path) -> std::io::Result<File> {
    let quiet = OFlag::O_NOATIME | OFlag::O_NONBLOCK;
    let opened = OpenOptions::new().read(true).custom_flags(quiet.bits()).open(path);
    let file = match opened {
        // Only the owner may ask for that.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?
        }
        other => other?,
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(std::io::Error::other("it is no file")) }
}

/// A small file whole; an error when it is longer than `most` bytes.
pub(in crate::models::live) fn small(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let file = open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most { Err(format!("it is longer than {most} bytes")) } else { Ok(bytes) }
}
