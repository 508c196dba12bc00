//! A JSON object that is a call, or an array of such; the calls of an array are given as each ends.

use super::object::{self, NO_CALL};
use super::{CallForm, Found, Piece, Seen, Step, Turn};
use crate::lab::tools::json::{Progress, Scanner};
use crate::lab::tools::marks::past_space;

#[derive(Debug, Clone)]
enum Phase {
    /// Before the value.
    Lead,
    /// Within an array, between two values.
    Next,
    /// Within a value; a call, or something else in an array.
    Item(Scanner),
    /// Behind the value.
    Close(Option<Box<Found>>),
}

/// Reads calls written as JSON.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    opened: usize,
    at: usize,
    /// Where the value began.
    start: usize,
    far: usize,
    phase: Phase,
    list: bool,
    calls: usize,
}

const CUT: &str = "the text ends within a call";
const BROKEN: &str = "the JSON of a call breaks off";

impl Job {
    pub(super) fn new(form: &CallForm, opened: usize) -> Self {
        let at = if form.bare { 0 } else { opened };
        Self { opened, at, start: at, far: 0, phase: Phase::Lead, list: false, calls: 0 }
    }

    pub(super) fn step(&mut self, seen: Seen<'_>) -> Turn {
        loop {
            let done = match &mut self.phase {
                Phase::Lead => self.lead(seen),
                Phase::Next => self.next(seen),
                Phase::Item(scanner) => {
                    let progress = scanner.push(seen.from(self.at));
                    self.item(seen, progress)
                }
                Phase::Close(_) => self.close(seen),
            };
            match done {
                None => return Turn::Wait,
                Some(None) => {}
                Some(Some(step)) => return Turn::Step(step),
            }
        }
    }

    /// `None`: wait; `Some(None)`: the phase has changed.
    fn lead(&mut self, seen: Seen<'_>) -> Option<Option<Step>> {
        self.at = past_space(seen.data, self.at);
        let Some(byte) = seen.data.get(self.at) else { return self.cut(seen) };
        match byte {
            b'{' => self.begin(),
            b'[' if seen.token(self.at, &seen.form.spec.skip) == Ok(None) => {
                self.list = true;
                self.at += 1;
                self.phase = Phase::Next;
            }
            _ => match seen.token(self.at, &seen.form.spec.skip) {
                Ok(Some(n)) => self.at += n,
                Ok(None) => return Some(Some(Step::text(self.opened, "a call is opened, but none follows"))),
                Err(_) => return None,
            },
        }
        Some(None)
    }

    fn begin(&mut self) {
        self.start = self.at;
        self.phase = Phase::Item(Scanner::new());
    }

    fn next(&mut self, seen: Seen<'_>) -> Option<Option<Step>> {
        let none_yet = seen.form.spec.bare && self.calls == 0;
        let skipped =
            seen.from(self.at).iter().position(|byte| !byte.is_ascii_whitespace() && (none_yet || *byte != b','));
        let Some(skipped) = skipped else {
            self.at = seen.data.len();
            return self.cut(seen);
        };
        self.at += skipped;
        match seen.data[self.at] {
            b'{' => self.begin(),
            b']' => {
                self.at += 1;
                if self.calls == 0 {
                    let empty = "a list of calls holds none";
                    return Some(Some(Step::text(self.at, if seen.form.spec.bare { "" } else { empty })));
                }
                self.phase = Phase::Close(None);
            }
            b'"' | b'[' if !none_yet => self.begin(),
            byte if !none_yet && (byte.is_ascii_alphanumeric() || byte == b'-') => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'{');
                self.far = self.far.max(self.at);
                let Some(n) = seen.from(self.far).iter().position(ends) else {
                    self.far = seen.data.len();
                    self.at = if seen.last { self.far } else { self.at };
                    return self.cut(seen);
                };
                self.at = self.far + n;
            }
            _ => return Some(Some(self.stop(seen))),
        }
        Some(None)
    }

    /// Something stands in an array that no value begins with.
    fn stop(&self, seen: Seen<'_>) -> Step {
        match (self.calls, seen.form.spec.bare) {
            (0, true) => Step::text(self.opened, ""),
            (0, false) => Step::text(self.at, BROKEN),
            _ => {
                let told = Piece::Problem("a list of calls is not closed".to_owned());
                Step { pieces: vec![Piece::Marker(self.at), told], keep: false, failed: false }
            }
        }
    }

    fn item(&mut self, seen: Seen<'_>, progress: Progress) -> Option<Option<Step>> {
        match progress {
            Progress::More => {
                self.at = seen.data.len();
                self.cut(seen)
            }
            Progress::Bad(n) | Progress::Deep(n) => {
                self.at += n;
                let why = if matches!(progress, Progress::Deep(_)) { "a call is nested too deep" } else { BROKEN };
                Some(Some(self.partial(seen, why).failing()))
            }
            Progress::Done(n) => {
                self.at += n;
                Some(self.value(seen))
            }
        }
    }

    /// A value has ended.
    fn value(&mut self, seen: Seen<'_>) -> Option<Step> {
        let text = seen.data.get(self.start..self.at).unwrap_or_default();
        let found = object::call(text, &seen.form.spec, true);
        match found {
            Some(found) if self.list => {
                let step = Step::call(self.start, self.at - self.start, found);
                self.calls += 1;
                (self.at, self.start, self.far, self.phase) = (0, 0, 0, Phase::Next);
                Some(step.kept())
            }
            Some(found) => {
                self.phase = Phase::Close(Some(Box::new(found)));
                None
            }
            None if self.list && !(seen.form.spec.bare && self.calls == 0) => {
                let told = Piece::Problem("a list of calls holds something else".to_owned());
                self.phase = Phase::Next;
                Some(Step { pieces: vec![told], keep: true, failed: false })
            }
            None => Some(Step::text(self.at, if seen.form.spec.bare { "" } else { NO_CALL })),
        }
    }

    /// The bytes end, for good or for now.
    fn cut(&self, seen: Seen<'_>) -> Option<Option<Step>> {
        if !seen.last {
            return None;
        }
        if matches!(self.phase, Phase::Next) && self.calls > 0 {
            return Some(Some(self.stop(seen)));
        }
        Some(Some(self.partial(seen, CUT)))
    }

    fn partial(&self, seen: Seen<'_>, why: &str) -> Step {
        let begun = matches!(self.phase, Phase::Item(_));
        let text = seen.data.get(self.start..self.at).filter(|_| begun).unwrap_or_default();
        let bare = seen.form.spec.bare;
        match object::call(text, &seen.form.spec, false).filter(|_| !bare || why == CUT) {
            Some(mut found) => {
                found.problem = Some(format!("{why}: {}", found.name));
                let before = if self.list { self.start } else { 0 };
                Step::call(before, self.at - before, found)
            }
            None => Step::text(self.at.max(1), if bare { "" } else { why }),
        }
    }

    fn close(&mut self, seen: Seen<'_>) -> Option<Option<Step>> {
        let end = seen.closed(self.at, &mut self.far)?;
        let found = match &mut self.phase {
            Phase::Close(found) => found.take(),
            _ => None,
        };
        Some(Some(match found {
            Some(found) => Step::call(0, end, *found),
            None => Step::marker(end),
        }))
    }
}
