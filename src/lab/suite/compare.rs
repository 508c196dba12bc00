//! Two results side by side, over the cases that both have.

use super::answer::Label;
use super::dialogue::Outcome;
use super::score::Tally;
use super::stats::{Difference, Rate};
use serde::Serialize;
use std::collections::BTreeMap;

/// One line of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The category; `all` for the whole.
    pub category: String,
    /// pass@1 of the first.
    pub first: Rate,
    /// pass@1 of the second.
    pub second: Rate,
    /// Second less first. The interval takes them for independent, so it is rather too wide than too narrow.
    pub difference: Option<Difference>,
}

impl Row {
    /// What is shown, in words.
    pub fn words(&self) -> &'static str {
        match self.difference {
            None => "not measured",
            Some(difference) if !difference.shown() => "no difference shown",
            Some(difference) if difference.value > 0.0 => "better",
            Some(_) => "worse",
        }
    }
}

/// Two results side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Category by category in the order of the first result, all cases last.
    pub rows: Vec<Row>,
    /// Cases of which more repeats were right in the second.
    pub gained: Vec<String>,
    /// Cases of which fewer were.
    pub lost: Vec<String>,
    /// Cases that only one of them has; they are not counted.
    pub left_out: usize,
}

/// Compares the outcomes of two settings, of one run or of two.
pub fn compare(first: &[&Outcome], second: &[&Outcome]) -> Comparison {
    let (a, b) = (shares(first), shares(second));
    let shared = |outcome: &Outcome| a.contains_key(outcome.case.as_str()) && b.contains_key(outcome.case.as_str());
    let mut names: Vec<&str> = Vec::new();
    for outcome in first.iter().filter(|outcome| shared(outcome)) {
        if !names.contains(&outcome.category.as_str()) {
            names.push(&outcome.category);
        }
    }
    let row = |category: Option<&str>| {
        let own = |outcome: &&Outcome| shared(outcome) && category.is_none_or(|name| outcome.category == name);
        let pass = |outcomes: &[&Outcome]| Tally::of(outcomes.iter().copied().filter(own), 1).pass;
        let (first, second) = (pass(first), pass(second));
        let category = category.unwrap_or("all").to_owned();
        Row { category, first, second, difference: Difference::of(first, second) }
    };
    let rows = names.iter().map(|name| row(Some(name))).chain([row(None)]).collect();
    let changed = |better: bool| {
        let moved = a.iter().filter(|(case, share)| {
            b.get(*case).is_some_and(|other| if better { other > share } else { other < share })
        });
        moved.map(|(case, _)| (*case).to_owned()).collect()
    };
    let only = |one: &BTreeMap<&str, f64>, other: &BTreeMap<&str, f64>| {
        one.keys().filter(|case| !other.contains_key(*case)).count()
    };
    Comparison { rows, gained: changed(true), lost: changed(false), left_out: only(&a, &b) + only(&b, &a) }
}

/// The share of right repeats of each case that was answered.
fn shares<'a>(outcomes: &[&'a Outcome]) -> BTreeMap<&'a str, f64> {
    let mut counts: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.label.counts()) {
        let (right, all) = counts.entry(&outcome.case).or_default();
        *right += if outcome.label == Label::Right { 1.0 } else { 0.0 };
        *all += 1.0;
    }
    counts.into_iter().map(|(case, (right, all))| (case, right / all)).collect()
}
