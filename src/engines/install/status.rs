//! What is there of each package, as the list shows it.

use super::{Build, Package, Progress};
use crate::base::{Bytes, Problem};
use serde::Serialize;
use std::path::PathBuf;

/// Whose an engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// Made by vramdeck.
    Own,
    /// Named in the user's settings.
    Settings,
    /// Found on the machine.
    System,
}

impl Whose {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Own => "vramdeck's own",
            Self::Settings => "named in config.toml",
            Self::System => "found on this machine",
        }
    }
}

/// One engine that is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// Whose it is.
    pub whose: Whose,
    /// The program.
    pub path: PathBuf,
    /// Its version, where it is known.
    pub version: Option<String>,
    /// Its build, where vramdeck made it.
    pub build: Option<Build>,
    /// Bytes on disk when it was made.
    pub disk_bytes: Option<u64>,
    /// Why it cannot be used, or what of it is missing.
    pub broken: Option<Problem>,
    /// Whether a launch takes this one.
    pub used: bool,
}

/// An installer at work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Installing {
    /// Its process.
    pub pid: u32,
    /// What it does, in words.
    pub what: String,
    /// How far it is, once it said so.
    pub progress: Option<Progress>,
}

/// What is there of one package.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Which.
    pub engine: Package,
    /// Where it was found; the first is taken by a launch.
    pub places: Vec<Place>,
    /// The version it is pinned to.
    pub pinned: Option<String>,
    /// The newest version vramdeck knows to install, of the build in use or the one for this machine.
    pub newest_known: Option<String>,
    /// An installer at work.
    pub installing: Option<Installing>,
    /// What was put right by the way: an install that was cut off.
    pub recovered: Option<String>,
    /// Why the last attempt ended without success, until the next succeeds.
    pub last_failure: Option<String>,
    /// Bytes fetched by attempts that did not come through, kept for the next.
    pub kept: Bytes,
}

impl Status {
    /// The environment vramdeck made, broken or not.
    pub fn own(&self) -> Option<&Place> {
        self.places.iter().find(|place| place.whose == Whose::Own)
    }

    /// The one a launch takes.
    pub fn used(&self) -> Option<&Place> {
        self.places.iter().find(|place| place.used)
    }

    /// Whether a newer version than the installed one is known, and it is not pinned.
    pub fn can_upgrade(&self) -> bool {
        let own = self.own().and_then(|place| place.version.as_deref());
        let newer =
            own.zip(self.newest_known.as_deref()).is_some_and(|(own, newest)| super::record::older(own, newest));
        newer && self.pinned.is_none()
    }
}
