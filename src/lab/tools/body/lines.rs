//! A line with a name, then JSON arguments or code up to the next opening; the name `all` begins ordinary text.

use super::{Found, LONGEST_NAME, Mode, Piece, Seen, Step, Turn, object, written};
use crate::lab::tools::json::{Progress, Scanner};
use crate::lab::tools::marks::past_space;
use memchr::memmem;
use serde_json::{Map, Value};

#[derive(Debug, Clone)]
enum Phase {
    Line,
    Arguments(Scanner),
    Code,
}

/// Reads one call after its name's line.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    opened: usize,
    at: usize,
    start: usize,
    name: String,
    phase: Phase,
}

impl Job {
    pub(super) fn new(opened: usize) -> Self {
        Self { opened, at: opened, start: opened, name: String::new(), phase: Phase::Line }
    }

    pub(super) fn step(&mut self, seen: Seen<'_>) -> Turn {
        loop {
            let turn = match &mut self.phase {
                Phase::Line => self.line(seen),
                Phase::Arguments(scanner) => {
                    let progress = scanner.push(seen.from(self.at));
                    Some(self.arguments(seen, progress))
                }
                Phase::Code => Some(self.code(seen)),
            };
            if let Some(turn) = turn {
                return turn;
            }
        }
    }

    fn line(&mut self, seen: Seen<'_>) -> Option<Turn> {
        let rest = seen.from(self.opened);
        let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        let end = rest.iter().position(|byte| !in_name(byte)).unwrap_or(rest.len());
        let text = || Some(Turn::Step(Step { failed: false, ..Step::text(self.opened, "") }));
        if end > LONGEST_NAME || (end == 0 && !rest.is_empty()) {
            return text();
        }
        match rest.get(end) {
            None if !seen.last => return Some(Turn::Wait),
            Some(b'\n') => {}
            _ => return text(),
        }
        let name = seen.text(self.opened, self.opened + end);
        if name == "all" {
            let pieces = vec![Piece::Marker(self.opened + end + 1), Piece::Mode(Mode::Content)];
            return Some(Turn::Step(Step { pieces, keep: false, failed: false }));
        }
        let begins = past_space(seen.data, self.opened + end);
        let code = name == "python";
        match seen.data.get(begins) {
            None if !seen.last => return Some(Turn::Wait),
            Some(b'{') => self.phase = Phase::Arguments(Scanner::new()),
            Some(_) if code => self.phase = Phase::Code,
            _ => return text(),
        }
        self.name = name;
        self.start = begins;
        self.at = begins;
        None
    }

    fn arguments(&mut self, seen: Seen<'_>, progress: Progress) -> Turn {
        let (end, why) = match progress {
            Progress::More if !seen.last => {
                self.at = seen.data.len();
                return Turn::Wait;
            }
            Progress::Done(n) => (self.at + n, None),
            Progress::More => (seen.data.len(), Some("the text ends within a call")),
            Progress::Bad(n) | Progress::Deep(n) => (self.at + n, Some("the arguments are no JSON object")),
        };
        let written = seen.data.get(self.start..end).unwrap_or_default();
        let mut found = object::found(self.name.clone(), written, why.is_none());
        found.problem = why.map(|why| format!("{why}: {}", self.name)).or(found.problem);
        Turn::Step(Step::call(0, end, found))
    }

    fn code(&mut self, seen: Seen<'_>) -> Turn {
        let next =
            seen.form.spec.open.iter().filter_map(|open| memmem::find(seen.from(self.at), open.as_bytes())).min();
        let longest = seen.form.spec.open.iter().map(String::len).max().unwrap_or(1);
        match next {
            Some(n) => Turn::Step(call(seen, self.start, self.at + n, &self.name)),
            None if seen.last => Turn::Step(call(seen, self.start, seen.data.len(), &self.name)),
            None => {
                self.at = seen.data.len().saturating_sub(longest).max(self.at);
                Turn::Wait
            }
        }
    }
}

/// The call whose only argument is the code between these places.
pub(super) fn call(seen: Seen<'_>, start: usize, end: usize, name: &str) -> Step {
    let code = seen.text(start, end).trim_end().to_owned();
    let map = Map::from_iter([("code".to_owned(), Value::String(code))]);
    let text = written(&map);
    Step::call(0, end, Found { name: name.to_owned(), arguments: Some(map), text, complete: true, problem: None })
}
