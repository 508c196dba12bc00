//! A name, then keys and values between tags.

use super::tag::{Tag, Tags, label, plain};
use super::{Found, LONGEST_NAME, Piece, Seen, Step, Turn, is_name, plain_name, written};
use crate::lab::tools::format::Trim;
use crate::lab::tools::marks::past_space;
use crate::lab::tools::typing::Typing;
use serde_json::Map;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Name,
    Between,
    Key,
    /// Between a key and its value.
    Gap,
    Value,
    /// A closing tag was seen at this place within a value, up to the second.
    Doubt(usize, usize),
}

/// One argument as it was written.
#[derive(Debug, Clone)]
struct Written {
    key: String,
    text: String,
    /// Whether the tag says that it is text.
    string: Option<bool>,
}

/// Reads one call between tags.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    opened: usize,
    at: usize,
    start: usize,
    far: usize,
    phase: Phase,
    name: String,
    key: (String, Option<bool>),
    written: Vec<Written>,
    problem: Option<String>,
}

impl Job {
    pub(super) fn new(opened: usize) -> Self {
        Self {
            opened,
            at: opened,
            start: opened,
            far: 0,
            phase: Phase::Name,
            name: String::new(),
            key: (String::new(), None),
            written: Vec::new(),
            problem: None,
        }
    }

    pub(super) fn step(&mut self, seen: Seen<'_>) -> Turn {
        let Some(tags) = &seen.form.tags else { return Turn::Step(Step::text(self.opened, "the format has no tags")) };
        loop {
            let turn = match self.phase {
                Phase::Name => self.name(seen, tags),
                Phase::Between => self.between(seen, tags),
                Phase::Key => self.key(seen, tags),
                Phase::Gap => self.gap(seen),
                Phase::Value => self.value(seen, tags),
                Phase::Doubt(start, end) => self.doubt(seen, start, end),
            };
            match turn {
                Some(Turn::Wait) if seen.last => return Turn::Step(self.cut(seen)),
                Some(turn) => return turn,
                None => {}
            }
        }
    }

    /// `None`: the phase has changed.
    fn name(&mut self, seen: Seen<'_>, tags: &Tags) -> Option<Turn> {
        let no_name = || Some(Turn::Step(Step::text(self.opened, "a call is opened, but no name follows")));
        let (tag, start, end) = match tags.name.next(seen.data, self.at, seen.last) {
            Ok((_, start, _)) if start - self.opened > LONGEST_NAME => return no_name(),
            Ok(found) => found,
            Err(place) if place - self.opened > LONGEST_NAME || seen.last => return no_name(),
            Err(place) => {
                self.at = place;
                return Some(Turn::Wait);
            }
        };
        let (name, _) = label(&seen.text(self.opened, start));
        let name = plain_name(&name).to_owned();
        if !is_name(&name) || tag == Tag::Around {
            return no_name();
        }
        self.name = name;
        self.tag(seen, tag, start, end)
    }

    /// What a tag does outside of keys and values.
    fn tag(&mut self, seen: Seen<'_>, tag: Tag, start: usize, end: usize) -> Option<Turn> {
        self.at = end;
        match tag {
            Tag::Key => {
                self.start = end;
                self.phase = Phase::Key;
            }
            Tag::Close => return Some(Turn::Step(self.done(seen, end, true))),
            Tag::Around => {
                self.problem.get_or_insert_with(|| format!("a call is not closed: {}", self.name));
                return Some(Turn::Step(self.done(seen, start, true)));
            }
            Tag::NameEnd | Tag::KeyEnd | Tag::ValueEnd => self.phase = Phase::Between,
        }
        None
    }

    fn between(&mut self, seen: Seen<'_>, tags: &Tags) -> Option<Turn> {
        let found = tags.between.next(seen.data, self.at, seen.last);
        let stray = |to: usize| past_space(&seen.data[..to], self.at) < to;
        let to = match found {
            Ok((_, start, _)) => start,
            Err(place) => place,
        };
        if stray(to) && self.problem.is_none() {
            self.problem = Some(format!("text stands between the arguments of a call: {}", self.name));
        }
        match found {
            Ok((tag, start, end)) => self.tag(seen, tag, start, end),
            Err(place) => {
                self.at = place;
                Some(Turn::Wait)
            }
        }
    }

    fn key(&mut self, seen: Seen<'_>, tags: &Tags) -> Option<Turn> {
        match tags.key.next(seen.data, self.at, seen.last) {
            Ok((Tag::KeyEnd, start, end)) => {
                self.key = label(&seen.text(self.start, start));
                self.at = end;
                self.start = end;
                self.phase = if seen.form.spec.value.is_empty() { Phase::Value } else { Phase::Gap };
                None
            }
            Ok((tag, start, end)) => self.tag(seen, tag, start, end),
            Err(place) => {
                self.at = place;
                Some(Turn::Wait)
            }
        }
    }

    fn gap(&mut self, seen: Seen<'_>) -> Option<Turn> {
        self.at = past_space(seen.data, self.at);
        match seen.token(self.at, std::slice::from_ref(&seen.form.spec.value)) {
            Ok(Some(n)) => {
                self.at += n;
                self.start = self.at;
                self.phase = Phase::Value;
                None
            }
            Ok(None) if self.at < seen.data.len() => {
                self.problem = Some(format!("an argument has no value: {}", self.key.0));
                self.phase = Phase::Between;
                None
            }
            _ => Some(Turn::Wait),
        }
    }

    fn value(&mut self, seen: Seen<'_>, tags: &Tags) -> Option<Turn> {
        let (tag, start, end) = match tags.value.next(seen.data, self.at, seen.last) {
            Ok(found) => found,
            Err(place) => {
                self.at = place;
                return Some(Turn::Wait);
            }
        };
        match tag {
            Tag::Close if !seen.form.spec.around.is_empty() => {
                self.far = end;
                self.phase = Phase::Doubt(start, end);
                None
            }
            Tag::ValueEnd => {
                self.keep(seen, start);
                self.tag(seen, tag, start, end)
            }
            _ => {
                self.problem = Some(format!("an argument is not closed: {}", self.key.0));
                self.keep(seen, start);
                self.tag(seen, tag, start, end)
            }
        }
    }

    /// A closing tag within a value closes the call only where the text ends behind it, or what surrounds calls follows.
    fn doubt(&mut self, seen: Seen<'_>, start: usize, end: usize) -> Option<Turn> {
        self.far = past_space(seen.data, self.far);
        let follows = seen.token(self.far, &seen.form.spec.around);
        let ended = self.far == seen.data.len();
        match follows {
            Err(_) => Some(Turn::Wait),
            Ok(None) if ended && !seen.last => Some(Turn::Wait),
            Ok(None) if !ended => {
                self.at = end;
                self.phase = Phase::Value;
                None
            }
            Ok(_) => {
                self.problem = Some(format!("an argument is not closed: {}", self.key.0));
                self.keep(seen, start);
                self.tag(seen, Tag::Close, start, end)
            }
        }
    }

    fn keep(&mut self, seen: Seen<'_>, to: usize) {
        let text = trimmed(&seen.text(self.start, to), seen.form.spec.trim).to_owned();
        let text = if seen.form.spec.entities { plain(&text) } else { text };
        let (key, string) = std::mem::take(&mut self.key);
        self.written.push(Written { key, text, string });
    }

    fn done(&mut self, seen: Seen<'_>, len: usize, complete: bool) -> Step {
        let spec = &seen.form.spec;
        let typing = Typing::new(seen.tools, &self.name);
        let mut map = Map::new();
        for one in std::mem::take(&mut self.written) {
            // What a tag says of its value counts where the tools say nothing.
            let json = one.string.map_or(spec.json_values, |string| !string);
            let value = typing.value(&one.key, one.text, json);
            map.insert(one.key, value);
        }
        let text = written(&map);
        let found = Found { name: std::mem::take(&mut self.name), arguments: Some(map), text, complete, problem: None };
        let mut step = Step::call(0, len, found);
        step.pieces.extend(self.problem.take().map(Piece::Problem));
        step
    }

    /// The text ends within the call.
    fn cut(&mut self, seen: Seen<'_>) -> Step {
        if self.name.is_empty() {
            return Step::text(self.opened, "a call is opened, but no name follows");
        }
        if matches!(self.phase, Phase::Value | Phase::Doubt(..)) {
            self.keep(seen, seen.data.len());
        }
        self.problem = Some(format!("the text ends within a call: {}", self.name));
        self.done(seen, seen.data.len(), false).failing()
    }
}

fn trimmed(text: &str, trim: Trim) -> &str {
    let lines = |text| {
        let start = str::strip_prefix(text, '\n').unwrap_or(text);
        start.strip_suffix('\n').unwrap_or(start)
    };
    match trim {
        Trim::None => text,
        Trim::Lines => lines(text),
        Trim::Pair if text.starts_with('\n') => lines(text),
        Trim::Pair => text,
        Trim::Space => text.trim(),
    }
}
