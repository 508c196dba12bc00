//! The log on standard error.

use crate::engines::simulated::Config;
use crate::engines::simulated::logs::{Clock, Failure, Note, Piece, failure, words};
use std::io::Write;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// Writes notes in the dialect's words. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Log {
    config: Arc<Config>,
    started: Instant,
}

impl Log {
    /// A log that starts now.
    pub fn new(config: Config) -> Self {
        Self { config: Arc::new(config), started: Instant::now() }
    }

    /// The time.
    pub fn clock(&self) -> Clock {
        let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Clock { epoch, running: self.started.elapsed() }
    }

    /// Writes a note.
    pub fn say(&self, note: &Note) {
        write(&words(&self.config, note, &self.clock(), std::process::id()));
    }

    /// Writes why it cannot start.
    pub fn fail(&self, why: &Failure) {
        write(&failure(&self.config, why, &self.clock(), std::process::id()));
    }
}

fn write(pieces: &[Piece]) {
    let mut out = std::io::stderr().lock();
    for piece in pieces {
        // Nobody reads it any more: nothing is left to be done about that.
        let _ = out.write_all(format!("{}{}", piece.text, piece.end).as_bytes());
    }
    let _ = out.flush();
}
