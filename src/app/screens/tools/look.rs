//! The answer looked through: which pane, and by which parser it is read.

use crate::base::Reading;
use crate::lab::tools::{Format, formats};
use crate::lab::xray::{Exchange, Told, Xray, look};
use crate::wire::Dialect;
use std::sync::Arc;

/// The panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The prompt as the model read it.
    Prompt,
    /// What the model wrote.
    Raw,
    /// Calls of the text beside those returned, and what differs.
    #[default]
    Calls,
}

impl Pane {
    /// From left to right.
    pub const ALL: [Self; 3] = [Self::Prompt, Self::Raw, Self::Calls];

    /// Its place from left to right.
    pub fn place(self) -> usize {
        match self {
            Self::Prompt => 0,
            Self::Raw => 1,
            Self::Calls => 2,
        }
    }
}

/// An answer looked through.
#[derive(Debug, Clone)]
pub struct Look {
    /// The answer, by its number.
    pub turn: usize,
    /// What was learnt of it.
    pub told: Arc<Told>,
    /// Whose server answered.
    pub dialect: Dialect,
    /// The pane in front.
    pub pane: Pane,
    /// First row shown of each pane.
    pub offsets: [usize; 3],
    /// The parser it is read by; `None` for the one that fits.
    pub format: Option<String>,
    /// What was found, read by that parser.
    pub seen: Reading<Xray>,
}

impl Look {
    /// Looks through an answer.
    pub fn new(turn: usize, told: Arc<Told>, dialect: Dialect) -> Self {
        let seen = told.seen.clone();
        Self { turn, told, dialect, pane: Pane::Calls, offsets: [0; 3], format: None, seen }
    }

    /// What is known of the answer.
    pub fn exchange(&self) -> &Exchange {
        &self.told.exchange
    }

    /// Reads the text by another parser: the next or the one before in the order of what they find.
    pub fn turn_parser(&mut self, forward: bool) {
        let Ok(all) = &self.told.replayed else { return };
        let count = all.len().max(1);
        let at = self.format.as_ref().and_then(|name| all.iter().position(|one| one.format == *name));
        let next = match at {
            Some(at) => (at + if forward { 1 } else { count - 1 }) % count,
            None if forward => 0,
            None => count - 1,
        };
        self.format = all.get(next).map(|one| one.format.clone());
        self.read();
    }

    /// Reads the text by the parser that fits it.
    pub fn auto(&mut self) {
        self.format = None;
        self.read();
    }

    fn read(&mut self) {
        let named = |name: &String| formats().iter().find(|format: &&Format| format.name == *name);
        self.seen = match self.format.as_ref().and_then(named) {
            Some(format) => look(&self.told.exchange, Some(format)),
            None => self.told.seen.clone(),
        };
        self.offsets = [self.offsets[0], 0, 0];
    }

    /// The pane to the right or to the left.
    pub fn turn_pane(&mut self, right: bool) {
        let at = self.pane.place() + if right { 1 } else { Pane::ALL.len() - 1 };
        self.pane = Pane::ALL[at % Pane::ALL.len()];
    }

    /// The first row shown of the pane in front.
    pub fn offset_mut(&mut self) -> &mut usize {
        &mut self.offsets[self.pane.place()]
    }
}
