//! What stands between the markers of a call, one file a way of writing it.
//!
//! A job is given the bytes from its opening on, again and again as they grow, and answers with pieces once it knows what
//! some of them are. It remembers how far it has looked, so that no byte is looked at more than a few times.

mod channel;
mod code;
mod gemma;
mod gemma_value;
mod json;
mod lines;
mod named;
mod object;
mod python;
mod tag;
mod tagged;

use super::definition::Tools;
use super::format::{Body, CallForm};
use super::marks::{TooSoon, begins, past_space};
use serde_json::{Map, Value};

pub(super) use tag::Tags;

/// The longest name of a function that is taken for one, in bytes.
const LONGEST_NAME: usize = 256;

/// A call as it was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) arguments: Option<Map<String, Value>>,
    /// The arguments as they were written, or as JSON where they were not JSON.
    pub(super) text: String,
    pub(super) complete: bool,
    pub(super) problem: Option<String>,
}

/// Which kind of text a marker begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Content,
    Reasoning,
}

/// Bytes in order, by what they are.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(usize),
    Marker(usize),
    Call(usize, Found),
    /// No bytes: the text that follows is of this kind.
    Mode(Mode),
    /// No bytes: something to tell.
    Problem(String),
}

/// The answer of a job.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Step {
    pub(super) pieces: Vec<Piece>,
    /// The job goes on behind these pieces.
    pub(super) keep: bool,
    /// The last piece ends where the bytes stopped making sense; an opening within it may be a call of its own.
    pub(super) failed: bool,
}

impl Step {
    fn text(len: usize, problem: &str) -> Self {
        let told = (!problem.is_empty()).then(|| Piece::Problem(problem.to_owned()));
        Self { pieces: told.into_iter().chain([Piece::Text(len)]).collect(), keep: false, failed: true }
    }

    fn call(before: usize, len: usize, found: Found) -> Self {
        let call = Piece::Call(len, found);
        let pieces = if before > 0 { vec![Piece::Marker(before), call] } else { vec![call] };
        Self { pieces, ..Self::default() }
    }

    fn marker(len: usize) -> Self {
        Self { pieces: vec![Piece::Marker(len)], ..Self::default() }
    }

    fn kept(mut self) -> Self {
        self.keep = true;
        self
    }

    fn failing(mut self) -> Self {
        self.failed = true;
        self
    }
}

/// A way to write a call with what its search needs.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) spec: CallForm,
    tags: Option<Tags>,
}

impl Form {
    pub(super) fn new(spec: &CallForm) -> Self {
        Self { spec: spec.clone(), tags: Tags::new(spec) }
    }
}

/// The bytes from the opening on, and what a job may ask of its surroundings.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) data: &'a [u8],
    /// No more bytes will come.
    pub(super) last: bool,
    pub(super) form: &'a Form,
    pub(super) tools: &'a Tools,
}

impl<'a> Seen<'a> {
    fn text(&self, from: usize, to: usize) -> String {
        String::from_utf8_lossy(self.data.get(from..to).unwrap_or_default()).into_owned()
    }

    fn from(&self, at: usize) -> &'a [u8] {
        self.data.get(at..).unwrap_or_default()
    }

    /// Whether one of the tokens stands at `at`.
    fn token(&self, at: usize, tokens: &[String]) -> Result<Option<usize>, TooSoon> {
        begins(self.from(at), tokens, self.last)
    }

    /// Where the call ends that has ended at `at` but for a closing marker. `far` is where white space was looked through to.
    fn closed(&self, at: usize, far: &mut usize) -> Option<usize> {
        let close = &self.form.spec.close;
        if close.is_empty() {
            return Some(at);
        }
        *far = past_space(self.data, (*far).max(at));
        if *far == self.data.len() && !self.last {
            return None;
        }
        self.token(*far, close).ok().map(|taken| taken.map_or(at, |n| *far + n))
    }
}

/// A job of one of the kinds.
#[derive(Debug, Clone)]
pub(super) enum Job {
    Json(json::Job),
    Named(named::Job),
    Tagged(Box<tagged::Job>),
    Python(python::Job),
    Gemma(gemma::Job),
    Channel(channel::Job),
    Lines(lines::Job),
    Code(code::Job),
}

/// What a job answers: nothing yet, pieces, or that another job takes its place.
enum Turn {
    Wait,
    Step(Step),
    Become(Job),
}

impl Job {
    /// `opened` is the length of the opening.
    pub(super) fn new(form: &Form, opened: usize) -> Self {
        match form.spec.body {
            Body::Json => Self::Json(json::Job::new(&form.spec, opened)),
            Body::Named => Self::Named(named::Job::new(opened)),
            Body::Tagged => Self::Tagged(Box::new(tagged::Job::new(opened))),
            Body::Python => Self::Python(python::Job::new(&form.spec, opened)),
            Body::Gemma => Self::Gemma(gemma::Job::new(opened)),
            Body::Channel => Self::Channel(channel::Job::new(opened)),
            Body::Lines => Self::Lines(lines::Job::new(opened)),
            Body::Code => Self::Code(code::Job::new(opened)),
        }
    }

    /// Looks at the bytes; `None` when more are needed, which is never the case with the last.
    pub(super) fn step(&mut self, seen: Seen<'_>) -> Option<Step> {
        loop {
            let turn = match self {
                Self::Json(job) => job.step(seen),
                Self::Named(job) => job.step(seen),
                Self::Tagged(job) => job.step(seen),
                Self::Python(job) => job.step(seen),
                Self::Gemma(job) => job.step(seen),
                Self::Channel(job) => job.step(seen),
                Self::Lines(job) => job.step(seen),
                Self::Code(job) => job.step(seen),
            };
            match turn {
                Turn::Wait if seen.last => return Some(Step::text(seen.data.len(), "the text ends within a call")),
                Turn::Wait => return None,
                Turn::Step(step) => return Some(step),
                Turn::Become(job) => *self = job,
            }
        }
    }
}

impl From<Option<Step>> for Turn {
    fn from(step: Option<Step>) -> Self {
        step.map_or(Self::Wait, Self::Step)
    }
}

/// Whether the text can be the name of a function: not empty, on one line, without brackets and quotes.
fn is_name(name: &str) -> bool {
    let stray = |c: char| c.is_control() || matches!(c, '{' | '}' | '<' | '>' | '"' | '[' | ']' | '(' | ')');
    !name.is_empty() && name.len() <= LONGEST_NAME && !name.contains(stray)
}

/// A name without what formats write around it: `functions.` before it and the number of the call behind a colon.
fn plain_name(name: &str) -> &str {
    let name = name.trim();
    let name = name.strip_prefix("functions.").unwrap_or(name);
    match name.rsplit_once(':') {
        Some((before, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => name,
    }
}

/// Arguments as JSON text.
fn written(map: &Map<String, Value>) -> String {
    serde_json::to_string(map).unwrap_or_default()
}
