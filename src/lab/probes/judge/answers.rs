//! How many answers, the best of several, log probabilities.

use crate::lab::probes::ask::{Answer, Choice, Said};
use crate::lab::probes::bench::{Bench, HELLO, Need};
use crate::lab::probes::rule::unanswered;
use crate::lab::probes::verdict::{Finding, Verdict};
use serde_json::json;

type Found = Result<Finding, Need>;

fn whole(answers: &[Answer]) -> Vec<&Said> {
    answers.iter().filter_map(Answer::said).collect()
}

/// Three are asked for.
pub(in crate::lab::probes) fn n(bench: &Bench) -> Found {
    let mut fields = bench.wide()?;
    fields.insert("n".into(), json!(3));
    let answers = bench.chats("n 3, sampled", 2, HELLO, fields)?;
    if let Some(found) = unanswered(answers, &[]) {
        return Ok(found);
    }
    let counts: Vec<usize> = whole(answers).iter().map(|said| said.choices.len()).collect();
    let verdict = match () {
        () if counts.iter().all(|count| *count == 3) => Verdict::Yes,
        () if counts.iter().all(|count| *count == 1) => Verdict::Ignored,
        () => Verdict::No,
    };
    let counts = counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ");
    Ok(Finding::plain(verdict, format!("3 answers were asked for, {counts} came"), answers.len()))
}

/// Two different answers cannot be the best of one: an engine that knows the field refuses that.
pub(in crate::lab::probes) fn best_of(bench: &Bench) -> Found {
    let mut fields = bench.wide()?;
    fields.insert("n".into(), json!(2));
    fields.insert("best_of".into(), json!(1));
    let answers = bench.chats("n 2, best_of 1, sampled", 3, HELLO, fields.clone())?;
    if let Some(Answer::Refused(words)) = answers.first() {
        if words.contains("best_of") {
            return Ok(Finding::plain(Verdict::Yes, format!("it is held against n: {words}"), answers.len()));
        }
        fields.insert("best_of".into(), json!(2));
        fields.insert("n".into(), json!(1));
        let answers = bench.chats("best_of 2, sampled", 1, HELLO, fields)?;
        let unsure = || {
            Finding::unknown("n 2 with best_of 1 is refused, best_of alone is taken; nothing shows whether it is used")
        };
        return Ok(unanswered(answers, &[]).unwrap_or_else(unsure));
    }
    if let Some(found) = unanswered(answers, &[]) {
        return Ok(found);
    }
    let differ = |said: &&Said| said.choices.len() > 1 && said.choices[0].whole() != said.choices[1].whole();
    let count = whole(answers).iter().filter(|said| differ(said)).count();
    Ok(match count {
        0 => Finding::unknown("one answer came, or two alike: nothing shows whether it is used"),
        count => {
            let why = format!("{count} of {} requests for the best of one gave two different answers", answers.len());
            Finding::plain(Verdict::Ignored, why, answers.len())
        }
    })
}

/// Every token with its log probability and five alternatives.
pub(in crate::lab::probes) fn logprobs(bench: &Bench) -> Found {
    let mut fields = bench.greedy()?;
    fields.insert("logprobs".into(), json!(true));
    fields.insert("top_logprobs".into(), json!(5));
    let answers = bench.chats("logprobs, 5 alternatives, greedy", 2, HELLO, fields)?;
    if let Some(found) = unanswered(answers, &[]) {
        return Ok(found);
    }
    let choices: Vec<&Choice> = whole(answers).iter().filter_map(|said| said.choices.first()).collect();
    let given: usize = choices.iter().map(|choice| choice.logprobs.len()).sum();
    let fewest = choices.iter().flat_map(|choice| &choice.logprobs).map(|token| token.top.len()).min().unwrap_or(0);
    let fit = choices.iter().flat_map(|choice| &choice.logprobs).all(|token| token.logprob <= 1e-6);
    let (verdict, why) = match (given, fewest) {
        (0, _) => (Verdict::Ignored, "none came".to_owned()),
        _ if !fit => (Verdict::No, "numbers above 0 came, which are no log probabilities".to_owned()),
        (given, 5..) => (Verdict::Yes, format!("{given} tokens, each with {fewest} alternatives")),
        (given, fewest) => (Verdict::No, format!("{given} tokens, but {fewest} of 5 alternatives")),
    };
    Ok(Finding::plain(verdict, why, answers.len()))
}
