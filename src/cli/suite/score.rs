//! A score as one JSON document, and as a table.

use crate::base::text::clean_line;
use crate::cli::wrap;
use crate::lab::suite::{About, Advice, Family, Label, Outcome, Plan, Report, Scored, Tally, advise};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Reasons of failed requests that are told.
const REASONS: usize = 5;

/// What is told of a run besides its outcomes.
pub(super) struct Told<'a> {
    pub(super) id: Option<i64>,
    pub(super) about: &'a About,
    pub(super) endpoint: &'a str,
    pub(super) state: &'a str,
    pub(super) total: usize,
    pub(super) plan: &'a Plan,
    pub(super) outcomes: &'a [Outcome],
}

/// The document.
pub(super) fn document(told: &Told<'_>) -> Value {
    let report = Report::of(told.about.clone(), told.plan, told.outcomes);
    let advice = advise(told.plan, told.outcomes);
    let failures = failures(told.outcomes);
    let settings = report.settings.iter().map(|scored| {
        let category = |(name, tally): &(String, Tally)| {
            let mut row = json!(tally);
            row["category"] = json!(name);
            row
        };
        let categories: Vec<Value> = scored.categories.iter().map(category).collect();
        json!({"setting": scored.setting, "key": scored.setting.key(), "headline": scored.headline,
            "categories": categories, "all": scored.all})
    });
    let failures_told = failures.iter().take(REASONS).map(|(why, count)| json!({"why": why, "count": count}));
    json!({
        "id": told.id,
        "suite": told.about.suite,
        "model": told.about.model,
        "variant": told.about.variant,
        "engine": told.about.engine,
        "endpoint": told.endpoint,
        "started": told.about.started,
        "state": told.state,
        "jobs": told.total,
        "jobs_done": told.outcomes.len(),
        "settings": settings.collect::<Vec<_>>(),
        "verdict": verdict(&report, &advice),
        "advice": advice,
        "failed_requests": failures.iter().map(|(_, count)| count).sum::<usize>(),
        "failures": failures_told.collect::<Vec<_>>(),
        "plan": told.plan,
    })
}

fn verdict(report: &Report, advice: &[Advice]) -> String {
    match report.settings.iter().any(|scored| scored.headline.is_some()) {
        true => Advice::line(advice),
        false => "no request was answered".to_owned(),
    }
}

/// Why requests failed and how often, the most frequent first.
fn failures(outcomes: &[Outcome]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.label == Label::Failed) {
        let why = outcome.reasons.first().map_or("no reason given", |reason| reason.why.as_str());
        *counts.entry(why).or_default() += 1;
    }
    let mut all: Vec<(String, usize)> = counts.into_iter().map(|(why, count)| (clean_line(why), count)).collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    all
}

/// The tables, the verdict and what else is to be known.
pub(super) fn text(told: &Told<'_>) -> String {
    let report = Report::of(told.about.clone(), told.plan, told.outcomes);
    let advice = advise(told.plan, told.outcomes);
    let columns = wrap::columns();
    let About { suite, model, variant, engine, .. } = told.about;
    let who = [model, variant].map(|part| clean_line(part)).join(" ");
    let mut out = String::new();
    let from =
        format!("{}: {} on {} at {}", clean_line(suite), who.trim(), clean_line(engine), clean_line(told.endpoint));
    wrap::paragraph(&mut out, "", &from, columns);
    wrap::paragraph(&mut out, "", &format!("asked with {}", told.plan.words()), columns);
    for scored in &report.settings {
        table(&mut out, scored);
    }
    out.push('\n');
    wrap::paragraph(&mut out, "verdict  ", &clean_line(&verdict(&report, &advice)), columns);
    for one in &advice {
        wrap::paragraph(&mut out, "  - ", &clean_line(&format!("{}: {}", one.text, one.evidence)), columns);
    }
    for note in notes(told, &report) {
        wrap::paragraph(&mut out, "note     ", &note, columns);
    }
    out
}

fn notes(told: &Told<'_>, report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    let failures = failures(told.outcomes);
    let failed: usize = failures.iter().map(|(_, count)| count).sum();
    if failed > 0 {
        notes.push(format!("{failed} of {} requests failed and are not counted", told.outcomes.len()));
        notes.extend(failures.iter().take(REASONS).map(|(why, count)| format!("{count} × {why}")));
    }
    let truncated: u32 = report.settings.iter().filter_map(|one| one.all.labels.get(&Label::Truncated)).sum();
    if truncated > 0 {
        notes.push(format!("{truncated} answers were cut off at the limit of tokens; --max-tokens raises it"));
    }
    let answered = report.settings.iter().any(|one| one.all.trials > 0);
    let shown = told.outcomes.iter().flat_map(|outcome| &outcome.answers).any(|answer| answer.raw.is_some());
    if answered && !shown && told.plan.family == Family::Tools {
        notes.push(
            "the server did not show its raw text: a call that it dropped is seen only where it stands in the answer"
                .to_owned(),
        );
    }
    let forced = |scored: &Scored| scored.categories.iter().any(|(name, _)| name == "forced");
    if report.settings.iter().any(forced) {
        notes.extend(unheard(&told.about.engine).map(str::to_owned));
    }
    if told.plan.family == Family::Structured {
        notes.extend(constrained(report));
    }
    let (command, suite) = (told.plan.family.command(), told.plan.family.asked_as(&told.about.suite));
    notes.extend(told.id.map(|id| match told.outcomes.len() < told.total {
        true => format!("kept as {id}; vramdeck {command} run {} --resume {id} goes on", clean_line(suite)),
        false => format!("kept as {id}; vramdeck {command} results {id} shows what was wrong"),
    }));
    notes
}

/// What the table does not say of answers under constraints.
fn constrained(report: &Report) -> Vec<String> {
    let Some(base) = report.settings.first().map(|scored| &scored.all) else { return Vec::new() };
    let told = [
        (base.not_offered, "cases have a constraint that the engine does not have; they are not counted"),
        (base.order_differs, "answers have their keys in another order than the schema, which is not wrong"),
    ];
    let told = told.into_iter().filter(|(count, _)| *count > 0);
    told.map(|(count, what)| format!("{count} {what}")).collect()
}

/// What of forced calls an engine does not hear.
fn unheard(engine: &str) -> Option<&'static str> {
    match engine.split(' ').next() {
        Some("ollama") => Some("forced: Ollama's /v1 has no tool_choice; what is forced is left to the model"),
        Some("llama.cpp") => Some("forced: llama-server takes no named tool_choice; which tool is left to the model"),
        _ => None,
    }
}

fn table(out: &mut String, scored: &Scored) {
    let headline = scored.headline.map_or("not measured".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let _ = writeln!(out, "\n{}: {headline} (mean of the categories)", clean_line(&scored.setting.key()));
    for row in scored.rows() {
        let _ = writeln!(out, "{row}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::width;
    use crate::lab::suite::{Answer, Run, Size, shipped};

    #[test]
    fn the_table_keeps_to_eighty_columns() {
        let plan = Plan { temperatures: vec![0.7], ..Plan::default() };
        let mut run = Run::new(plan, shipped(Size::Full), Vec::new()).unwrap();
        while let Some(job) = run.next_job() {
            let work = run.work(job).unwrap();
            let mut dialogue = work.dialogue();
            let failure = (job.case == 3).then(|| "it\u{1b}[31m broke".to_owned());
            while dialogue.ask().is_some() {
                let content = Some("What? 12\u{1b}]0;x".to_owned());
                dialogue.take(Answer { content, failure: failure.clone(), ..Answer::default() });
            }
            run.finish(dialogue.outcome(&work.setting.key(), 0).unwrap());
        }
        let outcomes: Vec<Outcome> = run.outcomes().cloned().collect();
        let about = About { suite: "full".into(), model: "m\u{1b}".into(), ..About::default() };
        let plan = run.plan();
        let told = Told {
            id: Some(3),
            about: &about,
            endpoint: "e",
            state: "done",
            total: outcomes.len(),
            plan,
            outcomes: &outcomes,
        };
        let text = text(&told);
        assert!(text.lines().all(|line| width(line) <= 80) && !text.contains('\u{1b}'), "{text}");
        assert!(text.contains("2 of 168 requests failed") && text.contains("verdict  not for tool calls"), "{text}");
        let document = document(&told);
        assert_eq!((&document["failed_requests"], &document["jobs_done"]), (&json!(2), &json!(168)));
        assert_eq!(document["settings"][0]["categories"][2]["category"], "parallel");
        assert_eq!(document["settings"][0]["all"]["pass"]["n"], 129);
    }
}
