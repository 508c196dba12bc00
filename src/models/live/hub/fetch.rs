//! One file: its bytes into the partial file, from where that ends, checked when they are all there.

use super::cache::Shelf;
use super::client::{Hub, Part, begins, cut, tag};
use crate::models::hub::{Fault, RemoteFile, Repository};
use nix::fcntl::OFlag;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

/// After so long without a byte it is told how far it is.
const QUIET: Duration = Duration::from_millis(500);

/// Why a file did not come whole.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The person stopped it; what came is kept.
    Cancelled,
    /// The Hub or the connection.
    Fault(Fault),
    /// The disk.
    Disk(std::io::Error),
    /// The content is not what the Hub says it is; it was thrown away.
    Wrong {
        /// SHA-256 of what came.
        is: String,
        /// Whether part of it was there from an earlier download.
        resumed: bool,
    },
}

impl From<std::io::Error> for Stopped {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

/// A partial file and what is known of it.
pub(super) struct Partial {
    file: File,
    hash: Sha256,
    /// Bytes that are there.
    pub have: u64,
    /// Bytes that were there before this download.
    before: u64,
    tag: Option<String>,
}

impl Partial {
    /// Opens the partial file and reads what is there. Small files without a checksum begin anew.
    pub async fn open(path: &Path, file: &RemoteFile, cancel: &CancellationToken) -> Result<Self, Stopped> {
        // A link or a pipe in its place is refused: what comes is written here and nowhere else.
        let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).custom_flags(flags);
        let opened = options.open(path).await?;
        if !opened.metadata().await?.is_file() {
            return Err(std::io::Error::other("the partial file is no file").into());
        }
        let mut partial = Self { file: opened, hash: Sha256::new(), have: 0, before: 0, tag: None };
        let there = partial.file.metadata().await?.len();
        if file.sha256.is_none() || there > file.bytes {
            partial.restart().await?;
            return Ok(partial);
        }
        let mut bytes = vec![0; 1 << 20];
        loop {
            let read = partial.file.read(&mut bytes).await?;
            if read == 0 {
                break;
            }
            if cancel.is_cancelled() {
                return Err(Stopped::Cancelled);
            }
            partial.hash.update(bytes.get(..read).unwrap_or_default());
            partial.have += read as u64;
        }
        partial.before = partial.have;
        Ok(partial)
    }

    /// Throws away what is there.
    pub async fn restart(&mut self) -> Result<(), Stopped> {
        self.file.set_len(0).await?;
        self.file.rewind().await?;
        (self.hash, self.have, self.before, self.tag) = (Sha256::new(), 0, 0, None);
        Ok(())
    }

    /// Fetches until the file is whole, the connection breaks or the person stops it. `came` hears of every piece.
    pub async fn fetch(
        &mut self,
        hub: &Hub,
        (repository, file): (&Repository, &RemoteFile),
        cancel: &CancellationToken,
        came: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), Stopped> {
        if self.have >= file.bytes {
            return Ok(());
        }
        let part = Part { from: self.have, to: None, tag: self.tag.clone() };
        let asked = hub.file(repository, &file.path, &part);
        let mut answer = tokio::select! {
            () = cancel.cancelled() => return Err(Stopped::Cancelled),
            answer = asked => match answer {
                // The server has no such part: what is here is not a beginning of its file.
                Err(Fault::Broken(416, _)) => {
                    self.restart().await?;
                    return Err(Stopped::Fault(Fault::Cut("the server has another file now".to_owned())));
                }
                answer => answer.map_err(Stopped::Fault)?,
            },
        };
        if answer.status().as_u16() != 206 {
            // The whole file comes, from its first byte.
            self.restart().await?;
        } else if begins(&answer)
            .is_none_or(|(from, whole)| from != self.have || whole.is_some_and(|all| all != file.bytes))
        {
            self.restart().await?;
            return Err(Stopped::Fault(Fault::Cut("the server sent another part than was asked for".to_owned())));
        }
        self.tag = tag(&answer);
        loop {
            let chunk = tokio::select! {
                () = cancel.cancelled() => { self.file.flush().await?; return Err(Stopped::Cancelled); }
                chunk = answer.chunk() => chunk,
                // Nothing comes: said too, with a rate that falls.
                () = tokio::time::sleep(QUIET) => { came(self.have); continue; }
            };
            let Some(bytes) = chunk.map_err(|error| Stopped::Fault(cut(&error)))? else { break };
            if self.have.saturating_add(bytes.len() as u64) > file.bytes {
                self.restart().await?;
                return Err(Stopped::Fault(Fault::Nonsense("more bytes came than the file has".to_owned())));
            }
            self.file.write_all(&bytes).await?;
            self.hash.update(&bytes);
            self.have += bytes.len() as u64;
            came(self.have);
        }
        self.file.flush().await?;
        if self.have < file.bytes {
            return Err(Stopped::Fault(Fault::Cut("the connection ended early".to_owned())));
        }
        Ok(())
    }

    /// Compares what came with the checksum and puts it safely on the disk.
    pub async fn check(mut self, shelf: &Shelf, file: &RemoteFile) -> Result<(), Stopped> {
        self.file.flush().await?;
        let is: String = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if file.sha256.as_ref().is_some_and(|wanted| *wanted != is) {
            drop(self.file);
            tokio::fs::remove_file(shelf.partial(file)).await?;
            return Err(Stopped::Wrong { is, resumed: self.before > 0 });
        }
        self.file.sync_all().await?;
        drop(self.file);
        shelf.finish(file)?;
        Ok(())
    }
}
