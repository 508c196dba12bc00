//! One ranking with what it was made of, and identities that outlive it.

use crate::models::Facts;
use crate::models::catalogue::{Catalogue, Confidence, Entry, Taxonomy, Variant};
use crate::models::fit::{Engine, Verdict};
use crate::models::local::{LocalModel, Shelf};
use crate::models::rank::{Choice, Row, Situation};
use crate::models::solve::Point;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Everything judged for one card and moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Of the question.
    pub generation: u64,
    /// What it was judged for.
    pub situation: Situation,
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
    /// What lay on this machine.
    pub local: Arc<Vec<LocalModel>>,
    /// Best first.
    pub rows: Vec<Row>,
    /// How long the judging took.
    pub took: Duration,
}

/// Which of the models of this machine, whatever its place among the others: two may have the same name, and two names
/// may lead to the same file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// In which kind of place.
    pub shelf: Shelf,
    /// Repository, tag or file name.
    pub name: String,
    /// The folder or file to give to an engine.
    pub path: PathBuf,
}

impl Copied {
    /// Of a local model.
    pub fn of(local: &LocalModel) -> Self {
        Self { shelf: local.shelf, name: local.name.clone(), path: local.path.clone() }
    }

    fn is(&self, local: &LocalModel) -> bool {
        (self.shelf, &self.name, &self.path) == (local.shelf, &local.name, &local.path)
    }
}

/// One way to run a model, whatever its place among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Index into the variants of the entry; `None` for a local model that no entry knows.
    pub variant: Option<usize>,
    /// What people call the variant.
    pub label: String,
    /// The engine.
    pub engine: Engine,
    /// Which copy, when it lies on this machine: a variant may lie there more than once.
    pub local: Option<Copied>,
}

impl Way {
    /// Whether it is the same but for where it lies.
    fn is_like(&self, choice: &Choice) -> bool {
        (self.variant, self.engine, &self.label) == (choice.variant, choice.engine, &choice.label)
    }
}

/// A model, a way to run it, and length and requests where they were chosen by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// The model, by [`Ranking::key`].
    pub key: String,
    /// The way to run it.
    pub way: Way,
    /// Length and requests chosen by hand.
    pub trade: Option<Point>,
}

impl Ranking {
    /// The catalogue's entry of a row.
    pub fn entry(&self, row: &Row) -> Option<&Entry> {
        self.catalogue.entries.get(row.entry?)
    }

    /// The identity of a row: the repository of the published weights; of a local model that no entry knows, its name and
    /// where it lies.
    pub fn key<'a>(&'a self, row: &'a Row) -> Cow<'a, str> {
        let stray = || row.local.and_then(|at| self.local.get(at));
        match (self.entry(row), stray()) {
            (Some(entry), _) => Cow::Borrowed(entry.id.as_str()),
            // The path with its odd bytes spelled out, so that no two are the same text.
            (None, Some(local)) => Cow::Owned(format!("{} ({:?} {:?})", local.name, local.shelf, local.path)),
            (None, None) => Cow::Borrowed(row.name.as_str()),
        }
    }

    /// The identity of a choice.
    pub fn way(&self, choice: &Choice) -> Way {
        let local = self.local(choice).map(Copied::of);
        Way { variant: choice.variant, label: choice.label.clone(), engine: choice.engine, local }
    }

    /// The place of a way among the choices of a row. Where that copy is there no more, or came since, the same variant on
    /// the same engine.
    pub fn choice(&self, row: &Row, way: &Way) -> Option<usize> {
        let lies = |choice: &Choice| match (self.local(choice), &way.local) {
            (Some(local), Some(copied)) => copied.is(local),
            (local, copied) => local.is_none() && copied.is_none(),
        };
        let exactly = row.choices.iter().position(|choice| way.is_like(choice) && lies(choice));
        exactly.or_else(|| row.choices.iter().position(|choice| way.is_like(choice)))
    }

    /// The row of an identity.
    pub fn find(&self, key: &str) -> Option<usize> {
        self.rows.iter().position(|row| self.key(row) == key)
    }

    /// The row and choice of a pick.
    pub fn place(&self, pick: &Pick) -> Option<(&Row, &Choice)> {
        let row = self.rows.get(self.find(&pick.key)?)?;
        Some((row, row.choices.get(self.choice(row, &pick.way)?)?))
    }

    /// The catalogue's variant of a choice.
    pub fn variant(&self, row: &Row, choice: &Choice) -> Option<&Variant> {
        self.entry(row)?.variants.get(choice.variant?)
    }

    /// The local model of a choice.
    pub fn local(&self, choice: &Choice) -> Option<&LocalModel> {
        self.local.get(choice.local?)
    }

    /// What is known of the weights: what lies on this machine before what the catalogue says.
    pub fn facts(&self, row: &Row, choice: &Choice) -> Option<&Facts> {
        let lies = self.local(choice).and_then(|local| local.facts.as_ref().ok());
        lies.or_else(|| self.variant(row, choice).map(|variant| &variant.facts))
    }

    /// Whether its figures rest on memory only.
    pub fn from_memory(&self, row: &Row) -> bool {
        self.entry(row).is_some_and(|entry| entry.confidence == Confidence::Memory)
    }
}

/// The verdict of a row: that of its best way to run.
pub fn verdict(row: &Row) -> Option<Verdict> {
    row.choices.first().map(|choice| choice.sum.verdict)
}

/// Whether a row would start on the card.
pub fn starts(row: &Row) -> bool {
    verdict(row).is_some_and(Verdict::starts)
}

/// Where a model stands in vLLM's taxonomy, in words.
pub fn taxonomy(place: Taxonomy) -> &'static str {
    match place {
        Taxonomy::Phi => "text generation: Phi",
        Taxonomy::Opt => "text generation: OPT",
        Taxonomy::Gemma => "text generation: Gemma",
        Taxonomy::Other => "text generation",
        Taxonomy::MayWork => "text generation: may work in vLLM",
        Taxonomy::WontWork => "text generation: does not work in vLLM",
        Taxonomy::Embedding => "embedding",
        Taxonomy::Classification => "classification",
        Taxonomy::Reranker => "reranking",
        Taxonomy::Reward => "reward",
        Taxonomy::TokenClassification => "token classification",
        Taxonomy::Multimodal => "multimodal generation",
        Taxonomy::Transcription => "transcription",
    }
}
