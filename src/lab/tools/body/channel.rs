//! A channel's header, as gpt-oss writes it: what it begins is reasoning, text, or the arguments of a call.

use super::{Found, Mode, Piece, Seen, Step, Turn, object, plain_name};
use crate::lab::tools::json::{Progress, Scanner};
use crate::lab::tools::marks::past_space;
use memchr::memmem;

/// The longest header, in bytes.
const LONGEST: usize = 512;

#[derive(Debug, Clone)]
enum Phase {
    Header,
    Lead,
    Arguments(Scanner),
}

/// Reads a header and what it begins.
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
        Self { opened, at: opened, start: opened, name: String::new(), phase: Phase::Header }
    }

    pub(super) fn step(&mut self, seen: Seen<'_>) -> Turn {
        if matches!(self.phase, Phase::Header)
            && let Some(turn) = self.header(seen)
        {
            return turn;
        }
        if matches!(self.phase, Phase::Lead) {
            self.at = past_space(seen.data, self.at);
            match seen.data.get(self.at) {
                None if !seen.last => return Turn::Wait,
                Some(b'{') => {
                    self.start = self.at;
                    self.phase = Phase::Arguments(Scanner::new());
                }
                _ => return Turn::Step(self.broken(self.at, "the arguments are no JSON object")),
            }
        }
        match &mut self.phase {
            Phase::Arguments(scanner) => {
                let progress = scanner.push(seen.from(self.at));
                self.arguments(seen, progress)
            }
            _ => Turn::Wait,
        }
    }

    fn header(&mut self, seen: Seen<'_>) -> Option<Turn> {
        let hay = &seen.data[..seen.data.len().min(LONGEST)];
        let ends = seen.form.spec.separator.iter();
        let end = ends.filter_map(|end| memmem::find(hay, end.as_bytes()).map(|place| (place, end.len()))).min();
        let Some((place, len)) = end else {
            let more = hay.len() == seen.data.len() && !seen.last;
            return Some(if more {
                Turn::Wait
            } else {
                Turn::Step(Step::text(self.opened, "a channel has no message"))
            });
        };
        let header = seen.text(0, place);
        self.at = place + len;
        let recipient =
            header.split_once("to=").map(|(_, rest)| rest.split(|c: char| c.is_whitespace() || c == '<').next());
        if let Some(Some(name)) = recipient
            && !["user", "assistant", "all", ""].contains(&name)
        {
            self.name = plain_name(name).to_owned();
            self.phase = Phase::Lead;
            return None;
        }
        let channel = header.rsplit_once("channel|>").map_or("", |(_, rest)| rest.trim_start());
        let mode = if channel.starts_with("analysis") { Mode::Reasoning } else { Mode::Content };
        let pieces = vec![Piece::Marker(self.at), Piece::Mode(mode)];
        Some(Turn::Step(Step { pieces, keep: false, failed: false }))
    }

    fn arguments(&mut self, seen: Seen<'_>, progress: Progress) -> Turn {
        match progress {
            Progress::More if !seen.last => {
                self.at = seen.data.len();
                Turn::Wait
            }
            Progress::Done(n) => {
                self.at += n;
                let written = seen.data.get(self.start..self.at).unwrap_or_default();
                Turn::Step(Step::call(0, self.at, object::found(self.name.clone(), written, true)))
            }
            Progress::More => self.cut(seen, seen.data.len(), "the text ends within a call"),
            Progress::Bad(n) | Progress::Deep(n) => self.cut(seen, self.at + n, "the arguments are no JSON object"),
        }
    }

    fn cut(&self, seen: Seen<'_>, end: usize, why: &str) -> Turn {
        let mut step = self.broken(end, why);
        if let Some(Piece::Call(_, found)) = step.pieces.last_mut() {
            found.text = seen.text(self.start, end);
        }
        Turn::Step(step.failing())
    }

    fn broken(&self, end: usize, why: &str) -> Step {
        let problem = Some(format!("{why}: {}", self.name));
        Step::call(0, end, Found { name: self.name.clone(), problem, ..Found::default() })
    }
}
