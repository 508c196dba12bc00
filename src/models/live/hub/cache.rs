//! The Hugging Face cache as a download writes it: blobs, links, refs, locks. The layout is that of the Hub's own tools,
//! so that vLLM finds what was fetched here.

use crate::models::hub::{RemoteFile, Repository, is_commit};
use crate::models::local::names;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The folders of a repository in a cache.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    home: PathBuf,
    locks: PathBuf,
    commit: String,
}

impl Shelf {
    /// For a repository at its commit, by the name that it was asked by.
    pub fn of(cache: &Path, repository: &Repository) -> Self {
        let folder = names::folder(&repository.asked);
        Self { home: cache.join(&folder), locks: cache.join(".locks").join(folder), commit: repository.commit.clone() }
    }

    /// The finished file.
    pub fn blob(&self, file: &RemoteFile) -> PathBuf {
        self.home.join("blobs").join(&file.blob)
    }

    /// The file while it comes.
    pub fn partial(&self, file: &RemoteFile) -> PathBuf {
        self.home.join("blobs").join(format!("{}.incomplete", file.blob))
    }

    /// The folder to give to an engine.
    pub fn snapshot(&self) -> PathBuf {
        self.home.join("snapshots").join(&self.commit)
    }

    /// Whether the finished file is there, whole.
    pub fn has(&self, file: &RemoteFile) -> bool {
        fs::metadata(self.blob(file)).is_ok_and(|meta| meta.is_file() && meta.len() == file.bytes)
    }

    /// Bytes of the file that came before.
    pub fn partial_bytes(&self, file: &RemoteFile) -> u64 {
        fs::symlink_metadata(self.partial(file)).map_or(0, |meta| if meta.is_file() { meta.len() } else { 0 })
    }

    /// Makes the folders that a download needs.
    pub fn prepare(&self) -> Result<(), Error> {
        fs::create_dir_all(self.home.join("blobs"))?;
        fs::create_dir_all(&self.locks)
    }

    /// The lock of a blob, if nobody else has it. It ends with the value or the process.
    pub fn lock(&self, file: &RemoteFile) -> Result<Option<Flock<File>>, Error> {
        let path = self.locks.join(format!("{}.lock", file.blob));
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match Flock::lock(opened, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Some(lock)),
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => Ok(None),
            Err((_, error)) => Err(error.into()),
        }
    }

    /// Makes the finished file out of the partial one.
    pub fn finish(&self, file: &RemoteFile) -> Result<(), Error> {
        fs::rename(self.partial(file), self.blob(file))
    }

    /// Links the files into the snapshot, then lets the branch stand at the commit: last, so that whoever asks for the
    /// branch finds everything or the former state.
    pub fn publish(&self, files: &[RemoteFile], revision: &str) -> Result<(), Error> {
        for file in files {
            self.link(file)?;
        }
        if is_commit(revision) {
            return Ok(());
        }
        let name = self.home.join("refs").join(revision);
        let parent = name.parent().unwrap_or(&self.home).to_owned();
        fs::create_dir_all(&parent)?;
        let new = parent.join(format!(".{}.new", std::process::id()));
        let mut text = File::create(&new)?;
        text.write_all(self.commit.as_bytes())?;
        text.sync_all()?;
        fs::rename(new, name)
    }

    fn link(&self, file: &RemoteFile) -> Result<(), Error> {
        let place = self.snapshot().join(&file.path);
        let parent = place.parent().unwrap_or(&self.home).to_owned();
        fs::create_dir_all(&parent)?;
        let up = "../".repeat(2 + file.path.matches('/').count());
        let target = PathBuf::from(format!("{up}blobs/{}", file.blob));
        if fs::read_link(&place).is_ok_and(|known| known == target) {
            return Ok(());
        }
        let new = parent.join(format!(".{}.new", std::process::id()));
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        symlink(target, &new)?;
        fs::rename(new, place)
    }
}
