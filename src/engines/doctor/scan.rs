//! Reads a log of any size in one pass: whole blocks are searched for words that matter, and only their lines are read.

use super::fold::Doctor;
use super::rules::SEARCH;
use super::wide::Wide;
use super::{Diagnosis, Source};
use crate::base::text::{clean_line, strip_ansi};
use std::io::{ErrorKind, Read};

/// Bytes read at once, and the most that is held.
const BLOCK: usize = 256 * 1024;
/// The longest line that is read whole; of a longer one, as much around what matters.
const LONGEST: usize = 64 * 1024;
/// What is searched again where a line is longer than a block: longer than any word that matters.
const OVERLAP: usize = 256;
/// How many bytes at the beginning are asked whose log it is.
const GUESSED: usize = 64 * 1024;
/// How many lines at the beginning may hold the command.
const OPENING: usize = 3;

/// Takes a log in pieces.
#[derive(Debug)]
pub struct Scanner {
    doctor: Doctor,
    wide: Wide,
    held: Vec<u8>,
    bytes: u64,
    opening: usize,
    last: Option<String>,
    searched: usize,
}

impl Scanner {
    /// Nothing read yet. Where the source is not said, the lines tell it.
    pub fn new(source: Option<Source>) -> Self {
        Self {
            doctor: Doctor::new(source),
            wide: Wide::default(),
            held: Vec::with_capacity(BLOCK + LONGEST),
            bytes: 0,
            opening: OPENING,
            last: None,
            searched: 0,
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        let mut wide = std::mem::take(&mut self.wide);
        self.read(&wide.take(bytes));
        self.wide = wide;
    }

    /// Takes the next bytes as text.
    fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // Whole lines of a block that needs none of what is held are searched where they lie.
            if self.held.is_empty()
                && let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n')
            {
                let (lines, rest) = bytes.split_at(end + 1);
                self.search(lines);
                bytes = rest;
                continue;
            }
            let upto = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
            let room = BLOCK.saturating_sub(self.held.len());
            let (piece, rest) = bytes.split_at(upto.min(room.max(1)));
            self.held.extend_from_slice(piece);
            bytes = rest;
            if self.held.last() == Some(&b'\n') {
                self.flush(0);
            } else if self.held.len() >= BLOCK {
                self.flush(OVERLAP);
            }
        }
    }

    /// Searches what is held, and keeps its last bytes.
    fn flush(&mut self, keep: usize) {
        let held = std::mem::take(&mut self.held);
        self.search(&held);
        self.held = held;
        let cut = self.held.len().saturating_sub(keep);
        self.held.drain(..cut);
    }

    fn search(&mut self, block: &[u8]) {
        // Line by line, so that it does not matter how the log was cut.
        for line in block.split_inclusive(|byte| *byte == b'\n') {
            if self.doctor.source().is_some() || self.searched >= GUESSED {
                break;
            }
            self.searched = self.searched.saturating_add(line.len());
            self.doctor.guess(&String::from_utf8_lossy(line.get(..line.len().min(GUESSED)).unwrap_or_default()));
        }
        let mut at = self.open(block);
        self.remember(block);
        let Some(search) = SEARCH.as_ref() else { return };
        while let Some(found) = block.get(at..).and_then(|rest| search.find(rest)) {
            let hit = at + found.start();
            let (begin, end) = line_around(block, hit);
            self.take(block.get(begin..end).unwrap_or_default());
            at = end.max(hit + 1);
        }
    }

    /// Reads the first lines whole; answers where the search goes on.
    fn open(&mut self, block: &[u8]) -> usize {
        let mut at = 0;
        while self.opening > 0 && at < block.len() {
            let (begin, end) = line_around(block, at);
            self.opening -= 1;
            let line = readable(block.get(begin..end).unwrap_or_default());
            self.doctor.opening(&line);
            at = end + 1;
        }
        at
    }

    fn take(&mut self, line: &[u8]) {
        let line = readable(line);
        self.doctor.line(&line);
    }

    /// Keeps the last line that says anything.
    fn remember(&mut self, block: &[u8]) {
        let Some(last) = block.iter().rposition(|byte| !byte.is_ascii_whitespace()) else { return };
        let (begin, end) = line_around(block, last);
        let line = block.get(begin..end.min(begin + 400)).unwrap_or_default();
        self.last = Some(clean_line(&readable(line)));
    }

    /// The log has ended.
    pub fn finish(mut self) -> Diagnosis {
        let rest = std::mem::take(&mut self.wide).end();
        self.read(&rest);
        self.flush(0);
        let finding = self.doctor.finding();
        let why = match &finding {
            Some(finding) => finding.why.clone(),
            None => clean_line(&self.doctor.nothing(self.last.as_deref())),
        };
        Diagnosis { source: self.doctor.source(), finding, why, bytes: self.bytes }
    }
}

/// Where the line that holds a byte begins and ends, no further than is read of a line.
fn line_around(block: &[u8], at: usize) -> (usize, usize) {
    let (before, after) = block.split_at(at.min(block.len()));
    let (near, far) = (before.len().saturating_sub(LONGEST / 2), after.len().min(LONGEST / 2));
    let begin = before.get(near..).and_then(|tail| memchr::memrchr2(b'\n', b'\r', tail)).map_or(near, |n| near + n + 1);
    let end = after.get(..far).and_then(|head| memchr::memchr2(b'\n', b'\r', head)).unwrap_or(far);
    (begin, at + end)
}

/// Bytes as text for a terminal: no colours, no NULs, no mark of UTF-8, whatever they were.
fn readable(line: &[u8]) -> String {
    strip_ansi(String::from_utf8_lossy(line).trim_start_matches('\u{feff}'))
}

/// Reads a log to its end.
///
/// # Errors
/// When it cannot be read.
pub fn diagnose(mut log: impl Read, source: Option<Source>) -> std::io::Result<Diagnosis> {
    let mut scanner = Scanner::new(source);
    let mut block = vec![0; 1024 * 1024];
    loop {
        match log.read(&mut block) {
            Ok(0) => return Ok(scanner.finish()),
            Ok(count) => scanner.push(block.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
