//! What changes this machine's disk: downloads and deleting, each after a yes.

use super::ranking::Ranking;
use super::{Effect, Sought, State};
use crate::app::Effect as Root;
use crate::app::Overlay;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::overlay::Confirm;
use crate::base::{Bytes, Problem, text, units};
use crate::engines::RunState;
use crate::models::Exact;
use crate::models::fit::Engine;
use crate::models::hub::Found;
use crate::models::local::{DeletePlan, InUse, plan_delete};
use crate::models::rank::{Choice, Row};
use std::collections::BTreeSet;

/// How many of the files that go are named.
const SHOWN: usize = 5;

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

/// Asks before a download, or cancels the one under way. Where no repository is known, the hub is asked for one.
pub(super) fn download(state: &mut State, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let Some(ranking) = state.ranking.clone() else { return Vec::new() };
    let Some((row, choice)) = state.selected().and_then(|(row, choice)| {
        let row = ranking.rows.get(row)?;
        Some((row, row.choices.get(choice)?))
    }) else {
        return Vec::new();
    };
    if let Some(local) = ranking.local(choice).filter(|local| local.complete) {
        shared.toasts.problem(Problem::usage(
            format!("{} is not downloaded", row.name),
            format!("it lies on this machine: {}", local.path.display()),
            "choose another variant with v, or start it with Enter",
        ));
        return Vec::new();
    }
    let sought = state.sought(&ranking, row, choice);
    let Some(repo) = state.repository(&ranking, row, choice) else {
        return seek(sought, &mut state.seeking, (row, choice), shared, env);
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
    let found = sought.and_then(|sought| state.sources.get(&sought));
    let label = (choice.engine == Engine::LlamaCpp && found.is_none()).then(|| choice.label.clone());
    let size = found.map_or_else(|| far(&ranking, row, choice), |found| Bytes(found.bytes).to_string());
    let mut detail = vec![
        format!("From the hub into the Hugging Face cache: {size}."),
        "Free disk is checked first; what came stays and is used next time when it is cut off.".to_owned(),
    ];
    detail.extend(found.map(|found| made_by_others(found, &row.name)));
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

/// Asks the hub where a GGUF can be had; says so where it cannot be asked.
fn seek(
    sought: Option<Sought>,
    seeking: &mut BTreeSet<Sought>,
    (row, choice): (&Row, &Choice),
    shared: &mut Shared,
    env: &Env,
) -> Vec<Root> {
    let Some(sought) = sought else {
        shared.toasts.problem(Problem::failed(
            format!("{} {} cannot be downloaded", row.name, choice.label),
            "no repository is known for this variant",
            "choose another variant with v, or search the hub and name one as ORG/NAME:LABEL when starting",
        ));
        return Vec::new();
    };
    shared.toasts.info(format!("asking the hub for a {} of {}", sought.label, sought.model), env.uptime);
    if seeking.insert(sought.clone()) { vec![Root::Models(Effect::Seek(sought))] } else { Vec::new() }
}

/// Whose work a repository is that the hub was found to have.
fn made_by_others(found: &Found, model: &str) -> String {
    let times = found.made.downloads.map_or_else(String::new, |n| format!("; {} downloads of late", units::count(n)));
    let terms = if found.made.gated { "; its terms must be accepted first" } else { "" };
    format!("Its card says that it was made from {model}, by whoever keeps it{times}{terms}.")
}

/// How much a download is: the published bytes of the weights where they are known, else what they take on the card, said
/// so. The hub tells the files' sizes once it is asked.
pub(super) fn far(ranking: &Ranking, row: &Row, choice: &Choice) -> String {
    let published = ranking.variant(row, choice).and_then(|variant| match &variant.facts.exact {
        Exact::Total(bytes) => Some(*bytes),
        Exact::Headers(sums) => Some(sums.total),
        Exact::No => None,
    });
    match published {
        Some(bytes) => format!("about {} of weights", Bytes(bytes)),
        None => format!("weights that take about {} on the card; their files may be larger", Bytes(choice.sum.weights)),
    }
}

/// The demo simulates a card, not a disk.
fn real(shared: &Shared) -> Option<String> {
    shared.demo.as_ref().map(|_| "The card is simulated, your disk is not: this is done for real.".to_owned())
}

/// Says what deleting the selected model would remove, and asks.
pub(super) fn delete(state: &State, shared: &mut Shared) {
    let found = state.selected().zip(state.ranking.as_ref()).and_then(|((row, choice), ranking)| {
        let row = ranking.rows.get(row)?;
        let chosen = row.choices.get(choice).and_then(|choice| ranking.local(choice));
        chosen.or_else(|| row.choices.iter().find_map(|choice| ranking.local(choice)))
    });
    let Some(local) = found else {
        return shared.toasts.problem(Problem::usage(
            "nothing is deleted",
            "the selected model does not lie on this machine",
            "L lists those that do",
        ));
    };
    match plan_delete(local, &state.local, &uses(&shared.runs)) {
        Ok(plan) => match state.downloads.keys().find(|repo| plan.is_filled_by(repo)) {
            Some(repo) => shared.toasts.problem(plan.refusal_while_filled(repo)),
            None => confirm(plan, shared),
        },
        Err(problem) => shared.toasts.problem(problem),
    }
}

/// What the runs work with of which something is alive.
pub fn uses(runs: &[RunState]) -> Vec<InUse> {
    let live = runs.iter().filter(|run| run.phase.is_live() || !run.pids.is_empty());
    let one = |run: &RunState| InUse {
        run: Some(run.run.0.clone()),
        pid: run.pids.first().copied(),
        model: run.model.clone(),
        dir: None,
    };
    live.map(one).collect()
}

/// Shows what would go before it goes.
fn confirm(plan: DeletePlan, shared: &mut Shared) {
    let mut detail: Vec<String> = plan.warnings.clone();
    detail.push(format!("{} come free.", Bytes(plan.bytes_freed)));
    detail.extend(plan.files.iter().take(SHOWN).map(|file| file.path().display().to_string()));
    if plan.files.len() > SHOWN {
        detail.push(format!("and {} more", plan.files.len() - SHOWN));
    }
    if !plan.kept_shared.is_empty() {
        detail.push(format!("{} files stay: others use them too.", plan.kept_shared.len()));
    }
    detail.extend(real(shared));
    shared.ask = Some(Overlay::Confirm(Confirm {
        question: text::clean_line(&format!("Delete {}?", plan.name)),
        detail: detail.iter().map(|line| text::clean_line(line)).collect(),
        yes: "delete".to_owned(),
        selected_yes: false,
        effects: vec![Root::Models(Effect::Remove(Box::new(plan)))],
    }));
}
