//! What lies on top of a screen: a stack, the last one has the keys.

use crate::app::Effect;
use crate::app::field::Field;
use crate::base::Problem;

/// A list with a filter and a selected entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picker {
    /// What was typed to filter.
    pub filter: Field,
    /// Index among the entries that match.
    pub selected: usize,
    /// First line shown.
    pub offset: usize,
}

impl Picker {
    /// Selects an entry, held within `entries`, and scrolls so that its line is among the `rows` that can be seen.
    /// `line` tells on which line an entry stands, for lists with headings.
    pub fn select(&mut self, entry: usize, entries: usize, rows: usize, line: impl Fn(usize) -> usize) {
        self.selected = entry.min(entries.saturating_sub(1));
        let at = line(self.selected);
        // The first entry brings the heading above it into view.
        let top = if self.selected == 0 { 0 } else { at };
        self.offset = self.offset.min(top).max((at + 1).saturating_sub(rows));
    }
}

/// Something on top.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// The keys of the focused screen and of all screens, generated from the keymap.
    Help(Picker),
    /// Every action, by fuzzy search.
    Palette(Picker),
    /// Choose a theme; moving previews it, cancelling restores the one given here.
    Themes {
        /// The list.
        picker: Picker,
        /// The theme to go back to.
        before: String,
    },
    /// A question with a yes that does something.
    Confirm(Confirm),
    /// Leave: stop the runs or leave them flying?
    Quit {
        /// Selected answer, an index of [`QuitAnswer::ALL`].
        selected: usize,
    },
    /// A problem in full.
    Problem {
        /// The problem.
        problem: Problem,
        /// First row shown.
        offset: usize,
    },
}

/// A question. Nothing happens without a yes; the safe answer is selected first.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// What is asked.
    pub question: String,
    /// What will happen, line by line.
    pub detail: Vec<String>,
    /// The word on the yes button.
    pub yes: String,
    /// Whether yes is selected.
    pub selected_yes: bool,
    /// What a yes does.
    pub effects: Vec<Effect>,
}

/// Answers to the question what becomes of the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuitAnswer {
    /// Leave; the runs go on under their keepers.
    Leave,
    /// Stop the runs, then leave.
    Stop,
    /// Do not leave.
    Stay,
}

impl QuitAnswer {
    /// In the order shown.
    pub const ALL: [Self; 3] = [Self::Leave, Self::Stop, Self::Stay];

    /// The words, and the letter that chooses it.
    pub fn words(self) -> (&'static str, char) {
        match self {
            Self::Leave => ("leave them flying", 'l'),
            Self::Stop => ("stop them, then leave", 's'),
            Self::Stay => ("stay here", 'n'),
        }
    }
}
