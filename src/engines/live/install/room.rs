//! The folder of one package: its slots, the link to the one in use, its journal.

use super::super::records::write_atomic;
use super::users;
use crate::base::Problem;
use crate::engines::install::journal::{self, Amend, Event, Lying, Standing};
use crate::engines::install::record::{Pin, Record, is_slot};
use crate::engines::install::{Package, Progress};
use crate::store::Paths;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The folder of one package.
#[derive(Debug, Clone)]
pub(in crate::engines::live) struct Room {
    /// Whose.
    pub package: Package,
    /// The folder.
    pub root: PathBuf,
    /// Where downloads are kept until an install is through.
    pub cache: PathBuf,
}

/// How far the installer at work is, for those who watch it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// Whose report it is.
    pub pid: u32,
    /// How far.
    pub progress: Progress,
}

/// Below vramdeck's data.
pub(super) fn root(paths: &Paths) -> PathBuf {
    paths.data.join("engines")
}

impl Room {
    /// That of a package.
    pub fn of(paths: &Paths, package: Package) -> Self {
        let cache = paths.cache.join("engines").join("downloads").join(package.name());
        Self { package, root: root(paths).join(package.name()), cache }
    }

    /// Makes it.
    pub fn make(&self) -> Result<(), Problem> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.root);
        made.map_err(|error| self.problem("the folder for engines cannot be made", &self.root, &error))
    }

    /// A problem with one of its files.
    pub fn problem(&self, what: &str, path: &Path, error: &io::Error) -> Problem {
        let hint = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space on that disk and try again",
            _ => "check who owns it (ls -l); VRAMDECK_HOME moves all of vramdeck's folders",
        };
        Problem::failed(format!("{}: {what}", self.package.title()), format!("{}: {error}", path.display()), hint)
    }

    /// A slot's folder.
    pub fn slot(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// All slots, by name.
    pub fn slots(&self) -> Vec<Lying> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| is_slot(name));
        let folder = |name: &String| fs::symlink_metadata(self.slot(name)).is_ok_and(|meta| meta.is_dir());
        let lying = |slot: String| Lying { whole: self.record(&slot).is_some(), slot };
        let mut found: Vec<Lying> = names.filter(folder).map(lying).collect();
        found.sort_by(|a, b| a.slot.cmp(&b.slot));
        found
    }

    /// The slot that `current` leads to, there or not.
    pub fn current(&self) -> Option<String> {
        let target = fs::read_link(self.root.join("current")).ok()?;
        target.to_str().filter(|name| is_slot(name)).map(str::to_owned)
    }

    /// Lets `current` lead to a slot, in one step.
    pub fn switch(&self, name: &str) -> io::Result<()> {
        let fresh = self.root.join("current.new");
        // What an installer that was cut off left there.
        let _ = fs::remove_file(&fresh);
        std::os::unix::fs::symlink(name, &fresh)?;
        fs::rename(&fresh, self.root.join("current"))
    }

    /// Takes `current` away.
    pub fn unlink(&self) -> io::Result<()> {
        gone(fs::remove_file(self.root.join("current")))
    }

    /// The record of a slot; none where it is not whole.
    pub fn record(&self, name: &str) -> Option<Record> {
        let record: Record = serde_json::from_slice(&fs::read(self.slot(name).join(RECORD)).ok()?).ok()?;
        (record.package == self.package).then_some(record)
    }

    /// Writes the record of a slot, which makes it whole.
    pub fn write_record(&self, name: &str, record: &Record) -> io::Result<()> {
        write_atomic(&self.slot(name).join(RECORD), &serde_json::to_vec_pretty(record)?)
    }

    /// The slot in use and its record.
    pub fn used(&self) -> Option<(PathBuf, Record)> {
        let name = self.current()?;
        self.record(&name).map(|record| (self.slot(&name), record))
    }

    /// Deletes a slot; its record first, so that it is not whole from then on. One that is used stays, and who uses it is
    /// the answer.
    pub fn delete(&self, name: &str) -> io::Result<Vec<String>> {
        let folder = self.slot(name);
        let users = users::of(&folder);
        if !users.is_empty() {
            return Ok(users);
        }
        gone(fs::remove_file(folder.join(RECORD)))?;
        gone(fs::remove_dir_all(&folder))?;
        Ok(Vec::new())
    }

    /// Writes an event down for good.
    pub fn note(&self, event: &Event) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(self.root.join(JOURNAL))?;
        file.write_all((serde_json::to_string(event)? + "\n").as_bytes())?;
        file.sync_data()
    }

    /// Forgets the journal and the report.
    pub fn close(&self) -> io::Result<()> {
        gone(fs::remove_file(self.root.join(REPORT)))?;
        gone(fs::remove_file(self.root.join(JOURNAL)))
    }

    /// Tells those who watch how far it is. Nobody depends on it.
    pub fn report(&self, progress: &Progress) {
        let report = Report { pid: std::process::id(), progress: progress.clone() };
        if let Ok(bytes) = serde_json::to_vec(&report) {
            let _ = write_atomic(&self.root.join(REPORT), &bytes);
        }
    }

    /// How far the installer with this process is.
    pub fn reported(&self, pid: u32) -> Option<Progress> {
        let report: Report = serde_json::from_slice(&fs::read(self.root.join(REPORT)).ok()?).ok()?;
        (report.pid == pid).then_some(report.progress)
    }

    /// What the user decided.
    pub fn pin(&self) -> Pin {
        let text = fs::read(self.root.join("pin.json"));
        text.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Keeps what the user decided.
    pub fn write_pin(&self, pin: &Pin) -> Result<(), Problem> {
        let path = self.root.join("pin.json");
        let written = serde_json::to_vec(pin).map_err(io::Error::from).and_then(|bytes| write_atomic(&path, &bytes));
        written.map_err(|error| self.problem("the pin cannot be kept", &path, &error))
    }

    /// Keeps why an attempt ended, or forgets it.
    pub fn remember_failure(&self, problem: Option<&Problem>) {
        let path = self.root.join("failed.txt");
        // It is told at once, too; what cannot be kept is not told again.
        let _ = match problem {
            Some(problem) => write_atomic(&path, format!("{}: {}", problem.what, problem.why).as_bytes()),
            None => gone(fs::remove_file(&path)),
        };
    }

    /// Why the last attempt ended.
    pub fn last_failure(&self) -> Option<String> {
        let text = fs::read_to_string(self.root.join("failed.txt")).ok()?;
        Some(crate::base::text::fit(&crate::base::text::clean_line(&text), 400).into_owned())
    }

    /// Whether an installer that was cut off left anything. Only looks, without the lock.
    pub fn is_left_behind(&self) -> bool {
        let (slots, current) = (self.slots(), self.current());
        let well = slots.iter().all(|one| one.whole && Some(&one.slot) == current.as_ref());
        !well || (current.is_some() && slots.is_empty()) || self.root.join(JOURNAL).exists()
    }

    /// Puts right what an installer that was cut off left; tells in words what it was. The lock must be held.
    pub fn recover(&self) -> Result<Option<String>, Problem> {
        let journal = fs::read_to_string(self.root.join(JOURNAL)).unwrap_or_default();
        let standing = journal::fold(&journal);
        let mut told = None;
        for amend in journal::amend(&standing, &self.slots(), self.current().as_deref()) {
            let (done, what) = match &amend {
                Amend::Switch(slot) => {
                    (self.switch(slot), Some(format!("an install that was cut off is finished: {slot}")))
                }
                Amend::Unlink => (self.unlink(), Some("a link that led nowhere is gone".to_owned())),
                Amend::Delete(slot) => (self.delete(slot).map(drop), Some(back(&standing, slot))),
                Amend::Close => (self.close(), None),
            };
            done.map_err(|error| self.problem("what a cut-off install left cannot be put right", &self.root, &error))?;
            told = told.or(what);
        }
        Ok(told)
    }
}

fn back(standing: &Standing, slot: &str) -> String {
    match standing {
        Standing::Half { slot: half, stage } if half == slot => {
            let stage = stage.map(|stage| format!(" while {}", stage.words())).unwrap_or_default();
            format!(
                "an install of {slot} was cut off{stage}; its half-made environment is deleted, what was fetched is kept"
            )
        }
        _ => format!("{slot}, which is no longer in use, is deleted"),
    }
}

const RECORD: &str = "vramdeck.json";
const JOURNAL: &str = "journal.jsonl";
const REPORT: &str = "progress.json";

/// What was to go and is not there has gone.
pub(super) fn gone(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Bytes below a folder, each file once.
pub(super) fn size(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let mut waiting = vec![folder.to_owned()];
    let mut sum = 0_u64;
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => waiting.push(entry.path()),
                Ok(meta) => sum = sum.saturating_add(meta.blocks().saturating_mul(512)),
                Err(_) => {}
            }
        }
    }
    sum
}
