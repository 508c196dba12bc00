//! What changes this machine's disk: downloads and deleting, each after a yes.

use super::{Effect, State};
use crate::app::Effect as Root;
use crate::app::Overlay;
use crate::app::model::Shared;
use crate::app::overlay::Confirm;
use crate::base::{Bytes, Problem};
use crate::models::fit::Engine;
use crate::models::local::{LocalModel, Shelf};
use std::path::PathBuf;

/// How far a download is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Download {
    /// Bytes that are there.
    pub done: u64,
    /// Bytes in all, once known.
    pub total: Option<u64>,
    /// Bytes per second of late.
    pub pace: u64,
}

impl Download {
    /// Whole percent, once the total is known.
    pub fn percent(&self) -> Option<u64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((u128::from(self.done) * 100 / u128::from(total)).min(100) as u64)
    }
}

/// What deleting a model would do, worked out before anything is touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// The model.
    pub model: LocalModel,
    /// Files and folders that go.
    pub paths: Vec<PathBuf>,
    /// Bytes that come free.
    pub freed: u64,
    /// What stays because others use it, in words.
    pub shared: Vec<String>,
}

/// Asks before a download, or cancels the one under way.
pub(super) fn download(state: &State, shared: &mut Shared) -> Vec<Root> {
    let Some((row, choice)) = state.selected().zip(state.ranking.as_ref()).and_then(|((row, choice), ranking)| {
        let row = ranking.rows.get(row)?;
        Some((row, row.choices.get(choice)?))
    }) else {
        return Vec::new();
    };
    let Some(ranking) = &state.ranking else { return Vec::new() };
    if let Some(local) = ranking.local(choice).filter(|local| local.complete) {
        shared.toasts.problem(Problem::usage(
            format!("{} is not downloaded", row.name),
            format!("it lies on this machine: {}", local.path.display()),
            "choose another variant with v, or start it with Enter",
        ));
        return Vec::new();
    }
    let repo = ranking.variant(row, choice).and_then(|variant| variant.repo.as_ref()).map(|repo| repo.value.clone());
    let Some(repo) = repo else {
        shared.toasts.problem(Problem::failed(
            format!("{} {} cannot be downloaded", row.name, choice.label),
            "no repository is known for this variant",
            "choose another variant with v",
        ));
        return Vec::new();
    };
    if state.downloads.contains_key(&repo) {
        return vec![Root::Models(Effect::CancelDownload(repo))];
    }
    if choice.engine == Engine::Ollama {
        shared.toasts.problem(Problem::usage(
            format!("{repo} is not downloaded from here"),
            "an Ollama server keeps its models itself",
            "pull it on the Engines screen (o, then p), or start it with Enter",
        ));
        return Vec::new();
    }
    let label = (choice.engine == Engine::LlamaCpp).then(|| choice.label.clone());
    let mut detail = vec![
        format!("About {} from the hub into the Hugging Face cache.", Bytes(choice.sum.weights)),
        "Free disk is checked first; what came stays and is used next time when it is cut off.".to_owned(),
    ];
    detail.extend(real(shared));
    shared.ask = Some(Overlay::Confirm(Confirm {
        question: format!("Download {repo}?"),
        detail,
        yes: "download".to_owned(),
        selected_yes: false,
        effects: vec![Root::Models(Effect::Download { repo, label })],
    }));
    Vec::new()
}

/// The demo simulates a card, not a disk.
fn real(shared: &Shared) -> Option<String> {
    shared.demo.as_ref().map(|_| "The card is simulated, your disk is not: this is done for real.".to_owned())
}

/// Asks what deleting the selected model would do.
pub(super) fn delete(state: &State, shared: &mut Shared) -> Vec<Root> {
    let found = state.selected().zip(state.ranking.as_ref()).and_then(|((row, choice), ranking)| {
        let row = ranking.rows.get(row)?;
        let chosen = row.choices.get(choice).and_then(|choice| ranking.local(choice));
        chosen.or_else(|| row.choices.iter().find_map(|choice| ranking.local(choice)))
    });
    match found {
        Some(local) if local.shelf == Shelf::Folder && !local.complete => Vec::new(),
        Some(local) => vec![Root::Models(Effect::PlanRemoval(Box::new(local.clone())))],
        None => {
            shared.toasts.problem(Problem::usage(
                "nothing is deleted",
                "the selected model does not lie on this machine",
                "L lists those that do",
            ));
            Vec::new()
        }
    }
}

/// Shows what would go before it goes.
pub(super) fn confirm(removal: Box<Removal>, shared: &mut Shared) {
    let mut detail: Vec<String> = removal.paths.iter().take(6).map(|path| path.display().to_string()).collect();
    if removal.paths.len() > 6 {
        detail.push(format!("and {} more", removal.paths.len() - 6));
    }
    detail.push(format!("{} come free.", Bytes(removal.freed)));
    detail.extend(removal.shared.iter().cloned());
    detail.extend(real(shared));
    shared.ask = Some(Overlay::Confirm(Confirm {
        question: format!("Delete {}?", removal.model.name),
        detail: detail.iter().map(|line| crate::base::text::clean_line(line)).collect(),
        yes: "delete".to_owned(),
        selected_yes: false,
        effects: vec![Root::Models(Effect::Remove(removal))],
    }));
}
