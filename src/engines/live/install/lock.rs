//! One installer a package at a time. The lock is the kernel's, on an open file: it goes when the last process that holds
//! the file ends, however it ends. Each tool an installer starts gets the file as its standard input, so a tool that
//! outlives a killed installer keeps the lock, is found by it, and is ended before anybody touches its slot.

use super::super::{now, proc};
use super::room::Room;
use crate::base::Problem;
use crate::engines::run::ProcessRef;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Holder {
    /// The process.
    pub process: ProcessRef,
    /// The boot it belongs to.
    pub boot: Option<String>,
    /// What it does, in words.
    pub what: String,
    /// Since when, in seconds since the epoch.
    pub since: f64,
}

/// A lock that is held.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of a package. What a killed installer left running is ended first.
    ///
    /// # Errors
    /// When another installer works on it; the problem names its process.
    pub fn take(room: &Room, what: &str) -> Result<Self, Problem> {
        room.make()?;
        let path = room.root.join("lock");
        let until = Instant::now() + Duration::from_secs(8);
        loop {
            let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
            let mut file = opened.map_err(|error| room.problem("the lock cannot be opened", &path, &error))?;
            match file.try_lock() {
                Ok(()) => {
                    sign(&mut file, what).map_err(|error| room.problem("the lock cannot be signed", &path, &error))?;
                    return Ok(Self { file });
                }
                Err(TryLockError::Error(error)) => return Err(room.problem("the lock cannot be taken", &path, &error)),
                Err(TryLockError::WouldBlock) => {}
            }
            // Who has just taken it signs it within this time.
            std::thread::sleep(Duration::from_millis(150));
            match holder(&path) {
                Some(holder) => return Err(busy(room, &holder)),
                None if Instant::now() < until => end_left_behind(&path),
                None => return Err(stuck(room, &path)),
            }
        }
    }

    /// The lock as a standard input: nothing is read from it, but it is held.
    pub fn as_input(&self) -> io::Result<Stdio> {
        self.file.try_clone().map(Stdio::from)
    }
}

fn sign(file: &mut File, what: &str) -> io::Result<()> {
    let process = proc::this().ok_or_else(|| io::Error::other("/proc cannot be read"))?;
    let holder = Holder { process, boot: proc::boot(), what: what.to_owned(), since: now() };
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec(&holder)?)?;
    // Tools that read their input find its end.
    file.seek(io::SeekFrom::End(0)).map(drop)
}

/// The installer that holds a lock and lives.
pub(super) fn holder(path: &Path) -> Option<Holder> {
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(16 << 10).read_to_string(&mut text).ok()?;
    let holder: Holder = serde_json::from_str(&text).ok()?;
    let lives = holder.boot == proc::boot() && proc::alive(holder.process);
    // A signature stays when the lock goes: the process may live on and do something else.
    (lives && holds(holder.process.pid, path)).then_some(holder)
}

fn holds(pid: u32, path: &Path) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|target| leads_to(&target, path))
}

fn leads_to(target: &Path, path: &Path) -> bool {
    target == path || path.canonicalize().is_ok_and(|real| target == real)
}

/// Ends the groups of processes whose standard input is the lock.
fn end_left_behind(path: &Path) {
    for process in proc::all() {
        let input = fs::read_link(format!("/proc/{}/fd/0", process.pid));
        if process.group > 1 && input.is_ok_and(|target| leads_to(&target, path)) {
            // It may have ended by itself.
            let _ = killpg(Pid::from_raw(process.group.cast_signed()), Signal::SIGKILL);
        }
    }
}

fn busy(room: &Room, holder: &Holder) -> Problem {
    let seconds = Duration::try_from_secs_f64(now() - holder.since).unwrap_or_default();
    Problem::failed(
        format!("{} is being worked on already", room.package.title()),
        format!("process {} is {}, for {}", holder.process.pid, holder.what, crate::base::units::duration(seconds)),
        "wait for it (vramdeck engines shows how far it is), or end it with Ctrl-C where it runs",
    )
}

fn stuck(room: &Room, path: &Path) -> Problem {
    Problem::failed(
        format!("{} is locked", room.package.title()),
        format!("{} is held by a process that cannot be found or ended", path.display()),
        "see who holds it (fuser, lsof) and end it",
    )
}
