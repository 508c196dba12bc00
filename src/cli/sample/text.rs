//! The answers of one model for people.

use super::document::setting_groups;
use super::flight::Flown;
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::output;
use crate::lab::samples::{Answer, Equal, Group, Outcome, Part, Rank, Token, diff, entropy, rank, score};
use crate::lab::sampling::Param;
use crate::wire::Dialect;

/// Prints them, grouped, settings by settings.
///
/// # Errors
/// When nothing can be printed.
pub(super) fn tell(flown: &Flown, equal: Equal, with_diff: bool) -> Result<(), Problem> {
    let endpoint = &flown.target.endpoint;
    output::line(&format!("{} at {}", clean_line(&endpoint.model), clean_line(&endpoint.base_url)))?;
    if let Some(emulated) = &flown.plan.emulated {
        output::line(&format!("best_of {} is emulated: {}", emulated.k, emulated.how))?;
    }
    for setting in 0..flown.plan.settings.len() {
        one(flown, setting, equal, with_diff)?;
    }
    branches(flown)
}

fn one(flown: &Flown, setting: usize, equal: Equal, with_diff: bool) -> Result<(), Problem> {
    let Some(planned) = flown.plan.settings.get(setting) else { return Ok(()) };
    let (all, found) = setting_groups(flown, setting, equal);
    let label = flown.wish.grid.label(&planned.settings);
    let head = [
        label,
        if all.len() == 1 { "1 answer".to_owned() } else { format!("{} answers", all.len()) },
        asked(flown, setting),
    ];
    output::line("")?;
    output::line(&head.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "))?;
    let chosen = flown.chosen(setting);
    for group in &found {
        let members: Vec<&Answer> = group.members.iter().map(|at| all[*at]).collect();
        let best = members.iter().any(|answer| Some(answer.place) == chosen);
        output::line(&line(flown, group, &members, best))?;
    }
    for answer in flown.of(setting) {
        if let Outcome::Failed(problem) = &answer.outcome {
            output::line(&format!("  failed: {}: {}", problem.what, problem.why))?;
        }
    }
    if let ([first, second, ..], true) = (&found[..], with_diff) {
        output::line(&format!("  difference: {}", difference(&first.text, &second.text)))?;
    }
    match &all[..] {
        [only] if !only.tokens.is_empty() => tokens(only, flown.plan.dialect),
        _ => Ok(()),
    }
}

fn asked(flown: &Flown, setting: usize) -> String {
    match (flown.apart(setting), flown.plan.settings.get(setting)) {
        (Some(why), _) => format!("{} ({})", flown.asked(setting), clean_line(why)),
        (None, Some(planned)) if planned.answers > 1 => flown.asked(setting).to_owned(),
        _ => String::new(),
    }
}

fn line(flown: &Flown, group: &Group, members: &[&Answer], best: bool) -> String {
    let means: Vec<f64> = members.iter().filter_map(|answer| answer.mean_logprob().ok()).collect();
    let mean = (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64);
    let mean = mean.map(|mean| format!("  mean logprob {mean:.3}")).unwrap_or_default();
    let setting = members.first().map_or(0, |answer| answer.place.setting);
    let penalty = flown.plan.settings.get(setting).and_then(|one| one.settings.real(Param::LengthPenalty));
    let beam = members.first().filter(|_| flown.plan.beam(setting));
    let beam = beam.and_then(|answer| score(answer, penalty.unwrap_or(1.0)).ok());
    let beam = beam.map(|found| {
        let most = if found.without_end { " at most, the ending token is not told" } else { "" };
        format!("  score {:.5}{most}", found.score)
    });
    let mark = if best { " best" } else { "" };
    let text = if group.text.is_empty() { "(no text)".to_owned() } else { clean_line(&group.text) };
    format!(
        "  {:>3} × {:>5.1} %{mark}{mean}{}  {text}",
        group.members.len(),
        group.share * 100.0,
        beam.unwrap_or_default()
    )
}

/// Gone words in `[-…-]`, new ones in `{+…+}`.
fn difference(first: &str, second: &str) -> String {
    let part = |part: Part| match part {
        Part::Same(text) => clean_line(&text),
        Part::Gone(text) => format!("[-{}-]", clean_line(&text)),
        Part::Come(text) => format!("{{+{}+}}", clean_line(&text)),
    };
    diff(first, second).into_iter().map(part).collect()
}

fn tokens(answer: &Answer, dialect: Dialect) -> Result<(), Problem> {
    output::line("  token   probability  rank  entropy at least  alternatives")?;
    for (at, token) in answer.tokens.iter().enumerate() {
        output::line(&format!("  {at:>5}  {}", row(token, dialect)))?;
    }
    Ok(())
}

fn row(token: &Token, dialect: Dialect) -> String {
    let percent = |logprob: f64| format!("{:.1} %", logprob.exp() * 100.0);
    let probability = token.logprob.map_or("unknown".to_owned(), percent);
    let rank = match rank(token, dialect) {
        Some(Rank::Exactly(rank)) => rank.to_string(),
        Some(Rank::AtLeast(rank)) => format!("{rank}+"),
        None => "?".to_owned(),
    };
    let entropy = entropy(token).map_or("?".to_owned(), |found| format!("{:.2} bit", found.bits_at_least));
    let others = token.top.iter().filter(|(text, _)| *text != token.text);
    let others: Vec<String> = others.map(|(text, p)| format!("{text:?} {}", percent(*p))).collect();
    clean_line(&format!("{probability:>12}  {rank:>4}  {entropy:>16}  {:?}  {}", token.text, others.join(", ")))
}

fn branches(flown: &Flown) -> Result<(), Problem> {
    for answer in &flown.ended.answers {
        let Some(parent) = &answer.parent else { continue };
        let failed = match &answer.outcome {
            Outcome::Failed(problem) => format!(" failed: {}: {}", problem.what, problem.why),
            _ => String::new(),
        };
        let head = format!("what if token {} of answer {} were {:?}:", parent.token, parent.place.index, parent.text);
        output::line("")?;
        output::line(&clean_line(&format!("{head}{failed} {}", answer.text)))?;
    }
    Ok(())
}
