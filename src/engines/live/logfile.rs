//! A log file that rotates and survives a disk that cannot be written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes after which a file is rotated.
pub(super) const ROTATE_AT: u64 = 4 << 20;
/// Files kept, the current one included.
pub(super) const FILES: usize = 3;

/// The log of one run.
pub(super) struct LogFile {
    path: PathBuf,
    file: Option<File>,
    size: u64,
    lost: u64,
    problem: Option<String>,
    retry_at: Instant,
}

/// The path of a rotated file: 0 is the current one.
pub(super) fn rotated(path: &Path, number: usize) -> PathBuf {
    if number == 0 { path.to_owned() } else { path.with_extension(format!("log.{number}")) }
}

impl LogFile {
    /// Opens the log for appending. A failure is kept and tried again later.
    pub fn new(path: PathBuf) -> Self {
        let mut log = Self { path, file: None, size: 0, lost: 0, problem: None, retry_at: Instant::now() };
        log.open();
        log
    }

    /// Why the log cannot be written, if it cannot.
    pub fn problem(&self) -> Option<String> {
        self.problem.as_ref().map(|why| format!("the log cannot be written ({why}): {} lines lost so far", self.lost))
    }

    /// Writes one line with its time, seconds since the Unix epoch.
    pub fn line(&mut self, at: f64, text: &str) {
        if self.file.is_none() && Instant::now() >= self.retry_at {
            self.open();
        }
        let row = format!("{at:.3} {text}\n");
        let Some(file) = &mut self.file else {
            self.lost += 1;
            return;
        };
        match file.write_all(row.as_bytes()) {
            Ok(()) => self.size += row.len() as u64,
            Err(error) => self.failed(&error),
        }
        if self.size >= ROTATE_AT {
            self.rotate();
        }
    }

    fn open(&mut self) {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path);
        match file.and_then(|file| Ok((file.metadata()?.len(), file))) {
            Ok((size, file)) => {
                self.size = size;
                self.file = Some(file);
                self.problem = None;
            }
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &io::Error) {
        self.lost += 1;
        self.problem = Some(error.to_string());
        self.file = None;
        self.retry_at = Instant::now() + Duration::from_secs(2);
    }

    fn rotate(&mut self) {
        for number in (1..FILES).rev() {
            // A missing older file is the ordinary case.
            let _ = fs::rename(rotated(&self.path, number - 1), rotated(&self.path, number));
        }
        self.file = None;
        self.open();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotates_and_keeps_the_newest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("engine.log");
        let mut log = LogFile::new(path.clone());
        let text = "x".repeat(64 * 1024);
        for n in 0..400 {
            log.line(f64::from(n), &text);
        }
        let sizes: Vec<u64> = (0..FILES).map(|n| fs::metadata(rotated(&path, n)).unwrap().len()).collect();
        assert!(sizes.iter().all(|size| *size < ROTATE_AT + 70_000), "{sizes:?}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), FILES);
        assert!(fs::read_to_string(&path).unwrap().starts_with("3"), "the newest lines are in the current file");
    }

    #[test]
    fn an_unwritable_place_is_survived_and_told() {
        let mut log = LogFile::new(PathBuf::from("/proc/nowhere/engine.log"));
        log.line(0.0, "a");
        log.line(0.0, "b");
        assert!(log.problem().unwrap().contains("lines lost"));
        let mut full = LogFile::new(PathBuf::from("/dev/full"));
        full.line(0.0, "a");
        assert!(full.problem().is_some());
    }
}
