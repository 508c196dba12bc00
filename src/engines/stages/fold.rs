//! Folds marks with their times into stages.

use super::{Amount, FileBar, Mark, Stage, StageKind, Stages, Unit, marks};
use crate::base::text;
use crate::engines::Dialect;

/// Files kept at most; a model has fewer.
const FILES: usize = 128;
/// Seconds over which the rate of a download is smoothed.
const SMOOTH: f64 = 5.0;
/// Characters of the last line that are kept.
const CUT: usize = 200;

/// As much of a line as can be shown: what follows need not be measured.
fn head(line: &str) -> &str {
    let line = line.trim_end();
    line.get(..line.floor_char_boundary(CUT * 8)).unwrap_or(line)
}

impl Stages {
    /// A start that begins now.
    pub fn begun(now: f64, past: Option<super::Past>) -> Self {
        let start = Stage { kind: StageKind::Start, began: now, ended: None, said: None, progress: None, still: 0.0 };
        Self { list: vec![start], moved_at: now, past, ..Self::default() }
    }

    /// Takes a whole line of the log at its time.
    pub fn line(&mut self, now: f64, dialect: Dialect, line: &str) {
        if self.ready_at.is_some() || line.trim().is_empty() || is_question(line) {
            return;
        }
        self.moved(now);
        self.last_line.clear();
        self.last_line.push_str(&text::fit(head(line), CUT));
        for mark in marks(dialect, line) {
            self.take(now, mark);
        }
    }

    /// Takes a progress bar; one that says what it said before is no movement.
    pub fn bar(&mut self, now: f64, dialect: Dialect, line: &str) {
        if self.ready_at.is_some() {
            return;
        }
        for mark in marks(dialect, line) {
            if self.take(now, mark) {
                self.moved(now);
                self.last_line.clear();
                self.last_line.push_str(&text::fit(head(line), CUT));
            }
        }
    }

    /// The server answers: nothing is left to wait for.
    pub fn ready(&mut self, now: f64) {
        if self.ready_at.is_none() {
            self.moved(now);
            self.close(now, None);
            self.ready_at = Some(now);
        }
    }

    /// The stage that goes on.
    pub fn current(&self) -> Option<&Stage> {
        self.list.last().filter(|stage| stage.ended.is_none())
    }

    /// Takes one mark; says whether anything changed.
    pub fn take(&mut self, now: f64, mark: Mark) -> bool {
        match mark {
            Mark::Begin(kind) => self.open(now, kind) == Opened::Now,
            Mark::Progress(kind, amount) => self.progress(now, kind, amount),
            Mark::File(file) => self.open(now, StageKind::Download) != Opened::Over && self.file(now, file),
            Mark::Done(kind, said) => self.done(now, kind, said),
        }
    }

    fn moved(&mut self, now: f64) {
        let still = (now - self.moved_at).max(0.0);
        if let Some(stage) = self.list.last_mut() {
            stage.still = stage.still.max(still);
        }
        self.moved_at = self.moved_at.max(now);
    }

    /// Begins a stage where it has not begun; one that is over does not begin again.
    fn open(&mut self, now: f64, kind: StageKind) -> Opened {
        match self.list.iter().rposition(|stage| stage.kind == kind) {
            Some(at) if at + 1 == self.list.len() && self.list.last().is_some_and(|last| last.ended.is_none()) => {
                Opened::Already
            }
            Some(_) => Opened::Over,
            None => {
                let began = self.close(now, None).unwrap_or(now);
                self.counted = 0;
                self.bytes_at = now;
                self.list.push(Stage { kind, began, ended: None, said: None, progress: None, still: 0.0 });
                Opened::Now
            }
        }
    }

    /// Ends the stage that goes on; when the last one ended.
    fn close(&mut self, now: f64, said: Option<f64>) -> Option<f64> {
        let last = self.list.last_mut()?;
        last.said = last.said.or(said);
        if last.ended.is_none() {
            last.ended = Some(now.max(last.began));
        }
        last.ended
    }

    /// A stage is over; one that nobody saw begin began where the one before ended.
    fn done(&mut self, now: f64, kind: StageKind, said: Option<f64>) -> bool {
        if let Some(stage) = self.list.iter_mut().find(|stage| stage.kind == kind && stage.ended.is_some()) {
            stage.said = [stage.said, said].into_iter().flatten().reduce(f64::max);
            return false;
        }
        if self.open(now, kind) == Opened::Now {
            // What was still open before it may not have lasted until now.
            let began = said.map_or(now, |seconds| now - seconds);
            self.back_date(began);
        }
        self.close(now, said);
        true
    }

    /// Moves the seam between the last two stages back, never before the first of the two began.
    fn back_date(&mut self, to: f64) {
        let Some([before, last]) = self.list.last_chunk_mut::<2>() else { return };
        let seam = to.max(before.began).min(last.began);
        if before.ended.is_some_and(|ended| ended >= last.began) {
            before.ended = Some(seam);
            last.began = seam;
        }
    }

    fn progress(&mut self, now: f64, kind: StageKind, amount: Amount) -> bool {
        if self.open(now, kind) == Opened::Over {
            return false;
        }
        let is_bytes = self.list.last().and_then(|stage| stage.progress).is_some_and(|known| known.unit == Unit::Bytes);
        if kind == StageKind::Download && amount.unit == Unit::Files && is_bytes {
            // Bytes say more than files do.
            return false;
        }
        let before = self.list.last().and_then(|stage| stage.progress).filter(|before| before.unit == amount.unit);
        if let (Unit::Bytes, Some(before)) = (amount.unit, before) {
            self.received(now, amount.done.saturating_sub(before.done));
        }
        let amount = self.after_others(before, amount);
        self.advance(amount)
    }

    /// Graphs are captured kind by kind and weights read source by source, with a bar for each: the whole goes on counting.
    fn after_others(&mut self, before: Option<Amount>, amount: Amount) -> Amount {
        if !matches!(amount.unit, Unit::Graphs | Unit::Shards) {
            return amount;
        }
        let is_through = before.filter(|before| before.total.is_some_and(|total| before.done >= total));
        // The first half of a bar after a whole one: the next bar, not an echo of the one before.
        if let Some(before) = is_through
            && amount.total.is_some_and(|total| amount.done <= total / 2)
        {
            self.counted = before.done;
        }
        let plus = |count: u64| count.saturating_add(self.counted);
        Amount { done: plus(amount.done), total: amount.total.map(plus), ..amount }
    }

    /// Sets the progress of the last stage; it never goes back within one unit. Says whether it went on.
    fn advance(&mut self, amount: Amount) -> bool {
        let Some(stage) = self.list.last_mut() else { return false };
        let before = stage.progress.filter(|before| before.unit == amount.unit);
        let moved = before.is_none_or(|before| amount.done > before.done);
        if moved || before.is_some_and(|before| before.total < amount.total) {
            let done = before.map_or(amount.done, |before| before.done.max(amount.done));
            stage.progress = Some(Amount { done, ..amount });
        }
        moved
    }

    /// So many bytes came in since the last time.
    fn received(&mut self, now: f64, bytes: u64) {
        let seconds = now - self.bytes_at;
        if bytes == 0 || seconds <= 0.0 {
            return;
        }
        let (rate, weight) = (bytes as f64 / seconds, (seconds / SMOOTH).min(1.0));
        self.rate = Some(self.rate.map_or(rate, |old| old + (rate - old) * weight));
        self.bytes_at = now;
    }

    fn file(&mut self, now: f64, file: FileBar) -> bool {
        if let Some(known) = self.files.iter_mut().find(|known| known.name == file.name) {
            let more = file.done.saturating_sub(known.done);
            known.done = known.done.max(file.done);
            known.total = file.total.or(known.total);
            self.received(now, more);
        } else if self.files.len() < FILES {
            // What of it was there already was not fetched just now.
            if self.files.is_empty() {
                self.bytes_at = now;
            }
            self.files.push(file);
        } else {
            return false;
        }
        let done = self.files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.done));
        let total = self.files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.total?));
        self.advance(Amount { done, total, unit: Unit::Bytes })
    }
}

#[derive(PartialEq)]
enum Opened {
    Now,
    Already,
    Over,
}

/// The keeper's own health questions are no movement of the engine's.
fn is_question(line: &str) -> bool {
    line.contains("/health")
}
