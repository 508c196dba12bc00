//! The journal of an install: one JSON event a line, appended and synced before the next thing is done. What a killed
//! installer left is told by it and by what lies in the folder; what is then to be done is worked out here.

use super::record::is_slot;
use super::{Build, Stage};
use serde::{Deserialize, Serialize};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A slot is going to be made.
    Begun {
        /// Its name.
        slot: String,
        /// Which version.
        version: String,
        /// Which build.
        build: Build,
    },
    /// A step begins.
    Step {
        /// Its number, from 0.
        index: usize,
        /// Its stage.
        stage: Stage,
    },
    /// The slot is whole: its program answered and its record is written.
    Made {
        /// Its name.
        slot: String,
    },
    /// `current` leads to it.
    Switched {
        /// Its name.
        slot: String,
    },
}

/// Where an install stands by its journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// None is under way.
    #[default]
    Idle,
    /// A slot is half made.
    Half {
        /// Its name.
        slot: String,
        /// How far it came.
        stage: Option<Stage>,
    },
    /// A slot is whole and `current` has yet to be moved.
    Made {
        /// Its name.
        slot: String,
    },
    /// `current` was moved; old slots may still lie there.
    Switched {
        /// Its name.
        slot: String,
    },
}

/// Reads a journal. A last line that was cut off, and lines that are no events, count as not written; so do events that do
/// not follow from those before.
pub fn fold(text: &str) -> Standing {
    let mut standing = Standing::Idle;
    for event in text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .filter_map(|line| serde_json::from_str(line).ok())
    {
        standing = match (event, standing) {
            (Event::Begun { slot, .. }, _) if is_slot(&slot) => Standing::Half { slot, stage: None },
            (Event::Step { stage, .. }, Standing::Half { slot, .. }) => Standing::Half { slot, stage: Some(stage) },
            (Event::Made { slot: made }, Standing::Half { slot, .. }) if made == slot => Standing::Made { slot },
            (Event::Switched { slot: to }, Standing::Made { slot }) if to == slot => Standing::Switched { slot },
            (_, standing) => standing,
        };
    }
    standing
}

/// A slot as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// Its name.
    pub slot: String,
    /// Whether its record lies in it.
    pub whole: bool,
}

/// One thing to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amend {
    /// Let `current` lead to this slot.
    Switch(String),
    /// Take `current` away: what it leads to is not whole.
    Unlink,
    /// Delete this slot. One that a run uses stays until the run has ended.
    Delete(String),
    /// Forget the journal.
    Close,
}

/// What is to be done after an installer was cut off: forward where the new slot is whole, else back. In this order; each
/// may be cut off again. Where all is well only the journal, which may hold a torn line, is closed.
pub fn amend(standing: &Standing, lying: &[Lying], current: Option<&str>) -> Vec<Amend> {
    let whole = |name: &&str| lying.iter().any(|one| one.slot == **name && one.whole);
    let before = current.filter(whole);
    let last_whole = || lying.iter().rev().find(|one| one.whole).map(|one| one.slot.as_str());
    let leads = made(standing).filter(whole).or(before).or_else(last_whole);
    let mut out = Vec::new();
    match leads {
        Some(slot) if before != leads => out.push(Amend::Switch(slot.to_owned())),
        None if current.is_some() => out.push(Amend::Unlink),
        _ => {}
    }
    out.extend(lying.iter().filter(|one| Some(one.slot.as_str()) != leads).map(|one| Amend::Delete(one.slot.clone())));
    out.push(Amend::Close);
    out
}

fn made(standing: &Standing) -> Option<&str> {
    match standing {
        Standing::Made { slot } | Standing::Switched { slot } => Some(slot),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
