//! What lies on top of a screen: a stack, the last one has the keys.

use crate::app::Effect;
use crate::app::action::Action;
use crate::app::field::Field;
use crate::base::Problem;

/// A list with a filter and a selected row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picker {
    /// What was typed to filter.
    pub filter: Field,
    /// Index among the rows that match.
    pub selected: usize,
    /// First row shown.
    pub offset: usize,
}

/// Something on top.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// The keys of the focused screen and of all screens, generated from the keymap.
    Help(Picker),
    /// Every action that makes sense here, by fuzzy search.
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
        /// Selected answer: 0 leave them flying, 1 stop them, 2 stay.
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

/// One row of the palette or of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// Its keys here, in the keymap file's spelling.
    pub keys: String,
    /// Where it holds.
    pub context: &'static str,
}
