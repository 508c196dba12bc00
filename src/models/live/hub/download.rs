//! Downloads into the cache: checked beforehand, resumed, told about, stopped at any moment.

use super::cache::Shelf;
use super::client::Hub;
use super::fetch::{Partial, Stopped};
use crate::base::{Bytes, Problem};
use crate::models::hub::{Fault, Meter, Progress, RemoteFile, Repository, Stage, is_revision};
use nix::sys::statvfs::statvfs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// What stays free on the disk.
const MARGIN: u64 = 1 << 30;
/// Attempts without a single new byte before it is given up.
const ATTEMPTS: u32 = 5;
/// How often progress is told at most.
const TELL: Duration = Duration::from_millis(200);
/// How often a lock of somebody else is tried.
const LOCK: Duration = Duration::from_millis(500);

/// How a download ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// All files are there, in this folder.
    Whole(PathBuf),
    /// It was stopped; so many bytes are kept and need not come again.
    Cancelled(u64),
}

/// A download to be done.
pub struct Download<'a> {
    /// From where.
    pub hub: &'a Hub,
    /// The repository at its commit.
    pub repository: &'a Repository,
    /// The branch that was asked for; it will stand at the commit.
    pub revision: &'a str,
    /// Which files.
    pub files: &'a [RemoteFile],
    /// Stops it.
    pub cancel: CancellationToken,
    /// Tells how many bytes are free at a path; asks the system unless a test says otherwise.
    pub free: fn(&Path) -> Option<u64>,
    /// The first wait after a broken connection; it doubles each time, up to a minute.
    pub pause: Duration,
}

impl<'a> Download<'a> {
    /// A download of these files.
    pub fn new(hub: &'a Hub, repository: &'a Repository, revision: &'a str, files: &'a [RemoteFile]) -> Self {
        let cancel = CancellationToken::new();
        Self { hub, repository, revision, files, cancel, free, pause: Duration::from_secs(1) }
    }

    /// Fetches what is missing, one file after the other, and tells `report` how far it is, a few times a second.
    ///
    /// # Errors
    /// No room on the disk, a refusal of the Hub, a connection that stays broken, a wrong checksum, a disk that fails.
    /// What came is kept, but for a file whose checksum was wrong.
    pub async fn run(&self, report: &mut (dyn FnMut(Progress) + Send)) -> Result<Ended, Problem> {
        let shelf = Shelf::of(&self.hub.access.cache, self.repository);
        if !is_revision(self.revision) {
            return Err(Problem::usage(
                "the revision has no usable name",
                "it is no branch, tag or commit",
                "use main",
            ));
        }
        self.room(&shelf)?;
        shelf.prepare().map_err(|error| self.disk(&error))?;
        let mut course = Course::new(self.files, report);
        for file in self.files {
            match self.one(&shelf, file, &mut course).await {
                Ok(()) => course.finished(file),
                Err(Stopped::Cancelled) => return Ok(Ended::Cancelled(kept(self.files, &shelf))),
                Err(stop) => return Err(self.problem(file, stop)),
            }
        }
        if self.cancel.is_cancelled() {
            return Ok(Ended::Cancelled(kept(self.files, &shelf)));
        }
        shelf.publish(self.files, self.revision).map_err(|error| self.disk(&error))?;
        course.tell(Stage::Done, true);
        Ok(Ended::Whole(shelf.snapshot()))
    }

    /// Whether the disk has room for what is missing.
    fn room(&self, shelf: &Shelf) -> Result<(), Problem> {
        let missing = self.files.iter().filter(|file| !shelf.has(file));
        let missing = missing.map(|file| file.bytes.saturating_sub(shelf.partial_bytes(file)));
        let missing = missing.fold(0_u64, u64::saturating_add);
        let cache = &self.hub.access.cache;
        let free = (self.free)(cache);
        let needed = missing.saturating_add(MARGIN);
        match free {
            Some(free) if missing > 0 && free < needed => Err(Problem::failed(
                format!("{} does not fit on the disk", self.repository.name),
                format!(
                    "{} are still to come, {} are free at {}, and {} should stay free",
                    Bytes(missing),
                    Bytes(free),
                    cache.display(),
                    Bytes(MARGIN)
                ),
                format!("free {}, or set HF_HUB_CACHE to another disk", Bytes(needed.saturating_sub(free))),
            )),
            _ => Ok(()),
        }
    }

    /// One file, whatever it takes.
    async fn one(&self, shelf: &Shelf, file: &RemoteFile, course: &mut Course<'_>) -> Result<(), Stopped> {
        course.begin(file);
        let _lock = loop {
            if self.cancel.is_cancelled() {
                return Err(Stopped::Cancelled);
            }
            if shelf.has(file) {
                return Ok(());
            }
            if let Some(lock) = shelf.lock(file)? {
                break lock;
            }
            course.tell(Stage::Waiting, true);
            self.pause(LOCK).await?;
        };
        // Whoever held the lock may have finished it.
        if shelf.has(file) {
            return Ok(());
        }
        match self.attempt(shelf, file, course).await {
            // What was there before may have been damaged: once more, from its first byte.
            Err(Stopped::Wrong { resumed: true, .. }) => self.attempt(shelf, file, course).await,
            ended => ended,
        }
    }

    async fn attempt(&self, shelf: &Shelf, file: &RemoteFile, course: &mut Course<'_>) -> Result<(), Stopped> {
        let mut partial = Partial::open(&shelf.partial(file), file, &self.cancel).await?;
        course.resumed(partial.have);
        let (mut failures, mut most) = (0, partial.have);
        loop {
            let fetched =
                partial.fetch(self.hub, (self.repository, file), &self.cancel, &mut |have| course.came(have)).await;
            let fault = match fetched {
                Ok(()) => break,
                Err(Stopped::Fault(fault)) if fault.passes() => fault,
                Err(stop) => return Err(stop),
            };
            // Only bytes that were never there are progress: a server may begin again and again.
            failures = if partial.have > most { 1 } else { failures + 1 };
            most = most.max(partial.have);
            if failures >= ATTEMPTS {
                return Err(Stopped::Fault(fault));
            }
            let wait = self.wait(&fault, failures);
            course.tell(Stage::Retrying(wait), true);
            self.pause(wait).await?;
        }
        course.tell(Stage::Checking, true);
        partial.check(shelf, file).await
    }

    /// How long to wait after the so-manieth failure in a row.
    fn wait(&self, fault: &Fault, failures: u32) -> Duration {
        let doubled = self.pause.saturating_mul(1 << (failures - 1).min(6));
        let asked = match fault {
            Fault::Busy(Some(after)) => *after,
            _ => Duration::ZERO,
        };
        doubled.max(asked).min(Duration::from_secs(60))
    }

    async fn pause(&self, wait: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = self.cancel.cancelled() => Err(Stopped::Cancelled),
            () = sleep(wait) => Ok(()),
        }
    }

    fn problem(&self, file: &RemoteFile, stop: Stopped) -> Problem {
        match stop {
            Stopped::Fault(fault) => fault.problem(&self.hub.access, &self.repository.name, self.revision),
            Stopped::Disk(error) => self.disk(&error),
            Stopped::Wrong { is, .. } => Problem::failed(
                format!("{} came damaged", file.path),
                format!("its SHA-256 is {is} and should be {}", file.sha256.as_deref().unwrap_or_default()),
                "download it again; if that does not help, a proxy or the disk changes it",
            ),
            Stopped::Cancelled => Problem::failed("the download was stopped", "it was asked to", "start it again"),
        }
    }

    fn disk(&self, error: &std::io::Error) -> Problem {
        let cache = self.hub.access.cache.display();
        let what = format!("{} cannot be written", self.repository.name);
        Problem::failed(what, format!("{cache}: {error}"), "check space and permissions, or set HF_HUB_CACHE")
    }
}

fn kept(files: &[RemoteFile], shelf: &Shelf) -> u64 {
    let each = files.iter().map(|file| if shelf.has(file) { file.bytes } else { shelf.partial_bytes(file) });
    each.fold(0, u64::saturating_add)
}

/// Free bytes where a path is, or will be.
fn free(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|path| path.exists())?;
    let disk = statvfs(there).ok()?;
    Some(disk.blocks_available().saturating_mul(disk.fragment_size()))
}

/// How far it is, told now and then.
struct Course<'a> {
    report: &'a mut (dyn FnMut(Progress) + Send),
    begun: Instant,
    told: Option<Instant>,
    meter: Meter,
    file: String,
    file_bytes: u64,
    file_total: u64,
    /// Bytes of files that are finished.
    finished: u64,
    total: u64,
    /// Bytes that came in this session, which the rate is measured by.
    fetched: u64,
}

impl<'a> Course<'a> {
    fn new(files: &[RemoteFile], report: &'a mut (dyn FnMut(Progress) + Send)) -> Self {
        Self {
            report,
            begun: Instant::now(),
            told: None,
            meter: Meter::default(),
            file: String::new(),
            file_bytes: 0,
            file_total: 0,
            finished: 0,
            total: files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes)),
            fetched: 0,
        }
    }

    fn begin(&mut self, file: &RemoteFile) {
        self.file.clone_from(&file.path);
        (self.file_bytes, self.file_total) = (0, file.bytes);
    }

    /// Bytes that were there already count as there, not as come.
    fn resumed(&mut self, have: u64) {
        self.file_bytes = have;
        self.meter.note(self.begun.elapsed(), self.fetched);
        self.tell(Stage::Fetching, true);
    }

    fn came(&mut self, have: u64) {
        let more = have.saturating_sub(self.file_bytes);
        self.file_bytes = have;
        self.fetched = self.fetched.saturating_add(more);
        self.meter.note(self.begun.elapsed(), self.fetched);
        self.tell(Stage::Fetching, false);
    }

    fn finished(&mut self, file: &RemoteFile) {
        self.finished = self.finished.saturating_add(file.bytes);
        (self.file_bytes, self.file_total) = (0, 0);
    }

    fn tell(&mut self, stage: Stage, now: bool) {
        if !now && self.told.is_some_and(|told| told.elapsed() < TELL) {
            return;
        }
        self.told = Some(Instant::now());
        let bytes = self.finished.saturating_add(self.file_bytes).min(self.total);
        (self.report)(Progress {
            stage,
            file: self.file.clone(),
            file_bytes: self.file_bytes,
            file_total: self.file_total,
            bytes,
            total: self.total,
            rate: self.meter.rate(),
            left: self.meter.left(self.total.saturating_sub(bytes)),
        });
    }
}
