//! Grades one answer by its answer set: no judge, only what is written in the case.

use super::answer::{Answer, Facts, Graded, Label, MadeCall, Reason};
use super::case::{Expect, ToolSpec};
use super::form;
use super::lost::calls_in;
use super::pair::pairs;
use super::want::Want;
use crate::lab::schema::Schema;
use crate::lab::structured::Constraint;
use serde_json::Value;
use std::collections::BTreeMap;

/// Calls of one answer that are looked at; an answer with more is wrong in any case.
const MOST_CALLS: usize = 256;
/// Reasons that are told of one answer.
const MOST_REASONS: usize = 32;
/// Bytes of blanks at the end of an answer from which they are told: a constraint that allows blanks lets a model loop in them.
const BLANKS: usize = 32;

/// Grades an answer: what was right at this turn, the tools that were offered, what its text must be if anything.
pub fn grade(expect: &Expect, offered: &[ToolSpec], constraint: Option<&Constraint>, answer: &Answer) -> Graded {
    if let Some(failure) = &answer.failure {
        let as_which = answer.failed_as.filter(|label| matches!(label, Label::Refused | Label::NotOffered));
        let label = as_which.unwrap_or(Label::Failed);
        let reasons = vec![reason(label, "", failure.clone())];
        return Graded { label, reasons, facts: Facts::default(), pairs: Vec::new() };
    }
    let mut graded = judge(expect, offered, constraint, answer);
    let facts = &mut graded.facts;
    let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    // Where the raw text is not shown, a dropped call is seen only if it was left in the content.
    let text = answer.raw.as_ref().or(answer.content.as_ref().filter(|_| answer.calls.is_empty()));
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        facts.searched = 1;
        let found = if offered.is_empty() {
            Vec::new()
        } else {
            calls_in(text, &answer.raw_end, offered, !expect.calls.is_empty())
        };
        if found.len() > answer.calls.len() {
            facts.lost = 1;
            let right = judge(expect, offered, constraint, &Answer { calls: found.clone(), ..Answer::default() })
                .reasons
                .is_empty()
                && !expect.calls.is_empty();
            facts.lost_but_right = u32::from(right);
            let why = format!("the text holds {}, the server returned {}", found.len(), answer.calls.len());
            let calls = if right { "; they are right" } else { "" };
            graded.reasons.push(reason(Label::ParserLoss, &found[0].name, format!("calls: {why}{calls}")));
        }
    }
    if answer.calls.is_empty() && blank(&answer.content) {
        let written = answer.raw.as_ref().or(answer.reasoning.as_ref()).map_or(0, |text| text.trim().chars().count());
        let hidden = if written > 0 { format!(", though {written} characters were written") } else { String::new() };
        graded.reasons.push(reason(Label::NoAnswer, "", format!("neither text nor call{hidden}")));
    }
    // Of a text under a constraint it is known whether it only goes no further.
    let known = constraint.is_some() && expect.calls.is_empty();
    if !known && is_cut(answer) && !graded.reasons.is_empty() {
        graded.reasons.push(cut(answer));
    }
    graded.reasons.sort_by_key(|reason| reason.label);
    graded.reasons.truncate(MOST_REASONS);
    graded.label = graded.reasons.first().map_or(Label::Right, |reason| reason.label);
    graded
}

fn is_cut(answer: &Answer) -> bool {
    answer.finish.as_deref() == Some("length")
}

fn cut(answer: &Answer) -> Reason {
    let blanks = answer.content.as_deref().map_or(0, |text| text.len() - text.trim_end().len());
    let blanks = if blanks < BLANKS { String::new() } else { format!("; the last {blanks} bytes are blanks") };
    reason(Label::Truncated, "", format!("cut off at the limit of tokens{blanks}"))
}

fn reason(label: Label, at: &str, why: String) -> Reason {
    Reason { label, at: at.to_owned(), why }
}

/// Holds calls and text against what is wanted.
fn judge(expect: &Expect, offered: &[ToolSpec], constraint: Option<&Constraint>, answer: &Answer) -> Graded {
    let made = answer.calls.as_slice();
    let mut reasons = Vec::new();
    let wants = !expect.calls.is_empty();
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut facts = Facts {
        turns: 1,
        called_rightly: u32::from(wants && !made.is_empty()),
        silent: u32::from(wants && made.is_empty()),
        called_wrongly: u32::from(!wants && !made.is_empty()),
        emitted: count(made.len()),
        calls: count(made.len()),
        ..Facts::default()
    };
    let looked = made.get(..MOST_CALLS).unwrap_or(made);
    let given: Vec<Option<Value>> = looked.iter().map(|call| arguments(&call.arguments)).collect();
    obedience(offered, looked, &given, &mut facts, &mut reasons);
    let fits = |one: usize, other: usize| {
        let (Some(wanted), Some(call)) = (expect.calls.get(one), looked.get(other)) else { return false };
        let value = given.get(other).and_then(Option::as_ref);
        wanted.name == call.name && value.is_some_and(|value| wanted.arguments.check(value, "").is_ok())
    };
    let pairs = pairs(expect.calls.len(), looked.len(), fits);
    differences(expect, looked, &given, &pairs, offered, &mut reasons);
    if made.len() > looked.len() {
        reasons.push(reason(Label::ExtraCall, "", format!("{} calls, {MOST_CALLS} were looked at", made.len())));
    }
    let complete = pairs.iter().all(Option::is_some);
    if expect.ordered && complete && !pairs.is_sorted() {
        reasons.push(reason(Label::WrongOrder, "", "the calls are right but come in another order".to_owned()));
    }
    text(expect, constraint, answer, &mut facts, &mut reasons);
    Graded { label: Label::Right, reasons, facts, pairs }
}

/// Arguments as an object; a call without any text has none.
fn arguments(text: &str) -> Option<Value> {
    let text = if text.trim().is_empty() { "{}" } else { text };
    serde_json::from_str(text).ok().filter(Value::is_object)
}

fn obedience(
    offered: &[ToolSpec],
    made: &[MadeCall],
    given: &[Option<Value>],
    facts: &mut Facts,
    reasons: &mut Vec<Reason>,
) {
    let mut ready: BTreeMap<&str, Option<Schema>> = BTreeMap::new();
    for (call, value) in made.iter().zip(given) {
        let Some(tool) = offered.iter().find(|tool| tool.name == call.name) else {
            facts.hallucinated = facts.hallucinated.saturating_add(1);
            reasons.push(reason(Label::HallucinatedName, &call.name, "no tool of this name was offered".to_owned()));
            continue;
        };
        let Some(value) = value else {
            let why = "the arguments are no JSON object".to_owned();
            reasons.push(reason(Label::SchemaViolation, &call.name, why));
            continue;
        };
        let schema = ready.entry(&tool.name).or_insert_with(|| Schema::new(&tool.parameters).ok());
        let faults = schema.as_ref().map(|schema| schema.faults(value)).unwrap_or_default();
        facts.valid = facts.valid.saturating_add(u32::from(faults.is_empty()));
        let told = faults
            .into_iter()
            .map(|fault| reason(Label::SchemaViolation, &format!("{}{}", call.name, fault.path), fault.why));
        reasons.extend(told);
    }
}

/// What is left over on both sides: the same name means a wrong argument, another name a wrong name, none a missing call.
fn differences(
    expect: &Expect,
    made: &[MadeCall],
    given: &[Option<Value>],
    pairs: &[Option<usize>],
    offered: &[ToolSpec],
    reasons: &mut Vec<Reason>,
) {
    let offers = |name: &str| offered.iter().any(|tool| tool.name == name);
    let mut left: Vec<usize> = (0..made.len()).filter(|at| !pairs.contains(&Some(*at))).collect();
    let mut lacking = Vec::new();
    for (wanted, _) in expect.calls.iter().zip(pairs).filter(|(_, pair)| pair.is_none()) {
        let Some(place) = left.iter().position(|at| made[*at].name == wanted.name) else {
            lacking.push(wanted);
            continue;
        };
        let at = left.remove(place);
        let miss = given[at].as_ref().and_then(|value| wanted.arguments.check(value, "").err());
        let told = miss.map(|miss| reason(Label::WrongArgument, &format!("{}{}", wanted.name, miss.path), miss.why));
        reasons.extend(told);
    }
    for wanted in lacking {
        if left.is_empty() {
            reasons.push(reason(Label::MissingCall, &wanted.name, "was not called".to_owned()));
            continue;
        }
        let at = left.remove(0);
        if offers(&made[at].name) {
            reasons.push(reason(Label::WrongName, &made[at].name, format!("wanted {}", wanted.name)));
        }
    }
    let extra = left.into_iter().filter(|at| offers(&made[*at].name));
    reasons.extend(extra.map(|at| reason(Label::ExtraCall, &made[at].name, "was called without need".to_owned())));
}

fn text(
    expect: &Expect,
    constraint: Option<&Constraint>,
    answer: &Answer,
    facts: &mut Facts,
    reasons: &mut Vec<Reason>,
) {
    let content = answer.content.as_deref().unwrap_or_default();
    // Models write typographic apostrophes and narrow spaces; what is said stays the same.
    let lower = content.to_lowercase().replace('’', "'").replace(['\u{a0}', '\u{202f}'], " ");
    for group in &expect.says {
        if !group.iter().any(|wanted| says(&lower, &wanted.to_lowercase())) {
            reasons.push(reason(Label::WrongText, "", format!("the text lacks \"{}\"", group.join("\" or \""))));
        }
    }
    if !expect.calls.is_empty() {
        return;
    }
    match (constraint, &expect.value) {
        (Some(constraint), value) => formed(constraint, value.as_ref(), answer, facts, reasons),
        (None, Some(value)) => valued(value, content, facts, reasons),
        (None, None) => {}
    }
}

/// A text under a constraint: whether it obeys it, and only then whether it says what is right.
fn formed(
    constraint: &Constraint,
    value: Option<&Want>,
    answer: &Answer,
    facts: &mut Facts,
    reasons: &mut Vec<Reason>,
) {
    let checked = form::check(constraint, answer.content.as_deref().unwrap_or_default(), answer.as_json);
    let broken = checked.broken.as_deref();
    if is_cut(answer) && broken.is_some_and(|all| !all.is_empty() && all.iter().all(|one| one.unfinished)) {
        return reasons.push(cut(answer));
    }
    if let Some(broken) = broken {
        facts.emitted = facts.emitted.saturating_add(1);
        facts.valid = facts.valid.saturating_add(u32::from(broken.is_empty()));
    }
    facts.order_differs = facts.order_differs.saturating_add(u32::from(checked.order_differs));
    reasons.extend(broken.into_iter().flatten().map(|one| {
        let label = if one.may_pass { Label::Invalid } else { Label::NotEnforced };
        reason(label, &one.path, one.why.clone())
    }));
    let obeys = broken.is_none_or(<[_]>::is_empty);
    if let (Some(want), Some(given), true) = (value, &checked.value, obeys) {
        let miss = want.check(given, "").err();
        facts.known = facts.known.saturating_add(1);
        facts.known_right = facts.known_right.saturating_add(u32::from(miss.is_none()));
        reasons.extend(miss.map(|miss| reason(Label::WrongValue, &miss.path, miss.why)));
    }
}

/// A text that must be JSON though nobody was told so.
fn valued(want: &Want, content: &str, facts: &mut Facts, reasons: &mut Vec<Reason>) {
    facts.emitted = facts.emitted.saturating_add(1);
    let value: Value = match serde_json::from_str(content.trim()) {
        Ok(value) => value,
        Err(error) => {
            reasons.push(reason(Label::SchemaViolation, "", format!("the text is no JSON: {error}")));
            return;
        }
    };
    facts.valid = facts.valid.saturating_add(1);
    if let Err(miss) = want.check(&value, "") {
        reasons.push(reason(Label::WrongText, &miss.path, miss.why));
    }
}

/// Whether a text holds another one; a number does not stand within a longer one.
fn says(text: &str, wanted: &str) -> bool {
    let digits = !wanted.is_empty() && wanted.bytes().all(|byte| byte.is_ascii_digit());
    let starts = wanted.starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(wanted).any(|(at, found)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        !(starts && digit(before) || digits && digit(after))
    })
}

#[cfg(test)]
#[path = "grade_tests.rs"]
mod tests;
