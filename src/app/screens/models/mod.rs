//! The Models screen's state machine: what fits the card, why, and how to start it.
//!
//! Whatever happens, [`settle`] compares what is on screen with what is known: where the card, its free memory, the use or
//! the local models differ from what was last judged, it asks for a new ranking; where the selected model has no worked
//! out detail, it asks for that. All judging happens elsewhere, and only the newest answer counts.

mod act;
mod action;
pub mod cards;
mod change;
pub mod examine;
pub mod list;
mod open;
pub mod ranking;
mod receive;
pub mod scores;
mod settle;
pub mod together;
pub mod view;

pub use act::{act, focus, key, mouse, paste};
pub use action::Action;
pub use change::{Download, uses};
pub use receive::receive;
pub use settle::{Asked, Hand, settle, wants_tick};

use crate::app::Action as Any;
use crate::base::Problem;
use crate::lab::probes::Card;
use crate::lab::suite::Kept;
use crate::models::fit::Engine;
use crate::models::hub::Found;
use crate::models::local::{DeletePlan, LocalModel};
use crate::models::rank::{Choice, Intent, Row, Situation};
use crate::models::solve::Point;
use cards::{Menu, Stated};
use examine::Detail;
use list::List;
use ranking::{Pick, Ranking, Way};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use together::Planned;

/// Messages to the Models screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// Everything judged.
    Ranked(Arc<Ranking>),
    /// Models worked out in full; `generation` is that of the question.
    Examined {
        /// Of the question.
        generation: u64,
        /// In the order asked for.
        details: Vec<Arc<Detail>>,
    },
    /// Several models were planned.
    Planned(Arc<Planned>),
    /// What lies on this machine, and what could not be read.
    Scanned {
        /// Of the question.
        generation: u64,
        /// In the order found.
        models: Arc<Vec<LocalModel>>,
        /// Places that could not be read.
        problems: Vec<Problem>,
    },
    /// Where a GGUF of a model can be had, or why that is not known.
    Found {
        /// Of what.
        sought: Sought,
        /// The repository.
        result: Result<Found, Problem>,
    },
    /// A download has come further.
    Downloading {
        /// Which.
        repo: String,
        /// How far.
        download: Download,
    },
    /// A download is over: where it lies, or why it does not.
    Downloaded {
        /// Which.
        repo: String,
        /// Words for the notice.
        result: Result<String, Problem>,
    },
    /// A model was deleted: words for the notice.
    Removed(Result<String, Problem>),
    /// The newest scores of tool calls, newest first.
    Scored(Arc<Vec<Kept>>),
}

/// A GGUF of a model that somebody may have made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sought {
    /// The repository of the published weights.
    pub model: String,
    /// The quantisation.
    pub label: String,
}

/// What the Models screen asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Judge everything.
    Rank {
        /// Echoed in the answer.
        generation: u64,
        /// For this card and moment.
        situation: Box<Situation>,
        /// What lies on this machine.
        local: Arc<Vec<LocalModel>>,
    },
    /// Work out models in full.
    Examine {
        /// Echoed in the answer.
        generation: u64,
        /// Of this ranking.
        ranking: Arc<Ranking>,
        /// These.
        picks: Vec<Pick>,
    },
    /// Plan several models on one card.
    Together {
        /// Of this ranking.
        ranking: Arc<Ranking>,
        /// These, the most important first.
        picks: Vec<Pick>,
    },
    /// Look at what lies on this machine: at once, or once more after the look that is under way.
    Scan {
        /// Echoed in the answer.
        generation: u64,
    },
    /// Ask the hub where a GGUF of a model can be had.
    Seek(Sought),
    /// Download a model.
    Download {
        /// Repository on the hub.
        repo: String,
        /// Name of one file, where the repository holds many variants.
        label: Option<String>,
    },
    /// Stop a download; what came stays and is used next time.
    CancelDownload(String),
    /// Delete a model as planned.
    Remove(Box<DeletePlan>),
    /// Read the newest scores of tool calls.
    Scores,
}

/// What can be pointed at on the Models screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The list as a whole, for the wheel.
    List,
    /// A model, by its place in the list.
    Row(usize),
    /// The head of a column.
    Head(view::Sort),
    /// The detail.
    Detail,
    /// A way to run the selected model.
    Way(usize),
    /// A point of the trade between length and requests.
    Point(usize),
    /// The menu's ground: swallows clicks meant for what lies below.
    Menu,
    /// A card of the menu.
    Card(usize),
}

/// What has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The list.
    #[default]
    List,
    /// The filter that is typed.
    Filter,
    /// The detail.
    Detail,
    /// Two details beside each other.
    Compare,
    /// The plan for several models.
    Together,
    /// The menu of cards.
    Cards,
}

/// State of the Models screen.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What has the keys.
    pub focus: Focus,
    /// The list: order, filter, selection.
    pub list: List,
    /// The newest ranking.
    pub ranking: Option<Arc<Ranking>>,
    /// What was asked for last.
    pub asked: Asked,
    /// The card at hand and its memory now, as [`settle`] saw it last.
    pub hand: Option<Hand>,
    /// Another card to judge for.
    pub stated: Option<Stated>,
    /// The menu of cards.
    pub menu: Menu,
    /// What the card is meant for.
    pub intent: Intent,
    /// The way to run the selected model that was chosen by hand.
    pub way: Option<Way>,
    /// Length and requests chosen by hand.
    pub trade: Option<Point>,
    /// The model marked for comparing.
    pub marked: Option<Pick>,
    /// The two that are compared.
    pub pair: Option<[Pick; 2]>,
    /// Models that are to be on the card together, the most important first.
    pub seats: Vec<Pick>,
    /// What was planned for them last.
    pub planned: Option<Arc<Planned>>,
    /// What was worked out in full, for the newest ranking.
    pub details: Vec<Arc<Detail>>,
    /// First line of the detail shown.
    pub offset: usize,
    /// What lies on this machine.
    pub local: Arc<Vec<LocalModel>>,
    /// How often this machine was looked through.
    pub scans: u64,
    /// Downloads under way, by repository.
    pub downloads: BTreeMap<String, Download>,
    /// What the hub is asked for.
    pub seeking: BTreeSet<Sought>,
    /// What the hub said about variants of which the catalogue names no repository.
    pub sources: BTreeMap<Sought, Found>,
    /// The newest scores of tool calls, newest first.
    pub scores: Arc<Vec<Kept>>,
    /// The newest capability cards, newest first.
    pub cards: Arc<Vec<Card>>,
}

impl State {
    /// The selected model and the way to run it, as places in the newest ranking.
    pub fn selected(&self) -> Option<(usize, usize)> {
        let ranking = self.ranking.as_ref()?;
        let row = ranking.find(self.list.selected.as_deref()?)?;
        let found = ranking.rows.get(row)?;
        let choice = self.way.as_ref().and_then(|way| ranking.choice(found, way)).unwrap_or(0);
        (choice < found.choices.len()).then_some((row, choice))
    }

    /// The same as an identity that outlives a ranking.
    pub fn pick(&self) -> Option<Pick> {
        let (row, choice) = self.selected()?;
        let ranking = self.ranking.as_ref()?;
        let row = ranking.rows.get(row)?;
        Some(Pick { key: ranking.key(row).into_owned(), way: ranking.way(row.choices.get(choice)?), trade: self.trade })
    }

    /// What was worked out for a pick.
    pub fn detail(&self, pick: &Pick) -> Option<&Arc<Detail>> {
        self.details.iter().find(|detail| detail.pick == *pick)
    }

    /// What the hub can be asked for, where the catalogue names no repository of a GGUF.
    pub fn sought(&self, ranking: &Ranking, row: &Row, choice: &Choice) -> Option<Sought> {
        let unnamed = ranking.variant(row, choice).is_some_and(|variant| variant.repo.is_none());
        let model = ranking.entry(row).filter(|_| unnamed && choice.engine == Engine::LlamaCpp)?.id.clone();
        Some(Sought { model, label: choice.label.clone() })
    }

    /// The repository of a choice, as it is asked for in a download: the catalogue's, else what the hub was found to have.
    pub fn repository(&self, ranking: &Ranking, row: &Row, choice: &Choice) -> Option<String> {
        if let Some(repo) = ranking.variant(row, choice).and_then(|variant| variant.repo.as_ref()) {
            return Some(repo.value.clone());
        }
        let sought = self.sought(ranking, row, choice)?;
        self.sources.get(&sought).map(|found| format!("{}:{}", found.made.repo, sought.label))
    }

    /// Whether the figures are for another card than the one at hand.
    pub fn is_elsewhere(&self) -> bool {
        self.stated.is_some()
    }
}

/// Keymap contexts, innermost first.
pub fn contexts(state: &State) -> Vec<&'static str> {
    match state.focus {
        Focus::List => vec!["models"],
        Focus::Filter => vec!["models.filter"],
        Focus::Detail => vec!["models.detail", "models"],
        Focus::Compare => vec!["models.compare"],
        Focus::Together => vec!["models.together"],
        Focus::Cards => vec!["models.cards.filter"],
    }
}

/// What the key line names here, most useful first; the keys come from the keymap.
pub fn hints(state: &State) -> Vec<Any> {
    use Action::*;
    let actions: &[Action] = match state.focus {
        Focus::List => &[Start, Filter, Intent, Sort, Fits, Card, Compare],
        Focus::Filter => &[Accept, Back],
        Focus::Detail => &[Start, Longer, Shorter, Variant, Back, Card, Compare],
        Focus::Compare => &[Down, Up, Back],
        Focus::Together => &[Start, Down, Up, Back],
        Focus::Cards => &[Accept, Back],
    };
    actions.iter().copied().map(Any::Models).collect()
}

#[cfg(test)]
mod tests;
