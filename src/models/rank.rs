//! The catalogue and the local models judged for a card at this moment.
//!
//! What does not depend on free memory is kept per card and intent ([`Prepared`]); each moment then costs a few sums per way
//! to run a model. [`view`] filters, searches and sorts the rows for a screen.
//!
//! # What is judged
//!
//! Each way to run a model with the flags that the solver ([`crate::models::solve`]) chooses for the intent on this card at
//! this moment, so that the list says what a start with those flags gives: the longest context, and how many agents fit. What
//! starts has at least 8,192 tokens of context for a request, or what the model was made for if less; a model of which
//! layers must lie in RAM does not fit.
//!
//! # How it is ordered
//!
//! What fits comes before what is tight, both before what does not start. Within what starts by [`Row::score`] (see
//! `score`); what does not fit is ordered by how little it lacks.

mod hardware;
mod local;
mod prepare;
mod score;
mod slot;
mod view;

#[cfg(test)]
mod tests;

pub use hardware::remark;
pub use prepare::Prepared;
pub use view::{Filter, Sort, of_engine, view};

use super::cards::Spec;
use super::catalogue::{Capability, Catalogue, Taxonomy};
use super::fit::{Engine, Room, Sum, Verdict};
use super::local::LocalModel;
use super::speed::Rate;
use crate::base::Reading;
use std::sync::Arc;

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

impl Intent {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Chat, Self::LongContext, Self::Agents];

    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::LongContext => "long_context",
            Self::Agents => "agents",
        }
    }
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
    /// Index into the variants of the entry; `None` for a local model that no entry knows, or a form that its entry lacks.
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
    /// Whether the local model was matched by its file name alone.
    pub by_name: bool,
    /// Why the engine refuses, or nothing can be computed, before any byte is counted.
    pub refusal: Option<Arc<str>>,
    /// Share of the card that vLLM is given, `None` for other engines.
    pub utilization: Option<f64>,
    /// How much it is worth for the intent; larger is better.
    pub score: f64,
    /// Where [`Prepared`] keeps what it needs.
    pub slot: usize,
}

/// One line of the list: a model with its ways to run, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Index into the catalogue; `None` for a local model that it does not know.
    pub entry: Option<usize>,
    /// Its name.
    pub name: String,
    /// Index into the local models, when the row is a local model that the catalogue does not know.
    pub local: Option<usize>,
    /// Ways to run it, best for the intent first; none when nothing is known that could run it.
    pub choices: Vec<Choice>,
    /// Its place in the taxonomy, where the catalogue knows it.
    pub taxonomy: Option<Taxonomy>,
    /// What it can be used for.
    pub capabilities: Arc<[Capability]>,
    /// What a search looks through: name, variants, tasks, tags, in small letters.
    pub haystack: Arc<str>,
    /// Parameters in all; 0 where not known.
    pub params: u64,
    /// When the published form does not start: the choice nearest to it that does, else the one that lacks least.
    pub nearest: Option<usize>,
}

impl Row {
    /// The best way to run it.
    pub fn best(&self) -> Option<&Choice> {
        self.choices.first()
    }

    /// The verdict of the best way; [`Verdict::RefusedAtStart`] where there is none.
    pub fn verdict(&self) -> Verdict {
        self.best().map_or(Verdict::RefusedAtStart, |choice| choice.sum.verdict)
    }

    /// What the best way is worth; 0 where there is none.
    pub fn score(&self) -> f64 {
        self.best().map_or(0.0, |choice| choice.score)
    }
}

/// Everything judged and ordered, best first; what does not fit comes last. For one question: a screen that asks again and
/// again keeps a [`Prepared`].
pub fn rank(catalogue: &Catalogue, local: &[LocalModel], situation: &Situation) -> Vec<Row> {
    Prepared::new(catalogue, local, &situation.card, situation.intent).rank(situation.room)
}
