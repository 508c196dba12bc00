//! How far a suite is, on stderr: one line that is rewritten on a terminal, else a line now and then.

use crate::base::text::{clean_line, fit};
use crate::cli::output;
use crate::lab::suite::{Outcome, Progress};
use crate::runtime::suite::Step;
use std::io::{IsTerminal, Write};

/// Lines that are printed where stderr is no terminal.
const LINES: usize = 10;
/// Columns of the line that is rewritten.
const WIDE: usize = 78;

/// Tells it.
pub(super) struct Teller {
    terminal: bool,
    quiet: bool,
}

impl Teller {
    /// With JSON on a pipe nothing but problems is told.
    pub(super) fn new(json: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { terminal, quiet: json && !terminal }
    }

    pub(super) fn step(&self, step: &Step<'_>) {
        match step {
            Step::Begun { id: Some(id), earlier, progress } if *earlier > 0 => {
                self.say(&format!("goes on with {id}: {earlier} of {} are done; --fresh begins anew", progress.total));
            }
            Step::Begun { .. } => {}
            Step::Unsaved(problem) => output::aside(&format!("note: {}: {}", problem.what, problem.why)),
            Step::Done { outcome, progress } => self.done(outcome, *progress),
        }
    }

    fn done(&self, outcome: &Outcome, progress: Progress) {
        let Progress { total, done, right, failed, .. } = progress;
        let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        let last = clean_line(&format!("{}: {}", outcome.case, outcome.label.words()));
        let line = format!("{done} of {total}, {right} right{failed} · {last}");
        if self.terminal {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\u{1b}[K{}", fit(&line, WIDE)).and_then(|()| err.flush());
        } else if done == total || done % total.div_ceil(LINES).max(1) == 0 {
            self.say(&line);
        }
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            output::aside(line);
        }
    }

    /// Leaves the line that was rewritten.
    pub(super) fn over(&self) {
        if self.terminal {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\u{1b}[K").and_then(|()| err.flush());
        }
    }
}
