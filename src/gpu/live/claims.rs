//! Memory that simulated engines hold on the simulated card. Each claim is one small file; asking for more happens
//! under one lock, so that two engines cannot both take the last bytes. As with a real driver, memory comes back when
//! its holder lets go or dies, however it dies.

use super::proc;
use super::simulated::{SimCard, age, seconds};
use crate::base::{Bytes, Problem};
use crate::gpu::scenario::Activity;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

/// Why a claim did not get what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimError {
    /// The card is full.
    OutOfMemory {
        /// Bytes asked for on top of what the claim already held.
        asked: Bytes,
        /// Bytes free on the card at that moment.
        free: Bytes,
    },
    /// The simulated card itself failed.
    Broken(Problem),
}

impl std::fmt::Display for ClaimError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutOfMemory { asked, free } => write!(f, "asked for {asked}, {free} free"),
            Self::Broken(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for ClaimError {}

/// A claim as it lies on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) pid: u32,
    /// Start of the process in ticks: another process with the same id is another one.
    pub(super) start: u64,
    pub(super) name: String,
    pub(super) card: u32,
    pub(super) bytes: Bytes,
    pub(super) busy: bool,
    /// Wall-clock second since which it is busy or at rest.
    pub(super) busy_changed: f64,
}

impl Kept {
    pub(super) fn activity(&self) -> Activity {
        Activity { busy: self.busy, since: age(self.busy_changed) }
    }
}

/// Memory of this process on a simulated card. Dropping it gives the memory back.
#[derive(Debug)]
pub struct Claim {
    card: SimCard,
    file: PathBuf,
    kept: Kept,
}

impl Claim {
    /// A claim of nothing yet, under the name the card's process list shows.
    ///
    /// # Errors
    /// When the card does not exist.
    pub fn new(card: &SimCard, name: &str, index: u32) -> Result<Self, Problem> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        if card.scenario().cards.get(index as usize).is_none() {
            return Err(Problem::usage(
                format!("there is no simulated card {index}"),
                format!("the scenario {} has {}", card.name(), card.scenario().cards.len()),
                "cards are counted from 0",
            ));
        }
        let pid = std::process::id();
        let start = proc::stat(pid).map_or(0, |stat| stat.start);
        let file = match NEXT.fetch_add(1, Ordering::Relaxed) {
            0 => format!("{pid}.json"),
            n => format!("{pid}-{n}.json"),
        };
        Ok(Self {
            file: card.dir().join("claims").join(file),
            card: card.clone(),
            kept: Kept {
                pid,
                start,
                name: name.to_owned(),
                card: index,
                bytes: Bytes(0),
                busy: false,
                // At rest for so long that it has gone cold.
                busy_changed: 0.0,
            },
        })
    }

    /// Bytes held now.
    pub fn held(&self) -> Bytes {
        self.kept.bytes
    }

    /// Holds exactly `bytes` from now on, more or less than before.
    ///
    /// # Errors
    /// [`ClaimError::OutOfMemory`] when the card has not that much free: the claim keeps what it had.
    pub fn set(&mut self, bytes: Bytes) -> Result<(), ClaimError> {
        let _lock = lock(self.card.dir()).map_err(|error| self.broken(&error))?;
        let all = living(self.card.dir());
        remove_dead(self.card.dir());
        let claimed: Bytes = all.iter().filter(|kept| kept.card == self.kept.card).map(|kept| kept.bytes).sum();
        let free = self.card.shares(self.kept.card, claimed).map_or(Bytes(0), |shares| shares.free);
        let asked = bytes.minus(self.kept.bytes);
        if asked > free {
            return Err(ClaimError::OutOfMemory { asked, free });
        }
        self.save(Kept { bytes, ..self.kept.clone() }).map_err(|error| self.broken(&error))
    }

    /// Says whether it computes now; the card's gauges follow.
    ///
    /// # Errors
    /// When the card's folder cannot be written.
    pub fn set_busy(&mut self, busy: bool) -> Result<(), Problem> {
        if busy == self.kept.busy {
            return Ok(());
        }
        let kept = Kept { busy, busy_changed: seconds(SystemTime::now()), ..self.kept.clone() };
        self.save(kept).map_err(|error| unwritable(self.card.dir(), &error))
    }

    fn save(&mut self, kept: Kept) -> io::Result<()> {
        write_whole(&self.file, &serde_json::to_vec(&kept)?)?;
        self.kept = kept;
        Ok(())
    }

    fn broken(&self, error: &io::Error) -> ClaimError {
        ClaimError::Broken(unwritable(self.card.dir(), error))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Where this fails, the claim ends with the process.
        let _ = fs::remove_file(&self.file);
    }
}

fn unwritable(dir: &Path, error: &io::Error) -> Problem {
    Problem::failed(
        "memory on the simulated card cannot be claimed",
        format!("{}: {error}", crate::base::text::clean_line(&dir.to_string_lossy())),
        "check that the folder can be written and the disk is not full",
    )
}

/// Holds the card's lock until dropped.
pub(super) fn lock(dir: &Path) -> io::Result<File> {
    let file = File::options().create(true).append(true).open(dir.join("lock"))?;
    file.lock()?;
    Ok(file)
}

/// Writes a file so that a reader sees either the old or the new one, whole.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let unique = format!("tmp-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let new = path.with_extension(unique);
    fs::write(&new, bytes).and_then(|()| fs::rename(&new, path)).inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}

fn files(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(dir.join("claims")).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|e| e == "json"))
}

fn read(path: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The claims of processes that live, by process id.
pub(super) fn living(dir: &Path) -> Vec<Kept> {
    let mut claims: Vec<Kept> =
        files(dir).filter_map(|path| read(&path)).filter(|kept| proc::lives(kept.pid, kept.start)).collect();
    claims.sort_by_key(|kept| kept.pid);
    claims
}

/// Clears away the claims of the dead. Call with the lock held.
fn remove_dead(dir: &Path) {
    for path in files(dir) {
        if read(&path).is_some_and(|kept| !proc::lives(kept.pid, kept.start)) {
            // Another look will clear what this one could not.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests;
