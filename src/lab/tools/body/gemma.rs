//! `call:name{key:value,…}` with strings between tokens, as Gemma 4 and FunctionGemma write it.

use super::{Found, LONGEST_NAME, Seen, Step, Turn, gemma_value, is_name, plain_name, written};
use memchr::memmem;

#[derive(Debug, Clone)]
enum Phase {
    Name,
    /// Within the braces.
    Inside {
        depth: usize,
        quoted: bool,
    },
    Close(Box<Found>),
}

/// Reads one call.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    opened: usize,
    at: usize,
    start: usize,
    far: usize,
    round: bool,
    name: String,
    phase: Phase,
}

impl Job {
    pub(super) fn new(opened: usize) -> Self {
        Self { opened, at: opened, start: opened, far: 0, round: false, name: String::new(), phase: Phase::Name }
    }

    pub(super) fn step(&mut self, seen: Seen<'_>) -> Turn {
        if matches!(self.phase, Phase::Name)
            && let Some(turn) = self.header(seen)
        {
            return turn;
        }
        if let Phase::Inside { mut depth, mut quoted } = self.phase {
            let end = self.end(seen, &mut depth, &mut quoted);
            self.phase = Phase::Inside { depth, quoted };
            match end {
                None if seen.last => return Turn::Step(self.cut(seen, ENDED)),
                None => return Turn::Wait,
                Some(End::Cut) => return Turn::Step(self.cut(seen, "a call ends before its arguments do")),
                Some(End::Whole(end)) => {
                    let found = self.found(seen, end);
                    self.at = end + 1;
                    self.phase = Phase::Close(Box::new(found));
                }
            }
        }
        let Some(end) = seen.closed(self.at, &mut self.far) else { return Turn::Wait };
        match std::mem::replace(&mut self.phase, Phase::Name) {
            Phase::Close(found) => Turn::Step(Step::call(0, end, *found)),
            _ => Turn::Wait,
        }
    }

    fn header(&mut self, seen: Seen<'_>) -> Option<Turn> {
        let limit = seen.data.len().min(self.opened + LONGEST_NAME);
        let hay = seen.data.get(self.opened..limit).unwrap_or_default();
        let none = || Some(Turn::Step(Step::text(self.opened, "a call is opened, but no name follows")));
        let Some(place) = hay.iter().position(|byte| matches!(byte, b'{' | b'(' | b'<')) else {
            return if seen.last || limit < seen.data.len() { none() } else { Some(Turn::Wait) };
        };
        let header = seen.text(self.opened, self.opened + place);
        let name = header.trim().trim_start_matches("call").trim_start_matches(':');
        self.name = plain_name(name).to_owned();
        if !is_name(&self.name) {
            return none();
        }
        self.at = self.opened + place + 1;
        self.start = self.at;
        if hay[place] == b'<' {
            let problem = Some(format!("no arguments follow the name: {}", self.name));
            let arguments = Some(serde_json::Map::new());
            let found = Found { name: self.name.clone(), arguments, text: "{}".to_owned(), complete: true, problem };
            return Some(Turn::Step(Step::call(0, self.opened + place, found)));
        }
        self.round = hay[place] == b'(';
        self.phase = Phase::Inside { depth: 0, quoted: false };
        None
    }

    /// Where the arguments end.
    fn end(&mut self, seen: Seen<'_>, depth: &mut usize, quoted: &mut bool) -> Option<End> {
        let quote = &seen.form.spec.quote;
        while self.at < seen.data.len() {
            if *quoted {
                let Some(n) = memmem::find(seen.from(self.at), quote.as_bytes()) else {
                    self.at = seen.data.len().saturating_sub(quote.len() - 1).max(self.at);
                    return None;
                };
                self.at += n + quote.len();
                *quoted = false;
                continue;
            }
            match seen.data[self.at] {
                b'{' | b'[' => *depth += 1,
                b'}' | b']' if *depth > 0 => *depth -= 1,
                b'}' if !self.round => return Some(End::Whole(self.at)),
                b')' if self.round && *depth == 0 => return Some(End::Whole(self.at)),
                b'<' => {
                    let quotes = seen.token(self.at, std::slice::from_ref(quote));
                    match (quotes, seen.token(self.at, &seen.form.spec.close)) {
                        (Ok(Some(n)), _) => {
                            self.at += n;
                            *quoted = true;
                            continue;
                        }
                        (Err(_), _) | (_, Err(_)) => return None,
                        (_, Ok(Some(_))) => return Some(End::Cut),
                        _ => {}
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        None
    }

    fn found(&self, seen: Seen<'_>, end: usize) -> Found {
        let text = String::from_utf8_lossy(seen.data.get(self.start..end).unwrap_or_default());
        let name = self.name.clone();
        match gemma_value::arguments(&text, seen, &name) {
            Some(map) => {
                let text = written(&map);
                Found { name, arguments: Some(map), text, complete: true, problem: None }
            }
            None => {
                let problem = Some(format!("the arguments of a call cannot be read: {name}"));
                Found { name, arguments: None, text: text.into_owned(), complete: false, problem }
            }
        }
    }

    fn cut(&self, seen: Seen<'_>, why: &str) -> Step {
        // Within a string that is not closed a closing marker may have gone by.
        let open = matches!(self.phase, Phase::Inside { quoted: true, .. });
        let close = seen.form.spec.close.iter().filter(|_| open);
        let rest = seen.from(self.start);
        let passed =
            close.filter_map(|close| memmem::find(rest, close.as_bytes()).map(|place| (place, close.len()))).min();
        let (end, len) = match passed {
            Some((place, len)) => (self.start + place, len),
            None if seen.last && why == ENDED => (seen.data.len(), 0),
            None => (self.at, 0),
        };
        let found = self.found(seen, end);
        let problem = Some(format!("{why}: {}", self.name));
        Step::call(0, end + len, Found { complete: false, problem, ..found }).failing()
    }
}

const ENDED: &str = "the text ends within a call";

enum End {
    /// The closing brace stands here.
    Whole(usize),
    /// The call's closing marker stands before it.
    Cut,
}
