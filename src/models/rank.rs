//! The catalogue and the local models judged for a card at this moment.

use super::cards::Spec;
use super::catalogue::Catalogue;
use super::fit::{Engine, Room, Sum};
use super::local::LocalModel;
use super::speed::Rate;
use crate::base::Reading;

/// For what the card is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Intent {
    /// One conversation, answers at once.
    #[default]
    Chat,
    /// One long document or repository.
    LongContext,
    /// Many agents at the same time.
    Agents,
}

/// The card and moment that all is judged for.
#[derive(Debug, Clone, PartialEq)]
pub struct Situation {
    /// The card.
    pub card: Spec,
    /// Its memory now.
    pub room: Room,
    /// What for.
    pub intent: Intent,
}

/// One way to run a model: a variant on an engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Index into the variants of the entry; `None` for a local model that no entry knows.
    pub variant: Option<usize>,
    /// What people call the variant.
    pub label: String,
    /// The engine.
    pub engine: Engine,
    /// The judgement.
    pub sum: Sum,
    /// Agents of 2,048 and of 8,192 tokens each at the same time.
    pub agents: (u64, u64),
    /// Decode rate of one stream.
    pub rate: Reading<Rate>,
    /// Index into the local models, when it lies on this machine.
    pub local: Option<usize>,
}

/// One line of the list: a model with its ways to run, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Index into the catalogue; `None` for a local model that it does not know.
    pub entry: Option<usize>,
    /// Its name.
    pub name: String,
    /// Ways to run it, best for the intent first; none when nothing is known that could run it.
    pub choices: Vec<Choice>,
}

/// Everything judged and ordered, best first; what does not fit comes last.
pub fn rank(catalogue: &Catalogue, local: &[LocalModel], situation: &Situation) -> Vec<Row> {
    let _ = (catalogue, local, situation);
    Vec::new()
}
