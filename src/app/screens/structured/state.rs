//! State of the Structured screen.

use super::cost::Cost;
use super::edit::Edit;
use super::effect::Considered;
use super::knobs::Knobs;
use super::watch::Watch;
use crate::app::field::Field;
use crate::app::scores::Scores;
use crate::app::screens::chat::target::{Offer, Resolved, Target};
use crate::base::Problem;
use crate::lab::structured::library::Entry;
use crate::lab::suite::Family;
use std::collections::BTreeMap;

/// The pane that has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The constraints there are.
    #[default]
    List,
    /// How the model is asked.
    Knobs,
    /// The question being written.
    Prompt,
    /// The tree that fills in.
    Tree,
    /// What stands beside the tree.
    View,
    /// Whom to ask.
    Targets,
    /// A constraint being written.
    Edit,
    /// Scores of suites.
    Scores,
}

/// What can stand beside the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// What the model wrote.
    #[default]
    Text,
    /// What it thought first.
    Reasoning,
    /// Whether it obeys, and what differs from the run before.
    Verdict,
    /// What is sent.
    Request,
    /// What the constraint costs.
    Cost,
}

impl View {
    /// From left to right.
    pub const ALL: [Self; 5] = [Self::Text, Self::Reasoning, Self::Verdict, Self::Request, Self::Cost];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Reasoning => "reasoning",
            Self::Verdict => "verdict",
            Self::Request => "request",
            Self::Cost => "cost",
        }
    }

    /// Its place from left to right.
    pub fn place(self) -> usize {
        Self::ALL.into_iter().position(|view| view == self).unwrap_or(0)
    }

    /// The one to the right or to the left.
    pub fn beside(self, right: bool) -> Self {
        Self::ALL[(self.place() + if right { 1 } else { Self::ALL.len() - 1 }) % Self::ALL.len()]
    }
}

/// What would be sent now, looked at before it is.
#[derive(Debug, Clone)]
pub struct Before {
    /// Tells it from earlier ones.
    pub generation: u64,
    /// The constraint, whom, and how: when one of these changes, it is looked at anew.
    pub key: super::ask::Key,
    /// What was found; none until it was looked at.
    pub told: Option<Considered>,
}

/// Everything.
#[derive(Debug, Clone)]
pub struct State {
    /// The pane that has the keys.
    pub focus: Focus,
    /// The constraints there are; `None` until they were read.
    pub library: Option<Vec<Entry>>,
    /// Names of the user's own.
    pub own: Vec<String>,
    /// Whether the world was asked for them.
    pub loading: bool,
    /// How often they were read: what was looked at before may be another constraint of the same name.
    pub read: u64,
    /// The selected constraint.
    pub selected: usize,
    /// First row of the list shown.
    pub offset: usize,
    /// How the model is asked.
    pub knobs: Knobs,
    /// The selected setting.
    pub knob: usize,
    /// The question.
    pub prompt: Field,
    /// The question that came with the constraint: one's own is kept when another constraint is selected.
    pub offered: String,
    /// Whom to ask, where it was chosen.
    pub target: Option<Target>,
    /// Whom one can ask.
    pub offers: Vec<Offer>,
    /// The selected one.
    pub offer: usize,
    /// Whether and how the one to ask can be asked now.
    pub resolved: Result<Resolved, Problem>,
    /// What would be sent now; nothing where nobody can be asked or nothing is selected.
    pub before: Option<Before>,
    /// The answer, coming or the last one.
    pub watch: Option<Watch>,
    /// Numbers given out: to answers, and to what is looked at before it is sent.
    pub numbers: u64,
    /// The text of the last good answer by constraint, to hold the next against.
    pub answers: BTreeMap<String, String>,
    /// What is sent, as text; nothing unless it is looked at.
    pub body: Option<super::ask::Body>,
    /// Whether, where there is room for one alone, the view stands there and not the tree.
    pub view_in_front: bool,
    /// What stands beside the tree.
    pub view: View,
    /// The first row shown of each view; beyond the end for the end.
    pub offsets: [usize; 5],
    /// The selected row of the verdict.
    pub found: usize,
    /// What the constraint costs.
    pub cost: Option<Cost>,
    /// A constraint being written; kept when it is left.
    pub edit: Option<Edit>,
    /// Scores of suites.
    pub scores: Scores,
}

impl Default for State {
    fn default() -> Self {
        Self {
            focus: Focus::List,
            library: None,
            own: Vec::new(),
            loading: false,
            read: 0,
            selected: 0,
            offset: 0,
            knobs: Knobs::default(),
            knob: 0,
            prompt: Field::default(),
            offered: String::new(),
            target: None,
            offers: Vec::new(),
            offer: 0,
            resolved: Err(super::ask::nobody()),
            before: None,
            watch: None,
            numbers: 0,
            answers: BTreeMap::new(),
            body: None,
            view_in_front: false,
            view: View::Text,
            offsets: [0; 5],
            found: 0,
            cost: None,
            edit: None,
            scores: Scores::of(Family::Structured),
        }
    }
}

impl State {
    /// The constraints there are.
    pub fn entries(&self) -> &[Entry] {
        self.library.as_deref().unwrap_or_default()
    }

    /// The selected constraint.
    pub fn entry(&self) -> Option<&Entry> {
        self.entries().get(self.selected)
    }

    /// Whether an answer comes.
    pub fn busy(&self) -> bool {
        self.watch.as_ref().is_some_and(Watch::busy)
    }

    /// A number that was not given out before.
    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The first row shown of the view in front.
    pub fn offset_mut(&mut self) -> &mut usize {
        &mut self.offsets[self.view.place()]
    }
}
