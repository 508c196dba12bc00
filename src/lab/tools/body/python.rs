//! Calls as Python writes them: in a list, or one after the other up to a closing marker.

use super::{CallForm, Found, Job as AnyJob, Piece, Seen, Step, Turn, json, written};
use crate::lab::tools::marks::past_space;
use crate::lab::tools::python::{self, Scanner};
use crate::lab::tools::typing::Typing;

/// The longest name of a function in code, in bytes.
const LONGEST: usize = 128;
/// The most white space between a name and its parenthesis, in bytes.
const WIDEST: usize = 16;

#[derive(Debug, Clone)]
enum Phase {
    Lead,
    Name,
    Arguments(Scanner),
    Next,
    Close,
}

/// Reads calls in Python's syntax.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    opened: usize,
    at: usize,
    /// Where the name begins.
    start: usize,
    /// Where its parenthesis has opened.
    inside: usize,
    far: usize,
    phase: Phase,
    list: bool,
    calls: usize,
}

type Done = Option<Option<Step>>;

impl Job {
    pub(super) fn new(form: &CallForm, opened: usize) -> Self {
        let at = if form.bare { 0 } else { opened };
        Self { opened, at, start: at, inside: at, far: 0, phase: Phase::Lead, list: false, calls: 0 }
    }

    pub(super) fn step(&mut self, seen: Seen<'_>) -> Turn {
        loop {
            if let Some(start) = self.json(seen) {
                return Turn::Become(AnyJob::Json(json::Job::new(&seen.form.spec, start)));
            }
            let done = match &mut self.phase {
                Phase::Lead => self.lead(seen),
                Phase::Name => self.name(seen),
                Phase::Arguments(scanner) => {
                    let end = scanner.end(seen.data, seen.last);
                    self.arguments(seen, end)
                }
                Phase::Next => self.next(seen),
                Phase::Close => seen.closed(self.at, &mut self.far).map(|end| Some(Step::marker(end))),
            };
            match done {
                None => return Turn::Wait,
                Some(None) => {}
                Some(Some(step)) => return Turn::Step(step),
            }
        }
    }

    /// Some models write JSON between the markers of Python.
    fn json(&self, seen: Seen<'_>) -> Option<usize> {
        let first = self.calls == 0 && !seen.form.spec.bare && matches!(self.phase, Phase::Lead | Phase::Name);
        let place = past_space(seen.data, self.at);
        (first && seen.data.get(place) == Some(&b'{')).then_some(self.opened)
    }

    fn lead(&mut self, seen: Seen<'_>) -> Done {
        self.at = past_space(seen.data, self.at);
        if seen.data.get(self.at)? == &b'[' {
            self.list = true;
            self.at += 1;
        }
        self.phase = Phase::Name;
        Some(None)
    }

    fn name(&mut self, seen: Seen<'_>) -> Done {
        self.at = past_space(seen.data, self.at);
        self.start = self.at;
        let rest = seen.from(self.at);
        let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-') || *byte >= 0x80;
        let end = rest.iter().position(|byte| !in_name(byte)).unwrap_or(rest.len());
        let open = past_space(rest, end);
        if end <= LONGEST && open - end <= WIDEST && open == rest.len() && !seen.last {
            return None;
        }
        let begins = rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_' || *byte >= 0x80);
        if end == 0 || end > LONGEST || open - end > WIDEST || !begins || rest.get(open) != Some(&b'(') {
            return Some(Some(self.none(seen)));
        }
        self.inside = self.at + open + 1;
        self.phase = Phase::Arguments(Scanner::new(self.inside));
        Some(None)
    }

    /// No call begins where one should.
    fn none(&self, seen: Seen<'_>) -> Step {
        match (self.calls, seen.form.spec.bare) {
            (0, true) => Step::text(self.opened, ""),
            (0, false) => Step::text(self.opened, "a call is opened, but none follows"),
            _ => {
                let told = Piece::Problem("a list of calls is not closed".to_owned());
                Step { pieces: vec![Piece::Marker(self.start), told], keep: false, failed: false }
            }
        }
    }

    fn arguments(&mut self, seen: Seen<'_>, end: Option<usize>) -> Done {
        let header = seen.data.get(self.start..self.inside.saturating_sub(1)).unwrap_or_default();
        let name = String::from_utf8_lossy(header.trim_ascii()).into_owned();
        let Some(end) = end else {
            if !seen.last {
                return None;
            }
            let text = seen.text(self.inside, seen.data.len());
            let problem = Some(format!("the text ends within a call: {name}"));
            let found = Found { name, text, problem, ..Found::default() };
            return Some(Some(Step::call(self.start, seen.data.len() - self.start, found)));
        };
        let text = String::from_utf8_lossy(seen.data.get(self.inside..end).unwrap_or_default());
        let found = match read(seen, &name, &text) {
            Ok(found) => found,
            Err(_) if seen.form.spec.bare && self.calls == 0 => return Some(Some(Step::text(end + 1, ""))),
            Err(problem) => Found { name, text: text.into_owned(), problem: Some(problem), ..Found::default() },
        };
        let step = Step::call(self.start, end + 1 - self.start, found);
        self.calls += 1;
        (self.at, self.start, self.far, self.phase) = (0, 0, 0, Phase::Next);
        Some(Some(step.kept()))
    }

    fn next(&mut self, seen: Seen<'_>) -> Done {
        let rest = seen.from(self.at);
        let space = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b';');
        let skipped = rest.iter().position(|byte| !space(byte)).unwrap_or(rest.len());
        // What is to stand behind a list without its marker is text, white space included.
        let before = self.at;
        self.at += skipped;
        let Some(byte) = seen.data.get(self.at) else {
            return seen.last.then(|| Some(Step::marker(self.at)));
        };
        if *byte == b']' && self.list {
            self.at += 1;
            self.phase = Phase::Close;
            return Some(None);
        }
        match seen.token(self.at, &seen.form.spec.close) {
            Ok(Some(n)) => return Some(Some(Step::marker(self.at + n))),
            Err(_) => {
                self.at = before;
                return None;
            }
            Ok(None) => {}
        }
        if self.list || !seen.form.spec.close.is_empty() {
            self.phase = Phase::Name;
            return Some(None);
        }
        Some(Some(Step::marker(before)))
    }
}

/// The call with these arguments, or why it cannot be read.
fn read(seen: Seen<'_>, name: &str, text: &str) -> Result<Found, String> {
    let refuse = || format!("the arguments are no literals of Python: {name}");
    let read = python::arguments(text).ok_or_else(refuse)?;
    let typing = Typing::new(seen.tools, name);
    let mut map = read.named;
    let mut problem = read.guessed.then(|| format!("the quotes of a call can be read in more than one way: {name}"));
    for (place, value) in read.placed.into_iter().enumerate() {
        match typing.at(place).filter(|key| !map.contains_key(*key)) {
            Some(key) => drop(map.insert(key.to_owned(), value)),
            None if seen.form.spec.bare => return Err(refuse()),
            None => problem = Some(format!("an argument has no name: {name}")),
        }
    }
    let text = written(&map);
    Ok(Found { name: name.to_owned(), arguments: Some(map), text, complete: problem.is_none(), problem })
}
