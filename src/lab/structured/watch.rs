//! A reply that is watched while it comes: its tree, whether it can still obey its schema, how far it follows the constraint,
//! and whether it fills itself with white space.

use super::blanks::Blanks;
use super::conform::Matcher;
use super::possible::Possible;
use super::tree::{Kind, NodeId, State, Tree};
use crate::lab::schema::Schema;

/// White space outside of strings, in bytes on end, from which on a model is taken to fill a reply with it for ever. Text that is
/// set out for people has less, even deep inside.
pub const LOOP: usize = 512;

/// What is known of a reply so far. The outcome is the same however the text is cut.
#[derive(Debug, Default)]
pub struct Watch {
    tree: Tree,
    possible: Option<Possible>,
    matcher: Option<Matcher>,
    blanks: Blanks,
    cut: Vec<u8>,
    impossible_at: Option<usize>,
    /// A number at the top may have been cut: whether it could still have become one that obeys.
    pub(super) number_conforms: Option<bool>,
}

impl Watch {
    /// Watches a reply, under a schema and a constraint where there are.
    pub fn new(schema: Option<&Schema>, matcher: Option<Matcher>) -> Self {
        Self { possible: schema.map(Possible::new), matcher, ..Self::default() }
    }

    /// Reads more of the reply.
    pub fn push(&mut self, text: &str) {
        if let Some(matcher) = &mut self.matcher {
            matcher.push(text.as_bytes());
        }
        self.read(text);
    }

    /// Reads more of the reply as bytes; a character may be cut between two calls. Bytes that are no UTF-8 break it.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        if let Some(matcher) = &mut self.matcher {
            matcher.push(bytes);
        }
        let joined = [std::mem::take(&mut self.cut).as_slice(), bytes].concat();
        let mut rest = joined.as_slice();
        while let Err(error) = std::str::from_utf8(rest) {
            let (good, bad) = rest.split_at(error.valid_up_to());
            self.read(std::str::from_utf8(good).unwrap_or_default());
            let Some(wrong) = error.error_len() else {
                self.cut = bad.to_vec();
                return;
            };
            let (foreign, more) = bad.split_at(wrong);
            self.step(|tree| tree.push_bytes(foreign));
            rest = more;
        }
        self.read(std::str::from_utf8(rest).unwrap_or_default());
    }

    fn read(&mut self, text: &str) {
        self.blanks.feed(text);
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let (one, more) = rest.split_at(c.len_utf8());
            self.step(|tree| tree.push(one));
            rest = more;
        }
    }

    fn step(&mut self, push: impl FnOnce(&mut Tree)) {
        let before = self.tree.bytes();
        push(&mut self.tree);
        if let Some(possible) = &mut self.possible {
            possible.update(&self.tree);
        }
        if self.impossible_at.is_none() && !self.conforms() {
            self.impossible_at = Some(before);
        }
    }

    /// Says that no more text comes: a number at the top is whole then.
    pub fn finish(&mut self) {
        let root = self.tree.root().and_then(|root| self.tree.node(root));
        if root.is_some_and(|root| root.kind == Kind::Number && !root.whole) {
            self.number_conforms = Some(self.conforms());
        }
        self.tree.finish();
        if let Some(possible) = &mut self.possible {
            possible.update(&self.tree);
        }
    }

    /// The tree of the reply.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Whether it can obey its schema, where there is one.
    pub fn possible(&self) -> Option<&Possible> {
        self.possible.as_ref()
    }

    /// How far it follows its constraint, where that can be followed.
    pub fn matcher(&self) -> Option<&Matcher> {
        self.matcher.as_ref()
    }

    /// The same, to be asked what may come next.
    pub fn matcher_mut(&mut self) -> Option<&mut Matcher> {
        self.matcher.as_mut()
    }

    /// White space outside of strings.
    pub fn blanks(&self) -> &Blanks {
        &self.blanks
    }

    /// Whether it ends in so much white space that nothing else is to be expected: [`LOOP`].
    pub fn is_blank_loop(&self) -> bool {
        self.blanks.run >= LOOP
    }

    /// Whether some completion can still be JSON that obeys the schema, in whatever order its members come: not once a key comes
    /// twice, something stands around the value, or the text is no JSON.
    pub fn conforms(&self) -> bool {
        self.tree.is_json_so_far()
            && self.tree.invalid().is_empty()
            && self.possible.as_ref().is_none_or(Possible::conforms)
    }

    /// The first byte of the character with which no completion was left.
    pub fn impossible_at(&self) -> Option<usize> {
        self.impossible_at
    }

    /// How far a node is, and what is wrong with it as JSON or under the schema.
    pub fn state(&self, id: NodeId) -> (State, Option<String>) {
        let state = self.tree.node(id).map_or(State::Growing, super::tree::Node::state);
        let why = match state {
            State::Invalid(fault) => Some(fault.words()),
            _ => self.possible.as_ref().and_then(|possible| possible.fault_of(id)).map(|fault| fault.why.clone()),
        };
        (state, why)
    }
}
