//! What follows from answers under constraints: which constraints hold with this engine, and whether what obeys them is right.

use super::advice::Advice;
use super::answer::Label;
use super::dialogue::Outcome;
use super::plan::Plan;
use super::score::Tally;
use std::collections::BTreeMap;

/// A share below this does not work.
const WORKS: f64 = 0.5;

/// What follows from these outcomes, the engine's part first.
pub(super) fn advise(plan: &Plan, outcomes: &[Outcome]) -> Vec<Advice> {
    let base = plan.base.key();
    let own: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.setting == base).collect();
    let table = [
        (Label::NotEnforced, "the engine does not hold answers to", "not enforced in"),
        (Label::Refused, "the engine refuses", "refused in"),
        (Label::NotOffered, "the engine does not have", "not offered in"),
        (Label::Invalid, "check answers yourself in", "broken, in a keyword that back ends pass over, in"),
    ];
    let mut all: Vec<Advice> =
        table.into_iter().filter_map(|(label, text, how)| labelled(&own, label, text, how)).collect();
    all.extend(cut(&own));
    all.extend(wrong(&own, plan.repeats));
    all
}

/// One label's categories with how often it was given there, and why the first time.
fn labelled(own: &[&Outcome], label: Label, text: &str, how: &str) -> Option<Advice> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in own.iter().filter(|outcome| outcome.label == label) {
        *counts.entry(&outcome.category).or_default() += 1;
    }
    let first = own.iter().find(|outcome| outcome.label == label)?;
    let why = first.reasons.first().map(|reason| format!("; {}: {}", first.case, reason.why)).unwrap_or_default();
    let names = counts.keys().copied().collect::<Vec<_>>().join(", ");
    let evidence = format!("{how} {} of {} answers{why}", counts.values().sum::<usize>(), own.len());
    Some(Advice { text: format!("{text} {names}"), evidence, shown: true })
}

fn cut(own: &[&Outcome]) -> Option<Advice> {
    let cut: Vec<&&Outcome> = own.iter().filter(|outcome| outcome.label == Label::Truncated).collect();
    let why = &cut.first()?.reasons.first()?.why;
    let evidence = format!("{} of {} answers were {why}", cut.len(), own.len());
    let text = "allow more tokens, or no blanks between the parts of JSON".to_owned();
    Some(Advice { text, evidence, shown: true })
}

/// Where the form is right and the content is not.
fn wrong(own: &[&Outcome], repeats: u32) -> Option<Advice> {
    let tally = Tally::of(own.iter().copied(), repeats);
    let bad = tally.known_right.value.is_some_and(|value| value < WORKS);
    bad.then(|| Advice {
        text: "right in form is not right in content: check the values".to_owned(),
        evidence: format!("of valid answers the right value in {}", tally.known_right),
        shown: tally.known_right.high < WORKS,
    })
}
