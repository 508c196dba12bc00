//! Reads the log of a run: its end, and what comes after, across rotation.

use super::logfile::{FILES, rotated};
use super::records;
use crate::base::Problem;
use crate::base::text::clean;
use crate::engines::LogLine;
use crate::engines::logfacts::level_of;
use crate::engines::{Dialect, RunId};
use crate::store::Paths;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

fn parse(dialect: Dialect, row: &str) -> LogLine {
    let stamped = row.split_once(' ').and_then(|(stamp, text)| Some((stamp.parse().ok()?, text)));
    let (at, text) = stamped.map_or((None, row), |(at, text)| (Some(at), text));
    // The keeper writes clean lines; the file may have been touched since.
    LogLine { text: clean(text).into_owned(), level: level_of(dialect, text), at }
}

/// The last `count` lines of a run's log, and a follower that goes on right after them.
///
/// # Errors
/// When there is no such run.
pub fn tail(paths: &Paths, run: &RunId, count: usize) -> Result<(Vec<LogLine>, Follower), Problem> {
    let state = records::get(paths, run)?;
    let path = records::dir(paths, run).join("engine.log");
    let mut follower = Follower { dialect: state.dialect, path, open: None, pending: Vec::new() };
    let mut rows: Vec<LogLine> = follower.read_all();
    let keep_from = rows.len().saturating_sub(count);
    rows.drain(..keep_from);
    Ok((rows, follower))
}

/// Goes on reading a log where it stopped.
#[derive(Debug)]
pub struct Follower {
    dialect: Dialect,
    path: PathBuf,
    open: Option<(File, u64)>,
    pending: Vec<u8>,
}

impl Follower {
    /// All lines kept on disk; afterwards the follower stands at the end.
    fn read_all(&mut self) -> Vec<LogLine> {
        let mut lines = Vec::new();
        let oldest = (0..FILES).rev().map(|number| rotated(&self.path, number)).find(|path| path.exists());
        self.open = oldest.and_then(|path| open(&path));
        self.read_on(&mut lines);
        lines
    }

    /// The lines that came since; empty when none did.
    pub fn poll(&mut self) -> Vec<LogLine> {
        let mut lines = Vec::new();
        if self.open.is_none() {
            self.open = open(&self.path);
        }
        self.read_on(&mut lines);
        lines
    }

    /// Reads the open file to its end, then the files that came after it.
    fn read_on(&mut self, lines: &mut Vec<LogLine>) {
        // Bounded by what one poll could ever need: each file once, and a rotation meanwhile.
        for _ in 0..=FILES * 2 {
            let Some((file, inode)) = &mut self.open else { return };
            let mut bytes = Vec::new();
            if file.read_to_end(&mut bytes).is_err() {
                return;
            }
            let inode = *inode;
            self.take(&bytes, lines);
            match self.next_after(inode) {
                Next::Same => return,
                Next::File(next) => {
                    // What was written between the read and the rotation.
                    if let Some((file, _)) = &mut self.open {
                        let mut rest = Vec::new();
                        let _ = file.read_to_end(&mut rest);
                        self.take(&rest, lines);
                    }
                    self.open = open(&next);
                }
                Next::Lost(next) => {
                    self.pending.clear();
                    lines.push(LogLine {
                        text: "… lines lost: the log went round faster than it was read".into(),
                        level: None,
                        at: None,
                    });
                    self.open = open(&next);
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8], lines: &mut Vec<LogLine>) {
        self.pending.extend_from_slice(bytes);
        let Some(end) = self.pending.iter().rposition(|b| *b == b'\n') else { return };
        let rest = self.pending.split_off(end + 1);
        let whole = std::mem::replace(&mut self.pending, rest);
        let text = String::from_utf8_lossy(&whole);
        lines.extend(text.lines().map(|row| parse(self.dialect, row)));
    }

    fn next_after(&self, inode: u64) -> Next {
        let inodes: Vec<Option<u64>> =
            (0..FILES).map(|number| Some(fs::metadata(rotated(&self.path, number)).ok()?.ino())).collect();
        match inodes.iter().position(|found| *found == Some(inode)) {
            Some(0) => Next::Same,
            Some(number) => Next::File(rotated(&self.path, number - 1)),
            // The current file is not there for the moment of a rotation.
            None if inodes.first().is_none_or(Option::is_none) => Next::Same,
            None => {
                let oldest = inodes.iter().rposition(Option::is_some).unwrap_or(0);
                Next::Lost(rotated(&self.path, oldest))
            }
        }
    }
}

enum Next {
    Same,
    File(PathBuf),
    Lost(PathBuf),
}

fn open(path: &Path) -> Option<(File, u64)> {
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    let inode = file.metadata().ok()?.ino();
    Some((file, inode))
}

#[cfg(test)]
mod tests {
    use super::super::logfile::LogFile;
    use super::*;

    #[test]
    fn follows_across_rotation_without_losing_or_doubling_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("engine.log");
        let mut log = LogFile::new(path.clone());
        let mut follower = Follower { dialect: Dialect::Vllm, path, open: None, pending: Vec::new() };
        let filler = "x".repeat(100_000);
        let mut seen = Vec::new();
        for n in 0..150_u32 {
            log.line(f64::from(n), &format!("ERROR {n} {filler}"));
            if n % 7 == 0 {
                seen.extend(follower.poll());
            }
        }
        seen.extend(follower.poll());
        let numbers: Vec<f64> = seen.iter().filter_map(|line| line.at).collect();
        assert_eq!(numbers, (0..150).map(f64::from).collect::<Vec<_>>());
        assert_eq!(seen[3].level, Some(crate::engines::logfacts::Level::Error));
    }

    #[test]
    fn lost_lines_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("engine.log");
        let mut log = LogFile::new(path.clone());
        let mut follower = Follower { dialect: Dialect::Vllm, path, open: None, pending: Vec::new() };
        log.line(0.0, "first");
        assert_eq!(follower.poll().len(), 1);
        let filler = "x".repeat(1_000_000);
        for n in 0..20 {
            log.line(f64::from(n), &filler);
        }
        assert!(follower.poll().iter().any(|line| line.text.contains("lines lost")));
    }
}
