//! Empties an engine's output, whatever comes, into the log and into what is known of the run.

use super::logfile::LogFile;
use super::now;
use crate::engines::Dialect;
use crate::engines::lines::Splitter;
use crate::engines::logfacts::Progress;
use crate::engines::stages::Stages;
use std::io::{PipeReader, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What the draining thread shares with the keeper.
pub(super) struct Drained {
    /// What the log has said.
    pub progress: Progress,
    /// How far the start is.
    pub stages: Stages,
    /// Why the log cannot be written, if it cannot.
    pub problem: Option<String>,
    /// When the last byte came.
    pub last_byte: Instant,
    /// Whether every writer has closed the pipe.
    pub ended: bool,
}

/// A drain at work.
pub(super) struct Drain {
    shared: Arc<Mutex<Drained>>,
    _thread: JoinHandle<()>,
}

impl Drain {
    /// Starts draining in a thread of its own.
    pub fn start(pipe: PipeReader, log: PathBuf, progress: Progress, dialect: Dialect, stages: Stages) -> Self {
        let drained = Drained { progress, stages, problem: None, last_byte: Instant::now(), ended: false };
        let shared = Arc::new(Mutex::new(drained));
        let theirs = Arc::clone(&shared);
        Self { shared, _thread: std::thread::spawn(move || drain(pipe, LogFile::new(log), dialect, &theirs)) }
    }

    /// Looks at what was drained.
    pub fn look<T>(&self, look: impl FnOnce(&Drained) -> T) -> T {
        look(&self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The server answers: the last stage is over.
    pub fn ready(&self) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).stages.ready(now());
    }
}

fn drain(mut pipe: PipeReader, mut log: LogFile, dialect: Dialect, shared: &Mutex<Drained>) {
    let mut splitter = Splitter::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut last_bar: Option<Instant> = None;
    let mut quiet = Quiet::default();
    loop {
        let count = match pipe.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let mut drained = shared.lock().unwrap_or_else(PoisonError::into_inner);
        splitter.push(buffer.get(..count).unwrap_or_default(), |line| {
            if !line.bar {
                drained.progress.line(&line.text);
                drained.stages.line(now(), dialect, &line.text);
                if quiet.writes(&line.text) {
                    log.line(now(), &line.text);
                }
                return;
            }
            drained.progress.bar(&line.text);
            drained.stages.bar(now(), dialect, &line.text);
            // Bars overwrite themselves many times a second; one a second is enough for the file.
            if last_bar.is_none_or(|at| at.elapsed() >= Duration::from_secs(1)) {
                last_bar = Some(Instant::now());
                log.line(now(), &line.text);
            }
        });
        // A bar stands unfinished until its next state overwrites it.
        if let Some(bar) = splitter.peek() {
            drained.progress.bar(&bar);
            drained.stages.bar(now(), dialect, &bar);
        }
        drained.last_byte = Instant::now();
        drained.problem = log.problem();
    }
    let mut drained = shared.lock().unwrap_or_else(PoisonError::into_inner);
    splitter.end(|line| {
        drained.progress.line(&line.text);
        drained.stages.line(now(), dialect, &line.text);
        log.line(now(), &line.text);
    });
    drained.ended = true;
}

/// Keeps out of the log what vramdeck's own questions make an engine say.
#[derive(Default)]
struct Quiet {
    /// The line before said that nothing is at work.
    idle: bool,
}

impl Quiet {
    /// Whether a line is to be written.
    fn writes(&mut self, line: &str) -> bool {
        // The keeper's health questions fill vLLM's access log; one that is answered well says nothing.
        if line.starts_with("INFO: ") && line.contains("\"GET /health HTTP/1.1\" 200") {
            return false;
        }
        // llama-server says so after each question for its figures, again and again.
        let before = std::mem::replace(&mut self.idle, line.contains("update_slots: all slots are idle"));
        !(before && self.idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_own_questions_are_not_written() {
        let mut quiet = Quiet::default();
        for (line, written) in [
            ("INFO:     127.0.0.1:1 - \"GET /health HTTP/1.1\" 200 OK", false),
            ("INFO:     127.0.0.1:1 - \"GET /health HTTP/1.1\" 503 Service Unavailable", true),
            ("0.01.1 I srv  update_slots: all slots are idle", true),
            ("0.02.1 I srv  update_slots: all slots are idle", false),
            ("0.03.1 I slot launch_slot_: id  0 | task 0 | processing task", true),
            ("0.04.1 I srv  update_slots: all slots are idle", true),
            ("0.05.1 I srv  update_slots: all slots are idle", false),
        ] {
            assert_eq!(quiet.writes(line), written, "{line}");
        }
    }
}
