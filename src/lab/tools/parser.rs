//! The parser: text in pieces of any size in, events out. What it tells does not depend on how the text was cut.

use super::body::{Found, Job, Mode, Piece, Seen, Step};
use super::compiled::{Compiled, Does};
use super::definition::Tools;
use super::event::{Event, Span};
use super::marks::{Look, open_char};
use std::sync::Arc;

/// Bytes that may be searched for an opening after a failure, besides those that were read in the meantime.
const SECOND_LOOK: usize = 64 * 1024;

/// White space that is held back until it is clear what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    /// Behind a call or a marker: no text if another one or the end follows.
    After,
    /// At the start or the end of reasoning: no text in any case.
    Think,
}

/// Reads the text of one answer.
#[derive(Debug)]
pub struct Parser {
    format: Arc<Compiled>,
    tools: Arc<Tools>,
    buf: Vec<u8>,
    /// Where `buf` begins in the whole text.
    base: usize,
    /// What of `buf` has been told.
    head: usize,
    /// How far `buf` has been looked through.
    scan: usize,
    /// How far there is only white space behind `head`, while a gap is open.
    blank: usize,
    gap: Gap,
    mode: Mode,
    /// Where reasoning began that a closing marker would end.
    thought: Option<usize>,
    /// The job at work, the place in `buf` where its bytes begin, and its form.
    job: Option<(Job, usize, usize)>,
    /// The form whose opening turned out to be text; its closing marker is text as well.
    failed: Option<usize>,
    /// Markers around calls have been seen.
    around: bool,
    started: bool,
    calls: usize,
    budget: usize,
    events: Vec<Event>,
}

impl Parser {
    /// A parser for one answer in this format, to a request that offered these tools.
    pub fn new(format: Arc<Compiled>, tools: Arc<Tools>) -> Self {
        Self {
            format,
            tools,
            buf: Vec::new(),
            base: 0,
            head: 0,
            scan: 0,
            blank: 0,
            gap: Gap::None,
            mode: Mode::Content,
            thought: Some(0),
            job: None,
            failed: None,
            around: false,
            started: false,
            calls: 0,
            budget: SECOND_LOOK,
            events: Vec::new(),
        }
    }

    /// The prompt has begun reasoning: the text goes on with it.
    pub fn thinking(mut self) -> Self {
        self.mode = Mode::Reasoning;
        self
    }

    /// Takes more of the text; gives what is clear by now.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.buf.extend_from_slice(bytes);
        self.run(false)
    }

    /// The text has ended; gives the rest. Bytes fed later begin nothing new.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut events = self.run(true);
        if self.around && self.calls == 0 {
            events.push(Event::Problem("markers of a call stand in the text, but no call".to_owned()));
        }
        events
    }

    /// What is held back because it may belong to a marker or a call that goes on.
    pub fn pending(&self) -> &[u8] {
        self.buf.get(self.head..).unwrap_or_default()
    }

    fn run(&mut self, last: bool) -> Vec<Event> {
        if !self.started && !self.buf.is_empty() {
            self.started = true;
            if self.format.at_start
                && let Some(form) = self.format.forms.first()
            {
                self.job = Some((Job::new(form, 0), 0, 0));
            }
        }
        loop {
            let more = match self.job.take() {
                Some((job, at, form)) => self.work(job, at, form, last),
                None => self.text(last),
            };
            if !more {
                break;
            }
        }
        if self.job.is_none() || self.head > self.buf.len() / 2 {
            self.forget();
        }
        std::mem::take(&mut self.events)
    }

    /// Lets go of bytes that have been told.
    fn forget(&mut self) {
        self.buf.drain(..self.head);
        self.base += self.head;
        self.scan -= self.head.min(self.scan);
        self.blank -= self.head.min(self.blank);
        if let Some((_, at, _)) = &mut self.job {
            *at -= self.head;
        }
        self.head = 0;
    }

    fn span(&self, from: usize, to: usize) -> Span {
        self.base + from..self.base + to
    }

    /// Ordinary text up to the next marker; false when more bytes are needed.
    fn text(&mut self, last: bool) -> bool {
        match self.format.marks.look(&self.buf, self.scan.max(self.head), last) {
            Look::Clear(place) => {
                let cut = place - if last { 0 } else { open_char(&self.buf[self.head..place]) };
                self.tell(cut.max(self.head), last);
                self.scan = place;
                false
            }
            Look::Hit { start, end, id } => {
                self.scan = end;
                match self.format.does.get(id).copied().unwrap_or(Does::Drop) {
                    Does::Call(form) if self.is_prose(form, end, last) => {}
                    Does::Drop if self.ends_text(start, end) => self.failed = None,
                    Does::Call(form) => {
                        // White space before it is no text if this is a call, and text if it is none.
                        self.tell(start, false);
                        let job = self.format.forms.get(form).map(|form| Job::new(form, end - start));
                        self.job = job.map(|job| (job, start, form));
                    }
                    does => {
                        self.tell(start, true);
                        self.marker(does, start, end);
                    }
                }
                true
            }
        }
    }

    /// Whether a bare opening, which ends at `end`, is part of reasoning, or stands before what no call begins with.
    fn is_prose(&self, form: usize, end: usize, last: bool) -> bool {
        let bare = self.format.is_bare(form);
        let next = self.buf.get(end);
        let first = |byte: u8| {
            byte.is_ascii_whitespace()
                || matches!(byte, b'"' | b'{' | b'_')
                || byte.is_ascii_alphabetic()
                || byte >= 0x80
        };
        bare && (self.mode == Mode::Reasoning || next.map_or(last, |byte| !first(*byte)))
    }

    /// Whether the marker closes what turned out to be no call.
    fn ends_text(&mut self, start: usize, end: usize) -> bool {
        let marker = &self.buf[start..end];
        let is = |list: &[String]| list.iter().any(|one| one.as_bytes() == marker);
        self.around |= self.format.forms.iter().any(|form| is(&form.spec.around));
        self.failed.and_then(|form| self.format.forms.get(form)).is_some_and(|form| is(&form.spec.close))
    }

    fn marker(&mut self, does: Does, start: usize, end: usize) {
        let span = self.span(start, end);
        self.gap = Gap::After;
        match does {
            Does::ThinkOpen => {
                self.mode = Mode::Reasoning;
                self.thought = Some(span.end);
                self.gap = Gap::Think;
            }
            // Reasoning has ended already: the marker is there twice.
            Does::ThinkClose if self.mode == Mode::Content && self.thought.is_none() => {}
            Does::ThinkClose => {
                if self.mode == Mode::Content
                    && let Some(from) = self.thought
                {
                    self.events.push(Event::WasReasoning { span: from..span.start });
                }
                self.mode = Mode::Content;
                self.thought = None;
                self.gap = Gap::Think;
            }
            Does::Reset => self.mode = Mode::Content,
            Does::Drop | Does::Call(_) => {}
        }
        self.events.push(Event::Marker { span });
        self.head = end;
    }

    /// Tells the text up to `to`; with `closed` a marker or the end follows it.
    fn tell(&mut self, to: usize, closed: bool) {
        if self.head >= to {
            return;
        }
        if self.gap != Gap::None {
            let between = |byte: &u8| byte.is_ascii_whitespace() || self.format.between.contains(byte);
            let from = self.blank.clamp(self.head, to);
            match self.buf[from..to].iter().position(|byte| !between(byte)) {
                None if closed || self.gap == Gap::Think => return self.drop_to(to),
                None => {
                    self.blank = to;
                    return;
                }
                Some(n) => {
                    if self.gap == Gap::Think {
                        self.drop_to(from + n);
                    }
                    self.gap = Gap::None;
                }
            }
        }
        self.say(to);
    }

    fn drop_to(&mut self, to: usize) {
        if to > self.head {
            let span = self.span(self.head, to);
            self.events.push(Event::Marker { span });
            self.head = to;
        }
    }

    /// Tells the bytes up to `to` as text.
    fn say(&mut self, to: usize) {
        if to <= self.head {
            return;
        }
        let span = self.span(self.head, to);
        let text = String::from_utf8_lossy(&self.buf[self.head..to]).into_owned();
        self.events.push(match self.mode {
            Mode::Content => Event::Content { span, text },
            Mode::Reasoning => Event::Reasoning { span, text },
        });
        self.head = to;
    }

    /// Lets the job look at its bytes; false when it needs more.
    fn work(&mut self, mut job: Job, at: usize, form: usize, last: bool) -> bool {
        let Some(of) = self.format.forms.get(form) else { return true };
        let data = self.buf.get(at..).unwrap_or_default();
        let Some(mut step) = job.step(Seen { data, last, form: of, tools: &self.tools }) else {
            self.job = Some((job, at, form));
            return false;
        };
        if step.failed {
            self.second_look(&mut step, form, at);
        }
        let bare = self.format.is_bare(form);
        let text = step.failed && !bare && matches!(step.pieces.last(), Some(Piece::Text(_)));
        self.failed = text.then_some(form);
        let end = self.take(step.pieces, at);
        self.scan = end;
        self.budget = self.budget.saturating_add(end - at);
        if step.keep {
            self.job = Some((job, end, form));
        }
        true
    }

    /// A call that broke off may have swallowed the opening of the next one: it then ends there.
    fn second_look(&mut self, step: &mut Step, form: usize, at: usize) {
        let (mut from, mut cut) = (at, None);
        for piece in &step.pieces {
            let (Piece::Text(len) | Piece::Marker(len) | Piece::Call(len, _)) = piece else { continue };
            cut = Some((from, from + len));
            from += len;
        }
        let Some((start, end)) = cut else { return };
        if end - start > self.budget {
            return;
        }
        self.budget -= end - start;
        // The opening itself may hold another one.
        let opened = self.format.forms.get(form).and_then(|form| form.spec.open.iter().map(String::len).min());
        let shortest = opened.unwrap_or(1);
        let mut place = start + 1;
        while let Look::Hit { start: hit, end: behind, id } = self.format.marks.look(&self.buf[..end], place, true) {
            place = behind;
            let opens = matches!(self.format.does.get(id), Some(Does::Call(form)) if !self.format.is_bare(*form));
            if !opens || hit - start < shortest {
                continue;
            }
            if let Some(Piece::Text(len) | Piece::Call(len, _)) =
                step.pieces.iter_mut().rev().find(|piece| !matches!(piece, Piece::Problem(_)))
            {
                *len = hit - start;
            }
            return;
        }
    }

    /// Tells the pieces of a job that begin at `at`; gives where they end.
    fn take(&mut self, pieces: Vec<Piece>, at: usize) -> usize {
        let mut at = at;
        for piece in pieces {
            match piece {
                Piece::Text(len) => {
                    at += len;
                    if len > 0 {
                        self.gap = Gap::None;
                        self.say(at);
                    }
                }
                Piece::Marker(len) => {
                    at += len;
                    self.drop_to(at);
                    self.gap = Gap::After;
                }
                Piece::Call(len, found) => {
                    self.drop_to(at);
                    at += len;
                    self.call(found, at);
                }
                Piece::Mode(mode) => self.mode = mode,
                Piece::Problem(text) => self.events.push(Event::Problem(text)),
            }
        }
        at
    }

    fn call(&mut self, found: Found, end: usize) {
        let (index, known) = (self.calls, self.tools.knows(&found.name));
        self.calls += 1;
        let Found { name, arguments, text, complete, problem } = found;
        if known == Some(false) {
            self.events.push(Event::Problem(format!("no tool of this name was offered: {name}")));
        }
        let span = self.span(self.head, end);
        self.events.push(Event::CallBegin { index, name });
        self.events.push(Event::Arguments { index, text });
        self.events.push(Event::CallEnd { index, arguments, complete, span, known });
        self.events.extend(problem.map(Event::Problem));
        self.head = end;
        self.mode = Mode::Content;
        self.gap = Gap::After;
    }
}
