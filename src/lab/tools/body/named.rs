//! A name, a token, and the arguments as a JSON object. Where JSON follows the opening at once, it is read as JSON.

use super::{Found, LONGEST_NAME, Seen, Step, Turn, is_name, json, object, plain_name};
use crate::lab::tools::json::{Progress, Scanner};
use crate::lab::tools::marks::past_space;

#[derive(Debug, Clone)]
enum Phase {
    Name,
    /// Between the name and the arguments.
    Lead,
    Arguments(Scanner),
    Close(Box<Found>),
}

/// Reads one call with its name in front.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    at: usize,
    start: usize,
    far: usize,
    name: String,
    phase: Phase,
}

enum Move {
    Wait,
    On,
    Turn(Turn),
}

impl Job {
    pub(super) fn new(opened: usize) -> Self {
        Self { at: opened, start: opened, far: 0, name: String::new(), phase: Phase::Name }
    }

    pub(super) fn step(&mut self, seen: Seen<'_>) -> Turn {
        loop {
            let moved = match &mut self.phase {
                Phase::Name => self.header(seen),
                Phase::Lead => self.lead(seen),
                Phase::Arguments(scanner) => {
                    let progress = scanner.push(seen.from(self.at));
                    self.arguments(seen, progress)
                }
                Phase::Close(found) => match seen.closed(self.at, &mut self.far) {
                    Some(end) => Move::Turn(Turn::Step(Step::call(0, end, std::mem::take(&mut **found)))),
                    None => Move::Wait,
                },
            };
            match moved {
                Move::Wait => return Turn::Wait,
                Move::On => {}
                Move::Turn(turn) => return turn,
            }
        }
    }

    fn header(&mut self, seen: Seen<'_>) -> Move {
        let spec = &seen.form.spec;
        self.at = past_space(seen.data, self.at);
        match seen.token(self.at, &spec.skip) {
            Ok(Some(n)) => {
                self.at += n;
                return Move::On;
            }
            Err(_) => return Move::Wait,
            Ok(None) => {}
        }
        let Ok(separated) = seen.token(self.at, &spec.separator) else { return Move::Wait };
        if matches!(seen.data.get(self.at), Some(b'{' | b'[')) && separated.is_none() {
            return Move::Turn(Turn::Become(super::Job::Json(json::Job::new(spec, self.at))));
        }
        let limit = seen.data.len().min(self.at + LONGEST_NAME + spec.name_after.len() + 64);
        let hay = seen.data.get(self.at..limit).unwrap_or_default();
        let ends = spec.separator.iter().chain(&spec.close).map(String::as_str).chain(["{"]);
        let places = ends.filter_map(|end| memchr::memmem::find(hay, end.as_bytes()).map(|place| (place, end)));
        let Some((place, end)) = places.min_by_key(|(place, end)| (*place, usize::MAX - end.len())) else {
            let more = limit == seen.data.len() && !seen.last;
            return if more { Move::Wait } else { Move::Turn(Turn::Step(Step::text(self.at, NO_NAME))) };
        };
        self.name = name(&seen.text(self.at, self.at + place), &spec.name_after);
        if !is_name(&self.name) {
            return Move::Turn(Turn::Step(Step::text(self.at, NO_NAME)));
        }
        self.at += place + if spec.separator.iter().any(|one| one == end) { end.len() } else { 0 };
        self.phase = Phase::Lead;
        Move::On
    }

    fn lead(&mut self, seen: Seen<'_>) -> Move {
        self.at = past_space(seen.data, self.at);
        let found = |complete| Found { name: self.name.clone(), complete, ..Found::default() };
        let none = || Found { arguments: Some(serde_json::Map::new()), text: "{}".to_owned(), ..found(true) };
        if seen.data.get(self.at) == Some(&b'{') {
            self.start = self.at;
            self.phase = Phase::Arguments(Scanner::new());
            return Move::On;
        }
        match seen.token(self.at, &seen.form.spec.close) {
            Ok(Some(n)) => return Move::Turn(Turn::Step(Step::call(0, self.at + n, none()))),
            Err(_) => return Move::Wait,
            Ok(None) => {}
        }
        if self.at == seen.data.len() && !seen.last {
            return Move::Wait;
        }
        let problem = Some(format!("no arguments follow the name: {}", self.name));
        Move::Turn(Turn::Step(Step::call(0, self.at, Found { problem, ..found(false) })))
    }

    fn arguments(&mut self, seen: Seen<'_>, progress: Progress) -> Move {
        let (taken, why) = match progress {
            Progress::Done(n) => (n, ""),
            Progress::Bad(n) => (n, "the arguments are no JSON"),
            Progress::Deep(n) => (n, "the arguments are nested too deep"),
            Progress::More if !seen.last => {
                self.at = seen.data.len();
                return Move::Wait;
            }
            Progress::More => (seen.data.len() - self.at, "the text ends within a call"),
        };
        self.at += taken;
        let written = seen.data.get(self.start..self.at).unwrap_or_default();
        let mut found = object::found(self.name.clone(), written, why.is_empty());
        if why.is_empty() {
            self.phase = Phase::Close(Box::new(found));
            return Move::On;
        }
        found.problem = Some(format!("{why}: {}", self.name));
        Move::Turn(Turn::Step(Step::call(0, self.at, found).failing()))
    }
}

const NO_NAME: &str = "a call is opened, but no name follows";

/// The name in a header: behind `after`, on one line, without the mark of a code block or of a call's id.
fn name(header: &str, after: &str) -> String {
    let split = if after.is_empty() { None } else { header.split_once(after) };
    let clean = |text: &str| {
        let line = text.trim().lines().next().unwrap_or_default().trim();
        plain_name(
            line.split("[CALL_ID]").next().unwrap_or_default().trim_end_matches("```json").trim_end_matches("```"),
        )
        .trim()
        .to_owned()
    };
    match split {
        Some((before, behind)) if clean(behind).is_empty() => clean(before),
        Some((_, behind)) => clean(behind),
        None => clean(header),
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn headers_hold_names() {
        let table = [
            ("functions.get_time:0 ", "", "get_time"),
            ("ns.tool", "", "ns.tool"),
            ("add[CALL_ID]123", "", "add"),
            ("function<sep>get_time\n```json\n", "<sep>", "get_time"),
            ("get_time<sep>", "<sep>", "get_time"),
            ("get_time\n```json", "<sep>", "get_time"),
        ];
        for (header, after, expected) in table {
            assert_eq!(name(header, after), expected, "{header}");
        }
    }
}
