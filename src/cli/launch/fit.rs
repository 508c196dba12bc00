//! What the estimator says of a launch: by the facts at hand, the plan's flags and the card as it is now.

use crate::base::{Bytes, Problem, Reading, Unknown};
use crate::cli::card::{self, Wish};
use crate::cli::fit::resolve::{Names, Resolved};
use crate::cli::fit::text::word;
use crate::cli::fit::{Answer, judge};
use crate::cli::{Context, output};
use crate::engines::fit::{ask, rules};
use crate::engines::live::Prepared;
use crate::engines::proof::Prediction;
use crate::engines::{EngineKind, Outcome, Plan, Request};
use crate::models::Facts;
use crate::models::fit::Engine;
use crate::models::fit::learned::Lessons;
use crate::runtime::learning;
use serde_json::json;

/// What is said before a launch.
pub(super) struct Said {
    /// The judgement, or why there is none: an engine without rules, a model of which nothing is known here, no card.
    pub answer: Reading<Answer>,
    /// What the start will be held against.
    pub prediction: Reading<Prediction>,
}

/// The judgement for the card at hand, or for the one that is named, and the prediction. The Hub is not asked.
pub(super) fn fit(request: &Request, prepared: &Prepared, gpu: Option<&str>, context: &Context) -> Said {
    let names = Names::new(context);
    match facts(request, prepared, &names) {
        Err(why) => Said { answer: Err(why.clone()), prediction: Err(why) },
        Ok((plan, facts)) => {
            let wish = Wish { gpu, ..Wish::default() };
            Said {
                answer: answer(request, prepared, (plan, &facts), &names, (wish, context)),
                prediction: card::machine(context)
                    .and_then(|machine| learning::predict(request, plan, &facts, names.lessons(), machine)),
            }
        }
    }
}

fn facts<'a>(request: &Request, prepared: &'a Prepared, names: &Names<'_>) -> Reading<(&'a Plan, Facts)> {
    let engine = rules(request.spec.engine, request.simulated_dialect)?;
    let plan = prepared.plan.as_ref().ok_or_else(|| Unknown::because("the launch could not be planned"))?;
    Ok((plan, known(&plan.model, engine, names)?.facts))
}

fn answer(
    request: &Request,
    prepared: &Prepared,
    (plan, facts): (&Plan, &Facts),
    names: &Names<'_>,
    (wish, context): (Wish<'_>, &Context),
) -> Reading<Answer> {
    let engine = rules(request.spec.engine, request.simulated_dialect)?;
    let version = prepared.checks.iter().find(|check| check.name == "version" && check.outcome == Outcome::Pass);
    let version = version.filter(|_| plan.engine == EngineKind::Vllm).map(|check| check.found.as_str());
    let (ask, uncounted) = ask(plan, engine, version).map_err(|problem| because(&problem))?;
    let card = card::card(wish, context).map_err(|problem| because(&problem))?;
    let facts = Facts { learned: Lessons::of(names.lessons(), facts, &card.place), ..facts.clone() };
    let mut answer = judge(plan.model.clone(), facts, &ask, card).map_err(|problem| because(&problem))?;
    answer.doubts.extend(uncounted.iter().map(|flag| format!("{flag} changes memory and is not counted")));
    Ok(answer)
}

fn because(problem: &Problem) -> Unknown {
    Unknown::because(format!("{}: {}", problem.what, problem.why))
}

fn known(model: &str, engine: Engine, names: &Names<'_>) -> Reading<Resolved> {
    let of = |name: &str, form| names.here(name, Some(engine), form).map_err(|problem| because(&problem));
    if let Some(found) = of(model, None)? {
        return Ok(found);
    }
    // `user/repository:form`, as llama-server takes it.
    if let Some((repo, form)) = model.rsplit_once(':').filter(|(repo, _)| repo.contains('/'))
        && let Some(found) = of(repo, Some(form))?
    {
        return Ok(found);
    }
    Err(Unknown::because(format!(
        "neither this machine nor the catalogue knows {model} for {}; vramdeck fit asks the Hub",
        engine.name()
    )))
}

/// One line for a person.
pub(super) fn row(answer: &Reading<Answer>) -> String {
    match answer {
        Ok(answer) => {
            let free = format!("{} free on {}", Bytes(answer.fit.free), answer.card.spec.name);
            format!("{}: {} ({free})", word(answer.fit.verdict), answer.fit.why)
        }
        Err(why) => format!("- unknown: {why}"),
    }
}

/// Says on stderr that a launch will hardly come up; it is started all the same.
pub(super) fn warn(answer: &Reading<Answer>, json: bool) {
    let Ok(answer) = answer else { return };
    if answer.fit.verdict.starts() {
        return;
    }
    let what = format!("{} is started although it will hardly come up", answer.model);
    let why = format!("{}: {}", answer.fit.verdict.name(), answer.fit.why);
    let hint = "vramdeck fit shows the sum, --solve chooses flags";
    if json {
        output::aside(&json!({"warning": {"what": what, "why": why, "hint": hint}}).to_string());
    } else {
        output::aside(&crate::base::text::clean_line(&format!("vramdeck: {what}: {why}; {hint}")));
    }
}
