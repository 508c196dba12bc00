//! The reader: one step a byte outside of strings, a run of bytes at once within them.

use super::string::{Escape, Pair};
use super::{Break, Fault, Kind, Node, NodeId, Tree, Wanted};
use std::collections::HashSet;
use std::ops::Range;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Next {
    /// The value; only white space has come.
    #[default]
    Start,
    /// An object or an array somewhere behind text that is no JSON.
    Found,
    /// A value of an open array or member; the first may be the end of the array instead.
    Value { first: bool },
    /// A key; the first may be the end of the object instead.
    Key { first: bool },
    /// The colon after a key.
    Colon,
    /// A comma or the end of what is open.
    Comma,
    /// More of a string.
    Text { key: bool, escape: Escape },
    /// More of a number.
    Number(Digits),
    /// More of a literal: letters that have come.
    Literal(u8),
    /// White space behind the value.
    End,
    /// Nothing: the text is broken.
    Broken,
}

/// How far a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    Minus,
    Zero,
    Whole,
    Dot,
    Fraction,
    Mark,
    Sign,
    Exponent,
}

impl Digits {
    fn first(byte: u8) -> Self {
        match byte {
            b'-' => Self::Minus,
            b'0' => Self::Zero,
            _ => Self::Whole,
        }
    }

    fn step(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Minus, b'0') => Some(Self::Zero),
            (Self::Minus | Self::Whole, b'0'..=b'9') => Some(Self::Whole),
            (Self::Zero | Self::Whole, b'.') => Some(Self::Dot),
            (Self::Dot | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Zero | Self::Whole | Self::Fraction, b'e' | b'E') => Some(Self::Mark),
            (Self::Mark, b'+' | b'-') => Some(Self::Sign),
            (Self::Mark | Self::Sign | Self::Exponent, b'0'..=b'9') => Some(Self::Exponent),
            _ => None,
        }
    }

    fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Whole | Self::Fraction | Self::Exponent)
    }

    fn wanted(self) -> Wanted {
        match self {
            Self::Mark => Wanted::Exponent,
            digits if digits.may_end() => Wanted::NumberEnd,
            _ => Wanted::Digit,
        }
    }
}

/// An object or array that is open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) node: NodeId,
    object: bool,
    /// Keys of an object whose values have begun.
    pub(super) keys: HashSet<Box<str>>,
}

/// Where the reader is.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Reader {
    pub(super) next: Next,
    /// Bytes that were read.
    pub(super) at: usize,
    pub(super) open: Vec<Frame>,
    /// The string, number or literal that is growing.
    pub(super) scalar: Option<NodeId>,
    /// The key that has begun and whose value has not, in the texts.
    pub(super) key: Option<Range<usize>>,
    key_fault: Option<Fault>,
    pub(super) pair: Pair,
    /// Bytes of a byte-order mark.
    pub(super) mark: usize,
    /// Text that is no JSON stands before the value.
    pub(super) prose: bool,
    pub(super) after: Option<usize>,
    pub(super) broken: Option<Break>,
    pub(super) invalid: Vec<NodeId>,
    /// Bytes of a character that is cut at the end of what was pushed.
    cut: Vec<u8>,
}

impl Reader {
    pub(super) fn key_is_whole(&self) -> bool {
        !matches!(self.next, Next::Key { .. } | Next::Text { key: true, .. })
    }

    pub(super) fn wanted(&self, tree: &Tree) -> Wanted {
        match self.next {
            Next::Start | Next::Found | Next::Value { first: false } => Wanted::Value,
            Next::Value { first: true } => Wanted::ValueOrEnd,
            Next::Key { first: false } => Wanted::Key,
            Next::Key { first: true } => Wanted::KeyOrEnd,
            Next::Colon => Wanted::Colon,
            Next::Comma if self.open.last().is_some_and(|frame| frame.object) => Wanted::MemberEnd,
            Next::Comma => Wanted::ItemEnd,
            Next::Text { escape, .. } => escape.wanted(),
            Next::Number(digits) => digits.wanted(),
            Next::Literal(come) => {
                let word = self.scalar.and_then(|id| tree.node(id)).and_then(|node| node.kind.literal());
                Wanted::Literal(word.and_then(|word| word.get(usize::from(come)..)).unwrap_or_default())
            }
            Next::End | Next::Broken => Wanted::Nothing,
        }
    }
}

impl Tree {
    /// Reads more of the text. The result is the same however the text is cut.
    pub fn push(&mut self, text: &str) {
        let mut rest = text;
        while let Some(byte) = rest.bytes().next() {
            let taken = match self.reader.next {
                Next::Text { key, escape: Escape::None } => self.string_run(rest, key),
                Next::Broken => rest.len(),
                _ => self.step(rest, byte),
            };
            self.reader.at = self.reader.at.saturating_add(taken);
            // What is taken always ends where a character ends.
            rest = rest.get(taken.max(1)..).unwrap_or_default();
        }
    }

    /// Reads more of the text as bytes; a character may be cut between two calls. Bytes that are no UTF-8 break the text.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        let joined = [std::mem::take(&mut self.reader.cut).as_slice(), bytes].concat();
        let mut rest = joined.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => return self.push(text),
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    self.push(std::str::from_utf8(good).unwrap_or_default());
                    let Some(wrong) = error.error_len() else {
                        self.reader.cut = bad.to_vec();
                        return;
                    };
                    self.foreign(wrong);
                    rest = bad.get(wrong..).unwrap_or_default();
                }
            }
        }
    }

    /// Bytes that are no text.
    fn foreign(&mut self, bytes: usize) {
        match self.reader.next {
            Next::Start | Next::Found => (self.reader.prose, self.reader.next) = (true, Next::Found),
            Next::End => self.reader.after = self.reader.after.or(Some(self.reader.at)),
            Next::Broken => {}
            _ => self.break_off(Fault::NotUtf8),
        }
        self.reader.at = self.reader.at.saturating_add(bytes);
    }

    /// Says that no more text comes: a number at the top is whole then.
    pub fn finish(&mut self) {
        if let Next::Number(digits) = self.reader.next
            && self.reader.open.is_empty()
            && digits.may_end()
        {
            self.end_scalar();
        }
    }

    /// One step outside of plain runs of strings; gives the bytes that it took.
    fn step(&mut self, rest: &str, byte: u8) -> usize {
        let one = rest.chars().next().map_or(1, char::len_utf8);
        let blank = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        match self.reader.next {
            Next::Start if self.reader.at == 0 && rest.starts_with('\u{feff}') => self.reader.mark = one,
            Next::Start | Next::Value { .. } | Next::Key { .. } | Next::Colon | Next::Comma | Next::End if blank => {}
            Next::Start => self.begin(rest, byte),
            Next::Found => {
                if matches!(byte, b'{' | b'[') {
                    self.begin(rest, byte);
                }
            }
            Next::Value { first: true } if byte == b']' => self.close(),
            Next::Value { .. } => self.begin(rest, byte),
            Next::Key { first } => self.begin_key(rest, byte, first),
            Next::Colon if byte == b':' => self.reader.next = Next::Value { first: false },
            Next::Comma => self.comma(rest, byte),
            Next::Text { key, escape } => return self.escape(rest, byte, key, escape),
            Next::Number(digits) => return self.number(rest, byte, digits),
            Next::Literal(come) => self.literal(rest, byte, come),
            Next::End => self.behind(rest),
            Next::Colon | Next::Broken => self.unexpected(rest),
        }
        one
    }

    fn begin(&mut self, rest: &str, byte: u8) {
        let (kind, next) = match byte {
            b'{' => (Kind::Object, Next::Key { first: true }),
            b'[' => (Kind::Array, Next::Value { first: true }),
            b'"' => (Kind::String, Next::Text { key: false, escape: Escape::None }),
            b'-' | b'0'..=b'9' => (Kind::Number, Next::Number(Digits::first(byte))),
            b't' => (Kind::True, Next::Literal(1)),
            b'f' => (Kind::False, Next::Literal(1)),
            b'n' => (Kind::Null, Next::Literal(1)),
            _ => return self.unexpected(rest),
        };
        let Some(id) = self.add(kind) else { return self.break_off(Fault::TooMuch) };
        self.reader.next = next;
        match kind {
            Kind::Object | Kind::Array => {
                let keys = HashSet::new();
                self.reader.open.push(Frame { node: id, object: kind == Kind::Object, keys });
            }
            _ => self.reader.scalar = Some(id),
        }
        if kind == Kind::Number {
            self.grow(char::from(byte));
        }
    }

    fn add(&mut self, kind: Kind) -> Option<NodeId> {
        let place = u32::try_from(self.nodes.len()).ok().filter(|place| *place < u32::MAX)?;
        let (id, at) = (NodeId(place), self.reader.at);
        let depth = u32::try_from(self.reader.open.len()).ok()?;
        let (mut parent, mut index) = (None, 0);
        if let Some(frame) = self.reader.open.last() {
            parent = Some(frame.node);
            if let Some(around) = self.nodes.get_mut(frame.node.place()) {
                index = around.children;
                around.children = index.saturating_add(1);
            }
        }
        let key = self.reader.key.take();
        let fault = self.take_key(key.clone());
        if fault.is_some() {
            self.reader.invalid.push(id);
        }
        let text = self.texts.len()..self.texts.len();
        let span = at..at.saturating_add(1);
        let node =
            Node { parent, kind, index, depth, children: 0, whole: false, span, fault, key, text, next: place + 1 };
        self.nodes.push(node);
        Some(id)
    }

    /// Notes the key of a member that begins; gives what is wrong with it.
    fn take_key(&mut self, key: Option<Range<usize>>) -> Option<Fault> {
        let (text, fault) = (self.texts.get(key?)?, self.reader.key_fault.take());
        let new = self.reader.open.last_mut().is_none_or(|frame| frame.keys.insert(text.into()));
        if new { fault } else { Some(Fault::Duplicate) }
    }

    fn begin_key(&mut self, rest: &str, byte: u8, first: bool) {
        match byte {
            b'"' => {
                self.reader.key = Some(self.texts.len()..self.texts.len());
                self.reader.next = Next::Text { key: true, escape: Escape::None };
            }
            b'}' if first => self.close(),
            _ => self.unexpected(rest),
        }
    }

    fn comma(&mut self, rest: &str, byte: u8) {
        let object = self.reader.open.last().is_some_and(|frame| frame.object);
        match (byte, object) {
            (b',', true) => {
                self.reader.key = Some(self.texts.len()..self.texts.len());
                self.reader.next = Next::Key { first: false };
            }
            (b',', false) => self.reader.next = Next::Value { first: false },
            (b'}', true) | (b']', false) => self.close(),
            _ => self.unexpected(rest),
        }
    }

    fn close(&mut self) {
        let Some(frame) = self.reader.open.pop() else { return };
        let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let end = self.reader.at.saturating_add(1);
        if let Some(node) = self.nodes.get_mut(frame.node.place()) {
            (node.whole, node.next, node.span.end) = (true, next, end);
        }
        self.after_value();
    }

    pub(super) fn after_value(&mut self) {
        self.reader.next = if self.reader.open.is_empty() { Next::End } else { Next::Comma };
    }

    /// More text of what grows: a key or a scalar.
    pub(super) fn grow(&mut self, c: char) {
        self.texts.push(c);
        self.grown();
    }

    pub(super) fn grown(&mut self) {
        let end = self.texts.len();
        match (self.reader.scalar.and_then(|id| self.nodes.get_mut(id.place())), &mut self.reader.key) {
            (Some(node), _) => node.text.end = end,
            (None, Some(key)) => key.end = end,
            (None, None) => {}
        }
    }

    /// The scalar has grown by bytes of the text.
    pub(super) fn reach(&mut self, bytes: usize) {
        let end = self.reader.at.saturating_add(bytes);
        if let Some(node) = self.reader.scalar.and_then(|id| self.nodes.get_mut(id.place())) {
            node.span.end = end;
        }
    }

    pub(super) fn end_scalar(&mut self) {
        if let Some(node) = self.reader.scalar.take().and_then(|id| self.nodes.get_mut(id.place())) {
            node.whole = true;
        }
        self.after_value();
    }

    fn number(&mut self, rest: &str, byte: u8, digits: Digits) -> usize {
        if let Some(next) = digits.step(byte) {
            self.grow(char::from(byte));
            self.reach(1);
            self.reader.next = Next::Number(next);
            return 1;
        }
        let ends = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}');
        if digits.may_end() && (ends || !self.reader.open.is_empty()) {
            self.end_scalar();
            // The byte belongs to what comes after the number.
            return self.step(rest, byte);
        }
        self.unexpected(rest);
        rest.chars().next().map_or(1, char::len_utf8)
    }

    fn literal(&mut self, rest: &str, byte: u8, come: u8) {
        let word = self.reader.scalar.map_or("", |id| self.text(id)).as_bytes();
        if word.get(usize::from(come)) != Some(&byte) {
            return self.unexpected(rest);
        }
        let done = usize::from(come) + 1 == word.len();
        self.reach(1);
        if done { self.end_scalar() } else { self.reader.next = Next::Literal(come + 1) }
    }

    /// Something behind the value. What sticks to a number or a literal at the top shows that it was none.
    fn behind(&mut self, rest: &str) {
        let sticks = self.nodes.first().is_some_and(|root| {
            matches!(root.kind, Kind::Number | Kind::True | Kind::False | Kind::Null) && root.span.end == self.reader.at
        });
        if sticks {
            self.reader.scalar = self.root();
            return self.unexpected(rest);
        }
        self.reader.after = self.reader.after.or(Some(self.reader.at));
    }

    /// A character that cannot come. A number or a literal at the top that goes on as none was the beginning of text that is
    /// no JSON; so was a brace behind such text with nothing in it.
    fn unexpected(&mut self, rest: &str) {
        let found = rest.chars().next().unwrap_or('\u{fffd}');
        let wanted = self.wanted();
        let kind = self.nodes.first().map(|root| root.kind);
        let word = self.reader.open.is_empty() && kind != Some(Kind::String);
        let brace = self.reader.prose && self.nodes.len() == 1 && self.reader.key.is_none();
        if !(word || brace) {
            return self.break_off(Fault::Unexpected(found, wanted));
        }
        self.nodes.clear();
        self.texts.clear();
        let (at, mark) = (self.reader.at, self.reader.mark);
        self.reader = Reader { next: Next::Found, at, mark, prose: true, ..Reader::default() };
        if matches!(found, '{' | '[') {
            self.begin(rest, found as u8);
        }
    }

    /// Ends the reading here.
    pub(super) fn break_off(&mut self, fault: Fault) {
        let node = self.growing();
        self.reader.broken = Some(Break { at: self.reader.at, fault, node });
        self.reader.next = Next::Broken;
        self.mark_invalid(fault);
    }

    /// Marks what grows as invalid; a key passes it on to its member.
    pub(super) fn mark_invalid(&mut self, fault: Fault) {
        if self.reader.scalar.is_none() && self.reader.key.is_some() && fault == Fault::Surrogate {
            self.reader.key_fault = Some(fault);
            return;
        }
        let Some(id) = self.growing() else { return };
        if let Some(node) = self.nodes.get_mut(id.place())
            && node.fault.is_none()
        {
            node.fault = Some(fault);
            self.reader.invalid.push(id);
        }
    }
}
