//! The engines of this machine: what is there of each, and installing, repairing, removing.

use crate::base::text::clean_line;
use crate::base::units::{Bytes, duration};
use crate::base::{Problem, text};
use crate::engines::install::offers::by_hand;
use crate::engines::install::{Installing, Offer, Package, Progress, Status};
use std::time::Duration;

/// What is done to an engine. An install goes on by its own process when the deck is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Install it.
    Install,
    /// Install the newest version known.
    Upgrade,
    /// Look whether it is whole, and make it anew where it is not.
    Repair,
    /// Remove what vramdeck installed.
    Remove,
    /// Let its version stay.
    Pin,
    /// Let its version change again.
    Unpin,
}

impl Work {
    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Repair => "repair",
            Self::Remove => "remove",
            Self::Pin => "pin",
            Self::Unpin => "unpin",
        }
    }
}

/// State of the pane.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Installed {
    /// What is there, once listed.
    pub statuses: Option<Vec<Status>>,
    /// The selected row.
    pub selected: usize,
    /// What this deck has asked for and has not heard the end of.
    pub asked: Vec<(Package, Work)>,
    /// The ways the system offers one.
    pub offers: Option<(Package, Vec<Offer>)>,
    /// Lists and looks at installers that were asked for and have not come.
    pub asking: usize,
}

impl Installed {
    /// The selected engine.
    pub fn current(&self) -> Option<&Status> {
        self.statuses.as_ref()?.get(self.selected)
    }

    /// Moves the selection by rows.
    pub fn step(&mut self, by: isize) {
        let last = self.statuses.as_ref().map_or(0, |all| all.len().saturating_sub(1));
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// Takes over how far installers are; whether one has ended since.
    pub fn follow(&mut self, at_work: Vec<(Package, Option<Installing>)>) -> bool {
        let mut ended = false;
        for (package, installing) in at_work {
            let same = |status: &&mut Status| status.engine == package;
            let Some(status) = self.statuses.iter_mut().flatten().find(same) else { continue };
            ended |= status.installing.is_some() && installing.is_none();
            status.installing = installing;
        }
        ended
    }

    /// Whether something is under way that moves.
    pub fn is_busy(&self) -> bool {
        let installing = self.statuses.iter().flatten().any(|status| status.installing.is_some());
        installing || !self.asked.is_empty()
    }
}

/// Messages about the engines of this machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// What is there.
    Listed(Vec<Status>),
    /// How far installers are.
    Followed(Vec<(Package, Option<Installing>)>),
    /// The ways the system offers one.
    Offered(Package, Vec<Offer>),
    /// What was asked for has begun.
    Begun(Package, Work),
    /// What was asked for is over.
    Done(Package, Work, Result<String, Problem>),
}

/// What is asked of the machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// See what is there.
    List,
    /// See how far installers are.
    Follow,
    /// See how the system offers one.
    Offers(Package),
    /// Do something, by a process of its own.
    Do(Package, Work),
    /// Ask the installer at work to end.
    Cancel(Package),
}

/// What stands in one row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The engine.
    pub title: &'static str,
    /// Version and build.
    pub version: String,
    /// What it is, or what happens to it.
    pub state: String,
    /// Whether the state is bad, good or neither.
    pub good: Option<bool>,
}

/// The row of one engine.
pub fn row(status: &Status, asked: Option<Work>) -> Row {
    let place = status.used().or_else(|| status.places.first());
    let version = place.map_or("-".to_owned(), |place| {
        let build = place.build.map(|build| format!(" {build}")).unwrap_or_default();
        format!("{}{build}", place.version.as_deref().unwrap_or("?"))
    });
    let pinned = if status.pinned.is_some() { ", pinned" } else { "" };
    let (state, good) = match (&status.installing, asked, place) {
        (Some(installing), ..) => (installing.progress.as_ref().map_or(installing.what.clone(), far), None),
        (None, Some(work), _) => (format!("{} begins…", work.word()), None),
        (None, None, None) if status.last_failure.is_some() => {
            (format!("not found; last attempt: {}", status.last_failure.as_deref().unwrap_or_default()), Some(false))
        }
        (None, None, None) => ("not found".to_owned(), None),
        (None, None, Some(place)) => match &place.broken {
            Some(problem) => (format!("broken: {}", problem.why), Some(false)),
            None if status.can_upgrade() => {
                let newest = status.newest_known.as_deref().unwrap_or_default();
                (format!("{}{pinned}; {newest} is known", place.whose.words()), Some(true))
            }
            None => (format!("{}{pinned}", place.whose.words()), Some(true)),
        },
    };
    Row { title: status.engine.title(), version: clean_line(&version), state: clean_line(&state), good }
}

/// How far an installer is, in one line.
fn far(progress: &Progress) -> String {
    let mut out = format!("{}/{} {}", progress.step, progress.steps, progress.stage.words());
    if let Some((done, total)) = progress.bytes {
        out += &format!(", {} of {}", Bytes(done), Bytes(total));
    } else if let Some((done, total)) = progress.packages {
        out += &format!(", {done} of {total} packages");
    }
    let time = |seconds: f64| duration(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    out += &format!(", {}", time(progress.seconds));
    if progress.silent_seconds >= 20.0 {
        out += &format!(", silent for {}", time(progress.silent_seconds));
    }
    out
}

/// What is known of one engine, line by line.
pub fn detail(status: &Status, offers: Option<&[Offer]>) -> Vec<String> {
    let mut out = Vec::new();
    for place in &status.places {
        let used = if place.used { "used" } else { "not used" };
        let size = place.disk_bytes.map(|bytes| format!(", {}", Bytes(bytes))).unwrap_or_default();
        out.push(format!("{} ({}{size}, {used})", place.path.display(), place.whose.words()));
        out.extend(place.broken.as_ref().map(|problem| format!("  broken: {}; {}", problem.why, problem.hint)));
    }
    if let Some(installing) = &status.installing {
        out.push(format!("process {} is {}; it goes on when you leave the deck", installing.pid, installing.what));
        out.extend(installing.progress.as_ref().map(|progress| format!("  {}", progress.text)));
    }
    out.extend(status.pinned.as_ref().map(|version| format!("pinned to {version}")));
    out.extend(status.recovered.clone());
    out.extend(status.last_failure.as_ref().map(|why| format!("last attempt: {why}")));
    if status.engine.is_own() {
        if let Some(newest) = status.newest_known.as_ref().filter(|_| status.own().is_none()) {
            out.push(format!("vramdeck can install {newest} into an environment of its own"));
        }
    } else if let Some(offers) = offers {
        out.extend(offers.iter().map(|offer| {
            let root = if offer.root { " (needs root: run it yourself)" } else { "" };
            format!("{}{root}", offer.argv.join(" "))
        }));
        if offers.is_empty() {
            out.push("this system's package managers offer none; by hand:".to_owned());
            out.extend(by_hand(status.engine).iter().map(|line| (*line).to_owned()));
        }
    } else if status.places.is_empty() {
        out.push("it comes by the way the system offers".to_owned());
    }
    out.iter().map(|line| text::clean(line).into_owned()).collect()
}
