//! Files of the user: written whole or not at all, readable by the user alone.

use crate::base::Problem;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes `folder` and its parents; those made are 0700. An existing folder keeps its mode.
///
/// # Errors
/// When the folder cannot be made; the problem names it.
pub fn private_folder(folder: &Path) -> Result<(), Problem> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| problem("the folder cannot be made", folder, &error))
}

/// Writes `bytes` to `path` so that a reader sees the old file or the new one, whatever ends the process meanwhile:
/// a temporary file in the same folder (0600), fsync, rename, fsync of the folder.
///
/// # Errors
/// When any step fails; the old file is then untouched and the temporary one removed.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_folder(folder)?;
    let temporary = temporary_beside(path);
    let written = write_synced(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(problem("the file cannot be written", path, &error));
    }
    // The rename is done; an fsync of the folder that fails (some file systems refuse it) loses nothing now.
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Reads a text file; `None` when there is none.
///
/// # Errors
/// When it is there and cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<Option<String>, Problem> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(problem("the file cannot be read", path, &error)),
    }
}

/// The text files of a folder whose names end in `ending`, by name, each with its text or why it cannot be read: none when
/// there is no folder. Files of more than 16 MiB are refused.
pub fn texts(folder: &Path, ending: &str) -> Vec<(String, Result<String, Problem>)> {
    const MOST: u64 = 16 << 20;
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let found = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    let mut found: Vec<PathBuf> = found.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    let text = |path: &PathBuf| match fs::metadata(path) {
        Ok(about) if about.len() > MOST => {
            let why = format!("{} is larger than 16 MiB", path.display());
            Err(Problem::failed("the file cannot be read", why, "split it"))
        }
        _ => read_text(path).map(Option::unwrap_or_default),
    };
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    found.iter().map(|path| (name(path), text(path))).collect()
}

/// Makes sure that `path` is an existing file of mode 0600.
pub(super) fn private_file(path: &Path) -> std::io::Result<()> {
    fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// A name nobody else uses: process id and a counter.
fn temporary_beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{name}.{}-{count}.new", std::process::id()))
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn problem(what: &str, path: &Path, error: &std::io::Error) -> Problem {
    let hint = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on that disk and try again",
        ErrorKind::PermissionDenied => "check who owns it and its mode (ls -l)",
        ErrorKind::ReadOnlyFilesystem => "that disk is mounted read-only; set VRAMDECK_HOME to a folder elsewhere",
        ErrorKind::InvalidData => "save the file as UTF-8 text",
        _ => "check the path; VRAMDECK_HOME moves all of vramdeck's folders",
    };
    Problem::failed(format!("{what}: {}", path.display()), error.to_string(), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_and_private() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new/folder/keymap.toml");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(read_text(&path).unwrap().as_deref(), Some("two"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn says_what_and_where_when_it_cannot() {
        let home = tempfile::tempdir().unwrap();
        let blocked = home.path().join("file");
        fs::write(&blocked, "x").unwrap();
        let problem = write_private(&blocked.join("below.toml"), b"y").unwrap_err();
        assert!(problem.what.contains("file"), "{problem}");
        assert_eq!(read_text(&home.path().join("none")).unwrap(), None);
        fs::write(&blocked, [0xff, 0xfe]).unwrap();
        assert!(read_text(&blocked).unwrap_err().hint.contains("UTF-8"));
    }
}
