//! Counts outcomes: per setting and category what share is right, and how the wrong ones are wrong.

use super::answer::{Facts, Label};
use super::dialogue::Outcome;
use super::family::Family;
use super::plan::{Plan, Setting};
use super::stats::{Rate, median};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct About {
    /// The suite's name.
    pub suite: String,
    /// The model.
    pub model: String,
    /// Its variant.
    pub variant: String,
    /// The engine and, if known, its version.
    pub engine: String,
    /// When it began, as RFC 3339.
    pub started: String,
}

/// What is counted of some outcomes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tally {
    /// Cases that were asked and answered.
    pub cases: u32,
    /// Answers; requests that failed are not among them.
    pub trials: u32,
    /// Requests that failed.
    pub failed: u32,
    /// Cases whose constraint the engine does not have.
    pub not_offered: u32,
    /// pass@1: the mean over cases of the share of right repeats; its `n` counts cases.
    pub pass: Rate,
    /// pass^k: cases of which every repeat was right, out of those that were answered `k` times.
    pub pass_all: Rate,
    /// The `k` of it.
    pub k: u32,
    /// Calls, and texts under a schema or constraint, that obey it.
    pub valid: Rate,
    /// Of the texts that obey their constraint and whose right value is known, those that say it.
    pub known_right: Rate,
    /// Texts whose keys come in another order than the schema names them; never wrong.
    pub order_differs: u32,
    /// Calls of tools that were not offered, out of all calls.
    pub hallucinated: Rate,
    /// Turns in which the server dropped a call, out of those whose text could be searched.
    pub lost: Rate,
    /// Of those, turns that the dropped calls would have made right.
    pub lost_but_right: u32,
    /// Harmonic mean of precision and recall of calling at all; `None` where no call was wanted or made.
    pub trigger_f1: Option<f64>,
    /// Median seconds until the first call was there in full.
    pub first_call_seconds: Option<f64>,
    /// Median seconds until the first token.
    pub first_token_seconds: Option<f64>,
    /// Median tokens of the prompts of a case.
    pub prompt_tokens: Option<f64>,
    /// Median tokens of the answers of a case.
    pub completion_tokens: Option<f64>,
    /// How often each verdict was given.
    pub labels: BTreeMap<Label, u32>,
}

impl Tally {
    /// Counts outcomes of one setting that were asked `k` times each.
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>, k: u32) -> Self {
        let mut labels: BTreeMap<Label, u32> = BTreeMap::new();
        let mut by_case: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        let mut facts = Facts::default();
        let mut answered = Vec::new();
        for outcome in outcomes {
            *labels.entry(outcome.label).or_default() += 1;
            if !outcome.label.counts() {
                continue;
            }
            let (right, all) = by_case.entry(&outcome.case).or_default();
            *right += u32::from(outcome.label == Label::Right);
            *all += 1;
            facts = facts.and(outcome.facts);
            answered.push(outcome);
        }
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let shares = by_case.values().map(|(right, all)| f64::from(*right) / f64::from((*all).max(1)));
        let whole = || by_case.values().filter(|(_, all)| *all >= k);
        let figure = |of: fn(&Outcome) -> Option<f64>| median(answered.iter().filter_map(|outcome| of(outcome)));
        let wanted = facts.called_rightly.saturating_add(facts.silent);
        let made = facts.called_rightly.saturating_add(facts.called_wrongly);
        let both = f64::from(wanted) + f64::from(made);
        Self {
            cases: count(by_case.len()),
            trials: count(answered.len()),
            failed: labels.get(&Label::Failed).copied().unwrap_or(0),
            not_offered: labels.get(&Label::NotOffered).copied().unwrap_or(0),
            pass: Rate::mean(shares.sum(), count(by_case.len())),
            pass_all: Rate::of(count(whole().filter(|(right, all)| right == all).count()), count(whole().count())),
            k,
            valid: Rate::of(facts.valid, facts.emitted),
            known_right: Rate::of(facts.known_right, facts.known),
            order_differs: facts.order_differs,
            hallucinated: Rate::of(facts.hallucinated, facts.calls),
            lost: Rate::of(facts.lost, facts.searched),
            lost_but_right: facts.lost_but_right,
            trigger_f1: (both > 0.0).then(|| 2.0 * f64::from(facts.called_rightly) / both),
            first_call_seconds: figure(|outcome| outcome.figures.first_call_seconds),
            first_token_seconds: figure(|outcome| outcome.figures.first_token_seconds),
            prompt_tokens: figure(|outcome| outcome.figures.prompt_tokens.map(|count| count as f64)),
            completion_tokens: figure(|outcome| outcome.figures.completion_tokens.map(|count| count as f64)),
            labels,
        }
    }
}

/// One setting's result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// What was measured.
    pub family: Family,
    /// The setting.
    pub setting: Setting,
    /// The mean of the categories' shares, each weighing the same; `None` where nothing was answered.
    pub headline: Option<f64>,
    /// All cases together.
    pub all: Tally,
    /// By category, in the order in which they first occur.
    pub categories: Vec<(String, Tally)>,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What was measured.
    pub about: About,
    /// Setting by setting, the base first; those without an outcome are left out.
    pub settings: Vec<Scored>,
}

impl Report {
    /// Counts what a run has done so far.
    pub fn of(about: About, plan: &Plan, outcomes: &[Outcome]) -> Self {
        let scored = plan.settings().into_iter().filter_map(|setting| {
            let key = setting.key();
            let own: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.setting == key).collect();
            (!own.is_empty()).then(|| score(plan, setting, &own))
        });
        Self { about, settings: scored.collect() }
    }
}

fn score(plan: &Plan, setting: Setting, outcomes: &[&Outcome]) -> Scored {
    let (family, k) = (plan.family, plan.repeats);
    let mut names: Vec<&str> = Vec::new();
    for outcome in outcomes {
        if !names.contains(&outcome.category.as_str()) {
            names.push(&outcome.category);
        }
    }
    let tally = |name: &str| Tally::of(outcomes.iter().copied().filter(|outcome| outcome.category == name), k);
    let categories: Vec<(String, Tally)> = names.into_iter().map(|name| (name.to_owned(), tally(name))).collect();
    let shares: Vec<f64> = categories.iter().filter_map(|(_, tally)| tally.pass.value).collect();
    let headline = (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64);
    Scored { family, setting, headline, all: Tally::of(outcomes.iter().copied(), k), categories }
}
