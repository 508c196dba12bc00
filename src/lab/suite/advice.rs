//! What follows from a run's results for whoever uses the model, in words and with the evidence.

use super::answer::Label;
use super::dialogue::Outcome;
use super::family::Family;
use super::obedience;
use super::plan::{Plan, Setting};
use super::score::Tally;
use super::stats::{Difference, Rate};
use serde::Serialize;
use std::collections::BTreeSet;

/// A share that falls by more than this is a fall.
const FALL: f64 = 0.05;
/// A category of which less than this is right does not work.
const WORKS: f64 = 0.5;

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What to do, as `temperature ≤ 0.3`.
    pub text: String,
    /// What was measured.
    pub evidence: String,
    /// Whether the intervals show it; else it is likely, and more cases or repeats would tell.
    pub shown: bool,
}

impl Advice {
    /// All advice in one line; says so where nothing speaks against anything that was tried.
    pub fn line(all: &[Self]) -> String {
        let text = |one: &Self| if one.shown { one.text.clone() } else { format!("{} (likely)", one.text) };
        if all.is_empty() {
            "no limit found in what was tried".to_owned()
        } else {
            all.iter().map(text).collect::<Vec<_>>().join("; ")
        }
    }
}

/// What follows from these outcomes of a plan. What was not tried gives no advice.
pub fn advise(plan: &Plan, outcomes: &[Outcome]) -> Vec<Advice> {
    let results = Results { plan, outcomes };
    let base = plan.base.key();
    let tally = |name: &str| {
        let own = outcomes.iter().filter(|outcome| outcome.setting == base && outcome.category == name);
        Tally::of(own, plan.repeats)
    };
    let category = |name: &str| tally(name).pass;
    let mut all = Vec::new();
    if plan.family == Family::Structured {
        all.extend(obedience::advise(plan, outcomes));
        all.extend(results.temperature());
        return all;
    }
    if let Some(advice) = below(&[("single", category("single"))], "not for tool calls") {
        // Calls that the server dropped are not the model's fault: where they would have been right in most cases, nothing
        // is said of the model until another parser was tried.
        let single = tally("single");
        let right = single.labels.get(&Label::Right).copied().unwrap_or(0).saturating_add(single.lost_but_right);
        let works = f64::from(right) >= WORKS * f64::from(single.trials);
        let loss = results.loss(&base);
        return loss.into_iter().chain((!works).then_some(advice)).collect();
    }
    all.extend(results.temperature());
    all.extend(results.tools());
    all.extend(below(&[("parallel", category("parallel"))], "no parallel calls"));
    let (nested, multi) = (("nested", category("nested")), ("multi-turn", category("multi-turn")));
    let single_shot = below(&[nested, multi], "single-shot only");
    all.extend(single_shot.or_else(|| below(&[nested], "no calls that build on each other")));
    all.extend(below(&[("none", category("none"))], "offer tools only when one is needed"));
    all.extend(results.switch(
        |setting| setting.stream = !setting.stream,
        plan.base.stream,
        ["stream", "do not stream"],
    ));
    let strict = ["offer tools as strict", "do not offer tools as strict"];
    all.extend(results.switch(|setting| setting.strict = !setting.strict, plan.base.strict, strict));
    all.extend(results.loss(&base));
    all
}

fn below(categories: &[(&str, Rate)], text: &str) -> Option<Advice> {
    let bad = |(_, rate): &(&str, Rate)| rate.value.is_some_and(|value| value < WORKS);
    categories.iter().all(bad).then(|| Advice {
        text: text.to_owned(),
        evidence: categories.iter().map(|(name, rate)| format!("{name} {rate}")).collect::<Vec<_>>().join(", "),
        shown: categories.iter().all(|(_, rate)| rate.high < WORKS),
    })
}

struct Results<'a> {
    plan: &'a Plan,
    outcomes: &'a [Outcome],
}

impl Results<'_> {
    fn temperature(&self) -> Option<Advice> {
        let mut steps: Vec<f64> = self.plan.temperatures.clone();
        steps.push(self.plan.base.temperature);
        steps.sort_by(f64::total_cmp);
        steps.dedup();
        let steps = steps
            .into_iter()
            .map(|temperature| (temperature.to_string(), Setting { temperature, ..self.plan.base.clone() }));
        self.ladder(steps.collect(), "temperature", |last| format!("temperature ≤ {last}"))
    }

    fn tools(&self) -> Option<Advice> {
        let mut steps: Vec<u32> = self.plan.tools.iter().copied().chain(self.plan.base.tools).collect();
        steps.sort_unstable();
        steps.dedup();
        let steps = steps
            .into_iter()
            .map(|count| (count.to_string(), Setting { tools: Some(count), ..self.plan.base.clone() }));
        self.ladder(steps.collect(), "tools", |last| {
            format!("at most {last} {}", if last == "1" { "tool" } else { "tools" })
        })
    }

    /// The last step before the share falls below the best of the lower steps.
    fn ladder(&self, steps: Vec<(String, Setting)>, what: &str, text: impl Fn(&str) -> String) -> Option<Advice> {
        let rates = self.rates(&steps.iter().map(|(_, setting)| setting.key()).collect::<Vec<_>>());
        let steps = steps.iter().zip(rates).filter_map(|((name, _), rate)| Some((name, rate, rate.value?)));
        let mut best: Option<(Rate, f64)> = None;
        let mut last: Option<(&String, Rate)> = None;
        for (name, rate, value) in steps {
            if let (Some((top, share)), Some((good, held))) = (best, last)
                && value < share - FALL
            {
                let evidence = format!("{what} {good}: {held}; {what} {name}: {rate}");
                let shown = Difference::of(top, rate).is_some_and(Difference::shown);
                return Some(Advice { text: text(good), evidence, shown });
            }
            if best.is_none_or(|(_, share)| value > share) {
                best = Some((rate, value));
            }
            last = Some((name, rate));
        }
        None
    }

    /// Advice where one of two ways is better; `texts` are those for on and off.
    fn switch(&self, change: impl Fn(&mut Setting), base_is_on: bool, texts: [&str; 2]) -> Option<Advice> {
        let mut other = self.plan.base.clone();
        change(&mut other);
        let rates = self.rates(&[self.plan.base.key(), other.key()]);
        let (base, changed) = (*rates.first()?, *rates.get(1)?);
        let (on, off) = if base_is_on { (base, changed) } else { (changed, base) };
        let better = Difference::of(off, on).filter(|difference| difference.value.abs() > FALL)?;
        let text = if better.value > 0.0 { texts[0] } else { texts[1] };
        Some(Advice { text: text.to_owned(), evidence: format!("on {on}; off {off}"), shown: better.shown() })
    }

    fn loss(&self, base: &str) -> Option<Advice> {
        let tally = Tally::of(self.outcomes.iter().filter(|outcome| outcome.setting == base), self.plan.repeats);
        tally.lost.value.filter(|value| *value > 0.0).map(|_| Advice {
            text: "try another parser: the server drops calls".to_owned(),
            evidence: format!("dropped in {}; {} of them were right", tally.lost, tally.lost_but_right),
            shown: true,
        })
    }

    /// The shares of settings over the cases that were answered under all of them.
    fn rates(&self, keys: &[String]) -> Vec<Rate> {
        let own = |key: &String| {
            let key = key.clone();
            self.outcomes.iter().filter(move |outcome| outcome.setting == key && outcome.label.counts())
        };
        let asked: Vec<&String> = keys.iter().filter(|key| own(key).next().is_some()).collect();
        let sets = asked.iter().map(|key| own(key).map(|outcome| outcome.case.as_str()).collect::<BTreeSet<_>>());
        let shared = sets.reduce(|a, b| a.intersection(&b).copied().collect()).unwrap_or_default();
        let rate = |key| Tally::of(own(key).filter(|outcome| shared.contains(outcome.case.as_str())), 1).pass;
        keys.iter().map(rate).collect()
    }
}
