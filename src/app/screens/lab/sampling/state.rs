//! State of the Lab's view Sampling.

use super::flight::{Cell, Flight};
use super::knobs::{Knob, Knobs};
use crate::app::field::Field;
use crate::app::screens::chat::target::{Offer, Resolved, Target};
use crate::base::Problem;
use crate::lab::samples::{Answer, Equal, Heat, Place, heat};

/// The pane that has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The prompt being written.
    Prompt,
    /// The system text being written.
    System,
    /// What is asked for.
    #[default]
    Knobs,
    /// A value being typed.
    Value,
    /// Whom to ask.
    Targets,
    /// The answers.
    Answers,
    /// The tokens of one.
    Tokens,
    /// A token of one's own being typed.
    Other,
    /// Two groups word by word.
    Difference,
    /// The name of a preset being typed.
    Preset,
}

/// A cell of the answers: which flight, which of its columns, which row there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spot {
    /// Position of the flight.
    pub flight: usize,
    /// Position of the column.
    pub column: usize,
    /// Position of the cell.
    pub cell: usize,
}

/// The answer whose tokens are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Position of the flight.
    pub flight: usize,
    /// The answer.
    pub place: Place,
    /// The selected token.
    pub token: usize,
    /// The selected alternative of it.
    pub other: usize,
}

/// Everything the view holds.
#[derive(Debug, Clone)]
pub struct State {
    /// The pane that has the keys.
    pub focus: Focus,
    /// The prompt.
    pub prompt: Field,
    /// The system text.
    pub system: Field,
    /// What is asked for.
    pub knobs: Knobs,
    /// The selected row of it.
    pub knob: usize,
    /// Whom one can ask.
    pub offers: Vec<Offer>,
    /// The selected one.
    pub offer: usize,
    /// Those that were marked to be asked; where none is, the one that Chat talks to is asked.
    pub chosen: Vec<Target>,
    /// Whether and how each can be asked now.
    pub resolved: Vec<Result<Resolved, Problem>>,
    /// What came of those asked last.
    pub flights: Vec<Flight>,
    /// How many flights there ever were.
    pub count: u64,
    /// When answers are equal.
    pub equal: Equal,
    /// The selected cell.
    pub spot: Spot,
    /// The marked one.
    pub marked: Option<Spot>,
    /// The answer whose tokens are looked at.
    pub look: Option<Look>,
    /// A token of one's own.
    pub other: Field,
    /// The name of a preset.
    pub name: Field,
    /// First row shown of a text that scrolls.
    pub offset: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            focus: Focus::default(),
            prompt: Field::with("Write the first sentence of a story about a lighthouse."),
            system: Field::default(),
            knobs: Knobs::default(),
            knob: 0,
            offers: Vec::new(),
            offer: 0,
            chosen: Vec::new(),
            resolved: Vec::new(),
            flights: Vec::new(),
            count: 0,
            equal: Equal::default(),
            spot: Spot::default(),
            marked: None,
            look: None,
            other: Field::default(),
            name: Field::default(),
            offset: 0,
        }
    }
}

impl State {
    /// Whether anything is on its way.
    pub fn busy(&self) -> bool {
        self.flights.iter().any(Flight::busy)
    }

    /// The selected row of what is asked for.
    pub fn knob(&self) -> Option<Knob> {
        Knob::ALL.get(self.knob).copied()
    }

    /// A cell.
    pub fn cell(&self, spot: Spot) -> Option<(&Flight, &Cell)> {
        let flight = self.flights.get(spot.flight)?;
        Some((flight, flight.columns.get(spot.column)?.cells.get(spot.cell)?))
    }

    /// The answer that a cell shows.
    pub fn answer(&self, spot: Spot) -> Option<&Answer> {
        let (flight, cell) = self.cell(spot)?;
        flight.answers.get(&cell.place()?)
    }

    /// Every cell, from top to bottom and from left to right.
    pub fn spots(&self) -> Vec<Spot> {
        let mut all = Vec::new();
        for (flight, one) in self.flights.iter().enumerate() {
            for (column, cells) in one.columns.iter().enumerate() {
                all.extend((0..cells.cells.len()).map(|cell| Spot { flight, column, cell }));
            }
        }
        all
    }

    /// The answer whose tokens are looked at, and whose it is.
    pub fn looked(&self) -> Option<(&Flight, &Answer, Look)> {
        let look = self.look?;
        let flight = self.flights.get(look.flight)?;
        Some((flight, flight.answers.get(&look.place)?, look))
    }

    /// The alternative that is selected: its text.
    pub fn alternative(&self) -> Option<String> {
        let (_, answer, look) = self.looked()?;
        Some(answer.tokens.get(look.token)?.top.get(look.other)?.0.clone())
    }

    /// The next token from the selected one on that was not likely, round to the first.
    pub fn next_unsure(&self) -> Option<usize> {
        let (_, answer, look) = self.looked()?;
        let unsure =
            |at: &usize| answer.tokens.get(*at).is_some_and(|one| heat(one).is_none_or(|it| it > Heat::Likely));
        let count = answer.tokens.len();
        (1..=count).map(|step| (look.token + step) % count).find(unsure)
    }
}
